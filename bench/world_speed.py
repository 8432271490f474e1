"""Time the making of a simulated insurer, written to Parquet: accesses a second, peak memory.

The whole command runs as a process of its own, from start to exit: drawing the insurer, three
years of work twice over (once to see who saw what, once to write it), the leak, the scammers and
every table. Its peak memory is what the kernel counted, pages mapped from files included.

Run: python bench/world_speed.py [--quick] [--huge]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pyarrow import parquet

from figures import Cell, Figure, at_most, finish, table

YEARS = 3
POLICIES = 37_500  # that make a million accesses, and a few more, in those years
GOAL_ROWS, HUGE_ROWS = 10_000_000, 100_000_000
SLOW = ("PYTHONDONTWRITEBYTECODE", "PYTHONDEVMODE")  # would be timed too


@dataclass(frozen=True)
class Timing:
    """One world: accesses, wall and processor seconds, peak GiB, MB of its files."""

    rows: int
    events: int
    policies: int
    seconds: float
    processor: float
    peak: float
    megabytes: float


def main() -> int:
    options = _options()
    sizes = [1_000_000] if options.quick else [1_000_000, GOAL_ROWS]
    timings = []
    for rows in [*sizes, *([HUGE_ROWS] if options.huge else [])]:
        with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
            timings.append(_measure(rows, Path(folder), seed=options.seed))
    print(f"`hubao world build --scenario leaver --years {YEARS} --format parquet --policies N`\n")
    print(_table(timings))
    return finish("world_speed", _figures(timings, quick=options.quick))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="10^6 accesses only; gates nothing")
    parser.add_argument("--huge", action="store_true", help="10^8 accesses too: minutes, 4 GB")
    parser.add_argument("--scratch", type=Path, help="where to put it for a while")
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


def _measure(rows: int, folder: Path, *, seed: int) -> Timing:
    """Build a world in a process of its own.

    Raises:
        RuntimeError: the command did not end with 0; its own words are in the message.
    """
    policies = POLICIES * rows // 1_000_000
    took, said, out = folder / "took.json", folder / "said.txt", folder / "world"
    measured = [sys.executable, str(Path(__file__).with_name("measured.py")), str(took), str(said)]
    build = [sys.executable, "-m", "hubao", "world", "build", "--scenario", "leaver"]
    size = ["--policies", str(policies), "--years", str(YEARS), "--seed", str(seed)]
    env = {name: value for name, value in os.environ.items() if name not in SLOW}
    command = [*measured, *build, *size, "--format", "parquet", "--out", str(out)]
    subprocess.run(command, check=True, env=env)
    seconds, processor, mib, code = json.loads(took.read_text(encoding="utf-8"))
    if code != 0:
        raise RuntimeError(f"hubao world build failed: {said.read_text(encoding='utf-8')}")
    log = sorted((out / "access").rglob("*.parquet"))
    return Timing(
        rows=rows,
        events=sum(parquet.read_metadata(path).num_rows for path in log),
        policies=policies,
        seconds=seconds,
        processor=processor,
        peak=mib / 1024,
        megabytes=sum(path.stat().st_size for path in out.rglob("*.parquet")) / 1e6,
    )


def _table(timings: Sequence[Timing]) -> str:
    rows: list[list[Cell]] = [
        [t.events, t.policies, t.seconds, t.processor, t.peak, t.megabytes] for t in timings
    ]
    headers = ["accesses", "policies", "wall s", "processor s", "peak GiB", "files MB"]
    return table(headers, rows)


def _figures(timings: Sequence[Timing], *, quick: bool) -> dict[str, Figure]:
    """The goals stand at 10^7 accesses; a quick run shows 10^6 and gates nothing."""
    by_rows = {t.rows: t for t in timings}
    at = timings[0] if quick else by_rows[GOAL_ROWS]
    figures = {
        "world_build_s": at_most(at.seconds, 60, unit="s"),
        "world_build_gib": at_most(at.peak, 4, unit="GiB"),
    }
    if HUGE_ROWS in by_rows:
        figures["world_build_huge_gib"] = at_most(by_rows[HUGE_ROWS].peak, 4, unit="GiB")
    if not quick:
        return figures
    return {
        name: replace(figure, goal=f"{figure.goal}, at full size", gates=False)
        for name, figure in figures.items()
    }


if __name__ == "__main__":
    sys.exit(main())
