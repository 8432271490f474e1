"""Find what looks like a source, and who must be weighed beside it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from hubao.trace import evidence, rates
from hubao.trace.reduced import Floats, Ints, Reduced

LEADING = 12  # actors weighed together; the rest are ranked, never named
MOST_SOURCES = 6
NEAR = 64  # actors weighed again, by either measure, each time a source is found
SameRecords = Callable[[Ints], Sequence[tuple[int, int]]]


@dataclass(frozen=True)
class Search:
    """What was found.

    Attributes:
        found: int (c,); columns that look like sources, in the order they were found.
        fit: the rates with those as sources.
        log_given: float (m,); natural log of each actor's evidence beside them, minus infinity
            for the found and for actors too weak to be weighed again.
        log_alone: float (m,); the same beside nobody; the plain evidence for the weak.
        alone: the rates with no source.
    """

    found: Ints
    fit: rates.Fit
    alone: rates.Fit
    log_given: Floats
    log_alone: Floats


def search(reduced: Reduced, log_e: Floats, scores: Floats, bound: float) -> Search:
    """Find sources one at a time, each by its evidence given those found before it.

    Args:
        reduced: n victims, m actors, m >= 1.
        log_e, scores: float (m,); evidence against chance, and ranking scores.
        bound: natural log of the evidence that each must reach.

    Source: methods/trace.md 4.3, multi-source form.
    """
    near = np.union1d(_first(log_e, NEAR), _first(scores, NEAR))
    found = np.zeros(0, dtype=np.int64)
    alone = fit = rates.fit(reduced, found, np.zeros(0))
    given, start = _given(reduced, near, found, fit)
    log_alone = log_e.copy()
    log_alone[near] = given
    while len(found) < min(MOST_SOURCES, len(near)) and given.max() >= bound:
        best = int(given.argmax())
        found = np.append(found, near[best])
        fit = rates.fit(reduced, found, np.append(fit.strengths, start[best]))
        given, start = _given(reduced, near, found, fit)
    log_given = np.full(len(log_e), -np.inf)
    log_given[near] = given
    return Search(found, fit, alone, log_given, log_alone)


def _first(values: Floats, most: int) -> Ints:
    return np.asarray(np.argsort(-values, kind="stable")[:most], dtype=np.int64)


def _given(reduced: Reduced, near: Ints, found: Ints, fit: rates.Fit) -> tuple[Floats, Floats]:
    return evidence.log_e_given(
        reduced.touched_by(near),
        reduced.share_of(near),
        fit.background[reduced.stratum],
        np.searchsorted(near, found),
        fit.strengths,
    )


def accused(found: Ints, log_e: Floats, bound: float) -> Ints:
    """Columns that look like a source, beside others or alone; the found come first."""
    alone = _first(log_e, NEAR)
    return np.array(list(dict.fromkeys([*found, *alone[log_e[alone] >= bound]])), dtype=np.int64)


def groups(columns: int, asked: Ints, same_records: SameRecords) -> dict[int, list[int]]:
    """Columns that can't be told apart, for each that has such twins, ascending.

    Args:
        columns: how many there are.
        asked: columns whose twins must be known.
        same_records: given those, the pairs, one of them in each, whose records are the same.
    """
    pairs = np.array(same_records(asked), dtype=np.int64).reshape(-1, 2)
    joined = sparse.coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), (columns,) * 2)
    label = connected_components(joined.tocsr(), directed=False)[1]
    return {
        int(column): np.flatnonzero(label == label[column]).tolist() for column in np.unique(pairs)
    }


def leading(found: Search, log_e: Floats, twins: dict[int, list[int]]) -> Ints:
    """The found, then those strongest alone and those strongest beside the found.

    Of a group that can't be told apart only the first stands: the others would take the places of
    rivals, and say nothing that it doesn't.
    """
    alone, beside = _first(log_e, NEAR), _first(found.log_given, LEADING // 2)
    half = alone[: LEADING // 2]
    chosen: list[int] = []
    for column in dict.fromkeys([*found.found, *half, *beside, *alone]):
        if not set(twins.get(int(column), ())) & set(chosen):
            chosen.append(int(column))
    most = max(LEADING, len(found.found) + LEADING // 2)
    return np.array(chosen[:most], dtype=np.int64)
