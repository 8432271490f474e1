"""From the reduced tables to a decision: rank, accuse within strata, and say what is left open."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse.csgraph import connected_components
from scipy.special import expit, logsumexp

from hubao.trace import evidence, rates
from hubao.trace.planning import further_victims
from hubao.trace.reduced import Floats, Ints, Reduced
from hubao.trace.report import Proof, Verdict
from hubao.trace.strong import Field, log_numerator, log_strong

LEADING = 12  # actors looked at together; the rest are ranked, never named
MOST_SOURCES = 6
EVERYTHING = 0.9  # an actor that had seen this share of the strata can't be told from chance
NO_LEAK = 0.5  # prior chance that nobody in the log leaked
SameRecords = Callable[[Ints, Ints], Sequence[tuple[int, int]]]


@dataclass(frozen=True)
class Decision:
    """What the victims say about each of m actors.

    Attributes:
        verdict: one of four words.
        order: int (m,); columns, best first.
        named: groups of columns.
        groups: for each leading column that has twins, all columns that can't be told apart.
        posterior, share, log_e: float (m,); see `report.Suspect`, natural logs here.
        log_given: float (m,), or None where nothing is named.
        log_strong: natural log for each column it was computed for.
        proof: how `log_strong` was found.
        g_star: for each leading column whose accusation stands.
        background_share: share of the victims from no actor in the log.
        victims_needed: see `report.Report`.
    """

    verdict: Verdict
    order: Ints
    named: Sequence[Sequence[int]]
    groups: dict[int, list[int]]
    posterior: Floats
    share: Floats
    log_e: Floats
    log_given: Floats | None
    log_strong: dict[int, float]
    proof: Proof
    g_star: dict[int, float]
    background_share: float
    victims_needed: int | None


@dataclass(frozen=True)
class _Search:
    """The leading columns, what looks like a source among them, and the fit with those."""

    leading: Ints
    found: Ints
    fit: rates.Fit
    log_given: Floats


def decide(reduced: Reduced, *, alpha: float, same_records: SameRecords) -> Decision:
    """Rank every actor, and name those that the bound allows.

    Args:
        reduced: n victims, m actors.
        alpha: bound on the chance that any innocent is named.
        same_records: given columns asked about and columns to compare them with, the pairs, one
            of the asked in each, whose records are the same.

    Source: methods/trace.md 4.2 (ranking), 4.3 and 4.4 (naming).
    """
    if not reduced.actors:
        return _nobody()
    bound = float(np.log(reduced.family / alpha))
    log_e = evidence.log_e_values(reduced)
    scores, single_share = _scores(reduced, log_e)
    search = _search(reduced, log_e, scores, bound)
    order = _order(scores, search.found)
    accused = _accused(search, log_e, bound)
    groups = _groups(search.leading, _asked(accused, order, search.leading), same_records)
    strong = _strong(reduced, log_e, search, groups, accused)
    named = _named(search.found, groups, strong, float(np.log(1.0 / alpha)))
    posterior, share = _beliefs(reduced, scores, single_share, search)
    stars = _g_stars(reduced, search.leading, bound)
    return Decision(
        verdict=_verdict(named, log_e, bound),
        order=order,
        named=named,
        groups=groups,
        posterior=posterior,
        share=share,
        log_e=log_e,
        log_given=search.log_given if named else None,
        log_strong=strong,
        proof=Proof.SEARCHED,
        g_star=stars,
        background_share=_background(search, posterior, single_share),
        victims_needed=_needed(reduced, int(order[0]), named, log_e, strong, single_share, alpha),
    )


def _nobody() -> Decision:
    none = np.zeros(0)
    return Decision(
        verdict=Verdict.NOT_ENOUGH_EVIDENCE, order=np.zeros(0, dtype=np.int64), named=[],
        groups={}, posterior=none, share=none, log_e=none, log_given=None, log_strong={},
        proof=Proof.NONE, g_star={}, background_share=1.0, victims_needed=None,
    )  # fmt: skip


def _scores(reduced: Reduced, log_e: Floats) -> tuple[Floats, Floats]:
    """Ranking scores; an actor that saw nearly everything is scored by its own evidence only."""
    scores, share = rates.log_scores(reduced)
    everything = reduced.expected > EVERYTHING * reduced.victims
    return np.where(everything, np.minimum(scores, np.minimum(log_e, 0.0)), scores), share


def _search(reduced: Reduced, log_e: Floats, scores: Floats, bound: float) -> _Search:
    """Find sources one at a time, each by its evidence given those found before it."""
    near = _first(log_e, scores)
    found: list[int] = []
    fit = rates.fit(reduced, np.zeros(0, dtype=np.int64), np.zeros(0))
    given, start = _given(reduced, near, found, fit)
    while len(found) < min(MOST_SOURCES, len(near)) and given.max() >= bound:
        best = int(given.argmax())
        found.append(int(near[best]))
        columns = np.array(found)
        fit = rates.fit(reduced, columns, np.append(fit.strengths, start[best]))
        given, start = _given(reduced, near, found, fit)
    everyone = np.full(len(log_e), -np.inf)
    everyone[near] = given
    return _Search(
        _leading(near, found, given, log_e), np.array(found, dtype=np.int64), fit, everyone
    )


def _first(log_e: Floats, scores: Floats) -> Ints:
    """Columns worth weighing again: the best few hundred by either measure, in column order."""
    most = 256
    best = np.concatenate(
        [np.argsort(-log_e, kind="stable")[:most], np.argsort(-scores, kind="stable")[:most]]
    )
    return np.unique(best)


def _given(reduced: Reduced, near: Ints, found: list[int], fit: rates.Fit) -> tuple[Floats, Floats]:
    places = np.searchsorted(near, np.array(found, dtype=np.int64))
    return evidence.log_e_given(
        reduced.touched_by(near),
        reduced.share_of(near),
        fit.background[reduced.stratum],
        places,
        fit.strengths,
    )


def _leading(near: Ints, found: list[int], given: Floats, log_e: Floats) -> Ints:
    """The found, then those strongest alone and those strongest beside the found."""
    alone = near[np.argsort(-log_e[near], kind="stable")[:LEADING]]
    beside = near[np.argsort(-given, kind="stable")[: LEADING // 2]]
    merged = dict.fromkeys([*found, *alone[: LEADING // 2], *beside, *alone])
    return np.array(list(merged)[: max(LEADING, len(found) + LEADING // 2)], dtype=np.int64)


def _accused(search: _Search, log_e: Floats, bound: float) -> Ints:
    """Leading columns that look like a source, alone or beside others."""
    looks = (log_e[search.leading] >= bound) | np.isin(search.leading, search.found)
    return search.leading[looks]


def _asked(accused: Ints, order: Ints, leading: Ints) -> Ints:
    """The accused and the first in rank: those whose twins the reader must know."""
    return np.union1d(accused, order[:1][np.isin(order[:1], leading)])


def _groups(leading: Ints, asked: Ints, same_records: SameRecords) -> dict[int, list[int]]:
    """Columns that can't be told apart, for each of those asked that has such twins."""
    pairs = same_records(asked, leading)
    if not pairs:
        return {}
    place = {int(column): i for i, column in enumerate(leading)}
    joined = np.zeros((len(leading), len(leading)), dtype=bool)
    for one, other in pairs:
        joined[place[one], place[other]] = True
    _, label = connected_components(joined, directed=False)
    return {
        int(column): [int(twin) for twin in leading[label == label[i]]]
        for i, column in enumerate(leading)
        if (label == label[i]).sum() > 1
    }


