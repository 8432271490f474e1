"""Explanations: sets of sources that could have produced the victims, and how well each does.

An explanation is a set C of actors with strengths gamma. Given that a victim falls in its stratum,
its likelihood against chance is the conditional form of the absolute-rate model,
(lambda_z + sum gamma_k x_k) / (lambda_z + sum gamma_k a_k), with x and a as in `Reduced`.
Source: methods/trace.md 4.3 and 4.4.
"""

from dataclasses import dataclass

import numpy as np

from hubao.trace.reduced import Floats, Ints

LOWEST, HIGHEST = 0.25, 2000.0
SPAN = float(np.log(HIGHEST / LOWEST))
STARTS: tuple[float, ...] = (1.0, 10.0, 100.0)
ROUNDS, FEW_ROUNDS = 200, 14
CELLS_AT_ONCE = 2_000_000


@dataclass(frozen=True)
class Fits:
    """b sets of c actors, each at its best strengths.

    Attributes:
        sets: int (b, c); columns.
        gamma: float (b, c); strengths against the background of 1.
        value: float (b,); natural log of the likelihood against chance.
    """

    sets: Ints
    gamma: Floats
    value: Floats


def best(x: Floats, a: Floats, sets: Ints, start: Floats, rounds: int = FEW_ROUNDS) -> Fits:
    """Climb to each set's best strengths (minorise-maximise: no round makes it worse).

    Args:
        x, a: float (n, k); `Reduced`'s touched and share over the victims' background rates.
        sets: int (b, c); b sets of c distinct columns.
        start: float (b, c); strengths to start from.
        rounds: how many rounds.
    """
    if sets.size == 0:
        return Fits(sets, start, np.zeros(len(sets)))
    block = max(1, CELLS_AT_ONCE // (len(x) * sets.shape[1]))
    parts = [
        _climb(x, a, sets[i : i + block], start[i : i + block], rounds)
        for i in range(0, len(sets), block)
    ]
    gamma = np.concatenate([part[0] for part in parts])
    return Fits(sets, gamma, np.concatenate([part[1] for part in parts]))


def _climb(
    x: Floats, a: Floats, sets: Ints, start: Floats, rounds: int
) -> tuple[Floats, Floats]:
    seen = np.ascontiguousarray(x.T[sets])  # (b, c, n)
    alone = np.ascontiguousarray(a.T[sets])
    gamma = start[:, :, None].copy()
    for _ in range(rounds):
        up = (seen / (1.0 + (gamma * seen).sum(1, keepdims=True))).sum(2, keepdims=True)
        down = (alone / (1.0 + (gamma * alone).sum(1, keepdims=True))).sum(2, keepdims=True)
        gamma = np.clip(gamma * up / np.maximum(down, 1e-12), LOWEST, HIGHEST)
    value = np.log1p((gamma * seen).sum(1)).sum(1) - np.log1p((gamma * alone).sum(1)).sum(1)
    return gamma[:, :, 0], value


def best_of_starts(x: Floats, a: Floats, sets: Ints, start: Floats) -> Fits:
    """The best strengths over the given start and a few even ones, with many rounds."""
    starts = [start, *(np.full(sets.shape, one) for one in STARTS)]
    found = [best(x, a, sets, one, ROUNDS) for one in starts]
    which = np.argmax([fits.value for fits in found], axis=0)
    rows = np.arange(len(sets))
    gamma = np.stack([fits.gamma for fits in found])[which, rows]
    return Fits(sets, gamma, np.stack([fits.value for fits in found])[which, rows])


def log_evidence(x: Floats, a: Floats, fit: Fits) -> Floats:
    """Average each set's likelihood over the prior on its strengths, fixed beforehand.

    Each strength is even in its logarithm over SPAN nats; Laplace's approximation around the best
    strengths, which tends to no cost where the victims say nothing about a strength.

    Returns:
        float (b,): natural log.
    """
    cost = [_cost(x[:, one], a[:, one], g) for one, g in zip(fit.sets, fit.gamma, strict=True)]
    return fit.value - np.array(cost)


def _cost(x: Floats, a: Floats, gamma: Floats) -> float:
    seen, alone = gamma * x, gamma * a
    p = seen / (1.0 + seen.sum(1, keepdims=True))
    q = alone / (1.0 + alone.sum(1, keepdims=True))
    curve = np.diag((q - p).sum(0)) + p.T @ p - q.T @ q  # minus the Hessian in log gamma
    value = np.maximum(np.linalg.eigvalsh(curve), 0.0)
    return 0.5 * float(np.log1p(value * SPAN**2 / (2.0 * np.pi)).sum())
