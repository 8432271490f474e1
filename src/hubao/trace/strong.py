"""The strong rule: an actor is named only if no explanation without it comes close.

A colleague of the source saw many of the same records, so evidence against chance alone names him
too. The strong e-value of actor j is Q / max L(C) over the sets C of sources without j, where Q
averages L over all sets with a prior fixed beforehand. If the true set lacks j, the denominator is
at least the truth's likelihood, so Q / L(truth) has mean 1 for every innocent at once and
P(any innocent named) <= alpha without paying for the number of actors.
Source: methods/trace.md 4.4; Wasserman, Ramdas & Balakrishnan (2020), PNAS 117(29).

L(C) is the best likelihood over strengths where C is one actor, and the average over the
stated prior on strengths where C has more (docs/decisions/0003). The sets are searched among the
leading actors, greedily beyond pairs: "searched", not certified.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from scipy.special import gammaln, logsumexp

from hubao.trace.reduced import Floats
from hubao.trace.sets import log_best_single, log_mixtures

# Chance of 0, 1, 2, ... sources; Q must be fixed before the data, so these are never tuned to them.
SIZES: Floats = np.array([0.05, 0.6, 0.2, 0.07, 0.04, 0.02, 0.02])
WIDTH = 3  # how many of the best sets of one size are grown to the next
LARGEST_RIVAL = 4


@dataclass(frozen=True)
class Field:
    """The leading actors, k of them, and the victims' evidence about each.

    Attributes:
        touched, share: float (n, k); see `Reduced`.
        backgrounds: float (n,) each; rates of the victims' strata under which a rival explanation
            may be put (all equal, and as fitted); the best counts.
        family: actors in the log, any of which may be a source.
        found: the columns that look like sources, in the order they were found.
    """

    touched: Floats
    share: Floats
    backgrounds: Sequence[Floats]
    family: int
    found: Sequence[int]

    @cached_property
    def singles(self) -> Floats:
        """float (k,): each actor's best likelihood as the only source."""
        return _over(self, lambda rates: log_best_single(self.touched, self.share, rates))

    @cached_property
    def pairs(self) -> dict[tuple[int, ...], float]:
        """The likelihood of each pair of actors."""
        sets: list[tuple[int, ...]] = [*combinations(range(self.touched.shape[1]), 2)]
        return dict(zip(sets, _mixed(self, sets).tolist(), strict=True)) if sets else {}

    def pairs_among(self, columns: Sequence[int]) -> tuple[list[tuple[int, ...]], Floats]:
        """The pairs of the given columns, and the likelihood of each."""
        held = frozenset(columns)
        sets = [one for one in self.pairs if held.issuperset(one)]
        return sets, np.array([self.pairs[one] for one in sets])


@dataclass(frozen=True)
class Strength:
    """How an actor stands against every explanation without it, in nats.

    Attributes:
        log_e: natural log of the strong e-value; ln(1 / alpha) or more = may be named.
        ahead: how much better it explains the victims alone than the best rival explanation does.
    """

    log_e: float
    ahead: float


def log_numerator(field: Field, log_singles: Floats) -> float:
    """Q: the likelihood averaged over sets of every size, the prior within a size uniform.

    Args:
        field: the leading actors.
        log_singles: float (m,); natural log of every actor's e-value against chance.

    Returns:
        Natural log of a lower bound of Q: sets that were not looked into count as nothing.
    """
    even = np.ones(len(field.touched))
    columns = range(field.touched.shape[1])
    terms = [np.log(SIZES[:1]), _prior(1, field.family) + log_singles]
    looked: dict[int, list[tuple[int, ...]]] = {2: [*combinations(columns, 2)]}
    if 2 < len(field.found) < len(SIZES):
        looked[len(field.found)] = [tuple(sorted(field.found))]
    for size, sets in looked.items():
        if sets:
            mixed = log_mixtures(field.touched, field.share, even, np.array(sets))
            terms.append(_prior(size, field.family) + mixed)
    return float(logsumexp(np.concatenate(terms)))


def _prior(size: int, family: int) -> float:
    """Natural log of the prior of one set of that size."""
    choose = gammaln(family + 1) - gammaln(size + 1) - gammaln(max(family - size, 0) + 1)
    return float(np.log(SIZES[size]) - choose)


def strength(field: Field, numerator: float, column: int) -> Strength:
    """Weigh the evidence that no explanation leaves the actor out.

    Args:
        field: the leading actors; none of the others has the same records as this one.
        numerator: natural log of Q.
        column: the actor.
    """
    others = [j for j in range(field.touched.shape[1]) if j != column]
    rival = float(max([0.0, *field.singles[others], *_larger(field, others)]))
    return Strength(numerator - rival, float(field.singles[column]) - rival)


def _larger(field: Field, others: list[int]) -> list[float]:
    """The best rival of each size from two up, grown greedily from the best pairs."""
    sets, values = field.pairs_among(others)
    best: list[float] = []
    largest = max(LARGEST_RIVAL, min(len(field.found), len(SIZES) - 1))
    while sets:
        best.append(float(values.max()))
        if len(sets[0]) == largest:
            break
        kept = [sets[i] for i in np.argsort(-values, kind="stable")[:WIDTH]]
        grown = {tuple(sorted((*one, j))) for one in kept for j in others if j not in one}
        sets = sorted(grown)
        values = _mixed(field, sets) if sets else values
    return best


def _mixed(field: Field, sets: Sequence[tuple[int, ...]]) -> Floats:
    columns = np.array(sets, dtype=np.int64)
    return _over(
        field, lambda background: log_mixtures(field.touched, field.share, background, columns)
    )


def _over(field: Field, likelihood: Callable[[Floats], Floats]) -> Floats:
    """The best over the backgrounds a rival may be put under."""
    values = np.stack([likelihood(background) for background in field.backgrounds])
    return np.asarray(values.max(axis=0), dtype=np.float64)
