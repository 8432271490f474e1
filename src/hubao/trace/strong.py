"""The strong rule: an actor is named only if no explanation without it comes close.

A colleague of the source saw many of the same records, so evidence against chance alone names him
too. For every set C of sources that leaves actor j out, the null "the sources are C, at whatever
strengths" is tested by the e-value

    E_C = Q_C / L(C),
    Q_C = 0.1 Q + 0.9 mean over actors k of L(C and k together),

where L averages the likelihood over strengths and Q over nobody and every single actor. So E_C has
mean at most 1 if the truth is C with strengths from that prior; j is named only if every C without
j is rejected at 1 / alpha. Naming any innocent needs the true set itself to be rejected, so
P(any innocent named) <= alpha, with no factor for the number of actors or of sets.
Source: methods/trace.md 4.4, with a numerator of its own for each null (docs/decisions/0005);
Wasserman, Ramdas & Balakrishnan (2020), PNAS 117(29); Berger (1982), Technometrics 24(4).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

import numpy as np

from hubao.trace.reduced import Floats
from hubao.trace.sets import best_of_starts, log_evidence, step_gains

Columns = tuple[int, ...]
NOBODY_LEAKED = 0.1  # chance of no source in Q
BESIDE = 0.9  # weight in a null's numerator of one source more; the rest is Q's
WIDTH = 6  # explanations kept at each size
FINALISTS = 10
LEAST_RIVAL, MOST_RIVAL = 4, 6
COST = 1.8  # about what averaging over one actor's strength costs, in nats; for the search only


class Fitted(NamedTuple):
    """A set under one background: its best strengths, its likelihood there, and its evidence."""

    gamma: Floats
    value: float
    evidence: float


@dataclass(frozen=True)
class Field:
    """The leading actors, k of them, and the victims' evidence about each.

    Attributes:
        touched, share: float (n, k); see `Reduced`. After the actors' own columns come those of
            the copies they may have made.
        owner: k columns; whose copy each is, its own number for an actor.
        cost: float (k,); what a copy counts for less, in nats; nought for an actor.
        backgrounds: float (n,) each; rates of the victims' strata under which an explanation
            may be put (all equal, and as fitted). weights: of each in a null's numerator; they
            sum to 1.
        family: actors in the log, any of which may be a source.
        found: the columns that look like sources, in the order they were found.
    """

    touched: Floats
    share: Floats
    owner: Sequence[int]
    cost: Floats
    backgrounds: Sequence[Floats]
    weights: Sequence[float]
    family: int
    found: Sequence[int]
    known: dict[Columns, list[Fitted]] = field(default_factory=dict)

    @cached_property
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
    rival: Columns


def log_numerator(log_singles: Floats, family: int) -> float:
    """Q: nobody, or any one actor; `log_singles` are the natural logs of the e-values."""
    chance = np.log(1.0 - NOBODY_LEAKED) - np.log(family)
    return float(np.logaddexp(np.log(NOBODY_LEAKED), chance + np.logaddexp.reduce(log_singles)))


def strength(field: Field, numerator: float, column: int) -> Strength:
    """Weigh the evidence that no explanation leaves the actor out.

    The explanations are searched for: from nobody, from the other found ones and from these less
    one, an actor at a time, keeping those that come closest to doing without this one.

    Args:
        field: the leading actors; none of the others has the same records as this one.
        numerator: natural log of Q.
        column: the actor.
    """
    base = tuple(sorted(j for j in field.found if j != column))[:MOST_RIVAL]
    largest = max(LEAST_RIVAL, len(base))
    starts = sorted({(), base, *(tuple(j for j in base if j != out) for out in base)})
    kept, looked = starts, set(starts)
    rough: dict[Columns, float] = {}
    while kept:
        grown = _grown(field, numerator, [one for one in kept if len(one) < largest], column)
        fresh = sorted((one for one in grown if one not in looked), key=lambda one: grown[one])
        kept = fresh[:WIDTH]
        looked.update(kept)
        rough |= {one: grown[one] for one in kept}
    finalists = [*starts, *sorted(rough, key=lambda one: rough[one])[:FINALISTS]]
    weighed = _weighed(field, numerator, finalists, column)
    closest = min(weighed, key=lambda one: one.log_e)
    # What it could do without was cheap while it grew, and is a strength too many at the end.
    less = [tuple(j for j in closest.rival if j != out) for out in closest.rival]
    weighed += _weighed(field, numerator, [one for one in less if one not in finalists], column)
    return min(weighed, key=lambda one: one.log_e)


def _grown(
    field: Field, numerator: float, sets: Sequence[Columns], column: int
) -> dict[Columns, float]:
    """Every set with one actor more, and roughly how close it comes to doing without `column`."""
    found: dict[Columns, float] = {}
    _fit(field, sets)
    for one in sets:
        others = _others(field, one, column)
        if not others:
            continue
        added = _added(field, one, column)
        values = [
            _rough(x, a, (one, fitted), others, added)
            for (x, a), fitted in zip(field.scaled, field.known[one], strict=True)
        ]
        cost = field.cost[list(one)].sum() + field.cost[others]
        without = np.max([value for value, _ in values], axis=0) - cost
        with_it = np.max([value for _, value in values], axis=0) - cost - np.log(field.family)
        margin = np.maximum(numerator, with_it) - without
        for j, value in zip(others, margin.tolist(), strict=True):
            found[tuple(sorted((*one, j)))] = value
    return found


def _others(field: Field, one: Columns, column: int) -> list[int]:
    """Columns that may join a rival explanation: no actor twice, and not the accused."""
    taken = {field.owner[j] for j in (*one, column)}
    return [j for j, owner in enumerate(field.owner) if owner not in taken]


def _rough(
    x: Floats, a: Floats, start: tuple[Columns, Fitted], others: list[int], added: list[int]
) -> tuple[Floats, Floats]:
    """Log-likelihood with each of the others, and with the best of `added` too; strengths stand."""
    one, fitted = list(start[0]), start[1]
    rate = 1.0 + (x[:, one] @ fitted.gamma)[:, None]
    alone = 1.0 + (a[:, one] @ fitted.gamma)[:, None]
    gain, step = step_gains(x[:, others], a[:, others], rate, alone)
    rate, alone = rate + step * x[:, others], alone + step * a[:, others]
    further = [step_gains(x[:, [j]], a[:, [j]], rate, alone)[0] for j in added]
    value = fitted.value + gain
    return value, value + np.max(further, axis=0) - COST


def _fit(field: Field, sets: Sequence[Columns]) -> None:
    """Fit those that aren't known, all of a size at once."""
    missing = sorted({one for one in sets if one not in field.known}, key=lambda s: (len(s), s))
    for size, group in groupby(missing, key=len):
        some = list(group)
        columns = np.array(some, dtype=np.int64).reshape(len(some), size)
        fits = [best_of_starts(x, a, columns) for x, a in field.scaled]
        evidence = [
            log_evidence(*table, fit) for table, fit in zip(field.scaled, fits, strict=True)
        ]
        for i, one in enumerate(some):
            cost = float(field.cost[list(one)].sum())
            field.known[one] = [
                Fitted(fit.gamma[i], float(fit.value[i]), float(averaged[i]) - cost)
                for fit, averaged in zip(fits, evidence, strict=True)
            ]


