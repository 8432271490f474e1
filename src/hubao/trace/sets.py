"""Explanations: sets of sources that could have produced the victims, and how well each does.

An explanation is a set C of actors with strengths gamma. Given that a victim falls in its stratum,
its likelihood against chance is the conditional form of the absolute-rate model,
(lambda_z + sum gamma_k x_k) / (lambda_z + sum gamma_k a_k), with x and a as in `Reduced`.
Source: methods/trace.md 4.3 and 4.4.
"""

from dataclasses import dataclass

import numpy as np

from hubao.trace.reduced import Floats, Ints

LOWEST, HIGHEST = 0.25, 1e5
SPAN = float(np.log(HIGHEST / LOWEST))
EVEN_START = 10.0
ROUNDS, FEW_ROUNDS = 150, 14
SETTLED = 1e-3  # a round that moves no strength by more than this share is the last
STEPS: Floats = np.exp2(np.arange(-1.0, 17.0))  # strengths tried for one actor more


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
        rounds: how many rounds at most.
    """
    seen, alone = x.T[sets], a.T[sets]  # (b, c, n)
    gamma = np.clip(start, LOWEST, HIGHEST)[:, :, None]
    for _ in range(rounds):
        up = (seen / (1.0 + (gamma * seen).sum(1, keepdims=True))).sum(2, keepdims=True)
        down = (alone / (1.0 + (gamma * alone).sum(1, keepdims=True))).sum(2, keepdims=True)
        before, gamma = gamma, np.clip(gamma * up / np.maximum(down, 1e-12), LOWEST, HIGHEST)
        if np.abs(gamma / before - 1.0).max(initial=0.0) < SETTLED:
            break
    value = np.log1p((gamma * seen).sum(1)).sum(1) - np.log1p((gamma * alone).sum(1)).sum(1)
    return Fits(sets, gamma[:, :, 0], value)


def best_of_starts(x: Floats, a: Floats, fit: Fits) -> Fits:
    """Climb on from the strengths at hand, and once more from even ones; the better counts."""
    on = best(x, a, fit.sets, fit.gamma, ROUNDS)
    anew = best(x, a, fit.sets, np.full(fit.gamma.shape, EVEN_START), ROUNDS)
    better = anew.value > on.value
    return Fits(
        fit.sets,
        np.where(better[:, None], anew.gamma, on.gamma),
        np.where(better, anew.value, on.value),
    )


def step_gains(x: Floats, a: Floats, rate: Floats, alone: Floats) -> tuple[Floats, Floats]:
    """Gain in log-likelihood of one actor more, at its best strength among STEPS.

    Args:
        x, a: float (n, k); k actors' touched and share.
        rate, alone: float (n, 1) or (n, k); 1 + sum gamma x and 1 + sum gamma a of the others.

    Returns:
        float (k,): the gain; float (k,): the strength.
    """
    seen, base = x / rate, a / alone
    gains: Floats = np.stack(
        [np.log1p(step * seen).sum(0) - np.log1p(step * base).sum(0) for step in STEPS]
    )
    best_step: Floats = STEPS[gains.argmax(axis=0)]
    return np.asarray(gains.max(axis=0), dtype=np.float64), best_step


def log_evidence(x: Floats, a: Floats, fit: Fits) -> Floats:
    """Average each set's likelihood over the prior on its strengths, fixed beforehand.

    Each strength is even in its logarithm over SPAN nats; Laplace's approximation around the best
    strengths, which tends to no cost where the victims say nothing about a strength.

    Returns:
        float (b,): natural log.
    """
    cost = [_cost(x[:, one], a[:, one], g) for one, g in zip(fit.sets, fit.gamma, strict=True)]
    return np.asarray(fit.value - np.array(cost), dtype=np.float64)


def _cost(x: Floats, a: Floats, gamma: Floats) -> float:
    seen, alone = gamma * x, gamma * a
    p = seen / (1.0 + seen.sum(1, keepdims=True))
    q = alone / (1.0 + alone.sum(1, keepdims=True))
    curve = np.diag((q - p).sum(0)) + p.T @ p - q.T @ q  # minus the Hessian in log gamma
    value = np.maximum(np.linalg.eigvalsh(curve), 0.0)
    return 0.5 * float(np.log1p(value * SPAN**2 / (2.0 * np.pi)).sum())
