"""The tree as it lies in the database: the entries, and one hash for 256, 65,536, … of them.

What lies between is folded from at most 256 hashes of the level below when it is asked for, and a
leaf's hash is made from its entry. So the tree adds one narrow row to 256 entries, and a proof
takes a read or two a level.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from django.db.backends.utils import CursorWrapper

from hubao.desk.ledger.models import Node
from hubao.desk.ledger.places import read_placed, read_size
from hubao.kit.errors import HubaoError, Kind
from hubao.seal.tree import Frontier, Leaves, Subtree, fold, leaf_hash, node_hash, subtrees

STEP: Final = 8  # levels between those that are stored


class Torn(HubaoError):  # noqa: N818 - says what happened, as its base does
    """Something of the ledger's tree is missing, so that nothing can be proved or added."""

    code = "ledger.torn"
    kind = Kind.UNAVAILABLE


def read_nodes(cursor: CursorWrapper, nodes: Sequence[Leaves]) -> list[bytes]:
    """Give the hashes of nodes of the tree, of which every leaf must be there."""
    parts = [subtrees(node) for node in nodes]
    found = _read(cursor, {one for part in parts for one in part})
    return [fold([found[one] for one in part]) for part in parts]


def read_frontier(cursor: CursorWrapper) -> Frontier:
    """Give the right edge of the tree."""
    return read_edge(cursor, read_size(cursor))


def read_edge(cursor: CursorWrapper, size: int) -> Frontier:
    """Give the right edge that the tree had over its first so many entries."""
    edge = subtrees(Leaves(0, size))
    found = _read(cursor, set(edge))
    return Frontier(size, [found[one] for one in edge])


def read_node(subtree: Subtree) -> bytes | None:
    """Give the hash that is stored for a subtree, if one is."""
    at = Node.objects.filter(level=subtree.level, place=subtree.place)
    found = at.values_list("hash", flat=True).first()
    return None if found is None else bytes(found)


def is_stored(level: int) -> bool:
    """Tell whether completed subtrees of a level are among those that are stored."""
    return level > 0 and level % STEP == 0


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
    """Fold subtrees from the hashes of a stored level."""
    runs = [_run(one, level) for one in wanted]
    rows = _nodes(cursor, level, runs) if level else _leaves(cursor, runs)
    try:
        for one, run in zip(wanted, runs, strict=True):
            yield one, _perfect([rows[place] for place in range(run.begin, run.end)])
    except KeyError as missing:
        raise Torn(
            f"Place {missing} of level {level} of the ledger's tree is empty:"
            " hubao ledger verify says what is wrong.",
            level=level,
        ) from None


def _nodes(cursor: CursorWrapper, level: int, runs: Sequence[Leaves]) -> dict[int, bytes]:
    either = " OR ".join(["(place >= %s AND place < %s)"] * len(runs))
    cursor.execute(
        f"SELECT place, hash FROM ledger_node WHERE level = %s AND ({either})",  # noqa: S608
        [level, *(place for run in runs for place in run)],
    )
    return {place: bytes(found) for place, found in cursor.fetchall()}


def _leaves(cursor: CursorWrapper, runs: Sequence[Leaves]) -> dict[int, bytes]:
    """Hash the leaves of every block of 256 that is touched: there are one or two."""
    blocks = {run.begin >> STEP for run in runs}
    placed = [
        one for block in blocks for one in read_placed(cursor, block << STEP, (block + 1) << STEP)
    ]
    return {one.place: leaf_hash(one.body.encode()) for one in placed}


def _run(subtree: Subtree, level: int) -> Leaves:
    """Which hashes of a stored level a subtree stands over."""
    width = 1 << (subtree.level - level)
    return Leaves(subtree.place * width, (subtree.place + 1) * width)


def _perfect(hashes: list[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = [node_hash(*hashes[i : i + 2]) for i in range(0, len(hashes), 2)]
    return hashes[0]