def _strong(
    reduced: Reduced,
    log_e: Floats,
    search: _Search,
    groups: dict[int, list[int]],
    accused: Ints,
) -> dict[int, float]:
    """The strong e-value of every accused column."""
    if not len(accused):
        return {}
    place = {int(column): i for i, column in enumerate(search.leading)}
    even = np.ones(reduced.victims)
    field = Field(
        touched=reduced.touched_by(search.leading),
        share=reduced.share_of(search.leading),
        backgrounds=[even, search.fit.background[reduced.stratum]],
        family=reduced.family,
        found=[place[int(column)] for column in search.found],
    )
    numerator = log_numerator(field, log_e)
    return {
        column: log_strong(field, numerator, [place[twin] for twin in groups.get(column, [column])])
        for column in accused.tolist()
    }


def _named(
    found: Ints,
    groups: dict[int, list[int]],
    strong: dict[int, float],
    bound: float,
) -> list[list[int]]:
    named: list[list[int]] = []
    for column in map(int, found):
        group = groups.get(column, [column])
        if strong[column] >= bound and group not in named:
            named.append(group)
    return named


def _verdict(named: list[list[int]], log_e: Floats, bound: float) -> Verdict:
    if named:
        return Verdict.SOURCE_NAMED
    return Verdict.SHORTLIST if log_e.max() >= bound else Verdict.NOT_ENOUGH_EVIDENCE


def _beliefs(
    reduced: Reduced, scores: Floats, single_share: Floats, search: _Search
) -> tuple[Floats, Floats]:
    """Posterior and share of every actor: as the one source, or beside several found ones."""
    per_actor = np.log((1.0 - NO_LEAK) / NO_LEAK / reduced.family)
    posterior = np.exp(scores + per_actor - logsumexp(np.append(scores + per_actor, 0.0)))
    share = posterior * single_share
    share[search.found] = search.fit.shares
    if len(search.found) < 2:
        return posterior, share
    several = expit(search.log_given + per_actor)
    several[search.found] = expit(_joint(reduced, search) + per_actor)
    others = np.setdiff1d(np.arange(len(share)), search.found)
    share[others] = several[others] * single_share[others]
    return several, share


def _joint(reduced: Reduced, search: _Search) -> Floats:
    """float (c,): for each found source, how much worse the fit is without it, less its cost."""
    cost = 0.5 * np.log(reduced.victims)
    worse = [
        search.fit.log_likelihood
        - rates.fit(
            reduced, np.delete(search.found, i), np.delete(search.fit.strengths, i)
        ).log_likelihood
        for i in range(len(search.found))
    ]
    return np.array(worse, dtype=np.float64) - float(cost)


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


def _background(search: _Search, posterior: Floats, single_share: Floats) -> float:
    known = search.fit.shares.sum() if len(search.found) else float(posterior @ single_share)
    return float(np.clip(1.0 - known, 0.0, 1.0))


def _needed(
    reduced: Reduced,
    lead: int,
    named: list[list[int]],
    log_e: Floats,
    strong: dict[int, float],
    single_share: Floats,
    alpha: float,
) -> int | None:
    """Further victims to name the lead: against chance, then against its nearest rival."""
    if named:
        return 0
    exposure = float(reduced.expected[lead] / reduced.victims)
    bound = float(np.log(reduced.family / alpha))
    missing = max(bound - float(log_e[lead]), 0.0)
    against_chance = further_victims(missing, exposure, float(single_share[lead]))
    if lead not in strong:
        return against_chance
    # The strong e-value grows in step with the victims once the prior on the sets is paid.
    paid = strong[lead] + np.log(reduced.family)
    short = float(np.log(1.0 / alpha)) - strong[lead]
    if against_chance is None or paid <= 0.0:
        return None
    return max(against_chance, int(np.ceil(short * reduced.victims / paid)))
