"""What others would do with a list of victims and an access log, written from their descriptions.

Each takes a `Seen` and returns one score per actor, larger = more suspect. The tests also name
people at a level. All get their best tuning: an account that saw over 90 % of the records is left
out wherever a method would otherwise trip over it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, logsumexp
from scipy.stats import norm

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
NEARLY_ALL = 0.9


@dataclass(frozen=True)
class Seen:
    """A list of victims against an access log.

    Attributes:
        touched: bool (n, m); touched[v, j] = actor j saw victim v's record before the contact.
        stratum: int (n,); stratum of each victim.
        sizes: int (m, s); records of each stratum that the actor saw.
        totals: int (s,); records in each stratum.
    """

    touched: Bools
    stratum: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]
    totals: npt.NDArray[np.int64]

    @property
    def victims(self) -> int:
        """How many victims there are."""
        return len(self.touched)

    @property
    def records(self) -> int:
        """How many records there are in all."""
        return int(self.totals.sum())

    @property
    def seen(self) -> Floats:
        """Records each actor saw, over all strata; float (m,)."""
        return np.asarray(self.sizes.sum(axis=1), dtype=np.float64)

    @property
    def hits(self) -> Floats:
        """Victims each actor touched; float (m,)."""
        return np.asarray(self.touched.sum(axis=0), dtype=np.float64)

    @property
    def usable(self) -> Bools:
        """Actors that saw at most 90 % of the records; bool (m,)."""
        return self.seen <= NEARLY_ALL * self.records


def overlap(s: Seen) -> Floats:
    """Count the victims that each actor had seen (raw overlap)."""
    return np.where(s.usable, s.hits, 0.0)


def lift(s: Seen, *, at_least: int = 2) -> Floats:
    """Divide the share of victims seen by the share of records seen; 0 under `at_least` victims.

    Source: common practice for a common point of purchase.
    """
    expected = s.victims * s.seen / s.records
    ratio = np.divide(s.hits, expected, out=np.zeros_like(expected), where=expected > 0)
    return np.where(s.hits >= at_least, ratio, 0.0)


def odds_ratio(s: Seen, *, at_least: int = 2) -> Floats:
    """Log odds ratio of the 2x2 table seen x victim, each cell with Haldane's half.

    0 under `at_least` victims: the halves would put whoever saw one record first.
    """
    a, b = s.hits, s.victims - s.hits
    c, d = s.seen - s.hits, (s.records - s.seen) - b
    ratio = np.log((a + 0.5) * (d + 0.5)) - np.log((b + 0.5) * (c + 0.5))
    return np.where(s.usable & (s.hits >= at_least), ratio, 0.0)


def mantel_haenszel(s: Seen, *, at_least: int = 2) -> Floats:
    """Signed chi of the Mantel-Haenszel test over strata.

    0 where it is not defined, and under `at_least` victims, where the normal law is far off.

    Source: Mantel and Haenszel (1959); hypergeometric mean and variance in each stratum.
    """
    excess, variance = np.zeros(len(s.seen)), np.zeros(len(s.seen))
    for z in np.unique(s.stratum):
        inside = s.touched[s.stratum == z]
        n, total, seen = len(inside), float(s.totals[z]), s.sizes[:, z].astype(np.float64)
        excess += inside.sum(axis=0) - n * seen / total
        if total > 1:
            share = seen / total
            variance += n * share * (1 - share) * (total - n) / (total - 1)
    chi = np.divide(excess, np.sqrt(variance), out=np.zeros_like(excess), where=variance > 0)
    return np.where(s.hits >= at_least, chi, 0.0)


def fisher(s: Seen) -> Floats:
    """Minus log of Fisher's one-sided p: so many victims or more by the hypergeometric law."""
    return np.where(s.usable, -_log_upper_tail(s), 0.0)


