"""How many contacts a source's records have still to bring.

A list that was sold is worked for months. The victims seen so far are those whose delay was short
enough to be seen; the model says what share of the delays that is, and so how many are left:

    delay ~ exponential, or a gamma of shape two (callers start slowly), equally likely beforehand,
    and seen only if at most the time watched;
    its mean: as if three victims with a mean of ten weeks had been seen beforehand;
    left | delay: negative binomial, since what is seen is a known share of an unknown whole.

Limits: reports that come late count as not made; a list sold again starts a second wave that
nothing here foresees. While the time watched is shorter than the mean delay, victims can't tell a
long delay from a longer one, and the expectation errs high. With the copy undated, delays run from
the actor's own first access to each record, which may be long before the copy: then too few are
expected.
Source: methods/trace.md 4.2 (delay), 4.5; Lagakos, Barraj & De Gruttola (1988), Biometrika 75(3),
right-truncated delays; Kalbfleisch & Lawless (1989), JASA 84.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammainc, gammaln, logsumexp
from scipy.stats import nbinom

from hubao.trace import rates
from hubao.trace.reduced import Floats, Ints, Reduced

MEAN_WEEKS = 10.0  # prior mean delay
WEIGHT = 3.0  # of the prior, in victims
LEAST_WATCHED = 1.0 / 7.0  # weeks; a copy can't be reckoned over less than a day
LEAST_DELAY = 1.0 / 14.0
SHAPES = (1.0, 2.0)
MEANS: Floats = np.geomspace(0.2, 1000.0, 150)  # weeks; even in the logarithm
INTERVAL = 0.9
MOST = 10**7


@dataclass(frozen=True)
class Left:
    """Contacts of one source still to be reported.

    Attributes:
        expected: posterior mean.
        low, high: ends of the 90 % interval.
        weeks: posterior mean of the mean delay, in weeks.
    """

    expected: float
    low: int
    high: int
    weeks: float


def attributed(reduced: Reduced, fit: rates.Fit, sources: Ints) -> Floats:
    """float (n, c): chance that each victim came from each source, under the fitted rates."""
    excess = reduced.touched_by(sources) * fit.strengths
    rate = fit.background[reduced.stratum] + excess.sum(axis=1)
    return np.asarray(excess / rate[:, None], dtype=np.float64)


def victims_left(
    weight: Floats, delay: Floats, watched: Floats, *, most: float | None = None
) -> Left:
    """Reckon what is left of one source's victims.

    Args:
        weight: float (n,) in [0, 1]; chance that each victim seen came from it.
        delay: float (n,); weeks from the copy to the contact (of those with weight).
        watched: float (n,); weeks from the copy to the last report.
        most: records of the source nobody has reported yet; no more can be left.
    """
    counted = weight > 0
    w, wait = weight[counted], np.maximum(watched[counted], LEAST_WATCHED)
    if not len(w):
        return Left(0.0, 0, 0, MEAN_WEEKS)
    d = np.clip(delay[counted], LEAST_DELAY, wait)
    shape = np.repeat(SHAPES, len(MEANS))[:, None]
    mean = np.tile(MEANS, len(SHAPES))
    rate = shape / mean[:, None]
    share = gammainc(shape, rate * wait)  # (g, n): share of such delays seen by now
    density = shape * np.log(rate) + (shape - 1.0) * np.log(d) - rate * d - gammaln(shape)
    log_chance = ((density - np.log(share)) @ w) - WEIGHT * (np.log(mean) + MEAN_WEEKS / mean)
    chance = np.exp(log_chance - logsumexp(log_chance))
    seen = float(w.sum())
    seen_share = seen / (w / share).sum(axis=1)
    ceiling = np.inf if most is None else max(most, 0.0)
    to_come = np.minimum(seen * (1.0 - seen_share) / seen_share, ceiling)
    tails = ((1.0 - INTERVAL) / 2.0, (1.0 + INTERVAL) / 2.0)
    low, high = (_quantile(one, chance, seen, seen_share) for one in tails)
    return Left(
        expected=float(chance @ to_come),
        low=int(min(low, ceiling)),
        high=int(min(high, ceiling)),
        weeks=float(chance @ mean),
    )


def _quantile(level: float, chance: Floats, seen: float, share: Floats) -> int:
    """The smallest count whose chance of not being exceeded is `level` or more."""
    low, high = -1, MOST
    while high - low > 1:
        middle = (low + high) // 2
        reached = float(chance @ nbinom.cdf(middle, seen, share)) >= level
        low, high = (low, middle) if reached else (middle, high)
    return high
