"""Durable appends to the ledger and proofs from it, beside pymerkle's own SQLite store.

Both get the same entries, of some 270 bytes, and wait for the disk at each commit. hubao's callers
hand in what happened, and it is checked and made into text within the time; its batches are of
entries that are text already, as pymerkle's all are. hubao's entries count when they have their
places. pymerkle runs in an environment of its own, made once in `build/`, as it comes; with the
write-ahead log that hubao uses as well, which it doesn't set itself, it is shown beside.

Run: python bench/ledger.py [--quick] [--peer PYTHON] [--rounds N]
"""

import argparse
import json
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))  # for the tests' PostgreSQL server

from figures import Cell, Figure, at_least, finish, table  # noqa: E402
from tests.makers import postgres  # noqa: E402

PEER = (
    "pymerkle==7.0.0 --hash=sha256:506817f2a78cf9b2b49fcabb1d00c0dc76f0efa90fb0b14d998bab4e6729ad4f"
)
PEER_NEEDS = "cachetools==7.2.1"
FULL = {"one": 4_000, "many": 32_000, "callers": 32, "batch": 200_000, "chunk": 10_000,
        "size": 1_000_000, "proofs": 1_000}  # fmt: skip
QUICK = FULL | {"one": 1_000, "many": 6_400, "batch": 40_000, "size": 100_000, "proofs": 300}
Took = dict[str, float]
KINDS = {"sqlite": "hubao, SQLite", "postgres": "hubao, PostgreSQL"}


def main() -> int:
    options = _options()
    plan = QUICK if options.quick else FULL
    peer = options.peer or _make_peer()
    rounds: dict[str, list[Took]] = {}
    with tempfile.TemporaryDirectory(dir=options.scratch) as scratch, _servers() as url:
        for number in range(1 if options.quick else options.rounds):
            folder = Path(scratch) / str(number)
            for name, took in _round(folder, plan, peer, url, number).items():
                rounds.setdefault(name, []).append(took)
    middle = {name: _middle(some) for name, some in rounds.items()}
    print(f"{len(rounds['sqlite'])} rounds, of each figure the middle\n")
    print(_table(middle, plan))
    return finish("ledger", _figures(middle, quick=options.quick))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="in small, once; gates nothing")
    parser.add_argument("--peer", type=Path, help="a Python that has pymerkle")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scratch", type=Path, help="where to put it for a while")
    return parser.parse_args()


def _make_peer() -> Path | None:
    """Make pymerkle's environment; None where it can't be had."""
    folder = HERE.parent / "build" / "pymerkle"
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    needs = folder / "needs.txt"
    needs.write_text(f"{PEER}\n", encoding="utf-8")
    for what in ([PEER_NEEDS], ["--no-deps", "--require-hashes", "-r", str(needs)]):
        if subprocess.run([*install, *what], check=False).returncode:
            print("pymerkle can't be installed here: what is measured against it isn't measured.")
            return None
    return python


@contextmanager
def _servers() -> Iterator[str | None]:
    """Start a PostgreSQL server, if there is one to start; its commits wait for the disk."""
    if postgres.find_server() is None:
        print("PostgreSQL isn't installed: what is measured on it isn't measured.")
        yield None
        return
    with postgres.server(durable=True) as url:
        yield url


def _round(
    folder: Path, plan: dict[str, int], peer: Path | None, url: str | None, number: int
) -> dict[str, Took]:
    folder.mkdir()
    (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    (folder / "entries.txt").write_text("\n".join(_entries(plan["batch"])), encoding="ascii")
    took = {"sqlite": _run(sys.executable, "ledger_hubao.py", folder, f"sqlite:///{folder}/a.db")}
    if url is not None:
        fresh = url.replace("/postgres?", f"/round_{number}?")
        _create(url, f"round_{number}")
        took["postgres"] = _run(sys.executable, "ledger_hubao.py", folder, fresh)
    if peer is not None:
        found = _run(str(peer), "ledger_peer.py", folder, str(folder))
        took |= {f"pymerkle {journal}": one for journal, one in found.items()}
    return took


def _create(url: str, name: str) -> None:
    import psycopg  # noqa: PLC0415 - only where PostgreSQL is

    with psycopg.connect(url, autocommit=True) as there:
        there.execute(f"CREATE DATABASE {name}")


def _run(python: str, script: str, folder: Path, where: str) -> dict[str, Any]:
    command = [python, str(HERE / script), str(folder / "plan.json"), str(folder / "entries.txt")]
    done = subprocess.run([*command, where], check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _entries(count: int) -> Iterator[str]:
    """Entries of reveals, as the ledger writes them."""
    from hubao.desk.ledger.rules import Entered, body_of  # noqa: PLC0415 - needs the desk

    begin = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(count):
        yield body_of(
            Entered(
                action="policy.reveal",
                actor=f"E{number % 500}",
                at=begin + timedelta(seconds=number),
                subject=f"b{secrets.token_hex(12)}",
                purpose="service",
                item=f"d{secrets.token_hex(12)}",
                facts={"fields": ["phone"], "tie": "own"},
            )
        )


def _middle(some: Sequence[Took]) -> Took:
    return {name: median(one[name] for one in some) for name in some[0]}


def _table(middle: dict[str, Took], plan: dict[str, int]) -> str:
    names = KINDS | {
        "pymerkle delete": "pymerkle, as it comes",
        "pymerkle wal": "pymerkle, write-ahead log",
    }
    headers = ["store", "one caller/s", f"{plan['callers']} callers/s",
               f"batches of {plan['chunk']:,}/s", "found/s",
               f"proof p50 ms at {plan['size']:,}"]  # fmt: skip
    return table(headers, [_row(names[name], took) for name, took in middle.items()])


def _row(name: str, took: Took) -> list[Cell]:
    proof = took["proof"] * 1000 if "proof" in took else None
    return [name, took["one"], took["many"], took["batch"], took.get("found"), proof]


def _figures(middle: dict[str, Took], *, quick: bool) -> dict[str, Figure]:
    peer = middle.get("pymerkle delete")
    figures = {}
    for kind, what, goal in (("sqlite", "one", 3), ("sqlite", "many", 12), ("postgres", "many", 7)):
        took = middle.get(kind)
        value = took[what] / peer[what] if took and peer else None
        figures[f"{kind}_{what}_ratio"] = at_least(value, goal, unit="x")
    for kind, goal in (("sqlite", 100_000), ("postgres", 60_000)):
        took = middle.get(kind)
        figures[f"{kind}_batch"] = at_least(took["batch"] if took else None, goal, unit="/s")
    if not quick:
        return figures
    return {
        name: replace(figure, goal=f"{figure.goal}, at full size", gates=False)
        for name, figure in figures.items()
    }


if __name__ == "__main__":
    sys.exit(main())
