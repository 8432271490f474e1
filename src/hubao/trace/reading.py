"""What can be read off a report: who is named, who passes the bound, what work alone explains."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from hubao.trace.report import Evidence, Report, Suspect, Verdict

WIDE_ACCESS = 0.4  # above this share of all records, victims can't tell (methods: limits)
SHORTLIST_POSTERIOR = 0.95  # without anybody past the bound, the list that holds this much


class Standing(StrEnum):
    """Why a suspect is named or is not."""

    NAMED = "named"
    NAMED_GROUP = "named_group"
    SHORTLIST = "shortlist"
    EXPLAINED = "explained"
    REPLACEABLE = "replaceable"
    WIDE = "wide"
    WORK = "work"
    BELOW = "below"


@dataclass(frozen=True)
class Range:
    """Touches that an actor's work alone would give: the mean and the central 95 %."""

    mean: float
    low: int
    high: int


def named_actors(report: Report) -> frozenset[str]:
    """All actors in named groups."""
    return frozenset(actor for group in report.named for actor in group)


def leader(report: Report) -> Suspect:
    """The first named suspect, else the first of all; IndexError where there is no suspect."""
    named = named_actors(report)
    return next((s for s in report.suspects if s.actor in named), report.suspects[0])


def passing(report: Report) -> list[Suspect]:
    """Suspects whose evidence reaches the bound for naming, best first."""
    return [s for s in report.suspects if s.log10_e_value >= report.evidence.bound]


def shortlisted(report: Report) -> list[Suspect]:
    """The suspects a shortlist is made of: those past the bound, else the likeliest few."""
    return passing(report) or _likeliest(report.suspects)


def _likeliest(suspects: Sequence[Suspect]) -> list[Suspect]:
    listed: list[Suspect] = []
    for suspect in sorted(suspects, key=lambda s: -s.posterior):
        if sum(s.posterior for s in listed) >= SHORTLIST_POSTERIOR:
            break
        listed.append(suspect)
    return listed


def weakest_g_star(report: Report) -> float | None:
    """How strong hidden targeting must be to overturn any naming; None where nobody is named.

    A group named only beside other sources may have no G* of its own: any targeting, 1, would do.
    """
    stars = {s.actor: s.g_star for s in report.suspects}
    return min((stars.get(group[0]) or 1.0 for group in report.named), default=None)


def standing(report: Report, suspect: Suspect) -> Standing:
    """Why this suspect is named or is not."""
    for group in report.named:
        if suspect.actor in group:
            return Standing.NAMED_GROUP if len(group) > 1 else Standing.NAMED
    if suspect.log10_e_value < report.evidence.bound:
        return _standing_below(report, suspect)
    given = suspect.log10_given_named
    if report.named and given is not None and given < report.evidence.bound:
        return Standing.EXPLAINED
    return Standing.SHORTLIST if report.verdict is Verdict.SHORTLIST else Standing.REPLACEABLE


def _standing_below(report: Report, suspect: Suspect) -> Standing:
    if report.verdict is Verdict.SHORTLIST and suspect in shortlisted(report):
        return Standing.SHORTLIST
    if suspect.exposure > WIDE_ACCESS:
        return Standing.WIDE
    if suspect.victims_touched <= suspect.victims_expected:
        return Standing.WORK
    return Standing.BELOW


def work_alone(expected: Sequence[float]) -> Range:
    """The Poisson-binomial range of touches when victim v is touched with chance `expected[v]`."""
    chances = np.clip(np.asarray(expected, dtype=float), 0.0, 1.0)
    mass = np.ones(1)
    for chance in chances[chances > 0]:
        mass = np.append(mass * (1 - chance), 0.0) + np.append(0.0, mass * chance)
    cumulated = np.cumsum(mass)
    low, high = np.searchsorted(cumulated, [0.025, 0.975])
    last = mass.size - 1
    return Range(float(chances.sum()), min(int(low), last), min(int(high), last))


def crossing(evidence: Evidence, actor: str) -> int | None:
    """After how many victims the actor's evidence first reached the bound; None if it never did."""
    if actor not in evidence.actors:
        return None
    curve = evidence.log10_e_values[list(evidence.actors).index(actor)]
    return next((n for n, value in enumerate(curve, start=1) if value >= evidence.bound), None)


def named_crossing(report: Report) -> int | None:
    """After how many victims every named group had passed the bound; None if one never did."""
    firsts = [_first(report.evidence, group) for group in report.named]
    reached = [first for first in firsts if first is not None]
    return max(reached) if reached and len(reached) == len(firsts) else None


def _first(evidence: Evidence, group: Sequence[str]) -> int | None:
    found = [n for n in (crossing(evidence, actor) for actor in group) if n is not None]
    return min(found, default=None)
