"""Read the whole log again and hold it to its tree, its columns, and heads that were signed."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection
from django.db.backends.utils import CursorWrapper

from hubao.desk.ledger.about import indexed, keys_of
from hubao.desk.ledger.counts import EVERYBODY, Key, counted, counts_of
from hubao.desk.ledger.models import Count
from hubao.desk.ledger.places import Placed, read_placed
from hubao.desk.ledger.queries import notes, size
from hubao.desk.ledger.tree import is_stored, read_node
from hubao.seal.heads import Head, read_signed
from hubao.seal.tree import Frontier, Subtree, leaf_hash

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
    given = [read_signed(note, key) for note in outside] if key else []
    own = [read_signed(note, key) for note in notes()] if key else []
    found = Checked(entries=size(), heads=len(given) + len(own))
    heads = sorted((*given, *own), key=lambda head: head.size)
    _check_entries(found, iter(heads), told)
    _check_found_by(found)
    _check_counts(found)
    _check_pending(found)
    return found


def _check_entries(found: Checked, heads: Iterator[Head], told: Told | None) -> None:
    frontier, head = Frontier(), next(heads, None)
    for one in _placed(found.entries):
        while head is not None and head.size == frontier.size:
            _hold_to(head, frontier, found)
            head = next(heads, None)
        if one.place != frontier.size:
            found.faults.append(f"place {frontier.size:,} of the log is empty")
            return
        for node, stored in frontier.append(leaf_hash(one.body.encode())):
            if is_stored(node.level) and read_node(node) != stored:
                found.faults.append(_changed(node))
        if told is not None and frontier.size % _PAGE == 0:
            told(frontier.size, found.entries)
    while head is not None:
        _hold_to(head, frontier, found)
        head = next(heads, None)
    if frontier.size != found.entries:
        found.faults.append(f"place {frontier.size:,} of the log is empty")


def _changed(node: Subtree) -> str:
    width = 1 << node.level
    first, last = node.place * width, (node.place + 1) * width - 1
    return f"the stored tree isn't that of the entries at places {first:,} to {last:,}"


def _hold_to(head: Head, frontier: Frontier, found: Checked) -> None:
    if head.size > frontier.size:
        found.faults.append(f"a head of {head.size:,} entries was signed; entries are missing")
    elif frontier.root() != head.root:
        found.faults.append(f"the first {head.size:,} entries aren't those of a signed head")


def _placed(entries: int) -> Iterator[Placed]:
    with connection.cursor() as cursor:
        for begin in range(0, entries, _PAGE):
            yield from read_placed(cursor, begin, min(begin + _PAGE, entries))


def _check_found_by(found: Checked) -> None:
    """Tell whether people find every entry by what it is about, and by nothing else."""
    done = min(indexed(), found.entries)
    missing = rows = 0
    with connection.cursor() as cursor:
        for begin in range(0, done, _PAGE):
            placed = read_placed(cursor, begin, min(begin + _PAGE, done))
            keys = [(key, one.entry) for one in placed for key in keys_of(one.body)]
            missing += len(keys) - _found(cursor, keys)
            rows += len(keys)
        cursor.execute("SELECT count(*) FROM ledger_about")
        more = cursor.fetchone()[0] - (rows - missing)
    if missing or more:
        found.faults.append(
            f"{missing:,} entries can't be found by what they say, {more:,} by what they don't say"
        )


def _found(cursor: CursorWrapper, keys: Sequence[tuple[str, int]]) -> int:
    if not keys:
        return 0
    pairs = ", ".join(["(%s, %s)"] * len(keys))
    cursor.execute(
        f"SELECT count(*) FROM ledger_about WHERE (key, entry) IN (VALUES {pairs})",  # noqa: S608
        [part for key in keys for part in key],
    )
    return int(cursor.fetchone()[0])


def _check_counts(found: Checked) -> None:
    """Tell whether the days' counts of everybody are those of the entries."""
    done = min(counted(), found.entries)
    with connection.cursor() as cursor:
        wanted = Counter[Key]()
        for begin in range(0, done, _PAGE):
            placed = read_placed(cursor, begin, min(begin + _PAGE, done))
            wanted += counts_of((one.body for one in placed), lambda _: {})
    rows = Count.objects.filter(of=EVERYBODY).values_list("of", "day", "what", "number")
    have = {(of, day, what): number for of, day, what, number in rows}
    wrong = sum(
        wanted[key] != have.get(key, 0)
        for key in {*have, *(key for key in wanted if key[0] == EVERYBODY)}
    )
    if wrong:
        found.faults.append(f"{wrong:,} counts of a day aren't those of its entries")


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
