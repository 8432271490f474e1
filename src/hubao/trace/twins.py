"""Actors that can't be told apart: those who saw the same records."""

from collections.abc import Callable, Sequence
from itertools import combinations

from hubao.trace.reduced import Ints, Reduced

SAME = 0.95  # Jaccard index above which two actors' records count as the same (methods 4.2)
Shared = Callable[[Sequence[tuple[int, int]]], Ints]


def twins(reduced: Reduced, asked: Ints, columns: Ints, shared: Shared) -> list[tuple[int, int]]:
    """Find pairs of actors whose records, up to the last contact, are the same.

    Args:
        reduced: m actors.
        asked: columns of which each pair must hold one.
        columns: int (k,); the actors to compare them with, the asked among them.
        shared: given pairs of columns, int (p,): how many records both had seen.

    Returns:
        Pairs of columns with a Jaccard index above `SAME`. Only pairs of like size are counted.
    """
    size = {int(column): int(reduced.seen[column]) for column in columns}
    wanted = frozenset(asked.tolist())
    near = [
        (one, other)
        for one, other in combinations(size, 2)
        if wanted & {one, other}
        and min(size[one], size[other]) > SAME * max(size[one], size[other])
    ]
    if not near:
        return []
    return [
        (one, other)
        for (one, other), n in zip(near, shared(near), strict=True)
        if n > SAME * (size[one] + size[other] - n)
    ]
