"""Time the import of policies: a file read, checked, encrypted field by field, and written.

Made-up policies of a simulated insurer with all columns: 10 encrypted fields, 4 blind indexes.
Commits wait for the disk in both databases. The peer is what anybody would write: one process reads
the file with `csv`, checks and encrypts by the same functions, and hands 4,000 rows at a time to
Django's `bulk_create`. It only adds; it knows no row again and can't go on after a crash.

Each way starts with an empty database in a process of its own, and counts from the file to the
last commit. Of several tries the fastest is shown. Processor seconds are those of the process that
writes, of the one that reads and encrypts, and of PostgreSQL's process that serves the first; the
busiest of them is what bounds the speed where each has a core of its own.

Run: python bench/policy_import.py [--quick]
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from figures import Cell, Figure, at_least, finish, table
from policy_rows import write_rows

ROOT: Final = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # for the tests' server

from tests.makers import postgres  # noqa: E402 - see above

GOAL, ROWS, QUICK_ROWS = 20_000, 400_000, 40_000
DATABASES: Final = ("SQLite", "PostgreSQL")
NAMES: Final = {"hubao": ("hubao", "hubao, the same file again"), "peer": ("bulk_create",)}


@dataclass(frozen=True)
class Timing:
    """One file taken in; seconds on the clock and of processors, peak MiB of the writer."""

    database: str
    name: str
    rows: int
    seconds: float
    writer: float
    reader: float
    server: float
    peak: float

    @property
    def speed(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds

    @property
    def bound(self) -> float:
        """Rows a second of the busiest process, if it never waits."""
        return self.rows / max(self.writer, self.reader, self.server)


def main() -> int:
    options = _options()
    rows, tries = (QUICK_ROWS, 1) if options.quick else (ROWS, options.tries)
    with tempfile.TemporaryDirectory(dir=options.scratch) as scratch:
        whole, part = Path(scratch) / "policies.csv", Path(scratch) / "some.csv"
        write_rows(whole, rows=rows, seed=options.seed)
        write_rows(part, rows=rows // 5, seed=options.seed)  # as the peer is slow
        megabytes = whole.stat().st_size / 1e6
        timings = [
            one
            for database in DATABASES
            for way, file, times in (("hubao", whole, tries), ("peer", part, 1))
            for one in _fastest(database, way, file, Path(scratch), times)
        ]
    print(f"`hubao desk import policies policies.csv`: {rows:,} rows, {megabytes:.0f} MB\n")
    print(_table(timings))
    return finish("policy_import", _figures(timings, quick=options.quick))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few rows; speed never gates")
    parser.add_argument("--tries", type=int, default=3, help="times that hubao is timed")
    parser.add_argument("--scratch", type=Path, help="where to put it for a while")
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


def _fastest(database: str, way: str, file: Path, scratch: Path, tries: int) -> Sequence[Timing]:
    """Time a way several times; nothing where there is no server."""
    if database == "PostgreSQL" and postgres.find_server() is None:
        return []
    every = [_timed(database, way, file, scratch) for _ in range(tries)]
    return [min(same, key=lambda one: one.seconds) for same in zip(*every, strict=True)]


def _timed(database: str, way: str, file: Path, scratch: Path) -> Sequence[Timing]:
    script = Path(__file__).with_name("policy_import_way.py")
    with _fresh(database, scratch) as url:
        command = [sys.executable, str(script), way, url, str(file)]
        child = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    told = json.loads(child.stdout)
    return [Timing(database, name, **one) for name, one in zip(NAMES[way], told, strict=True)]


@contextmanager
def _fresh(database: str, scratch: Path) -> Iterator[str]:
    """Give the URL of an empty database whose commits wait for the disk."""
    if database == "PostgreSQL":
        with postgres.server(durable=True) as url:
            yield url
        return
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        yield f"sqlite:///{folder}/hubao.sqlite3"


def _table(timings: Sequence[Timing]) -> str:
    rows: list[list[Cell]] = [
        [t.database, t.name, t.rows, t.seconds, t.speed, t.writer, t.reader, t.server, t.bound,
         t.peak]
        for t in timings
    ]  # fmt: skip
    headers = ["database", "way", "rows", "wall s", "rows/s", "writer s", "reader s", "server s"]
    return table([*headers, "busiest process rows/s", "writer peak MiB"], rows)


def _figures(timings: Sequence[Timing], *, quick: bool) -> dict[str, Figure]:
    speeds = {one.database: one.speed for one in timings if one.name == "hubao"}
    figures = {
        f"import_{name.lower()}": at_least(speeds.get(name), GOAL, unit="rows/s")
        for name in DATABASES
    }
    if not quick:
        return figures
    return {
        name: replace(figure, goal=f"{figure.goal}, at full size", gates=False)
        for name, figure in figures.items()
    }


if __name__ == "__main__":
    sys.exit(main())