def _added(field: Field, one: Columns, column: int) -> list[int]:
    """The actors that count in a null's numerator: those that may well be sources beside it.

    All actors would do; those left out could only add to the numerator.
    """
    taken = {field.owner[j] for j in one}
    likely = {column, *field.found} - taken
    return [j for j, owner in enumerate(field.owner) if owner in likely]


def _weighed(
    field: Field, numerator: float, sets: Sequence[Columns], column: int
) -> list[Strength]:
    """How `column` stands against each of the sets."""
    fuller = {one: [tuple(sorted((*one, j))) for j in _added(field, one, column)] for one in sets}
    _fit(field, [*sets, *(full for some in fuller.values() for full in some)])
    return [_against(field, numerator, one, fuller[one]) for one in sets]


def _against(field: Field, numerator: float, one: Columns, fuller: Sequence[Columns]) -> Strength:
    known = field.known
    without = max(fitted.evidence for fitted in known[one])
    beside = np.array([[fitted.evidence for fitted in known[full]] for full in fuller])
    # Half of an actor's weight is on its whole record, half on its copies.
    beside += np.log(field.weights) - np.log(2.0 * field.family)
    log_q = np.logaddexp(
        np.log(1.0 - BESIDE) + numerator, np.log(BESIDE) + np.logaddexp.reduce(beside, axis=None)
    )
    ahead = max(_best(field, full) for full in fuller) - _best(field, one)
    return Strength(float(log_q) - without, ahead, one)


def _best(field: Field, one: Columns) -> float:
    """The set's likelihood at its best strengths, under the background that fits it better."""
    return max(fitted.value for fitted in field.known[one])
