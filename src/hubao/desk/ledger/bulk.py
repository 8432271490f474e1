"""Many rows of the ledger at once, each database's fastest way."""

from collections.abc import Sequence
from typing import Any, Final

from django.db import connection
from django.db.backends.utils import CursorWrapper

from hubao.desk.ledger.steps import Row

_ENTRY: Final = "ledger_entry (id, body, at, action, actor, subject)"
_LEAF: Final = "ledger_leaf (place, entry, hash)"
_COPY_FROM: Final = 50  # rows for which setting a COPY up is worth it


def insert_entries(cursor: CursorWrapper, rows: Sequence[Row]) -> Sequence[int]:
    """Insert entries while the sequencer's lock is held; gives their ids, rising."""
    ids = _new_ids(cursor, len(rows))
    _insert(cursor, _ENTRY, [(number, *row) for number, row in zip(ids, rows, strict=True)])
    return ids


def insert_leaves(cursor: CursorWrapper, leaves: Sequence[tuple[int, int, bytes]]) -> None:
    """Insert leaves: place, entry, hash."""
    _insert(cursor, _LEAF, leaves)


def take_off_pending(cursor: CursorWrapper, entries: Sequence[int]) -> None:
    """Take entries, in rising order, off the sequencer's work: run by run."""
    begin = 0
    for at in range(1, len(entries) + 1):
        if at == len(entries) or entries[at] != entries[at - 1] + 1:
            cursor.execute(
                "DELETE FROM ledger_pending WHERE entry >= %s AND entry <= %s",
                [entries[begin], entries[at - 1]],
            )
            begin = at


def _new_ids(cursor: CursorWrapper, count: int) -> Sequence[int]:
    if connection.vendor == "postgresql":
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('ledger_entry', 'id'))"
            " FROM generate_series(1, %s)",
            [count],
        )
        return sorted(number for (number,) in cursor.fetchall())
    # Nobody else writes to this database until our transaction ends.
    cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = 'ledger_entry'")
    row = cursor.fetchone()
    last = row[0] if row else 0
    return range(last + 1, last + count + 1)


def _insert(cursor: CursorWrapper, into: str, rows: Sequence[Sequence[Any]]) -> None:
    if connection.vendor == "postgresql" and len(rows) >= _COPY_FROM:
        with cursor.copy(f"COPY {into} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    places = ", ".join(["%s"] * len(rows[0]))
    cursor.executemany(f"INSERT INTO {into} VALUES ({places})", rows)  # noqa: S608
