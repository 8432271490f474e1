"""The absolute-rate model: every contact comes from the background of its stratum or from a source.

A record of stratum z is contacted at rate lambda_z plus gamma_j for each source j that had seen
it. Rates are in units of the mean rate (victims / records), so that 1 is an ordinary record.
It ranks; it never accuses, since a wave of calls in one stratum is explained by lambda_z alone.
Source: methods/trace.md 4.2 and conclusion 5; Breslow & Day, additive excess rates.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, logsumexp

from hubao.trace.reduced import Floats, Ints, Reduced
from hubao.trace.waves import means

MOST_SHARE = 0.95
SHARE_POINTS = 10
# How firmly the strata's rates are held to what their columns give, in pseudo-victims: from a wave
# of calls in one stratum (0.03) to scammers who choose by columns alone (1000). Unknown, so
# averaged over.
FIRMNESS: Floats = np.array([0.03, 0.1, 0.3, 1.0, 10.0, 100.0, 1000.0])
SMALLEST = 1e-9
SETTLED = 1e-5  # a round that moves no rate by more than this share is the last


@dataclass(frozen=True)
class Fit:
    """Fitted rates for a set of sources.

    Attributes:
        background: float (s,); rate of each stratum.
        strengths: float (c,); gamma of each source.
        shares: float (c,); share of the victims that come from each.
        log_likelihood: natural log, with the prior on the background; only differences count.
    """

    background: Floats
    strengths: Floats
    shares: Floats
    log_likelihood: float


def log_scores(reduced: Reduced) -> tuple[Floats, Floats]:
    """Score every actor as the only source, over shares and background firmnesses.

    The strata's rates have a gamma prior and are integrated out exactly, so an actor gains only
    by explaining where in the strata the victims are, or which strata, better than chance does.

    Returns:
        float (m,): natural log of the marginal likelihood ratio against no source at all.
        float (m,): the actor's expected share of the victims under that model.
    """
    cells = _cells(reduced)
    victims, size = _victims_and_size(reduced)
    mean = means(victims, size, reduced.stratum_codes).mean
    nulls = [_null_terms(reduced, mean, firmness, 0.0).sum() for firmness in FIRMNESS]
    shares = shares_of(reduced.victims)
    null = logsumexp(nulls) + np.log(len(shares))
    grid = np.stack(
        [
            logsumexp([_scores_at(reduced, cells, mean, share, f) for f in FIRMNESS], axis=0)
            for share in shares
        ]
    )
    total = np.asarray(logsumexp(grid, axis=0), dtype=np.float64)
    weights = np.exp(grid - total)
    share = (shares[:, None] * weights).sum(axis=0)
    return np.asarray(total - null), share.astype(np.float64)


def shares_of(victims: int) -> Floats:
    """Shares of the victims that a source may have, equally likely: even steps of their logarithm.

    From two victims' worth: a source of one could never be told from chance, and would only lend
    weight to small accounts that one victim happens to touch.
    """
    return np.geomspace(min(2.0 / victims, 0.5), MOST_SHARE, SHARE_POINTS)


def _cells(reduced: Reduced) -> tuple[Ints, Ints, Ints]:
    """Touches per actor and stratum, as (actor, stratum, count), zero counts left out."""
    touched = reduced.touched.tocoo()
    strata = len(reduced.stratum_records)
    key = touched.coords[1].astype(np.int64) * strata + reduced.stratum[touched.coords[0]]
    cells, count = np.unique(key, return_counts=True)
    return cells // strata, cells % strata, count.astype(np.int64)


def _scores_at(
    reduced: Reduced, cells: tuple[Ints, Ints, Ints], mean: Floats, share: float, firmness: float
) -> Floats:
    """float (m,): log marginal likelihood of each actor as a source of `share` of the victims."""
    actor, stratum, touches = cells
    gamma = share * reduced.records / np.maximum(reduced.seen, 1)
    null = _null_terms(reduced, mean, firmness, share)
    victims, size = _victims_and_size(reduced)
    shape = firmness * mean[stratum] * (1.0 - share)
    terms = _shared_terms(
        victims[stratum] - touches, touches, gamma[actor], size[stratum], shape, firmness
    )
    gain = np.bincount(actor, terms - null[stratum], minlength=len(reduced.actors))
    return np.asarray(gain + null.sum() - share * reduced.victims, dtype=np.float64)


def _victims_and_size(reduced: Reduced) -> tuple[Floats, Floats]:
    """Per stratum: victims, and victims expected at the mean rate."""
    victims = np.bincount(reduced.stratum, minlength=len(reduced.stratum_records))
    size = reduced.stratum_records * (reduced.victims / reduced.records)
    return victims.astype(np.float64), size.astype(np.float64)


def _null_terms(reduced: Reduced, mean: Floats, firmness: float, share: float) -> Floats:
    """Per stratum: log of the integral of x^victims e^(-size x), x ~ gamma(mean (1 - share))."""
    victims, size = _victims_and_size(reduced)
    shape = firmness * mean * (1.0 - share)
    return _log_integral(victims + shape, size, shape, firmness)


def _log_integral(power: Floats, size: Floats, shape: Floats, firmness: float) -> Floats:
    prior = shape * np.log(firmness) - gammaln(shape)
    return np.asarray(prior + gammaln(power) - power * np.log(size + firmness))


def _shared_terms(
    alone: Floats, touches: Ints, gamma: Floats, size: Floats, shape: Floats, firmness: float
) -> Floats:
    """Log of the integral of x^alone (x + gamma)^touches e^(-size x): a binomial sum, exact."""
    first = np.cumsum(touches + 1) - (touches + 1)
    cell = np.repeat(np.arange(len(touches)), touches + 1)
    power = np.arange(len(cell)) - first[cell]
    rest = touches[cell] - power
    choose = gammaln(touches[cell] + 1.0) - gammaln(power + 1.0) - gammaln(rest + 1.0)
    terms = choose + rest * np.log(gamma[cell])
    own = shape[cell]
    terms += _log_integral(alone[cell] + power + own, size[cell], own, firmness)
    highest = np.maximum.reduceat(terms, first) if len(first) else terms
    total = np.add.reduceat(np.exp(terms - highest[cell]), first) if len(first) else terms
    return np.asarray(highest + np.log(total))


def fit(reduced: Reduced, sources: Ints, start: Floats, *, rounds: int = 2000) -> Fit:
    """Fit background and sources together by the EM updates of a Poisson mixture.

    A stratum's prior has the mean that its columns give (`waves`), fitted to what the sources
    leave over, so each round moves all three; it ends when no rate moves any more, and the
    likelihood is that of its end.

    Args:
        reduced: n victims, s strata.
        sources: int (c,); columns of the sources, c may be 0.
        start: float (c,); strengths to start from, all positive.
        rounds: at most so many updates.
    """
    touched = reduced.touched_by(sources)
    victims, size = _victims_and_size(reduced)
    whole = np.maximum(reduced.seen[sources], 1) * reduced.victims / reduced.records
    filled = size > 0
    found = means(victims, size, reduced.stratum_codes)
    firmness = _firmness(reduced, found.mean)
    background, gamma = found.mean, start.astype(np.float64)
    for _ in range(rounds):
        rate = background[reduced.stratum] + touched @ gamma
        own = background[reduced.stratum] / rate
        cold = np.bincount(reduced.stratum, own, minlength=len(size)).astype(np.float64)
        found = found.turned(cold, size, reduced.stratum_codes)
        fresh = np.maximum((cold + firmness * found.mean) / (size + firmness), SMALLEST)
        stronger = np.maximum((touched * gamma / rate[:, None]).sum(0) / whole, SMALLEST)
        moved = max(_change(background[filled], fresh[filled]), _change(gamma, stronger))
        background, gamma = fresh, stronger
        if moved < SETTLED:
            break
    rate = background[reduced.stratum] + touched @ gamma
    shape = firmness * found.mean
    log_prior = shape * np.log(firmness * background) - gammaln(shape) - firmness * background
    likelihood = np.log(rate).sum() - background @ size - gamma @ whole + log_prior.sum()
    return Fit(background, gamma, gamma * whole / reduced.victims, float(likelihood))


def _change(old: Floats, new: Floats) -> float:
    return float(np.abs(np.log(new / old)).max(initial=0.0))


def _firmness(reduced: Reduced, mean: Floats) -> float:
    """How firmly the strata are held to their means, by what the victims' strata bear out best.

    Taken from the data (empirical Bayes), so that an even background costs the fit no freedom and
    a wave of calls in one stratum is still followed.
    """
    nulls = [_null_terms(reduced, mean, firmness, 0.0).sum() for firmness in FIRMNESS]
    return float(FIRMNESS[int(np.argmax(nulls))])
