"""Read the ledger: heads, proofs, entries."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models import Exists, OuterRef

from hubao.desk.core.actor import Actor, Permission
from hubao.desk.ledger.about import key_of
from hubao.desk.ledger.models import About, Entry, Head, Mark
from hubao.desk.ledger.places import place_of, read_placed, read_size
from hubao.desk.ledger.rules import at_of
from hubao.desk.ledger.tree import read_nodes
from hubao.kit.errors import HubaoError, Kind
from hubao.seal.tree import EMPTY, Leaves, consistency_path, inclusion_path

PAGE: Final = 50  # entries of a list
PUBLISHED: Final = "published"  # mark at the head, by its id, that went outside last
_PAGE: Final = 5_000
_ABOUT_PEOPLE: Final = '{"action":"people.'  # how such an entry begins


class NoSuchEntry(HubaoError):  # noqa: N818 - says what happened, as its base does
    """No entry of this number is in the tree yet."""

    code = "ledger.no_such_entry"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True)
class Proof:
    """That an entry stands in the log.

    Attributes:
        body: the entry, as it is hashed.
        index: its place in the log, from 0.
        size: entries of the log it is proved for.
        path: hashes from the leaf upwards.
    """

    body: str
    index: int
    size: int
    path: list[bytes]


@dataclass(frozen=True)
class Seen:
    """An entry as lists show it."""

    id: int
    at: datetime
    event: str
    action: str
    actor: str
    subject: str | None
    purpose: str | None
    item: str | None
    why: str | None


@dataclass(frozen=True)
class State:
    """How the ledger is.

    Attributes:
        entries: in the tree.
        pending: without a place yet.
        oldest: when the oldest of those was made.
        signed: entries under the head signed last.
        signed_at: when that was.
        published_at: when the head was signed that was published last.
        uncovered: when the first entry was made that no published head covers.
    """

    entries: int
    pending: int
    oldest: datetime | None
    signed: int
    signed_at: datetime | None
    published_at: datetime | None
    uncovered: datetime | None


def entries(
    *, actor: Actor, subject: str = "", who: str = "", before: int | None = None
) -> list[Seen]:
    """Give entries, the newest first, PAGE at most; by what they are about once they have places.

    Args:
        actor: who asks.
        subject: only of this record or person.
        who: only of this actor.
        before: only those with a lower id, to go on from the last.

    Raises:
        NotAllowed: the actor may not read the ledger.
    """
    actor.require(Permission.READ_LEDGER)
    keys = [
        key_of(**{name: value}) for name, value in (("subject", subject), ("actor", who)) if value
    ]
    rows = Entry.objects.order_by("-id")
    if keys:
        rows = rows.filter(id__in=_found_by(keys, before))
    elif before:
        rows = rows.filter(id__lt=before)
    return [_seen(row) for row in rows[:PAGE]]


def changes_to(*, person: str, actor: Actor) -> list[Seen]:
    """Give what was changed about somebody who works here, the newest first, PAGE at most.

    Raises:
        NotAllowed: the actor may not read people. Whether this one, the caller has asked.
    """
    actor.require(Permission.READ_PEOPLE)
    numbers = About.objects.filter(key=key_of(subject=person)).order_by("-entry")
    rows = Entry.objects.filter(id__in=list(numbers.values_list("entry", flat=True)[:_PAGE]))
    found = map(_seen, rows.filter(body__startswith=_ABOUT_PEOPLE).order_by("-id")[:PAGE])
    return list(found)


def state(*, actor: Actor) -> State:
    """Say how the ledger is.

    Raises:
        NotAllowed: the actor may not read the ledger.
    """
    actor.require(Permission.READ_LEDGER)
    return standing()


def standing() -> State:
    """Say how the ledger is, to whoever watches over it: counts and times only."""
    with connection.cursor() as cursor:
        cursor.execute(  # one statement: the sequencer moves entries from the one to the other
            "SELECT count(*), min(entry), coalesce((SELECT place + length FROM ledger_run"
            " ORDER BY place DESC LIMIT 1), 0) FROM ledger_pending"
        )
        pending, oldest, entries = cursor.fetchone()
        published = _published()
        covered = published.size if published else 0
        after = read_placed(cursor, covered, covered + 1)
    waiting = Entry.objects.filter(id=oldest).first() if pending else None
    since = after[0].body if after else waiting.body if waiting else None
    head = Head.objects.order_by("-id").first()
    return State(
        entries=entries,
        pending=pending,
        oldest=at_of(waiting.body) if waiting else None,
        signed=head.size if head else 0,
        signed_at=head.at if head else None,
        published_at=published.at if published else None,
        uncovered=at_of(since) if since else None,
    )


def published_head() -> str | None:
    """Give the head that went outside last, as a signed note."""
    head = _published()
    return head.note if head else None


def _published() -> Head | None:
    mark = Mark.objects.filter(name=PUBLISHED).values_list("place", flat=True).first()
    return None if mark is None else Head.objects.filter(id=mark).first()


def _found_by(keys: Sequence[str], before: int | None) -> list[int]:
    """Give the newest entries that all keys lead to."""
    rows = About.objects.filter(key=keys[0])
    for key in keys[1:]:
        rows = rows.filter(Exists(About.objects.filter(key=key, entry=OuterRef("entry"))))
    if before:
        rows = rows.filter(entry__lt=before)
    return list(rows.order_by("-entry").values_list("entry", flat=True)[:PAGE])


def _seen(row: Entry) -> Seen:
    said = json.loads(row.body)
    return Seen(
        id=row.id,
        at=datetime.fromisoformat(said["at"]),
        event=said["event"],
        action=said["action"],
        actor=said["actor"],
        subject=said.get("subject"),
        purpose=said.get("purpose"),
        item=said.get("item"),
        why=said.get("fact.why"),
    )


def size() -> int:
    """Give the number of entries in the tree."""
    with connection.cursor() as cursor:
        return read_size(cursor)


def root_at(entries: int) -> bytes:
    """Give the root of the tree over the first so many entries."""
    if entries == 0:
        return EMPTY
    with connection.cursor() as cursor:
        return read_nodes(cursor, [Leaves(0, entries)])[0]


def prove_entry(number: int, *, entries: int) -> Proof:
    """Prove an entry to be among the first so many.

    Raises:
        NoSuchEntry: it isn't.
    """
    with connection.cursor() as cursor:
        place = place_of(cursor, number)
        if place is None or not place < entries <= read_size(cursor):
            raise NoSuchEntry("This entry isn't in the tree of that size.", entry=number)
        body = read_placed(cursor, place, place + 1)[0].body
        path = read_nodes(cursor, inclusion_path(place, entries))
    return Proof(body, place, entries, path)


def prove_growth(old: int, new: int) -> list[bytes]:
    """Prove that the log of `new` entries begins with that of `old`; nothing proves 0."""
    if old == 0:
        return []
    with connection.cursor() as cursor:
        return read_nodes(cursor, consistency_path(old, new))


def last_head() -> str | None:
    """Give the head signed last, as a signed note."""
    return Head.objects.order_by("-id").values_list("note", flat=True).first()


def head_before(at: datetime) -> str | None:
    """Give the last head that was signed before a moment, as a signed note."""
    return Head.objects.filter(at__lt=at).order_by("-id").values_list("note", flat=True).first()


def notes() -> list[str]:
    """Give every signed head, the oldest first."""
    return list(Head.objects.order_by("id").values_list("note", flat=True))


def bodies(end: int, *, begin: int = 0) -> Iterator[str]:
    """Give entries in the log's order, from a place up to, without, another, page by page."""
    with connection.cursor() as cursor:
        for first in range(begin, end, _PAGE):
            yield from (one.body for one in read_placed(cursor, first, min(first + _PAGE, end)))
