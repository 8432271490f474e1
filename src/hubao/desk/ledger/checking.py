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
from hubao.seal.heads import read_signed

_PAGE: Final = 5_000  # times three keys of two values: below SQLite's 32,766 in a statement
Told = Callable[[int, int], None]


@dataclass
class Checked:
    """What reading the whole log found.

    Attributes:
        entries: in the tree.
        heads: signed heads that it was held to.
        pending: entries without a place yet.
        faults: what isn't as it should be, one sentence each.
    """

    entries: int = 0
    heads: int = 0
    pending: int = 0
    faults: list[str] = field(default_factory=list)


def check(
    *, outside: Sequence[str] = (), key: Ed25519PublicKey | None = None, told: Told | None = None
) -> Checked:
    """Check the log against its own heads and those held outside.

    Args:
        outside: signed notes from places that the database's owner doesn't control.
        key: the log's public key; without it no head is looked at.
        told: hears entries read and entries in all.

    Raises:
        BadHead, WrongSignature: one of `outside` isn't a head that this key signed.
    """
    with one_moment():
        return _check(outside, key, told)


def _check(outside: Sequence[str], key: Ed25519PublicKey | None, told: Told | None) -> Checked:
    heads = [read_signed(note, key) for note in (*outside, *notes())] if key else []
    found = Checked(entries=size(), heads=len(heads))
    parts = (Tree(sorted(heads, key=lambda head: head.size)), FoundBy(), Counts())
    for end, page in _pages(found.entries):
        for part in parts:
            part.add(page)
        if told is not None:
            told(end, found.entries)
    for part in parts:
        found.faults.extend(part.faults(found.entries))
    _check_pending(found)
    return found


def _pages(entries: int) -> Iterator[tuple[int, list[Placed]]]:
    with connection.cursor() as cursor:
        for begin in range(0, entries, _PAGE):
            end = min(begin + _PAGE, entries)
            yield end, read_placed(cursor, begin, end)


def _check_pending(found: Checked) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM ledger_pending), (SELECT count(*) FROM ledger_entry),"
            " (SELECT coalesce(sum(length), 0) FROM ledger_run)"
        )
        found.pending, entries, placed = cursor.fetchone()
    lost = entries - placed - found.pending
    if lost > 0:
        found.faults.append(f"{lost:,} entries have no place and wait for none")
    if lost < 0:
        found.faults.append(f"{-lost:,} places of the log have no entry of their own")
