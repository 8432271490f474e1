"""Time the whole trace, its reduce step against DuckDB's bare group-by, and a trace over an index.

Logs are generated: 10^7 rows, 10^5 actors, 500 victims; 10^6 and 10^8 rows show the growth. The
whole command runs as a process of its own, from start to exit; its peak memory is what the
kernel counted. The bare group-by runs over the same file, with the same number of threads.

Run: python bench/trace_speed.py [--quick]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import duckdb

from figures import Cell, Figure, at_most, finish, table
from hubao.trace import trace
from hubao.world.volume import Volume, write_volume
from hubao_reduce import time_reduce

GOAL_ROWS = 10_000_000
INDEX_GOAL_ROWS = 100_000_000
MOST_ACTORS = 100_000
THREADS = os.cpu_count() or 1
BARE = 'select actor, policy, min("at") as first from read_parquet($file) group by 1, 2'


@dataclass(frozen=True)
class Process:
    """One child process: wall and processor time in seconds, peak memory in GiB."""

    seconds: float
    processor: float
    peak: float


@dataclass(frozen=True)
class Timing:
    """Everything measured at one size; seconds, GiB and MB as named."""

    rows: int
    actors: int
    log_mb: float
    whole: Process
    named: bool
    bare: float
    bare_counted: float
    bare_kept: float
    reduce: float
    index: Process
    index_mb: float
    over_index: Process
    over_index_inside: float
    index_named: bool


def main() -> int:
    options = _options()
    sizes = [1_000_000] if options.quick else [1_000_000, GOAL_ROWS, INDEX_GOAL_ROWS]
    timings = []
    for rows in sizes:
        with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
            timings.append(_measure(rows, Path(folder), seed=options.seed))
    print("The whole command: `hubao trace big.parquet --victims v.csv --json r.json`\n")
    print(_whole_table(timings))
    print(f"\nThe reduce step against DuckDB's bare group-by ({THREADS} threads each)\n")
    print(_reduce_table(timings))
    print(
        "\nOver an index: `hubao index big.parquet --out big.index`, then `hubao trace --index`\n"
    )
    print(_index_table(timings))
    return finish("trace_speed", _figures(timings, quick=options.quick))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="10^6 rows only; speed never gates")
    parser.add_argument("--scratch", type=Path, help="where to put up to 10 GB for a while")
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


def _measure(rows: int, folder: Path, *, seed: int) -> Timing:
    actors = min(MOST_ACTORS, rows // 100)
    volume = write_volume(
        folder / "big.parquet",
        rows=rows,
        actors=actors,
        policies=rows // 5,
        seed=seed,
        victims=folder / "v.csv",
    )
    index, report = folder / "big.index", folder / "r.json"
    told = ["--victims", str(volume.victims), "--json", str(report)]
    whole = _run(["trace", str(volume.access), *told], folder)
    named = _names_source(report, volume)
    bare, bare_counted, bare_kept = _bare(volume.access)
    reduce = time_reduce(volume.access, volume.victims, threads=THREADS)
    build = _run(["index", str(volume.access), "--out", str(index)], folder)
    over_index = _run(["trace", "--index", str(index), *told], folder)
    return Timing(
        rows=rows,
        actors=actors,
        log_mb=_megabytes(volume.access),
        whole=whole,
        named=named,
        bare=bare,
        bare_counted=bare_counted,
        bare_kept=bare_kept,
        reduce=reduce,
        index=build,
        index_mb=_megabytes(index),
        over_index=over_index,
        over_index_inside=_median(lambda: trace(index=index, victims=volume.victims)),
        index_named=_names_source(report, volume),
    )


def _run(arguments: Sequence[str], folder: Path) -> Process:
    """Run one hubao command to its end.

    Raises:
        RuntimeError: it did not end with 0; its own words are in the message.
    """
    took, said = folder / "took.json", folder / "said.txt"
    measured = [sys.executable, str(Path(__file__).with_name("measured.py")), str(took), str(said)]
    subprocess.run([*measured, sys.executable, "-m", "hubao", *arguments], check=True)
    seconds, processor, mib, code = json.loads(took.read_text(encoding="utf-8"))
    if code != 0:
        raise RuntimeError(f"hubao {arguments[0]} failed: {said.read_text(encoding='utf-8')}")
    return Process(seconds, processor, mib / 1024)


def _bare(log: Path) -> tuple[float, float, float]:
    """Seconds of the bare group-by: rows delivered as Arrow, only counted, kept in a table."""

    def ask(query: str) -> None:
        with duckdb.connect() as connection:  # a fresh one each time, as the reduce step has
            connection.sql(f"set threads = {THREADS}")
            connection.execute(query, {"file": str(log)}).fetchall()

    def delivered() -> None:
        with duckdb.connect() as connection:
            connection.sql(f"set threads = {THREADS}")
            connection.sql(BARE, params={"file": str(log)}).to_arrow_table()

    return (
        _median(delivered),
        _median(lambda: ask(f"select count(first) from ({BARE})")),  # noqa: S608
        _median(lambda: ask(f"create temp table firsts as {BARE}")),
    )


def _median(call: Callable[[], object], times: int = 3) -> float:
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        call()
        taken.append(time.perf_counter() - begin)
    return median(taken)


def _names_source(report: Path, volume: Volume) -> bool:
    named: list[list[str]] = json.loads(report.read_text(encoding="utf-8"))["named"]
    return [volume.source] in named


def _megabytes(path: Path) -> float:
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    return sum(file.stat().st_size for file in files) / 1e6


def _whole_table(timings: Sequence[Timing]) -> str:
    rows: list[list[Cell]] = [
        [
            t.rows,
            t.actors,
            t.log_mb,
            t.whole.seconds,
            t.whole.processor,
            t.whole.peak,
            _yes(t.named),
        ]
        for t in timings
    ]
    return table(
        ["rows", "actors", "log MB", "wall s", "processor s", "peak GiB", "source named"], rows
    )


def _reduce_table(timings: Sequence[Timing]) -> str:
    rows: list[list[Cell]] = [
        [
            t.rows,
            t.reduce,
            *(x for bare in (t.bare, t.bare_counted, t.bare_kept) for x in (bare, t.reduce / bare)),
        ]
        for t in timings
    ]
    ways = ("bare s", "times", "bare, only counted s", "times", "bare, kept in a table s", "times")
    return table(["rows", "reduce s", *ways], rows)


def _index_table(timings: Sequence[Timing]) -> str:
    rows: list[list[Cell]] = [
        [
            t.rows,
            t.index.seconds,
            t.index.peak,
            t.index_mb,
            t.over_index.seconds,
            t.over_index.peak,
            t.over_index_inside,
            _yes(t.index_named),
        ]
        for t in timings
    ]
    headers = ["rows", "build s", "build peak GiB", "index MB", "trace, whole process s"]
    return table([*headers, "peak GiB", "trace, inside a process s", "source named"], rows)


def _figures(timings: Sequence[Timing], *, quick: bool) -> dict[str, Figure]:
    """The goals stand at 10^7 and 10^8 rows; a quick run shows 10^6 and gates nothing."""
    by_rows = {t.rows: t for t in timings}
    at = timings[0] if quick else by_rows[GOAL_ROWS]
    over = timings[0] if quick else by_rows[INDEX_GOAL_ROWS]
    figures = {
        "whole_command_s": at_most(at.whole.seconds, 10, unit="s"),
        "whole_command_gib": at_most(at.whole.peak, 4, unit="GiB"),
        "reduce_vs_bare_group_by": at_most(at.reduce / at.bare, 2, unit="times"),
        "over_index_inside_s": at_most(over.over_index_inside, 1, unit="s"),
    }
    if not quick:
        return figures
    return {
        name: replace(figure, goal=f"{figure.goal}, at full size", gates=False)
        for name, figure in figures.items()
    }


def _yes(value: bool) -> str:
    return "yes" if value else "NO"


if __name__ == "__main__":
    sys.exit(main())
