"""The strong rule: an actor is named only if no explanation without it comes close.

A colleague of the source saw many of the same records, so evidence against chance alone names him
too. For every set C of sources that leaves actor j out, the null "the sources are C, at whatever
strengths" is tested by the e-value

    E_C = Q_C / sup over strengths of L(C),
    Q_C = 1/2 Q + 1/2 mean over actors k of the averaged likelihood of C and k together,

where Q is the average over nobody and every single actor. Each Q_C is fixed before the data, so
E_C has mean at most 1 if the truth is C; j is named only if every C without j is rejected at
1 / alpha. Naming any innocent needs the true set itself to be rejected, so
P(any innocent named) <= alpha, with no factor for the number of actors or of sets.
Source: methods/trace.md 4.4, with a numerator of its own for each null (docs/decisions/0005);
Wasserman, Ramdas & Balakrishnan (2020), PNAS 117(29); Berger (1982), Technometrics 24(4).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from hubao.trace.reduced import Floats
from hubao.trace.sets import Fits, best, best_of_starts, log_evidence

NOBODY_LEAKED = 0.1  # chance of no source in Q
WIDTH = 6  # explanations kept at each size
FINALISTS = 8
LEAST_RIVAL, MOST_RIVAL = 4, 6
COST = 1.8  # about what averaging over one actor's strength costs, in nats; for the search only


@dataclass(frozen=True)
class Field:
    """The leading actors, k of them, and the victims' evidence about each.

    Attributes:
        touched, share: float (n, k); see `Reduced`.
        backgrounds: float (n,) each; rates of the victims' strata under which an explanation
            may be put (all equal, and as fitted).
        family: actors in the log, any of which may be a source.
        found: the columns that look like sources, in the order they were found.
    """

    touched: Floats
    share: Floats
    backgrounds: Sequence[Floats]
    family: int
    found: Sequence[int]
    known: dict[tuple[int, ...], list[Fits]] = field(default_factory=dict)

    def scaled(self) -> list[tuple[Floats, Floats]]:
        """Touched and share over each background's rates."""
        return [(self.touched / b[:, None], self.share / b[:, None]) for b in self.backgrounds]


@dataclass(frozen=True)
class Strength:
    """How an actor stands against every explanation without it, in nats.

    Attributes:
        log_e: natural log of the strong e-value; ln(1 / alpha) or more = may be named.
        ahead: how much better the victims are explained with it than by the best rival.
        rival: the explanation that comes closest, as columns.
    """

    log_e: float
    ahead: float
    rival: tuple[int, ...]


Sets = list[tuple[int, ...]]


def log_numerator(log_singles: Floats, family: int) -> float:
    """Q: nobody, or any one actor; `log_singles` are the natural logs of the e-values."""
    chance = np.log(1.0 - NOBODY_LEAKED) - np.log(family)
    return float(np.logaddexp(np.log(NOBODY_LEAKED), chance + np.logaddexp.reduce(log_singles)))


def strength(field: Field, numerator: float, column: int) -> Strength:
    """Weigh the evidence that no explanation leaves the actor out.

    Args:
        field: the leading actors; none of the others has the same records as this one.
        numerator: natural log of Q.
        column: the actor.
    """
    others = [j for j in range(field.touched.shape[1]) if j != column]
    base = tuple(sorted(j for j in field.found if j != column))[:MOST_RIVAL]
    largest = min(MOST_RIVAL, max(LEAST_RIVAL, len(base)))
    kept: Sets = list({(), base, *(tuple(j for j in base if j != out) for out in base)})
    kept.sort()
    looked: dict[tuple[int, ...], float] = {}
    for _ in range(largest):
        looked |= _rough(field, numerator, kept, column)
        grown = {tuple(sorted((*one, j))) for one in kept for j in others if j not in one}
        fresh = sorted(one for one in grown if one not in looked and len(one) <= largest)
        values = _rough(field, numerator, fresh, column)
        looked |= values
        kept = sorted(fresh, key=lambda one: values[one])[:WIDTH]
    finalists = sorted(looked, key=lambda one: looked[one])[:FINALISTS]
    return min(
        (_exact(field, numerator, one, column) for one in finalists), key=lambda s: s.log_e
    )


def _rough(
    field: Field, numerator: float, sets: Iterable[tuple[int, ...]], column: int
) -> dict[tuple[int, ...], float]:
    sets = list(sets)
    fit(field, sets)
    fit(field, [tuple(sorted((*one, column))) for one in sets])
    found = {}
    for one in sets:
        rival = max(f.value[0] for f in field.known[one])
        full = tuple(sorted((*one, column)))
        with_it = max(f.value[0] for f in field.known[full]) - COST
        found[one] = max(numerator, with_it - np.log(field.family)) - rival
    return found


def fit(field: Field, sets: Sets) -> None:
    """Fit what is not known yet, each from the best known set with one actor less."""
    fresh = [one for one in dict.fromkeys(sets) if one not in field.known]
    scaled = field.scaled()
    for size in sorted({len(one) for one in fresh}):
        group = [one for one in fresh if len(one) == size]
        columns = np.array(group, dtype=np.int64).reshape(len(group), size)
        fits = []
        for b, (x, a) in enumerate(scaled):
            start = np.array([_start(field, one, b) for one in group]).reshape(columns.shape)
            fits.append(best(x, a, columns, start, 40 if size < 3 else 14))
        for i, one in enumerate(group):
            field.known[one] = [
                Fits(f.sets[i : i + 1], f.gamma[i : i + 1], f.value[i : i + 1]) for f in fits
            ]


def _start(field: Field, one: tuple[int, ...], b: int) -> list[float]:
    for out in one:
        less = tuple(j for j in one if j != out)
        if less and less in field.known:
            gamma = dict(zip(less, field.known[less][b].gamma[0], strict=True))
            return [gamma.get(j, 10.0) for j in one]
    return [10.0] * len(one)


def _exact(field: Field, numerator: float, one: tuple[int, ...], column: int) -> Strength:
    full = tuple(sorted((*one, column)))
    rival, averaged = [0.0], []
    for b, (x, a) in enumerate(field.scaled()):
        if one:
            fits = field.known[one][b]
            rival.append(float(log_evidence(x, a, best_of_starts(x, a, fits.sets, fits.gamma))[0]))
        fits = field.known[full][b]
        averaged.append(float(log_evidence(x, a, best_of_starts(x, a, fits.sets, fits.gamma))[0]))
    added = np.logaddexp.reduce(averaged) - np.log(len(averaged)) - np.log(field.family)
    log_q = np.logaddexp(numerator, added) + np.log(0.5)
    return Strength(float(log_q - max(rival)), float(max(averaged) - max(rival)), one)
