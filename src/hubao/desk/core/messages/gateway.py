"""SMS by any gateway that takes JSON: what it wants to be sent, the setting says."""

import json
from dataclasses import dataclass, field
from typing import Any

from hubao.desk.core.messages.letters import filled
from hubao.desk.core.messages.web import BadPlace, Place


@dataclass(frozen=True)
class Gateway:
    """An HTTP gateway.

    Attributes:
        place: its address.
        body: JSON that is sent; in its texts {to}, {national}, {text} and {kind} are put in.
        secret: sent as `Authorization: Bearer …`, if there is one.
    """

    place: Place
    body: Any
    secret: str | None = field(default=None, repr=False)

    def send(self, *, to: str, text: str, kind: str) -> None:
        """Hand the message over."""
        headers = {"Authorization": f"Bearer {self.secret}"} if self.secret else {}
        self.place.call(body=_filled(self.body, to, text, kind), headers=headers)


def body_of(told: str) -> Any:  # noqa: ANN401 - JSON
    """Read the JSON that a gateway is sent.

    Raises:
        BadPlace: it is no JSON object, or leaves out the number or the text.
    """
    try:
        body = json.loads(told)
    except ValueError:
        body = None
    if (
        not isinstance(body, dict)
        or not {"{to}", "{national}"} & _marks(told)
        or ("{text}" not in told)
    ):
        raise BadPlace(
            "HUBAO_MESSAGES_BODY isn't a JSON object with {to} or {national}, and {text}: write"
            ' {"to": "{to}", "text": "{text}"}.'
        )
    return body


def _marks(told: str) -> set[str]:
    return {one for one in ("{to}", "{national}") if one in told}


def _filled(body: Any, to: str, text: str, kind: str) -> Any:  # noqa: ANN401 - as above
    if isinstance(body, dict):
        return {name: _filled(one, to, text, kind) for name, one in body.items()}
    if isinstance(body, list):
        return [_filled(one, to, text, kind) for one in body]
    return filled(body, to=to, text=text, kind=kind) if isinstance(body, str) else body
