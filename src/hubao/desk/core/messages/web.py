"""One call of a message gateway that takes JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from hubao.desk.core import reach
from hubao.desk.core.calls import TIMEOUT, Call, CallFailed, call
from hubao.desk.core.messages.letters import NotSent
from hubao.kit.errors import BadInput

LONGEST: Final = 64 * 1024  # bytes of an answer
# Whoever runs the server names the gateway, which may be inside; without TLS, on this machine only.
_REACH: Final = reach.Reach(loopback=True, inside=True)
_JSON: Final = {"accept": "application/json", "content-type": "application/json; charset=utf-8"}


class BadPlace(BadInput):
    """A web address for messages isn't one that may be used."""

    code = "core.bad_messages"


@dataclass(frozen=True)
class Place:
    """Where to call.

    Attributes:
        url: with https; with http on this machine only.
    """

    url: str

    def __post_init__(self) -> None:
        """Look whether it can be used.

        Raises:
            BadPlace: it can't.
        """
        place = self._place()
        if place.scheme == "http" and place.host not in ("localhost", "127.0.0.1", "::1"):
            raise BadPlace("A web address for messages begins with https:// and names a host.")

    def call(
        self,
        *,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        target: str | None = None,
    ) -> object:
        """Send JSON, or ask without a body; gives the JSON that is answered, None if it is none.

        Raises:
            NotSent: no answer, or not one of success.
        """
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        place = self._place()
        asked = Call(content, {**_JSON, **(headers or {})}, TIMEOUT, LONGEST)
        try:
            answer = call(replace(place, target=target or place.target), asked, reach=_REACH)
        except CallFailed as failed:
            raise NotSent(f"The message gateway doesn't answer ({failed.why}).") from None
        if not 200 <= answer.status < 300:
            raise NotSent(
                f"The message gateway answers with {answer.status}.", status=answer.status
            )
        try:
            return json.loads(answer.body)
        except ValueError:
            return None

    def _place(self) -> reach.Place:
        try:
            return _REACH.place(self.url)
        except reach.OutOfReach:
            raise BadPlace(
                "A web address for messages begins with https:// and names a host."
            ) from None
