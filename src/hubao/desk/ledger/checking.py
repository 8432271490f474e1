"""Read the whole log again, once, and hold it to all that rests on it and to heads outside."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection

from hubao.desk.core.transactions import one_moment
from hubao.desk.ledger.holding import Counts, FoundBy, Tree
from hubao.desk.ledger.places import Placed, read_placed
from hubao.desk.ledger.queries import notes, size
from hubao.desk.ledger.segments import Shelf, archived
from hubao.desk.ledger.tree import read_edge
from hubao.seal.heads import Head, read_signed

_PAGE: Final = 5_000  # times three keys of two values: below SQLite's 32,766 in a statement
Told = Callable[[int, int], None]


@dataclass
class Checked:
    """What reading the whole log found.

    Attributes:
        entries: in the tree.
        archived: of these, in sealed segments only.
        heads: signed heads that it was held to.
        unseen: signed heads over fewer entries than are archived, without the segments.
        pending: entries without a place yet.
        faults: what isn't as it should be, one sentence each.
    """

    entries: int = 0
    archived: int = 0
    heads: int = 0
    unseen: int = 0
    pending: int = 0
    faults: list[str] = field(default_factory=list)


def check(
    *,
    outside: Sequence[str] = (),
    key: Ed25519PublicKey | None = None,
    shelf: Shelf | None = None,
    told: Told | None = None,
) -> Checked:
    """Check the log against its own heads and those held outside.

    Args:
        outside: signed notes from places that the database's owner doesn't control.
        key: the log's public key; without it no head is looked at.
        shelf: where the sealed segments lie; without it, what was archived counts by the hashes
            that are left of it.
        told: hears entries read and entries in all.

    Raises:
        BadHead, WrongSignature: one of `outside` isn't a head that this key signed.
        NoSegment, BadSegment, NoPersonKeys: a sealed segment can't be read, or isn't what it was.
    """
    heads = [read_signed(note, key) for note in (*outside, *notes())] if key else []
    with one_moment():
        return _check(sorted(heads, key=lambda head: head.size), shelf, told)


def _check(heads: Sequence[Head], shelf: Shelf | None, told: Told | None) -> Checked:
    gone, found = archived(), Checked(entries=size())
    tree = _tree(gone.size, heads, shelf)
    parts = (tree, FoundBy(), Counts(after=gone.until))
    for end, page in _pages(gone.size, found.entries):
        for part in parts:
            part.add(page)
        if told is not None:
            told(end, found.entries)
    for part in parts:
        found.faults.extend(part.faults(found.entries))
    found.archived, found.heads = gone.size, len(tree.heads)
    found.unseen = len(heads) - found.heads
    _check_pending(found)
    return found


def _tree(gone: int, heads: Sequence[Head], shelf: Shelf | None) -> Tree:
    """Give the tree up to the first entry that is still here."""
    if shelf is None:
        with connection.cursor() as cursor:
            return Tree([head for head in heads if head.size >= gone], read_edge(cursor, gone))
    tree = Tree(heads)
    for kept in shelf.entries():
        tree.grow(kept.leaf)
    return tree


def _pages(begin: int, entries: int) -> Iterator[tuple[int, list[Placed]]]:
    with connection.cursor() as cursor:
        for first in range(begin, entries, _PAGE):
            end = min(first + _PAGE, entries)
            yield end, read_placed(cursor, first, end)


def _check_pending(found: Checked) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM ledger_pending), (SELECT count(*) FROM ledger_entry),"
            " (SELECT coalesce(sum(length), 0) FROM ledger_run)"
        )
        found.pending, entries, placed = cursor.fetchone()
    lost = entries + found.archived - placed - found.pending
    if lost > 0:
        found.faults.append(f"{lost:,} entries have no place and wait for none")
    if lost < 0:
        found.faults.append(f"{-lost:,} places of the log have no entry of their own")
