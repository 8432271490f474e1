"""Intervals and summaries of many draws: clustered by world, for draws of one world are alike."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import beta

from baselines import Floats

RESAMPLES = 1_000
BINS = 10


def share_interval(
    values: Sequence[float], worlds: Sequence[int], *, seed: int = 1
) -> tuple[float, float]:
    """Give the 95 % interval of the mean by resampling whole worlds.

    Args:
        values: one for each draw. worlds: the world of each.
        seed: of the resampling.
    """
    _, place = np.unique(np.asarray(worlds), return_inverse=True)
    sums = np.bincount(place, np.asarray(values, dtype=float))
    counts = np.bincount(place)
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(sums), size=(RESAMPLES, len(sums)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)


def upper_limit(count: int, of: int) -> float:
    """Clopper-Pearson's one-sided upper 95 % limit of a share."""
    return float(beta.ppf(0.95, count + 1, of - count)) if count < of else 1.0


def calibration(beliefs: Floats, true: Floats) -> tuple[Floats, Floats, float]:
    """Compare stated chances with what came true, in bins of equal numbers.

    Args:
        beliefs: float (k,) in [0, 1]. true: float (k,), 0 or 1.

    Returns:
        Mean belief and share true of each bin; the expected calibration error.
    """
    order = np.argsort(beliefs, kind="stable")
    parts = [part for part in np.array_split(order, BINS) if len(part)]
    stated = np.array([beliefs[part].mean() for part in parts])
    came = np.array([true[part].mean() for part in parts])
    weights = np.array([len(part) for part in parts]) / max(len(order), 1)
    return stated, came, float(weights @ np.abs(stated - came))


def crossing(power: Mapping[float, float], goal: float = 0.95) -> float | None:
    """Interpolate the multiple at which the power reaches the goal; None if it does not."""
    times = sorted(power)
    best = np.maximum.accumulate([power[k] for k in times])
    if best[-1] < goal:
        return None
    at = int(np.argmax(best >= goal))
    if at == 0:
        return times[0]
    low, high = best[at - 1], best[at]
    return float(times[at - 1] + (times[at] - times[at - 1]) * (goal - low) / (high - low))
