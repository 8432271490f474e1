"""Call an endpoint once, and say what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hubao.desk.core.calls import Call, CallFailed, call
from hubao.desk.core.reach import OutOfReach, Reach
from hubao.desk.people.webhooks.rules import TIMEOUT, Fault, fault_of

_JSON: Final = {"content-type": "application/json"}


@dataclass(frozen=True)
class Reply:
    """What became of a call.

    Attributes:
        fault: why it failed; None if it didn't.
        status: the answer's, if there was one.
    """

    fault: Fault | None
    status: int | None = None


def post(
    url: str, *, body: bytes, headers: Mapping[str, str], reach: Reach, timeout: float = TIMEOUT
) -> Reply:
    """Post something, and look at the status of the answer only.

    Args:
        url: where.
        body: JSON.
        headers: besides its sort and ours.
        reach: what may be called.
        timeout: seconds for all of it.
    """
    try:
        asked = Call(body, {**_JSON, **headers}, timeout)
        answer = call(reach.place(url), asked, reach=reach)
    except OutOfReach:
        return Reply(Fault.OUT_OF_REACH)
    except CallFailed as failed:
        return Reply(Fault(failed.why))
    return Reply(fault_of(answer.status), answer.status)
