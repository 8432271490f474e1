"""What a message is, and what sends it; neither shows a number or a text in a log or an error."""

import re
from dataclasses import dataclass
from typing import Final, Protocol

from hubao.kit.errors import HubaoError, Kind

_CHINA: Final = "+86"
_MARK: Final = re.compile(r"\{(to|national|text|kind)\}")


class NotSent(HubaoError):  # noqa: N818 - says what happened, as its base does
    """A message couldn't be handed to whoever carries it; it is tried again."""

    code = "core.not_sent"
    kind = Kind.UNAVAILABLE


@dataclass(frozen=True)
class Letter:
    """A message about to leave.

    Attributes:
        to: a phone as + country code and digits, or another address.
        text: what it says.
        kind: what sort of message, a word.
    """

    to: str
    text: str
    kind: str

    def __repr__(self) -> str:  # in no log and no traceback
        return f"Letter(kind={self.kind})"


class Sender(Protocol):
    """What carries messages away."""

    def send(self, *, to: str, text: str, kind: str) -> None:
        """Send one.

        Raises:
            NotSent: it can't be sent now; the reason repeats nothing of it.
        """


class Unset:
    """Stands where nobody carries messages."""

    def send(self, *, to: str, text: str, kind: str) -> None:
        """Refuse."""
        del to, text, kind
        raise NotSent("Nothing sends messages: set HUBAO_MESSAGES.")


def filled(pattern: str, *, to: str, text: str = "", kind: str = "") -> str:
    """Put a message's parts where a pattern has {to}, {national}, {text} and {kind}.

    {national} is the phone without +86. What is put in is not looked at again.
    """
    parts = {"to": to, "national": to.removeprefix(_CHINA), "text": text, "kind": kind}
    return _MARK.sub(lambda found: parts[found[1]], pattern)
