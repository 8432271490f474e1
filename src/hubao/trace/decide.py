"""From the reduced tables to a decision: rank, accuse within strata, and say what is left open."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logsumexp

from hubao.trace import evidence, outside, rates
from hubao.trace.certify import proven
from hubao.trace.copies import Copies, no_copies
from hubao.trace.needs import Needs
from hubao.trace.reduced import Floats, Ints, Reduced
from hubao.trace.report import Verdict
from hubao.trace.search import SameRecords, Search, accused, groups, leading, search
from hubao.trace.strong import BESIDE, LEAST_RIVAL, Field, Strength, log_numerator, strength

EVERYTHING = 0.9  # an actor that had seen this share of the strata can't be told from chance
# A wave of calls in a region looks like a source who works there: what the model sees between
# strata may lift an actor by so many nats above its evidence within them, and no more.
BETWEEN = 4.0
NODES, MOST_PROVEN = 500, 100  # what a proof may cost: about a second
TARGETED = 2.0  # strength of hidden targeting at which victims needed are shown too
EVEN = 0.2  # weight of an even background in a numerator; the rest is the fitted one's
NO_LEAK = 0.5  # prior chance that nobody in the log leaked
CopiesOf = Callable[[Ints], Copies]


@dataclass(frozen=True)
class Decision:
    """What the victims say about each of m actors.

    Attributes:
        verdict: one of four words.
        found: int (c,); columns that look like sources, whether or not they may be named.
        fit: rates with those as sources.
        order: int (m,); columns, best first.
        named: groups of columns.
        groups: for each leading column that has twins, all columns that can't be told apart.
        posterior, share, log_e: float (m,); see `report.Suspect`, natural logs here.
        log_given: float (m,), or None where nothing is named.
        log_strong: natural log for each column it was computed for.
        proven: columns whose naming is proven: no set of so many other actors explains more.
        g_star: for each leading column whose accusation stands.
        background_share: share of the victims from no actor in the log.
        victims_needed, victims_needed_targeted, largest_share: see `report.Report`.
        too_wide: columns that can't be ruled out, whatever the victims.
    """

    verdict: Verdict
    found: Ints
    fit: rates.Fit
    order: Ints
    named: Sequence[Sequence[int]]
    groups: dict[int, list[int]]
    posterior: Floats
    share: Floats
    log_e: Floats
    log_given: Floats | None
    log_strong: dict[int, float]
    proven: frozenset[int]
    g_star: dict[int, float]
    background_share: float
    victims_needed: int | None
    victims_needed_targeted: int | None
    largest_share: float
    too_wide: Ints


def decide(
    reduced: Reduced,
    *,
    alpha: float,
    same_records: SameRecords,
    copies_of: CopiesOf | None = None,
) -> Decision:
    """Rank every actor, and name those that the bound allows.

    Args:
        reduced: n victims, m actors.
        alpha: bound on the chance that any innocent is named.
        same_records: given columns, the pairs, one of them in each, whose records are the same.
        copies_of: given columns, the copies that those actors may have made; None where the log
            does not tell.

    Source: methods/trace.md 4.2 (ranking), 4.3 and 4.4 (naming).
    """
    if not reduced.actors:
        return _nobody(reduced)
    bound = float(np.log(reduced.family / alpha))
    log_e = evidence.log_e_values(reduced)
    scores, single_share = _scores(reduced, log_e)
    found = search(reduced, log_e, scores, bound)
    scores = np.minimum(scores, found.log_alone + BETWEEN)
    order = _order(scores, found.found)
    suspected = accused(found.found, log_e, bound)
    twins = groups(len(log_e), np.union1d(suspected, order[:1]), same_records)
    ahead = leading(found, log_e, twins)
    strong = _strong(reduced, log_e, found, ahead, suspected, copies_of)
    named = _named(found.found, twins, strong, float(np.log(1.0 / alpha)))
    posterior, share = _beliefs(reduced, scores, single_share, found)
    backgrounds = [np.ones(reduced.victims), found.alone.background[reduced.stratum]]
    largest = outside.largest_share(reduced, backgrounds)
    needs = Needs(reduced, int(order[0]), float(single_share[order[0]]), bound)
    return Decision(
        verdict=_verdict(named, log_e, bound, largest),
        found=found.found,
        fit=found.fit,
        order=order,
        named=named,
        groups=twins,
        posterior=posterior,
        share=share,
        log_e=log_e,
        log_given=found.log_given if named else None,
        log_strong={column: one.log_e for column, one in strong.items()},
        proven=_proven(reduced, log_e, found, named, twins, alpha),
        g_star=_g_stars(reduced, ahead, bound),
        background_share=float(np.clip(1.0 - share.sum(), 0.0, 1.0)),
        victims_needed=0 if named else needs.to_name(strong.get(needs.lead), alpha),
        victims_needed_targeted=needs.at(TARGETED),
        largest_share=largest,
        too_wide=np.flatnonzero(outside.too_wide(reduced)),
    )


def _nobody(reduced: Reduced) -> Decision:
    none, no_columns = np.zeros(0), np.zeros(0, dtype=np.int64)
    return Decision(
        verdict=Verdict.NOT_ENOUGH_EVIDENCE, found=no_columns,
        fit=rates.fit(reduced, no_columns, none), order=no_columns, named=[],
        groups={}, posterior=none, share=none, log_e=none, log_given=None, log_strong={},
        proven=frozenset(), g_star={}, background_share=1.0, victims_needed=None,
        victims_needed_targeted=None, largest_share=1.0, too_wide=no_columns,
    )  # fmt: skip


def _scores(reduced: Reduced, log_e: Floats) -> tuple[Floats, Floats]:
    """Ranking scores; an actor that saw nearly everything is scored by its own evidence only."""
    scores, share = rates.log_scores(reduced)
    everything = reduced.expected > EVERYTHING * reduced.victims
    return np.where(everything, np.minimum(scores, np.minimum(log_e, 0.0)), scores), share


def _strong(
    reduced: Reduced,
    log_e: Floats,
    found: Search,
    ahead: Ints,
    suspected: Ints,
    copies_of: CopiesOf | None,
) -> dict[int, Strength]:
    """The strong e-value of every leading column that looks like a source."""
    place = {column: i for i, column in enumerate(ahead.tolist())}
    asked = [column for column in suspected.tolist() if column in place]
    if not asked:
        return {}
    copies = no_copies(reduced.victims) if copies_of is None else copies_of(ahead)
    field = Field(
        touched=np.hstack([reduced.touched_by(ahead), copies.touched]),
        share=np.hstack([reduced.share_of(ahead), copies.share]),
        owner=[*range(len(ahead)), *(place[column] for column in copies.owner.tolist())],
        cost=np.append(np.zeros(len(ahead)), copies.cost),
        backgrounds=[np.ones(reduced.victims), found.fit.background[reduced.stratum]],
        weights=(EVEN, 1.0 - EVEN),
        family=reduced.family,
        found=[place[column] for column in found.found.tolist() if column in place],
    )
    numerator = log_numerator(log_e, reduced.family)
    return {column: strength(field, numerator, place[column]) for column in asked}


def _named(
    found: Ints,
    twins: dict[int, list[int]],
    strong: dict[int, Strength],
    bound: float,
) -> list[list[int]]:
    named: list[list[int]] = []
    for column in map(int, found):
        # A twin of one found before has no strength of its own: its group is named, or not, there.
        if column in strong and strong[column].log_e >= bound:
            others = [twin for twin in twins.get(column, []) if twin != column]
            named.append([column, *others])
    return named


def _proven(
    reduced: Reduced,
    log_e: Floats,
    found: Search,
    named: list[list[int]],
    twins: dict[int, list[int]],
    alpha: float,
) -> frozenset[int]:
    """The named columns for which branch and bound closes within NODES; few victims only.

    It proves that no set of LEAST_RIVAL whole records explains the victims well enough; copies
    are searched.
    """
    if reduced.victims > MOST_PROVEN or len(found.found) > 1:
        return frozenset()
    # Of a null's numerator only Q is known for every set, at its weight.
    numerator = log_numerator(log_e, reduced.family) + np.log(1.0 - BESIDE)
    backgrounds = [np.ones(reduced.victims), found.fit.background[reduced.stratum]]
    return frozenset(
        group[0]
        for group in named
        if proven(
            reduced.touched, reduced.share, backgrounds, without=twins.get(group[0], [group[0]]),
            threshold=float(numerator - np.log(1.0 / alpha)), largest=LEAST_RIVAL, nodes=NODES,
        )
    )  # fmt: skip


def _verdict(named: list[list[int]], log_e: Floats, bound: float, largest: float) -> Verdict:
    if named:
        return Verdict.SOURCE_NAMED
    if log_e.max() >= bound:
        return Verdict.SHORTLIST
    return Verdict.OUTSIDE_LOG if largest <= outside.OUTSIDE else Verdict.NOT_ENOUGH_EVIDENCE


def _beliefs(
    reduced: Reduced, scores: Floats, single_share: Floats, found: Search
) -> tuple[Floats, Floats]:
    """Posterior and share of every actor: as the one source, or beside the found ones."""
    per_actor = np.log((1.0 - NO_LEAK) / NO_LEAK / reduced.family)
    posterior = np.exp(scores + per_actor - logsumexp(np.append(scores + per_actor, 0.0)))
    if len(found.found) > 1:
        posterior = expit(found.log_given + per_actor)
        posterior[found.found] = expit(_joint(reduced, found) + per_actor)
    # What the found sources leave is shared among the others and the background.
    others = np.setdiff1d(np.arange(len(posterior)), found.found)
    rest = max(1.0 - float(found.fit.shares.sum()), 0.0) / max(1.0, posterior[others].sum())
    share = posterior * single_share * rest
    share[found.found] = found.fit.shares
    return posterior, share


def _joint(reduced: Reduced, found: Search) -> Floats:
    """float (c,): natural log of each found source's evidence beside the others."""
    return np.array([_beside(reduced, found, i) for i in range(len(found.found))])


def _beside(reduced: Reduced, found: Search, i: int) -> float:
    others = np.delete(found.found, i)
    fit = rates.fit(reduced, others, np.delete(found.fit.strengths, i))
    columns = np.append(others, found.found[i])
    log_e, _ = evidence.log_e_given(
        reduced.touched_by(columns),
        reduced.share_of(columns),
        fit.background[reduced.stratum],
        np.arange(len(others)),
        fit.strengths,
    )
    return float(log_e[-1])


def _order(scores: Floats, found: Ints) -> Ints:
    """Best first by the ranking model; where there are several sources, those before the rest."""
    first = np.zeros(len(scores), dtype=bool)
    if len(found) > 1:
        first[found] = True
    return np.asarray(np.lexsort((-scores, ~first)), dtype=np.int64)


def _g_stars(reduced: Reduced, leading: Ints, bound: float) -> dict[int, float]:
    touched, share = reduced.touched_by(leading), reduced.share_of(leading)
    stars = {
        int(column): evidence.g_star(touched[:, i], share[:, i], bound)
        for i, column in enumerate(leading)
    }
    return {column: star for column, star in stars.items() if star is not None}
