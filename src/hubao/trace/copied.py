"""When the records were copied: "between 3 and 9 March".

Given that an actor is a source, it copied what it opened in some window of its own days, and only
those records were passed on. A window that leaves out an evening of the copy leaves its victims to
chance; a window that takes in other work makes the source wider than its victims bear out. So the
victims date the copy, also where the actor had long known the records by work.

For a window W: x_W(v) = it opened v's record in W and before v's contact; a_W(v) = share of v's
stratum it opened in W and before v's contact; the likelihood is that of the within-stratum test,

    L(W) = mean over strengths g of prod_v (seen_v + g x_W(v)) / (alone_v + g a_W(v)),

averaged over g. The prior on W has two parts. Copying in bulk shows: with chance 0.97 only days on
which the actor opened more than usual count, the first of W drawn by how much more, the last by
that and by nearness. Else any days do (what came over the desk, a slow drip): the first even over
its days, the length even in its logarithm. The victims overrule either.
It dates; it never accuses: that the actor is a source is given.
Source: methods/trace.md 4.2 (time), 4.3 (likelihood), 4.5.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from hubao.trace.openings import DAY, Called, Openings
from hubao.trace.reduced import Floats, Ints

COVERAGE = 0.9
MOST_EDGES = 150  # spans of days at whose borders a window may begin and end
ALONE = 50  # days that are a span of their own: those that tell most
STRENGTHS: Floats = np.exp2(np.arange(-2.0, 13.0))
IN_BULK = 0.97  # prior chance that the copying shows as days with more openings than usual
BULK_DAYS = 14.0  # copying in bulk that lasts so many days more is half as likely
AT_ONCE = 128  # victims weighed at once; bounds memory
FENCE = 1.5  # a day is unusual above the upper quartile by so many quartile ranges (Tukey)
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Spans:
    """An actor's days put together into at most `MOST_EDGES` spans, k of them.

    Attributes:
        first, last: int (k,); first and last day of each on which it opened anything.
        days: int (k,); such days.
        excess: float (k,); openings above the actor's usual, on unusual days alone.
        of_row: int (r,); the span of each opening.
        unusual: bool (r,); whether it was on an unusual day.
    """

    first: Ints
    last: Ints
    days: Ints
    excess: Floats
    of_row: Ints
    unusual: NDArray[np.bool_]


@dataclass(frozen=True)
class CopiedBetween:
    """When the records were copied, if the actor is the source.

    Attributes:
        first, last: local days; the whole copying lies between them with chance `coverage`.
        days: how many days that is, both ends counted.
        coverage: chance, in [0, 1], under the model; at least the one asked for.
        chance_from, chance_to: days since 1970 of each span, both ends counted, for `chance`.
        chance: float (k,); how likely it is that what was opened in that span was copied.
        after_leaving: openings on its account after it had left, which nothing here rests on.
    """

    first: date
    last: date
    days: int
    coverage: float
    chance_from: Ints
    chance_to: Ints
    chance: Floats
    after_leaving: int


def copied_between(
    opened: Openings, called: Called, *, shift: int = 0, coverage: float = COVERAGE
) -> CopiedBetween | None:
    """Date the copy.

    Args:
        opened: all that the actor opened while it was there.
        called: the victims.
        shift: microseconds by which local time is ahead of UTC.
        coverage: chance, in (0, 1), with which the days shall cover the whole copying.

    Returns:
        The shortest run of days that does; None if it opened no victim's record in time.

    Limits: one window; two copies months apart come out as one long one. Between days on which
        no victim's record was opened only the prior speaks. Earlier victims stay in the count of
        their stratum. Days shift with daylight saving by the hour.
    """
    day = (opened.at + shift) // DAY
    hits = _hits(opened, called)
    if not hits.any():
        return None
    spans = spans_of(day, hits)
    steady, bulk = posterior(opened, called, spans)
    a, b, mass = shortest(steady + bulk, spans, coverage)
    return CopiedBetween(
        first=EPOCH + timedelta(days=int(spans.first[a])),
        last=EPOCH + timedelta(days=int(spans.last[b])),
        days=int(spans.last[b] - spans.first[a]) + 1,
        coverage=mass,
        chance_from=spans.first,
        chance_to=spans.last,
        chance=under_way(steady) + under_way(bulk) * (spans.excess > 0),
        after_leaving=opened.after,
    )


def _hits(opened: Openings, called: Called) -> Ints:
    """int (r,): 1 where an opening is of a victim's record, before its contact."""
    cut = np.full(max(len(opened.policies), 1), np.iinfo(np.int64).min)
    known = called.record >= 0
    cut[called.record[known]] = called.cut[known]
    return (opened.at < cut[opened.record]).astype(np.int64)