def breach_radar(s: Seen, *, smoothing: float = 5.0, rounds: int = 200) -> Floats:
    """Share each victim's unit of blame among those who saw it, by guilt, until it settles.

    An actor's guilt is the blame it got over the records it saw plus `smoothing`; under two
    victims it has none.
    Source: after Araujo et al. (2017), "BreachRadar"; re-implemented from the description.
    """
    suspects = (s.hits >= 2) & s.usable
    seen_by = s.touched[:, suspects].astype(np.float64)
    guilt = np.full(int(suspects.sum()), 1.0)
    for _ in range(rounds):
        claims = seen_by * guilt
        owed = claims.sum(axis=1, keepdims=True)
        blame = np.divide(claims, owed, out=np.zeros_like(claims), where=owed > 0)
        settled, guilt = guilt, blame.sum(axis=0) / (s.seen[suspects] + smoothing)
        if np.allclose(settled, guilt, rtol=1e-9, atol=0):
            break
    scores = np.zeros(len(suspects))
    scores[suspects] = guilt
    return scores


def guilt_model(s: Seen, *, guessed: float = 0.5) -> Floats:
    """Minus log of the chance that an actor gave none of the victims' records.

    Each record was guessed with chance `guessed`, else given by one of those who saw it.
    Source: Papadimitriou and Garcia-Molina (2011), TKDE 23(1).
    """
    seen_by = s.touched & s.usable
    holders = np.maximum(seen_by.sum(axis=1, keepdims=True), 1)
    # One holder and no guessing would be certainty; the half keeps the log finite.
    each: Floats = -(np.log1p(-(1 - guessed) / holders) * seen_by).sum(axis=0)
    return each


def named_by_fisher(s: Seen, *, alpha: float) -> Bools:
    """Fisher's test with Bonferroni's bound over all actors; bool (m,)."""
    return np.asarray(s.usable & (_log_upper_tail(s) <= np.log(alpha / len(s.seen))))


def named_by_fisher_bh(s: Seen, *, alpha: float) -> Bools:
    """Fisher's test with the Benjamini-Hochberg step-up; bool (m,)."""
    return s.usable & _step_up(_log_upper_tail(s), alpha)


def named_by_mantel_haenszel(s: Seen, *, alpha: float) -> Bools:
    """Mantel-Haenszel over strata with Benjamini-Hochberg; bool (m,)."""
    return s.usable & _step_up(norm.logsf(mantel_haenszel(s)), alpha)


RANKERS: dict[str, Callable[[Seen], Floats]] = {
    "overlap": overlap,
    "lift": lift,
    "odds ratio": odds_ratio,
    "Mantel-Haenszel": mantel_haenszel,
    "Fisher": fisher,
    "BreachRadar-like": breach_radar,
    "guilt model": guilt_model,
}


def _log_upper_tail(s: Seen) -> Floats:
    """Log P(X >= hits) for X hypergeometric; float (m,). Summed term by term: exact, and fast."""
    total, n = np.float64(s.records), np.float64(s.victims)
    k, seen = np.arange(n + 1)[None, :], s.seen[:, None]
    possible = (k >= s.hits[:, None]) & (k <= seen) & (n - k <= total - seen)
    terms = _log_choose(seen, k) + _log_choose(total - seen, n - k)
    terms = np.where(possible, terms - _log_choose(np.array(total), np.array(n)), -np.inf)
    return np.minimum(logsumexp(terms, axis=1), 0.0)


def _log_choose(n: Floats, k: Floats) -> Floats:
    k = np.clip(k, 0, n)  # impossible terms are masked by the caller
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))


def _step_up(log_p: Floats, alpha: float) -> Bools:
    order = np.argsort(log_p)
    line = np.log(alpha * np.arange(1, len(log_p) + 1) / len(log_p))
    under = np.flatnonzero(log_p[order] <= line)
    named = np.zeros(len(log_p), dtype=np.bool_)
    if len(under):
        named[order[: under[-1] + 1]] = True
    return named
