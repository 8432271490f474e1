"""Explanations: sets of sources that could have produced the victims, and how well each does.

An explanation is a set C of actors with strengths. Given that a victim falls in its stratum, its
likelihood against chance is the conditional form of the absolute-rate model,
(lambda_z + sum gamma_k x_k) / (lambda_z + sum gamma_k a_k), with x and a as in `Reduced`.
Source: methods/trace.md 4.3 and 4.4.
"""

from itertools import product

import numpy as np
from scipy.special import logsumexp

from hubao.trace.reduced import Floats, Ints

# Prior on one source's strength over its stratum's background; a set's points are the crossing.
POINTS: Floats = np.array([3.0, 20.0, 130.0, 900.0])
FEW_POINTS: Floats = np.array([10.0, 200.0])  # for sets too large to cross four points each
LARGEST_FULL = 4
CELLS_AT_ONCE = 4_000_000
START: tuple[float, ...] = (1.0, 10.0, 100.0)
ROUNDS = 200


def strengths_of(size: int) -> Floats:
    """float (g, size): the prior's points for sets of that size, equally likely."""
    points = POINTS if size <= LARGEST_FULL else FEW_POINTS
    return np.array(list(product(points, repeat=size)))


def log_mixtures(touched: Floats, share: Floats, background: Floats, sets: Ints) -> Floats:
    """Average each set's likelihood over the prior on its strengths, fixed beforehand.

    Args:
        touched, share: float (n, k); see `Reduced`.
        background: float (n,); rate of each victim's stratum, only ratios count.
        sets: int (b, c); b sets of c columns each, c >= 1.

    Returns:
        float (b,): natural log of the averaged likelihood against chance.
    """
    points = strengths_of(sets.shape[1])
    rate = 1.0 / background[:, None]
    block = max(1, CELLS_AT_ONCE // (len(touched) * len(points)))
    return np.concatenate(
        [
            _mixture(touched * rate, share * rate, points, sets[first : first + block])
            for first in range(0, len(sets), block)
        ]
    )


def _mixture(touched: Floats, share: Floats, points: Floats, sets: Ints) -> Floats:
    seen = np.log1p(touched[:, sets] @ points.T).sum(axis=0)
    alone = np.log1p(share[:, sets] @ points.T).sum(axis=0)
    return np.asarray(logsumexp(seen - alone, axis=1) - np.log(len(points)))


def log_best_single(touched: Floats, share: Floats, background: Floats) -> Floats:
    """Find each single actor's best likelihood over all strengths.

    Args:
        touched, share: float (n, k); see `Reduced`.
        background: float (n,); rate of each victim's stratum.

    Returns:
        float (k,): natural log, at least 0 (strength nought). A climb (minorise-maximise, monotone)
        from three starts.
    """
    x, a = touched / background[:, None], share / background[:, None]
    tops = np.stack([_climb(x, a, start) for start in START])
    return np.asarray(np.maximum(tops.max(axis=0), 0.0), dtype=np.float64)


def _climb(x: Floats, a: Floats, start: float) -> Floats:
    gamma = np.full(x.shape[1], start)
    for _ in range(ROUNDS):
        seen, alone = (x / (1.0 + gamma * x)).sum(0), (a / (1.0 + gamma * a)).sum(0)
        gamma = np.clip(gamma * seen / np.maximum(alone, 1e-12), 1e-9, 1e7)
    return np.asarray((np.log1p(gamma * x) - np.log1p(gamma * a)).sum(0))
