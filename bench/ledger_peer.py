"""What pymerkle's own SQLite store takes; run by `ledger.py` in an environment of pymerkle's own.

pymerkle is under the GPL: nothing of hubao imports it, and this process imports nothing of hubao.

Run: python bench/ledger_peer.py PLAN.json ENTRIES.txt FOLDER
"""

import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from pymerkle import SqliteTree


def main() -> None:
    plan_path, entries_path, folder = map(Path, sys.argv[1:])
    plan = json.loads(plan_path.read_text(encoding="utf-8"))
    entries = entries_path.read_bytes().splitlines()
    took = {}
    for name, journal in (("delete", None), ("wal", "WAL")):
        tree = _tree(folder / f"{name}.db", journal)
        took[name] = {
            "one": _one(tree, entries[: plan["one"]]),
            "many": _many(tree, entries[: plan["many"]], plan["callers"]),
            "batch": _batch(tree, entries[: plan["batch"]], plan["chunk"]),
        }
    took["delete"]["proof"] = _proof(_tree(folder / "proof.db", "WAL"), entries, plan)
    print(json.dumps(took))


def _tree(path: Path, journal: str | None) -> SqliteTree:
    tree = SqliteTree(str(path))
    if journal:
        tree.con.execute(f"PRAGMA journal_mode = {journal}")
    # SQLite's own default, said here since a build may have another.
    tree.con.execute("PRAGMA synchronous = FULL")
    return tree


def _one(tree: SqliteTree, entries: list[bytes]) -> float:
    return _rate(len(entries), lambda: [tree.append_entry(one) for one in entries])


def _many(tree: SqliteTree, entries: list[bytes], callers: int) -> float:
    def append(some: list[bytes]) -> None:
        for one in some:
            tree.append_entry(one)

    def run() -> None:
        threads = [
            threading.Thread(target=append, args=(entries[at::callers],)) for at in range(callers)
        ]
        for one in threads:
            one.start()
        for one in threads:
            one.join()

    return _rate(len(entries), run)


def _batch(tree: SqliteTree, entries: list[bytes], chunk: int) -> float:
    def run() -> None:
        for at in range(0, len(entries), chunk):
            tree.append_entries(entries[at : at + chunk])

    return _rate(len(entries), run)


def _proof(tree: SqliteTree, entries: list[bytes], plan: dict[str, int]) -> float:
    size = 0
    while size < plan["size"]:
        size = tree.append_entries(entries[: plan["size"] - size])
    took = []
    for at in range(plan["proofs"]):
        begin = time.perf_counter()
        tree.prove_inclusion(1 + at * 7919 % size, size)
        took.append(time.perf_counter() - begin)
    return median(took)


def _rate(count: int, run: Callable[[], object]) -> float:
    begin = time.perf_counter()
    run()
    return count / (time.perf_counter() - begin)


if __name__ == "__main__":
    main()
