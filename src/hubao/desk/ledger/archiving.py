"""Archive the log's oldest entries: into sealed segments outside, and off the database."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final

from django.db import connection

from hubao.desk.core.actor import Actor, Permission
from hubao.desk.core.days import day_of
from hubao.desk.core.transactions import durable
from hubao.desk.ledger import about, counts, lake, queries
from hubao.desk.ledger.letting_go import let_go, overwrite
from hubao.desk.ledger.models import Segment
from hubao.desk.ledger.places import Placed, read_placed
from hubao.desk.ledger.rules import Entered, Fact
from hubao.desk.ledger.segments import archived
from hubao.desk.ledger.shelving import Archive, Published, put_on_shelf
from hubao.desk.ledger.steps import append_entry
from hubao.desk.ledger.tree import STEP
from hubao.kit.errors import BadInput
from hubao.seal.heads import read_signed

AT_ONCE: Final = 1 << 14  # entries of a segment: what writers wait for while they are let go
_STEP: Final = 1 << STEP  # only whole nodes of the tree can do without their entries
_DIGEST: Final = 32  # digits of a word of the entry, which would be too long as one
Told = Callable[[int, int], None]


class NotOutside(BadInput):
    """No head of this log is outside, under which entries could be archived."""

    code = "ledger.no_head_outside"


def archive(
    to: Archive, *, before: datetime, actor: Actor, at: datetime, told: Told | None = None
) -> int:
    """Seal the entries under a head that was signed before a moment, and take them off the log.

    A head's time says how old they are, as an entry may have been written under a wrong clock. What
    isn't found, counted and exported yet stays, as do the last up to 255 of them. A crash leaves
    each segment done or not begun.

    Args:
        to: where they go.
        before: the moment.
        actor: who asks for it.
        at: now.
        told: hears entries archived, and how many it comes to.

    Returns:
        How many were archived.

    Raises:
        NotAllowed: the actor may not.
        NotOutside: no head is outside yet.
        WrongSignature: a head isn't one that the log's key signed.
        NotSealed: a segment that was written isn't right, or can't be written.
        NoPersonKeys: the file of people's keys can't be used.
        NotOwner: the database's role may only add to the ledger.
    """
    actor.require(Permission.ARCHIVE_LEDGER)
    under, begin = _published(to), archived().size
    end = _end(to, under, before)
    for some in _parts(begin, end):
        _take_off(put_on_shelf(some, to, under), some, actor=actor, at=at)
        if told is not None:
            told(some[-1].place + 1 - begin, end - begin)
    if end > begin:
        counts.forget_people(before=day_of(before))
        overwrite()
    return max(0, end - begin)


def _published(to: Archive) -> Published:
    note = queries.published_head()
    if note is None:
        raise NotOutside("No signed head is outside yet: run hubao ledger head first.")
    return Published(note, read_signed(note, to.log_key).size)


def _end(to: Archive, under: Published, before: datetime) -> int:
    """Give the place before which entries can go."""
    note = queries.head_before(before)
    old = read_signed(note, to.log_key).size if note else 0
    limit = min(old, under.size, about.indexed(), counts.counted(), lake.exported())
    return limit // _STEP * _STEP


def _parts(begin: int, end: int) -> Iterator[list[Placed]]:
    for first in range(begin, end, AT_ONCE):
        with connection.cursor() as cursor:
            yield read_placed(cursor, first, min(first + AT_ONCE, end))


def _take_off(row: Segment, some: Sequence[Placed], *, actor: Actor, at: datetime) -> None:
    digest = [row.digest[:_DIGEST], row.digest[_DIGEST:]]
    facts: dict[str, Fact] = {"place": row.place, "entries": row.length, "digest": digest}
    with durable():
        append_entry(Entered(action="ledger.archived", actor=actor.id, at=at, facts=facts))
        let_go(row, some)
