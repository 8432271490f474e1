"""Reveals a second over HTTP, beside the same app reading one row and inserting one, unguarded.

A reveal finds who asks by their session, checks purpose and work item, counts, commits the ledger's
entry and only then decrypts. The view beside it runs in the same server, behind the same
middleware, without a sign-in: one read by an index, one insert, committed. Both wait for the disk,
and share the cores with the client.

Run: python bench/reveal.py [--quick] [--rounds N] [--seconds N]
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))  # for the tests' PostgreSQL server

from figures import Cell, Figure, at_least, at_most, finish, table  # noqa: E402
from http_load import Load, post, run  # noqa: E402
from tests.makers import postgres  # noqa: E402

CONNECTIONS, RECORDS = 32, 50
WARM = 2.0  # seconds before it counts
GOALS = {"sqlite": 0.6, "postgres": 0.4}
FIELDS = ("phone", "identity_number", "address", "holder_name")
NAMES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}
Rounds = dict[str, list[Load]]


def main() -> int:
    options = _options()
    seconds, rounds = (3.0, 1) if options.quick else (options.seconds, options.rounds)
    found = {}
    for kind in GOALS:
        with tempfile.TemporaryDirectory(dir=options.scratch) as folder, _database(kind) as url:
            if url is not None:
                found[kind] = _measure(Path(folder), url, seconds, rounds)
    print(f"{CONNECTIONS} connections, {rounds} rounds of {seconds:g} s; the middle of each\n")
    print(_table(found))
    return finish("reveal", _figures(found, quick=options.quick))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round; gates nothing")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--scratch", type=Path, help="where to put it for a while")
    return parser.parse_args()


@contextmanager
def _database(kind: str) -> Iterator[str | None]:
    """Give the database's URL; an empty one is the desk's own file."""
    if kind == "sqlite":
        yield ""
    elif postgres.find_server() is None:
        print("PostgreSQL isn't installed: what is measured on it isn't measured.")
        yield None
    else:
        with postgres.server(durable=True) as url:
            yield url


def _measure(folder: Path, url: str, seconds: float, rounds: int) -> Rounds:
    env = {name: value for name, value in os.environ.items() if not name.startswith("HUBAO_")}
    env |= {"HUBAO_DATA": str(folder / "desk"), "HUBAO_MODE": "development"}
    env |= {"HUBAO_DATABASE_URL": url} if url else {}
    subprocess.run([sys.executable, "-m", "hubao", "desk", "init"], env=env, check=True,
                   capture_output=True)  # fmt: skip
    app = [sys.executable, str(HERE / "reveal_desk.py")]
    told = subprocess.run([*app, "prepare", str(CONNECTIONS), str(RECORDS)], env=env, check=True,
                          stdout=subprocess.PIPE)  # fmt: skip
    people = json.loads(told.stdout.splitlines()[-1])
    asked = {"reveal": [_reveals(one) for one in people], "plain": [_plain(one) for one in people]}
    found: Rounds = {name: [] for name in asked}
    with _served(app, env) as port:
        for _ in range(rounds):
            for name, requests in asked.items():
                run(port, requests, seconds=WARM)
                found[name].append(_all_answered(run(port, requests, seconds=seconds)))
    return found


def _reveals(person: dict[str, Any]) -> list[bytes]:
    """The requests that the console's page sends."""
    csrf = "b" * 32
    headers = {"Cookie": f"sessionid={person['session']}; csrftoken={csrf}", "X-CSRFToken": csrf}
    return [
        post(
            f"/console/policies/{record}/reveal/",
            urlencode({"field": field, "purpose": "service", "item": person["item"]}),
            headers,
        )
        for record in person["records"]
        for field in FIELDS
    ]


def _plain(person: dict[str, Any]) -> list[bytes]:
    return [post(f"/plain/{record}/", "", {}) for record in person["records"]]


def _all_answered(load: Load) -> Load:
    if load.failed or not load.took:
        raise RuntimeError(f"{load.failed} requests of {load.failed + len(load.took)} failed")
    return load


@contextmanager
def _served(app: Sequence[str], env: dict[str, str]) -> Iterator[int]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    process = subprocess.Popen([*app, "serve", str(port)], env=env, cwd=HERE)
    try:
        _wait(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError("the server stopped")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server doesn't answer")


def _table(found: dict[str, Rounds]) -> str:
    headers = ["database", "view", "requests/s", "p50 ms", "p99 ms", "longest ms"]
    rows: list[list[Cell]] = [
        [NAMES[kind], name, _rate(some), *(_ms(some, part) for part in (0.5, 0.99, 1))]
        for kind, rounds in found.items()
        for name, some in rounds.items()
    ]
    return table(headers, rows)


def _rate(some: Sequence[Load]) -> float:
    return median(one.rate for one in some)


def _ms(some: Sequence[Load], part: float) -> float:
    return median(one.quantile(part) for one in some) * 1000


def _figures(found: dict[str, Rounds], *, quick: bool) -> dict[str, Figure]:
    figures = {}
    for kind, goal in GOALS.items():
        rounds = found.get(kind)
        ratio = _rate(rounds["reveal"]) / _rate(rounds["plain"]) if rounds else None
        slow = _ms(rounds["reveal"], 0.99) if rounds else None
        figures[f"{kind}_reveal_ratio"] = at_least(ratio, goal, unit="x")
        figures[f"{kind}_reveal_p99_ms"] = at_most(slow, 150, unit="ms")
    if not quick:
        return figures
    return {name: replace(figure, gates=False) for name, figure in figures.items()}


if __name__ == "__main__":
    sys.exit(main())