def spans_of(day: Ints, hits: Ints, most: int = MOST_EDGES) -> Spans:
    """Put days together; the unusual, then those with most victims' records, stay alone.

    Args:
        day: int (r,); the day of each opening, ascending.
        hits: int (r,); 1 where it is of a victim's record.
        most: how many spans there may be.
    """
    days, of_day, rows = np.unique(day, return_inverse=True, return_counts=True)
    low, high = np.quantile(rows, [0.25, 0.75])
    excess = np.maximum(rows - high - FENCE * (high - low), 0.0)
    hit = np.bincount(of_day, hits, minlength=len(days))
    starts = _starts(np.lexsort((days, -hit, -excess)), most)
    of = np.cumsum(starts) - 1
    begin = np.flatnonzero(starts)
    return Spans(
        first=days[begin],
        last=days[np.append(begin[1:], len(days)) - 1],
        days=np.bincount(of),
        excess=np.bincount(of, excess).astype(np.float64),
        of_row=of[of_day],
        unusual=(excess > 0)[of_day],
    )


def _starts(telling: Ints, most: int) -> NDArray[np.bool_]:
    """bool (d,): whether a span begins at each of d days; the most telling days come first."""
    count = len(telling)
    if count <= most:
        return np.ones(count, dtype=bool)
    starts = np.zeros(count + 1, dtype=bool)
    alone = telling[: min(ALONE, (most - 1) // 3)]
    starts[alone] = starts[alone + 1] = starts[0] = True
    even = np.linspace(0, count, most - int(starts[:-1].sum()), endpoint=False)
    starts[even.astype(np.int64)] = True
    return starts[:-1]


def log_likelihood(
    opened: Openings, called: Called, spans: Spans, counts: NDArray[np.bool_]
) -> Floats:
    """float (k, k): natural log of L(window from span i to span j); minus infinity where j < i.

    Only openings where `counts`, bool (r,), holds could have been copied.
    """
    size = len(spans.first)
    low, high = np.triu_indices(size)
    total = np.zeros((len(STRENGTHS), len(low)))
    before = _before(opened, spans, counts)
    for of in _blocks(called.stratum):
        rows = np.flatnonzero(counts & (opened.stratum == called.stratum[of[0]]))
        if not len(rows):
            continue
        seen = _opened(opened, called, spans, of, rows, low, high)
        times, share = _shares(opened, called, spans, before, of, rows, low, high)
        for g, strength in enumerate(STRENGTHS):
            total[g] += np.log1p(strength / called.seen[of]) @ seen
            total[g] -= times @ np.log1p(strength * share)
    found = np.full((size, size), -np.inf)
    found[low, high] = logsumexp(total, axis=0) - np.log(len(STRENGTHS))
    return found


def _blocks(stratum: Ints) -> Iterator[Ints]:
    """Victims of one stratum at a time, `AT_ONCE` at most: tens of blocks, whatever the book."""
    for one in np.unique(stratum):
        own = np.flatnonzero(stratum == one)
        yield from (own[i : i + AT_ONCE] for i in range(0, len(own), AT_ONCE))


def _before(opened: Openings, spans: Spans, counts: NDArray[np.bool_]) -> Ints:
    """int (r,): the span in which the same record was opened last before; -1 for the first time."""
    rows = np.flatnonzero(counts)
    order = rows[np.lexsort((rows, opened.record[rows]))]
    same = opened.record[order][1:] == opened.record[order][:-1]
    before = np.full(len(opened.at), -1)
    before[order[1:][same]] = spans.of_row[order[:-1][same]]
    return before


def _shares(
    opened: Openings, called: Called, spans: Spans, before: Ints, of: Ints, rows: Ints,
    low: Ints, high: Ints,
) -> tuple[Ints, Floats]:  # fmt: skip
    """int (u,) and float (u, w): a over the rate alone, for victims `of` one stratum.

    Victims that are alike in it are counted together: u rows, and how many victims each stands for.
    A record is opened in a window as often as an opening there had none before it in the window;
    so a table by span of that earlier opening, summed both ways, counts records, not openings.
    """
    size = len(spans.first)
    # A contact cuts the log between two openings; contacts with none between them are one cut.
    cuts, which = np.unique(np.searchsorted(opened.at[rows], called.cut[of]), return_inverse=True)
    piece = np.searchsorted(cuts, np.arange(len(rows)), side="right")
    counts = np.zeros((len(cuts) + 1, size, size + 1), dtype=np.int32)
    np.add.at(counts, (piece, spans.of_row[rows], before[rows] + 1), 1)
    # [c, j, i]: openings before cut c, up to span j, whose record was last opened before span i.
    fresh = counts.cumsum(axis=0)[:-1].cumsum(axis=1).cumsum(axis=2)
    in_window = fresh[:, high, low] - np.where(low > 0, fresh[:, low - 1, low], 0)
    kinds, times = np.unique(
        np.column_stack([which, called.alone[of] * called.size[of]]), axis=0, return_counts=True
    )
    return times, in_window[kinds[:, 0].astype(np.int64)] / kinds[:, 1:]


def _opened(
    opened: Openings, called: Called, spans: Spans, of: Ints, rows: Ints, low: Ints, high: Ints
) -> Floats:
    """float (n, w), 0 or 1: whether each victim's record was opened in the window, in time."""
    victim = np.full(max(len(opened.policies), 1), -1)
    known = of[called.record[of] >= 0]
    victim[called.record[known]] = np.flatnonzero(called.record[of] >= 0)
    v = victim[opened.record[rows]]
    in_time = (v >= 0) & (opened.at[rows] < called.cut[of][v])
    times = np.zeros((len(of), len(spans.first) + 1), dtype=np.int32)
    np.add.at(times, (v[in_time], spans.of_row[rows][in_time] + 1), 1)
    upto = times.cumsum(axis=1)
    return (upto[:, high + 1] > upto[:, low]).astype(np.float64)


@dataclass(frozen=True)
class Weighed:
    """Windows of one kind: steady copying, or copying in bulk.

    Attributes:
        counts: bool (r,); the openings that could have been copied.
        log_likelihood: float (k, k); of the window from span i to span j.
        log_joint: float (k, k); with the prior, that of the kind included.
    """

    counts: NDArray[np.bool_]
    log_likelihood: Floats
    log_joint: Floats

    @property
    def shape(self) -> tuple[int, int]:
        """(k, k)."""
        return self.log_likelihood.shape[0], self.log_likelihood.shape[1]

    @property
    def log_average(self) -> float:
        """Natural log of the likelihood averaged over the prior."""
        return float(logsumexp(self.log_joint))


def weighed_windows(opened: Openings, called: Called, spans: Spans) -> list[Weighed]:
    """Steady windows, and bulk ones where any day is unusual."""
    every = np.ones(len(opened.at), dtype=bool)
    log_l = log_likelihood(opened, called, spans, every)
    prior = np.log1p(-IN_BULK) + log_prior(spans.days, _log_lengths(spans))
    found = [Weighed(every, log_l, prior + log_l)]
    if spans.unusual.any():
        lasts = np.maximum(spans.first - spans.first[:, None], 0)
        prior = np.log(IN_BULK) + log_prior(spans.excess, spans.excess / (BULK_DAYS + lasts))
        log_l = log_likelihood(opened, called, spans, spans.unusual)
        found.append(Weighed(spans.unusual, log_l, prior + log_l))
    return found


def posterior(opened: Openings, called: Called, spans: Spans) -> tuple[Floats, Floats]:
    """float (k, k) each: chance of each window as steady copying, and as copying in bulk."""
    weighed = weighed_windows(opened, called, spans)
    whole = logsumexp([one.log_average for one in weighed])
    chances = [np.exp(one.log_joint - whole) for one in weighed]
    return chances[0], chances[1] if len(chances) > 1 else np.zeros_like(chances[0])


def log_prior(first: Floats | Ints, last: Floats) -> Floats:
    """float (k, k): the first span by weight, float (k,); the last by each one's, float (k, k)."""
    later = np.triu(last)
    later /= np.maximum(later.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log((first / first.sum())[:, None] * later), dtype=np.float64)


def _log_lengths(spans: Spans) -> Floats:
    """float (k, k): for windows from span i to span j, how much of the log of lengths is j's."""
    ends = np.append(spans.first[1:], spans.last[-1] + 1)
    start = spans.first[:, None] - 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.triu(np.log((ends - start) / (spans.first - start)))
    return np.asarray(np.nan_to_num(found), dtype=np.float64)


def shortest(posterior: Floats, spans: Spans, coverage: float) -> tuple[int, int, float]:
    """The shortest run of spans that holds the whole window with that chance, and its chance."""
    inside = np.cumsum(np.cumsum(posterior[::-1], axis=0)[::-1], axis=1)  # begins >= a, ends <= b
    length = spans.last[None, :] - spans.first[:, None]
    wide = np.where(inside >= min(coverage, 1.0 - 1e-9), length, np.iinfo(np.int64).max)
    a, b = np.unravel_index(int(np.argmin(wide)), wide.shape)
    return int(a), int(b), float(min(inside[a, b], 1.0))


def under_way(posterior: Floats) -> Floats:
    """float (k,): chance that the window holds each span."""
    begun = np.cumsum(posterior.sum(axis=1))
    ended = np.cumsum(posterior.sum(axis=0))
    return np.asarray(np.clip(begun - np.append(0.0, ended[:-1]), 0.0, 1.0), dtype=np.float64)
