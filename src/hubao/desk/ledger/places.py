"""Where entries stand in the tree: runs of entries, of which ids and places follow each other."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from django.db.backends.utils import CursorWrapper

_OVER: Final = """
SELECT place, entry, length FROM ledger_run WHERE place < %s AND place >= coalesce(
    (SELECT place FROM ledger_run WHERE place <= %s ORDER BY place DESC LIMIT 1), 0
) ORDER BY place
"""


class Run(NamedTuple):
    """Entries `entry` up to `entry + length - 1`, at `place` and after."""

    place: int
    entry: int
    length: int


class Placed(NamedTuple):
    """An entry at its place."""

    place: int
    entry: int
    body: str


def read_size(cursor: CursorWrapper) -> int:
    """Give the number of entries in the tree."""
    cursor.execute("SELECT place + length FROM ledger_run ORDER BY place DESC LIMIT 1")
    row = cursor.fetchone()
    return row[0] if row else 0


def read_archived(cursor: CursorWrapper) -> int:
    """Give the number of entries, the log's oldest, that lie in sealed segments only."""
    cursor.execute("SELECT place + length FROM ledger_segment ORDER BY place DESC LIMIT 1")
    row = cursor.fetchone()
    return row[0] if row else 0


def place_of(cursor: CursorWrapper, entry: int) -> int | None:
    """Give an entry's place, if it has one."""
    cursor.execute(
        "SELECT place, entry, length FROM ledger_run WHERE entry <= %s ORDER BY entry DESC LIMIT 1",
        [entry],
    )
    row = cursor.fetchone()
    if row is None:
        return None
    run = Run(*row)
    return run.place + entry - run.entry if entry < run.entry + run.length else None


def read_placed(cursor: CursorWrapper, begin: int, end: int) -> list[Placed]:
    """Give the entries from a place up to, without, another; those that are gone are left out."""
    return [one for run in read_runs(cursor, begin, end) for one in _read(cursor, run)]


def read_runs(cursor: CursorWrapper, begin: int, end: int) -> list[Run]:
    """Give the runs between two places, cut where they reach beyond."""
    cursor.execute(_OVER, [end, begin])
    runs = [_cut(Run(*row), begin, end) for row in cursor.fetchall()]
    return [run for run in runs if run.length > 0]


def runs_of(first: int, entries: Sequence[int]) -> Iterable[Run]:
    """Give the runs that entries, in rising order of their ids, make from a place on."""
    begin = 0
    for at in range(1, len(entries) + 1):
        if at == len(entries) or entries[at] != entries[at - 1] + 1:
            yield Run(first + begin, entries[begin], at - begin)
            begin = at


def _read(cursor: CursorWrapper, run: Run) -> Iterable[Placed]:
    cursor.execute(
        "SELECT id, body FROM ledger_entry WHERE id >= %s AND id < %s ORDER BY id",
        [run.entry, run.entry + run.length],
    )
    shift = run.place - run.entry
    return [Placed(entry + shift, entry, body) for entry, body in cursor.fetchall()]


def _cut(run: Run, begin: int, end: int) -> Run:
    first, stop = max(run.place, begin), min(run.place + run.length, end)
    return Run(first, run.entry + first - run.place, stop - first)
