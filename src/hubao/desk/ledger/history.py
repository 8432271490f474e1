"""What happened to one record, for whom it is about: its policyholder."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from hubao.desk.core.actor import Actor, NotAllowed
from hubao.desk.ledger.about import key_of
from hubao.desk.ledger.denials import DENIED
from hubao.desk.ledger.models import About, Entry

MOST: Final = 10_000  # entries that are read for one history
_PAGE: Final = 1_000


@dataclass(frozen=True)
class Happened:
    """An entry about the record.

    Attributes:
        event: the entry's id.
        at: when.
        action: what was done, or was refused.
        refused: whether it was.
        actor: who did it.
        unit: where they worked then; None in entries that don't say.
        purpose: why, if that was said.
        fields: names of the fields it was about.
    """

    event: str
    at: datetime
    action: str
    refused: bool
    actor: str
    unit: str | None
    purpose: str | None
    fields: Sequence[str]


def history(*, subject: str, since: datetime, actor: Actor) -> list[Happened]:
    """Give what happened to a record, the newest first, of the last MOST entries about it.

    Entries are found once they have their places, a second or so after they were made.

    Args:
        subject: the record.
        since: nothing before.
        actor: the record's own policyholder.

    Raises:
        NotAllowed: the actor is somebody else.
    """
    _require_own(subject, actor)
    told = (_happened(body) for body in _bodies(subject))
    return [one for one in told if one.at >= since]


def happened(*, event: str, subject: str, actor: Actor) -> Happened | None:
    """Give one entry, if it is about the record; arguments and errors as `history`."""
    _require_own(subject, actor)
    found = About.objects.filter(key=key_of(event=event)).values_list("entry", flat=True)
    ours = About.objects.filter(key=key_of(subject=subject), entry__in=list(found))
    row = Entry.objects.filter(id__in=list(ours.values_list("entry", flat=True))).first()
    return _happened(row.body) if row else None


def _require_own(subject: str, actor: Actor) -> None:
    if actor.own != subject:
        raise NotAllowed("This is no policy of yours.")


def _bodies(subject: str) -> Iterator[str]:
    rows = About.objects.filter(key=key_of(subject=subject)).order_by("-entry")
    entries = list(rows.values_list("entry", flat=True)[:MOST])
    for begin in range(0, len(entries), _PAGE):
        some = Entry.objects.filter(id__in=entries[begin : begin + _PAGE]).order_by("-id")
        yield from some.values_list("body", flat=True)


def _happened(body: str) -> Happened:
    said: dict[str, Any] = json.loads(body)
    refused = said["action"] == DENIED
    return Happened(
        event=said["event"],
        at=datetime.fromisoformat(said["at"]),
        action=said.get("fact.of", DENIED) if refused else said["action"],
        refused=refused,
        actor=said["actor"],
        unit=said.get("fact.unit"),
        purpose=said.get("purpose"),
        fields=said.get("fact.fields", ()),
    )
