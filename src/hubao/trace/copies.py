"""Copies that leading actors may have made: the part of their records that they opened in one go.

Somebody who sells what was copied on three evenings sells a part of what they had ever opened, and
a colleague who had most of that part, and little else, explains the victims as well. So beside each
leading actor's whole record its likeliest copies are weighed too: the windows of its own days that
fit the victims best, by steady work and by days with more openings than usual (see `copied`).
Each counts for less by what picking its window beforehand would have cost, under the prior on
windows of `copied`: little for a copy on unusual days, much for one that merely fits.
Source: methods/trace.md 4.2 (dump time).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hubao.lake.engine import Engine
from hubao.trace.copied import spans_of, weighed_windows
from hubao.trace.openings import DAY, Called, Openings, actor_rows, openings
from hubao.trace.reduced import Floats, Ints, Reduced

EDGES = 75  # spans of days at whose borders a copy may begin and end: enough to stand for it


@dataclass(frozen=True)
class Copies:
    """w likeliest copies.

    Attributes:
        owner: int (w,); the column whose actor made each.
        cost: float (w,); nats by which its likelihood, averaged over the prior on windows, is less
            than that of this window.
        touched, share: float (n, w); as `Reduced`'s, of the records in the copy alone.
    """

    owner: Ints
    cost: Floats
    touched: Floats
    share: Floats


def no_copies(victims: int) -> Copies:
    """Where none can be looked for."""
    none = np.zeros((victims, 0))
    return Copies(np.zeros(0, dtype=np.int64), np.zeros(0), none, none)


def likeliest_copies(engine: Engine, reduced: Reduced, cut: Ints, columns: Sequence[int]) -> Copies:
    """Find each actor's likeliest copies.

    Args:
        engine: holds `access` and `placed`.
        reduced: n victims.
        cut: int (n,); microseconds, what was opened at or after it does not count.
        columns: actors, a few.
    """
    rows = actor_rows(engine, [reduced.actors[column] for column in columns])
    owner: list[int] = []
    cost: list[float] = []
    found: list[tuple[Floats, Floats]] = []
    for column in columns:
        opened = openings(rows, reduced.actors[column], left=int(cut.max()))
        called = _called(reduced, cut, opened)
        for window, loss in _windows(opened, called):
            owner.append(int(column))
            cost.append(loss)
            found.append(_columns(opened, called, window))
    if not found:
        return no_copies(reduced.victims)
    touched, share = (np.column_stack(part) for part in zip(*found, strict=True))
    return Copies(np.array(owner, dtype=np.int64), np.array(cost), touched, share)


def _called(reduced: Reduced, cut: Ints, opened: Openings) -> Called:
    ones = np.ones(reduced.victims)
    return Called(
        record=opened.numbers(reduced.policies),
        cut=cut,
        stratum=reduced.stratum,
        size=reduced.at_risk,
        seen=ones,
        alone=ones,
    )


def _windows(opened: Openings, called: Called) -> list[tuple[NDArray[np.bool_], float]]:
    """The openings, bool (r,), of the likeliest window of every day, and of unusual ones; cost."""
    cut = np.full(max(len(opened.policies), 1), np.iinfo(np.int64).min)
    known = called.record >= 0
    cut[called.record[known]] = called.cut[known]
    hits = (opened.at < cut[opened.record]).astype(np.int64)
    if not hits.any():
        return []
    spans = spans_of(opened.at // DAY, hits, most=EDGES)
    found = []
    for weighed in weighed_windows(opened, called, spans):
        first, last = np.unravel_index(int(np.argmax(weighed.log_likelihood)), weighed.shape)
        inside = (spans.of_row >= first) & (spans.of_row <= last)
        best = float(weighed.log_likelihood[first, last])
        found.append((weighed.counts & inside, best - weighed.log_average))
    return found


def _columns(opened: Openings, called: Called, window: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """float (n,) each: whether each victim's record is in the copy; the share of its stratum."""
    rows = np.flatnonzero(window)  # ascending in time: the first of each record is its first
    record, place = np.unique(opened.record[rows], return_index=True)
    at, stratum = opened.at[rows][place], opened.stratum[rows][place]
    first = np.full(max(len(opened.policies), 1), np.iinfo(np.int64).max)
    first[record] = at
    touched = (called.record >= 0) & (first[called.record] < called.cut)
    order = np.lexsort((at, stratum))
    at, stratum = at[order], stratum[order]
    begin, end = (
        np.searchsorted(stratum, called.stratum),
        np.searchsorted(stratum, called.stratum, side="right"),
    )
    count = [
        int(np.searchsorted(at[b:e], c)) for b, e, c in zip(begin, end, called.cut, strict=True)
    ]
    share = np.array(count) / called.size
    return touched.astype(np.float64), np.maximum(share, touched / called.size)
