"""Actors that can't be told apart: those who saw the same records."""

from collections.abc import Callable, Sequence

import numpy as np

from hubao.trace.reduced import Ints, Reduced

MOSTLY = 0.5  # twins differ in one record of twenty, so hardly ever in half of the victims
SAME = 0.95  # Jaccard index above which two actors' records count as the same (methods 4.2)
Shared = Callable[[Sequence[tuple[int, int]]], Ints]


def twins(reduced: Reduced, asked: Ints, shared: Shared) -> list[tuple[int, int]]:
    """Find pairs of actors whose records, up to the last contact, are the same.

    Args:
        reduced: m actors.
        asked: columns of which each pair must hold one.
        shared: given pairs of columns, int (p,): how many records both had seen.

    Returns:
        Pairs of columns with a Jaccard index above `SAME`. Only pairs of like size that touched
        mostly the same victims are counted in the log.
    """
    near = [pair for column in asked.tolist() for pair in _near(reduced, column)]
    near = sorted(set(near))
    if not near:
        return []
    size = reduced.seen.tolist()
    return [
        (one, other)
        for (one, other), n in zip(near, shared(near), strict=True)
        if n > SAME * (size[one] + size[other] - n)
    ]


def _near(reduced: Reduced, column: int) -> list[tuple[int, int]]:
    """The actor beside each that saw about as many records and mostly the same victims'."""
    seen, touches = reduced.seen, reduced.touches
    both = np.asarray(reduced.touched.T @ reduced.touched_by(np.array([column]))).ravel()
    like = np.minimum(seen, seen[column]) > SAME * np.maximum(seen, seen[column])
    like &= both >= MOSTLY * (touches + touches[column] - both)
    like[column] = False
    return [(min(column, j), max(column, j)) for j in np.flatnonzero(like).tolist()]
