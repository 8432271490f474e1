"""Many rows of the ledger at once, each database's fastest way."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.db import connection
from django.db.backends.utils import CursorWrapper

from hubao.desk.ledger.places import Run

_COPY_FROM: Final = 50  # rows for which setting a COPY up is worth it


def insert_entries(cursor: CursorWrapper, bodies: Sequence[str]) -> Sequence[int]:
    """Insert entries while the sequencer's lock is held; gives their ids, rising."""
    ids = _new_ids(cursor, len(bodies))
    insert(cursor, "ledger_entry (id, body)", list(zip(ids, bodies, strict=True)))
    return ids


def take_off_pending(cursor: CursorWrapper, runs: Iterable[Run]) -> None:
    """Take entries that have a place now off the list, where there is one."""
    if connection.vendor == "sqlite":
        return
    cursor.executemany(
        "DELETE FROM ledger_pending WHERE entry >= %s AND entry < %s",
        [(run.entry, run.entry + run.length) for run in runs],
    )


def insert(cursor: CursorWrapper, into: str, rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows into a table, written with its columns."""
    if not rows:
        return
    if connection.vendor == "postgresql" and len(rows) >= _COPY_FROM:
        with cursor.copy(f"COPY {into} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    places = ", ".join(["%s"] * len(rows[0]))
    cursor.executemany(f"INSERT INTO {into} VALUES ({places})", rows)  # noqa: S608


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
