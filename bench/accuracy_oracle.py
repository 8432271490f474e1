"""What could be reached at best: an oracle that knows every true rate, and who leaked beside whom.

It sees what a tracer sees, each victim's stratum and which of the sources had seen the record,
and asks of one source only whether it belongs. Its power follows from the mean and the variance
of the log-likelihood ratio by the normal approximation (methods/trace.md 5); the threshold is that
of a bound alpha over all actors of the log. No tracer that compares within strata can need fewer
victims; one that must learn the rates needs more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from accuracy_worlds import Site
from hubao.trace.planning import Information, information_within
from hubao.trace.strata import FEWEST_RECORDS, TENTHS
from hubao.world.leaks import Seen
from hubao.world.model import DAY, Bools, Campaign, Floats, Ints, Leak
from hubao.world.scam import sold_from
from hubao.world.traits import wave_region

WORKED = 2.4  # mean delays until 95 % of the contacts from a copy have been made


@dataclass(frozen=True)
class Truth:
    """The true rates of the reports in one draw, which sum to 1.

    Attributes:
        cold: float (N,); of cold calls. leaked: float (c, N); of each copy.
        seen: bool (c, N); the copy's actor had seen the record by half of the copy's contacts.
        stratum: int (N,); what the tracer compares within.
    """

    cold: Floats
    leaked: Floats
    seen: Bools
    stratum: Ints


def truth(site: Site, leak: Leak, campaign: Campaign, *, seed: int) -> Truth:
    """Work out the rates of a campaign; `seed` as given to `draw_contacts`."""
    world, book = site.insurer, site.insurer.book
    first = site.with_leak(leak)
    sold = [sold_from(world, copy) for copy in leak.copies] or [world.days // 2]
    begin, last = min(sold), min(max(sold) + int(WORKED * 7 * campaign.weeks), world.days)
    taste = np.asarray(campaign.ages)[book.age_band] * np.asarray(campaign.products)[book.product]
    wave = wave_region(world, campaign, seed=seed)
    there = np.clip(last - np.maximum(book.issued, begin), 0, None)
    cold = taste * there
    cold *= np.where(world.units.branch_region[book.branch] == wave, campaign.wave, 1.0)
    noise = campaign.noise if leak.copies else 1.0
    leaked = np.zeros((len(leak.copies), len(cold)))
    for row, copy in zip(leaked, leak.copies, strict=True):
        liked = taste[copy.policies]
        row[copy.policies] = (1 - noise) * copy.share * liked / liked.sum()
    half = [day + int(7 * campaign.weeks) for day in sold]
    return Truth(
        cold=noise * cold / cold.sum(),
        leaked=leaked,
        seen=_seen(first, leak, half, len(cold)),
        stratum=strata(site, first, before=begin * DAY),
    )


def _seen(first: Seen, leak: Leak, days: Sequence[int], policies: int) -> Bools:
    """bool (c, N): each copy's actor had seen the record by that day."""
    found = np.zeros((len(leak.copies), policies), dtype=bool)
    for row, copy, day in zip(found, leak.copies, days, strict=False):
        row[first.policy[(first.actor == copy.actor) & (first.at < day * DAY)]] = True
    return found


def strata(site: Site, first: Seen, *, before: int) -> Ints:
    """int (N,): each policy's stratum as the tracer has it: columns, then tenths by access count.

    Args:
        site: the world.
        first: every first access, the leak's among them.
        before: seconds; accesses by then count.
    """
    cell = site.cells
    degree = np.bincount(first.policy[first.at < before], minlength=len(cell))
    order = np.lexsort((degree, cell))
    cell, degree = cell[order], degree[order]
    whole = np.bincount(cell)[cell]
    begins = np.searchsorted(cell, cell)
    fresh = (np.diff(cell, prepend=-1) != 0) | (np.diff(degree, prepend=-1) != 0)
    below = np.maximum.accumulate(np.where(fresh, np.arange(len(cell)), 0)) - begins
    tenths = np.maximum(1, np.minimum(TENTHS, whole // FEWEST_RECORDS))
    tenth = below * tenths // whole
    found = np.empty(len(cell), dtype=np.int64)
    found[order] = np.unique(cell * TENTHS + tenth, return_inverse=True)[1]
    return found


def information(truth: Truth, source: int) -> Information:
    """What one victim tells the oracle of whether a source belongs, in nats."""
    copies = len(truth.leaked)
    pattern = (truth.seen * (1 << np.arange(copies))[:, None]).sum(axis=0)
    group = truth.stratum * (1 << copies) + pattern
    with_it = truth.cold + truth.leaked.sum(axis=0)
    without = with_it - truth.leaked[source]
    p, q = (np.bincount(group, rate) for rate in (with_it, without))
    stratum = np.arange(len(p)) >> copies
    p_stratum, q_stratum = (np.bincount(stratum, rate)[stratum] for rate in (p, q))
    some = (p > 0) & (q > 0)
    gain = np.log(p[some] / p_stratum[some]) - np.log(q[some] / q_stratum[some])
    mean = float(p[some] @ gain)
    return Information(mean, max(float(p[some] @ gain**2) - mean**2, 0.0))


def planned(truth: Truth, source: int) -> Information:
    """What one victim tells by the planning formula, which takes cold calls as even over the book.

    The formula of methods/trace.md 5 with exposures within strata; the oracle above knows more
    wherever a wave leaves strata in which nearly every victim is the source's.
    """
    seen = np.bincount(truth.stratum, truth.seen[source]).astype(np.int64)
    share = float(truth.leaked[source].sum())
    return information_within(seen, np.bincount(truth.stratum), share)


def power(one: Information, n: int, *, family: int, alpha: float) -> float:
    """Chance that n victims are enough for the oracle."""
    over = n * one.mean - float(np.log(family / alpha))
    spread = float(np.sqrt(n * one.variance))
    return float(ndtr(over / spread)) if spread > 0 else float(over >= 0)


def best_list(truth: Truth, known: Ints, length: int) -> Ints:
    """Rank the policies not known to be contacted by their true rate; the first `length`."""
    rate = truth.cold + truth.leaked.sum(axis=0)
    rate[known] = -1.0
    return np.argsort(-rate, kind="stable")[:length]
