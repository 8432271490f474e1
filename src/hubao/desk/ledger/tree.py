"""The tree as it lies in the database: every leaf, and one hash for 256, 65,536, … of them.

What lies between is folded from at most 256 hashes of the level below when it is asked for. So the
tree adds one narrow row to an entry, and a proof takes one read a level.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from django.db.backends.utils import CursorWrapper

from hubao.seal.tree import Frontier, Leaves, Subtree, fold, node_hash, subtrees

STEP: Final = 8  # levels between those that are stored


def read_nodes(cursor: CursorWrapper, nodes: Sequence[Leaves]) -> list[bytes]:
    """Give the hashes of nodes of the tree, of which every leaf must be there."""
    parts = [subtrees(node) for node in nodes]
    found = _read(cursor, {one for part in parts for one in part})
    return [fold([found[one] for one in part]) for part in parts]


def read_frontier(cursor: CursorWrapper) -> Frontier:
    """Give the right edge of the tree."""
    size = read_size(cursor)
    edge = subtrees(Leaves(0, size))
    found = _read(cursor, set(edge))
    return Frontier(size, [found[one] for one in edge])


def read_size(cursor: CursorWrapper) -> int:
    """Give the number of entries in the tree."""
    cursor.execute("SELECT place FROM ledger_leaf ORDER BY place DESC LIMIT 1")
    last = cursor.fetchone()
    return last[0] + 1 if last else 0


def is_stored(subtree: Subtree) -> bool:
    """Tell whether a completed subtree is one of the upper levels that are stored."""
    return subtree.level > 0 and subtree.level % STEP == 0


def _read(cursor: CursorWrapper, wanted: Iterable[Subtree]) -> dict[Subtree, bytes]:
    by_level: dict[int, list[Subtree]] = {}
    for one in wanted:
        by_level.setdefault(one.level - one.level % STEP, []).append(one)
    return {
        one: found for level, some in by_level.items() for one, found in _at(cursor, level, some)
    }


def _at(
    cursor: CursorWrapper, level: int, wanted: Sequence[Subtree]
) -> Iterable[tuple[Subtree, bytes]]:
    """Fold subtrees from the hashes of a stored level, all read at once."""
    runs = [_run(one, level) for one in wanted]
    either = " OR ".join(["(place >= %s AND place < %s)"] * len(runs))
    limits = [place for run in runs for place in run]
    if level == 0:
        cursor.execute(f"SELECT place, hash FROM ledger_leaf WHERE {either}", limits)  # noqa: S608
    else:
        cursor.execute(
            f"SELECT place, hash FROM ledger_node WHERE level = %s AND ({either})",  # noqa: S608
            [level, *limits],
        )
    rows = {place: bytes(found) for place, found in cursor.fetchall()}
    for one, run in zip(wanted, runs, strict=True):
        yield one, _perfect([rows[place] for place in range(run.begin, run.end)])


def _run(subtree: Subtree, level: int) -> Leaves:
    """Which hashes of a stored level a subtree stands over."""
    width = 1 << (subtree.level - level)
    return Leaves(subtree.place * width, (subtree.place + 1) * width)


def _perfect(hashes: list[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = [node_hash(*hashes[i : i + 2]) for i in range(0, len(hashes), 2)]
    return hashes[0]
