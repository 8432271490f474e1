"""Sequence the ledger: give committed entries their places in the tree, one sequencer at a time."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from django.db import connection
from django.db.backends.utils import CursorWrapper

from hubao.desk.core.transactions import durable
from hubao.desk.ledger import bulk
from hubao.desk.ledger.about import index_placed
from hubao.desk.ledger.places import runs_of
from hubao.desk.ledger.tree import is_stored, read_frontier
from hubao.seal.tree import Row, leaf_hash

AT_ONCE: Final = 10_000  # entries that one transaction takes up
_LOCK: Final = 0x6875_6261_6F01  # "hubao", of the sequencer


def append_placed(bodies: Sequence[str]) -> None:
    """Append what `rules.body_of` gave, in one transaction, and give them their places."""
    if not bodies:
        return
    with durable(), connection.cursor() as cursor:
        _lock(cursor)
        while _sequence(cursor) == AT_ONCE:  # on SQLite, places follow the order of ids
            pass
        _grow(cursor, bulk.insert_entries(cursor, bodies), bodies)


def sequence_pending() -> int:
    """Give every committed entry that has none its place in the tree; returns how many.

    What has a place can be found from then on by what it is about.
    """
    done = place_pending()
    index_placed()
    return done


def place_pending() -> int:
    """Give places only, as `sequence_pending` does first."""
    done, found = 0, AT_ONCE
    while found == AT_ONCE:
        with durable(), connection.cursor() as cursor:
            _lock(cursor)
            found = _sequence(cursor)
        done += found
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
    runs = list(runs_of(frontier.size, entries))
    completed = frontier.extend([leaf_hash(body.encode()) for body in bodies])
    bulk.insert(cursor, "ledger_run (place, entry, length)", runs)
    bulk.insert(cursor, "ledger_node (level, place, hash)", list(_stored(completed)))
    bulk.take_off_pending(cursor, runs)


def _stored(completed: Iterable[Row]) -> Iterator[tuple[int, int, bytes]]:
    for row in completed:
        if is_stored(row.level):
            for place, found in enumerate(row.hashes, start=row.place):
                yield row.level, place, found
