"""Weighted draws without replacement, as races: the likelier a thing, the earlier it arrives."""

import numpy as np

from hubao.world.model import Floats, Ints


def race(rng: np.random.Generator, weights: Floats) -> Floats:
    """Give each thing its time of arrival: exponential, at the rate of its weight.

    Taking things in order of arrival draws them one by one without replacement, each in
    proportion to its weight among those that are left (Efraimidis & Spirakis, 2006).

    Args:
        rng: where the numbers come from.
        weights: float (n,), not negative; 0 = never, an arrival at infinity.

    Returns:
        float (n,): times of arrival, distinct but for infinities.
    """
    arrivals = np.full(len(weights), np.inf)
    np.divide(rng.exponential(size=len(weights)), weights, out=arrivals, where=weights > 0)
    return arrivals


def earliest(arrivals: Floats, count: int) -> Ints:
    """Give the places of the first `count` arrivals, in their order; those at infinity never."""
    count = min(count, len(arrivals))
    if count < len(arrivals) // 4:
        places = np.argpartition(arrivals, count)[:count]
    else:
        places = np.arange(len(arrivals))
    places = places[np.argsort(arrivals[places], kind="stable")][:count]
    return places[np.isfinite(arrivals[places])]
