"""What a webhook says, how it is signed, and when one that failed is tried again."""

import base64
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from hubao.desk.core.topics import TOPICS
from hubao.desk.ledger.rules import is_plain
from hubao.kit.errors import BadInput, HubaoError, Kind

TIMEOUT: Final = 10.0  # seconds that a call may take, from the connection to the status
# Longer than a call and looking its name up can take; then whoever had it has crashed.
LEASE: Final = timedelta(minutes=2)
TEST: Final = "webhook.test"
_MARK: Final = "whsec_"
_FIRST: Final = timedelta(seconds=30)
_LONGEST: Final = timedelta(hours=20)
TRIES: Final = 10  # the waits between them add up to 71 hours
_JITTER: Final = 0.1  # share of a wait by which it may be shorter or longer


class NotForOutside(HubaoError):  # noqa: N818 - says what happened, as its base does
    """A message holds something other than ids, words and counts, so it isn't sent outside."""

    code = "people.not_for_outside"
    kind = Kind.INVALID


class Standing(StrEnum):
    """How an endpoint does."""

    ACTIVE = "active"
    FAILING = "failing"
    DISABLED = "disabled"


class Fault(StrEnum):
    """Why a webhook didn't arrive."""

    OUT_OF_REACH = "out_of_reach"
    NO_SUCH_NAME = "no_such_name"
    NO_CONNECTION = "no_connection"
    NO_TLS = "no_tls"
    TIMEOUT = "timeout"
    NO_ANSWER = "no_answer"
    REDIRECT = "redirect"
    GONE = "gone"
    STATUS = "status"


def standing(*, failing_at: datetime | None, disabled_at: datetime | None) -> Standing:
    """Say how an endpoint does."""
    if disabled_at is not None:
        return Standing.DISABLED
    return Standing.ACTIVE if failing_at is None else Standing.FAILING


def checked_topics(topics: Iterable[str]) -> list[str]:
    """Give topics once each, in order.

    Raises:
        BadInput: there are none, or one isn't known.
    """
    wanted = sorted(set(topics))
    if not wanted or not TOPICS.keys() >= set(wanted):
        raise BadInput(f"Name one topic or more of {', '.join(TOPICS)}.")
    return wanted


def fault_of(status: int) -> Fault | None:
    """Say what an answer's status means; None is success."""
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return Fault.REDIRECT
    return Fault.GONE if status == 410 else Fault.STATUS


def body_of(*, topic: str, at: datetime, facts: Mapping[str, str | int]) -> bytes:
    """Write what is sent: type, time of what happened, and its facts.

    Raises:
        NotForOutside: the facts hold something other than ids, words and counts.
    """
    if not is_for_outside(facts):
        raise NotForOutside("A message isn't sent outside: it isn't of ids, words and counts.")
    when = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    said = {"type": topic, "timestamp": when, "data": dict(facts)}
    return json.dumps(said, separators=(",", ":")).encode()


def is_for_outside(facts: Mapping[str, str | int]) -> bool:
    """Tell whether facts are ids, words and counts, as in the ledger."""
    return all(is_plain(str(part)) for pair in facts.items() for part in pair)


def new_secret() -> str:
    """Make a secret to sign with: 256 bits."""
    return _MARK + base64.b64encode(secrets.token_bytes(32)).decode()


def headers_of(*, number: str, at: datetime, body: bytes, keys: Iterable[str]) -> dict[str, str]:
    """Give the headers that a webhook is known by.

    Args:
        number: its id, the same at every try.
        at: when it is tried.
        body: as it is sent.
        keys: secrets to sign with; two while one takes the other's place.
    """
    sent = str(int(at.timestamp()))
    signed = f"{number}.{sent}.".encode() + body
    return {
        "webhook-id": number,
        "webhook-timestamp": sent,
        "webhook-signature": " ".join(_signature(one, signed) for one in keys),
    }


def _signature(key: str, signed: bytes) -> str:
    digest = hmac.digest(base64.b64decode(key.removeprefix(_MARK)), signed, "sha256")
    return f"v1,{base64.b64encode(digest).decode()}"


def wait_after(tries: int, *, chance: float) -> timedelta | None:
    """Say how long to wait after a failure; None if it was the last try.

    Args:
        tries: how many there were, from 1.
        chance: from 0 to 1, drawn anew each time, so that not all come back at once.
    """
    if tries >= TRIES:
        return None
    grown: int = 4 ** (tries - 1)
    return min(_FIRST * grown, _LONGEST) * (1 + _JITTER * (2 * chance - 1))
