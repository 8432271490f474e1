"""What an entry says, and how it is written: one entry, one text, and no personal data in it."""

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from pydantic_core import to_json

from hubao.desk.core.actor import Actor
from hubao.kit.errors import HubaoError, Kind

Fact = str | int | Sequence[str]
VERSION: Final = 1
_WORD: Final = r"[A-Za-z0-9][A-Za-z0-9_.:/+-]{0,59}"
_ONE: Final = re.compile(_WORD)
# The whole text at once: a batch of a hundred thousand entries would feel a look at each part.
_WHOLE: Final = re.compile(
    rf'\{{(?:"{_WORD}":(?:-?[0-9]{{1,10}}|"{_WORD}"|\[(?:"{_WORD}",?)*\]),?)+\}}'
)
# Eleven digits and more that stand alone; whatever has none in a row needs no closer look.
_ZEROS: Final = bytes.maketrans(b"123456789", b"000000000")
_RUN: Final = b"0" * 11
_NUMBER: Final = re.compile(r"(?<![0-9a-f])[0-9]{11,}[Xx]?(?![0-9a-f])")


class NotForTheLedger(HubaoError):  # noqa: N818 - says what happened, as its base does
    """An entry would hold something other than ids, words and counts."""

    code = "ledger.not_an_entry"
    kind = Kind.INVALID


@dataclass(frozen=True)
class Entered:
    """What happened.

    Attributes:
        action: what was done, as "policy.reveal".
        actor: whose id did it.
        at: when, with its time zone.
        subject: the token of the person or record it was done to, if any.
        purpose: the code of why, if any.
        item: the work item it was done for, if any.
        facts: more, as ids, words and counts.
    """

    action: str
    actor: str
    at: datetime
    subject: str | None = None
    purpose: str | None = None
    item: str | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)


def unit_of(actor: Actor) -> dict[str, str]:
    """Give the fact of where somebody works, as they may work elsewhere when it is read."""
    return {"unit": actor.unit} if is_plain(actor.unit) else {}


def body_of(entered: Entered, *, event: str | None = None) -> str:
    """Write an entry: JSON with its keys in order and nothing that could be written otherwise.

    Args:
        entered: what happened.
        event: the entry's id, a new one by default.

    Raises:
        NotForTheLedger: it holds a name, a number of a person, or free text.
    """
    facts = {f"fact.{name}": fact for name, fact in sorted(entered.facts.items())}
    parts = {  # in the order of the keys
        "action": entered.action,
        "actor": entered.actor,
        "at": entered.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "event": event or f"e{os.urandom(16).hex()}",  # the letter: never all digits
        **facts,
        "item": entered.item,
        "purpose": entered.purpose,
        "subject": entered.subject,
        "v": VERSION,
    }
    kept = {name: part for name, part in parts.items() if part is not None}
    body = to_json(kept).decode()
    if not is_body(body):
        raise NotForTheLedger(f"{_odd(kept)} of a ledger entry isn't an id, a word or a count.")
    return body


def at_of(body: str) -> datetime:
    """Give the time that an entry says."""
    return datetime.fromisoformat(json.loads(body)["at"])


def is_plain(text: str) -> bool:
    """Tell whether a text may stand in an entry: an id or word, no name and no person's number."""
    return bool(_ONE.fullmatch(text)) and not _holds_number(text)


def is_body(text: str) -> bool:
    """Tell whether a text has the form that `body_of` writes."""
    return bool(_WHOLE.fullmatch(text)) and not _holds_number(text)


def _holds_number(text: str) -> bool:
    """Look at each run of eleven digits by itself: of a third of all entries, an id holds one."""
    digits = text.encode().translate(_ZEROS)
    at = digits.find(_RUN)
    while at >= 0:
        if _NUMBER.match(text, at):
            return True
        at = digits.find(_RUN, at + len(_RUN))
    return False


def _odd(parts: Mapping[str, object]) -> str:
    """Name the part that is at fault; its value may be what must not be written anywhere."""
    for name, part in parts.items():
        listed = part if isinstance(part, list | tuple) else [part]
        for one in map(str, (name, *listed)):
            if not is_plain(one):
                return f"“{name}”" if _ONE.fullmatch(name) else "The name of a part"
    return "A part"
