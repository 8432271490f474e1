"""Sequence the ledger: give committed entries their places in the tree, one sequencer at a time."""

from collections.abc import Iterable, Sequence
from typing import Final

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from hubao.desk.ledger import bulk
from hubao.desk.ledger.rules import Entered
from hubao.desk.ledger.steps import Row, row_of
from hubao.desk.ledger.tree import is_stored, read_frontier
from hubao.seal.tree import Frontier, Subtree, leaf_hash

AT_ONCE: Final = 10_000  # entries that one transaction takes up
_LOCK: Final = 0x6875_6261_6F01  # "hubao", of the sequencer


def append_entries(entered: Iterable[Entered]) -> int:
    """Append many entries in one transaction and give them their places; returns how many.

    Raises:
        NotForTheLedger: one holds something other than ids, words and counts; none is appended.
    """
    rows = [row_of(one) for one in entered]
    append_rows(rows)
    return len(rows)


def append_rows(rows: Sequence[Row]) -> None:
    """Append what `steps.row_of` gave, as `append_entries` does."""
    if not rows:
        return
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        _lock(cursor)
        ids = bulk.insert_entries(cursor, rows)
        _grow(cursor, ids, [row[0] for row in rows])


def sequence_pending() -> int:
    """Give every committed entry that has none its place in the tree; returns how many."""
    done = 0
    while True:
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            _lock(cursor)
            found = _sequence(cursor)
        done += found
        if found < AT_ONCE:
            return done


def _lock(cursor: CursorWrapper) -> None:
    """Keep other sequencers out until the transaction ends."""
    if connection.vendor == "postgresql":  # SQLite's BEGIN IMMEDIATE is such a lock
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _sequence(cursor: CursorWrapper) -> int:
    cursor.execute(
        "SELECT entry, body FROM ledger_pending JOIN ledger_entry ON id = entry"
        " ORDER BY entry LIMIT %s",
        [AT_ONCE],
    )
    rows = cursor.fetchall()
    if rows:
        _grow(cursor, [entry for entry, _ in rows], [body for _, body in rows])
    return len(rows)


def _grow(cursor: CursorWrapper, entries: Sequence[int], bodies: Sequence[str]) -> None:
    """Give entries, in rising order of their ids, the next places."""
    frontier = read_frontier(cursor)
    first = frontier.size
    hashes = [leaf_hash(body.encode()) for body in bodies]
    nodes = _completed(frontier, hashes)
    bulk.insert_leaves(cursor, list(zip(range(first, frontier.size), entries, hashes, strict=True)))
    if nodes:
        cursor.executemany(
            "INSERT INTO ledger_node (level, place, hash) VALUES (%s, %s, %s)",
            [(one.level, one.place, found) for one, found in nodes],
        )
    bulk.take_off_pending(cursor, entries)


def _completed(frontier: Frontier, hashes: Iterable[bytes]) -> list[tuple[Subtree, bytes]]:
    """Add leaves; give the subtrees among those they complete that are stored."""
    return [
        (one, found) for leaf in hashes for one, found in frontier.append(leaf) if is_stored(one)
    ]
