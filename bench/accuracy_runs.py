"""Run draws on all cores and keep what became of each: a killed run goes on where it was."""

import hashlib
import json
import lzma
import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import hubao
from accuracy_cells import Draw
from accuracy_draws import line

SOURCES = Path(hubao.__file__).parent
HERE = Path(__file__).parent
# What only shows a report, or makes no worlds and traces no victims here.
SHOWN = ("html", "words", "phrases", "terminal", "jsonout", "wrapping", "leaked", "index")
PACKED = ".jsonl.xz"
MADE_BY = ("numpy",)
TRACED_BY = ("numpy", "scipy", "duckdb", "pyarrow")


def worlds_digest() -> str:
    """Digest of all that a world's log depends on."""
    return _digest([*(SOURCES / "world").rglob("*.py"), HERE / "accuracy_family.py"], MADE_BY)


def draws_digest() -> str:
    """Digest of all that a line of the results file depends on."""
    product = [p for room in ("world", "trace", "lake") for p in (SOURCES / room).rglob("*.py")]
    counts = [p for p in product if not any(part.startswith(SHOWN) for part in p.parts[-2:])]
    own = ("family", "cells", "worlds", "oracle", "tracing", "draws", "warned", "others")
    mine = [HERE / f"accuracy_{name}.py" for name in own]
    others = [HERE / "baselines.py", HERE / "baselines_l1.py"]
    return _digest([*counts, *mine, *others], TRACED_BY)


def _digest(files: Iterable[Path], libraries: Sequence[str]) -> str:
    found = hashlib.sha256(repr([version(name) for name in libraries]).encode())
    for path in sorted(files):
        found.update(path.name.encode())
        found.update(path.read_bytes())
    return found.hexdigest()[:12]


def run(draws: Sequence[Draw], results: Path, worlds: Path) -> None:
    """Make the draws that the results file lacks, one line each.

    Args:
        draws: what to make, in order; those of one world should stand together.
        results: JSON lines, added to; each line is written when its draw is done.
        worlds: folder of the worlds' logs.
    """
    done = {one["key"] for one in read(results)}
    missing = [draw for draw in draws if draw.key not in done]
    if not missing:
        return
    results.parent.mkdir(parents=True, exist_ok=True)
    _mend(results)
    # A process for each core; numpy's own threads would only get in each other's way.
    os.environ["OMP_NUM_THREADS"] = "1"
    work = partial(line, folder=worlds)
    with (
        get_context("spawn").Pool(os.cpu_count(), _deaf) as pool,
        results.open("a", encoding="utf-8") as file,
    ):
        for one in _told(pool.imap_unordered(work, missing), len(draws), len(missing)):
            file.write(json.dumps(one) + "\n")
            file.flush()


def keep(results: Path, kept: Path) -> Path:
    """Pack a results file into the folder that goes with the code, in place of the last one.

    A board takes hours: what was drawn is kept, so that the docs' figures can be made again from
    it, and a run on another machine goes on from there.
    """
    packed = lzma.compress(results.read_bytes(), preset=9)
    kept.mkdir(parents=True, exist_ok=True)
    for old in kept.glob(f"{_kind(results)}-*{PACKED}"):
        old.unlink()
    path = kept / f"{results.stem}{PACKED}"
    path.write_bytes(packed)
    return path


def unpack(results: Path, kept: Path) -> None:
    """Lay what was kept of this very code's draws where a run goes on from, if nothing is there."""
    path = kept / f"{results.stem}{PACKED}"
    if path.exists() and not results.exists():
        results.parent.mkdir(parents=True, exist_ok=True)
        results.write_bytes(lzma.decompress(path.read_bytes()))


def latest(results: Path, kept: Path) -> Path:
    """The results of this code, or else the last ones made by any."""
    unpack(results, kept)
    if results.exists():
        return results
    here = list(results.parent.glob(f"{_kind(results)}-*{results.suffix}"))
    if here:
        return max(here, key=lambda path: path.stat().st_mtime)
    for path in kept.glob(f"{_kind(results)}-*{PACKED}"):
        other = results.with_name(path.name.removesuffix(PACKED) + results.suffix)
        unpack(other, kept)
        return other
    return results


def _kind(results: Path) -> str:
    return results.name.partition("-")[0]


def _deaf() -> None:
    """Leave Ctrl-C to the process that writes the results: it ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def read(results: Path) -> list[dict[str, Any]]:
    """Give the lines of a results file, each draw once; none if there is no file.

    A last line that was cut off by a kill is passed over.
    """
    if not results.exists():
        return []
    found: dict[str, dict[str, Any]] = {}
    for text in results.read_text(encoding="utf-8").splitlines():
        if text.endswith("}"):
            one = json.loads(text)
            found[one["key"]] = one
    return list(found.values())


def _mend(results: Path) -> None:
    """End a line that a kill cut off, so that the next one stands alone."""
    if results.exists() and not results.read_bytes().endswith(b"\n"):
        with results.open("a", encoding="utf-8") as file:
            file.write("\n")


def _told(outcomes: Iterable[dict[str, Any]], whole: int, missing: int) -> Iterator[dict[str, Any]]:
    """Say every now and then how far the run is, and how long it will take yet."""
    begin = said = time.monotonic()
    for count, one in enumerate(outcomes, start=1):
        yield one
        now = time.monotonic()
        if now - said >= 5 or count == missing:
            said, each = now, (now - begin) / count
            left = _clock(each * (missing - count))
            done = whole - missing + count
            print(
                f"\r{done:,} of {whole:,} draws, {each:.2f} s a draw, {left} left   ",
                end="\n" if count == missing else "",
                file=sys.stderr,
                flush=True,
            )


def _clock(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min"
