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
_EDGES = (float(np.log(LOWEST)), float(np.log(HIGHEST)))
STARTS = (10.0, 100.0)  # strengths to climb from
ROUNDS = 60
SETTLED = 1e-3  # a round that moves no strength by more than this share is the last
FURTHEST = 2.0  # a step in the logarithm of a strength
FLAT = 1e-3  # a curve below this is no guide to how far to go
STEPS: Floats = np.exp2(np.arange(0.0, 17.0, 2.0))  # strengths tried for one actor more


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


def best(x: Floats, a: Floats, sets: Ints, start: Floats) -> Fits:
    """Climb to each set's best strengths; no round makes it worse.

    Newton's steps in the logarithms of the strengths; where one fails, a minorise-maximise step
    from the same place, which can't.

    Args:
        x, a: float (n, k); `Reduced`'s touched and share over the victims' background rates.
        sets: int (b, c); b sets of c distinct columns.
        start: float (b, c); strengths to start from.
    """
    seen, alone = x.T[sets], a.T[sets]  # (b, c, n)
    at = np.log(np.clip(start, LOWEST, HIGHEST))
    place, value, sure = at.copy(), np.full(len(sets), -np.inf), at.copy()
    on = np.arange(len(sets))  # those that still move
    for _ in range(ROUNDS):
        height, slope, curve, safe = _climb(seen[on], alone[on], at[on])
        better = height >= value[on]
        up = on[better]
        place[up], value[up], sure[up] = at[up], height[better], safe[better]
        step = _newton(at[up], slope[better], curve[better])
        at[on] = sure[on]
        at[up] = np.clip(place[up] + step, *_EDGES)
        on = on[np.abs(at[on] - place[on]).max(axis=1, initial=0.0) >= SETTLED]
        if not len(on):
            break
    return Fits(sets, np.exp(place), value)


def _climb(seen: Floats, alone: Floats, at: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Where b sets stand: (b,) value, (b, c) slope, (b, c, c) curve, (b, c) a step that is safe."""
    gamma = np.exp(at)[:, :, None]
    seen, alone = gamma * seen, gamma * alone
    rate, even = 1.0 + seen.sum(1), 1.0 + alone.sum(1)
    p, q = seen / rate[:, None], alone / even[:, None]
    up, down = p.sum(2), q.sum(2)
    curve = q @ -q.transpose(0, 2, 1) + p @ p.transpose(0, 2, 1)
    diagonal = np.arange(at.shape[1])
    curve[:, diagonal, diagonal] += down - up
    safe = np.clip(at + np.log(np.maximum(up, 1e-12) / np.maximum(down, 1e-12)), *_EDGES)
    return np.log(rate).sum(1) - np.log(even).sum(1), up - down, curve, safe


def _newton(at: Floats, slope: Floats, curve: Floats) -> Floats:
    """float (b, c): uphill, whatever the curve; at most `FURTHEST` a strength.

    A strength at its edge that would go beyond it stays, and the others move as if it were given.
    """
    held = ((at <= _EDGES[0]) & (slope < 0)) | ((at >= _EDGES[1]) & (slope > 0))
    slope = np.where(held, 0.0, slope)
    free = ~held[:, :, None] & ~held[:, None, :]
    values, vectors = np.linalg.eigh(np.where(free, curve, np.eye(at.shape[1])))
    along = np.einsum("bij,bi->bj", vectors, slope) / np.maximum(np.abs(values), FLAT)
    step = np.einsum("bij,bj->bi", vectors, along)
    longest = np.abs(step).max(axis=1, initial=0.0)
    return np.asarray(step * np.minimum(1.0, FURTHEST / np.maximum(longest, 1e-12))[:, None])


def best_of_starts(x: Floats, a: Floats, sets: Ints) -> Fits:
    """Climb from several even strengths; the best counts."""
    found = [best(x, a, sets, np.full(sets.shape, start)) for start in STARTS]
    which = np.argmax([fit.value for fit in found], axis=0)
    gamma = np.stack([fit.gamma for fit in found])[which, np.arange(len(sets))]
    return Fits(sets, gamma, np.max([fit.value for fit in found], axis=0))


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
    *_, curve, _ = _climb(x.T[fit.sets], a.T[fit.sets], np.log(fit.gamma))
    values = np.maximum(np.linalg.eigvalsh(curve), 0.0)
    cost = 0.5 * np.log1p(values * SPAN**2 / (2.0 * np.pi)).sum(axis=1)
    return np.asarray(fit.value - cost, dtype=np.float64)
