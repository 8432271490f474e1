"""One draw of the scoreboard: draw the leak and its contacts, trace, ask the others, write down."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import accuracy_others
from accuracy_cells import Draw, World
from accuracy_oracle import Truth, information, planned, power, truth
from accuracy_tracing import ALPHA, WAYS, Tracer
from accuracy_warned import LISTED, Drawn, warned
from accuracy_worlds import Site
from hubao.kit.errors import BadInput
from hubao.trace.planning import Information, victims_for_power
from hubao.trace.report import Report, Suspect
from hubao.world.leaks import plan_leak
from hubao.world.model import DAY, NOBODY, Leak
from hubao.world.scam import draw_contacts

MOST_VICTIMS = 3_000  # draws that take more are left out, and counted
BELIEVED = 0.01  # posteriors from here on are checked against the truth


class Minimum(NamedTuple):
    """Victims for 95 % power: for an oracle that knows every rate, and by the planning formula."""

    needed: float
    planned: float


@dataclass
class Source:
    """What became of one true source.

    Attributes:
        actor: its number. records: how many it copied. share: of the leaked contacts.
        rank: places before it, ties included; None if it is no suspect.
        posterior, log10_e, log10_strong: as the report has them.
        named: whether a named group holds it.
        needed: victims an oracle needs to name it with 95 % power; None if none would do.
        planned: the same by the planning formula, which knows no wave.
        ceiling: that oracle's power at this draw's victims.
        copied: first and last day of the copying, from the world's first.
        dated: the report's first and last day, as it writes them; None if not dated.
    """

    actor: int
    records: int
    share: float
    rank: int | None
    posterior: float
    log10_e: float | None
    log10_strong: float | None
    named: bool
    needed: float | None
    planned: float | None
    ceiling: float
    copied: tuple[str, str]
    dated: tuple[str, str] | None


@dataclass
class Outcome:
    """What became of one draw; one line of the results file.

    Attributes:
        key, family, world, cell, scenario, n: which draw; n reported contacts.
        verdict: the report's.
        groups: how many were named. wrong: how many of them hold no true source.
        marginal: innocents whose e-value alone reaches the bound.
        bound: log10 of that bound.
        sources: in the order of the leak's copies; none where nobody leaked.
        believed: (posterior, whether a source) of every suspect worth a belief.
        others: by method: source first, source named, innocents named; None = it does not name.
        warned: share of the next contacts on the list, and the best there could be.
        seconds: of processor time, the trace alone.
        failed: why there was no trace.
    """

    key: str
    family: str
    world: int
    cell: str
    scenario: str
    n: int = 0
    verdict: str = ""
    groups: int = 0
    wrong: int = 0
    marginal: int = 0
    bound: float = 0.0
    sources: list[Source] = field(default_factory=list)
    believed: list[tuple[float, bool]] = field(default_factory=list)
    others: dict[str, list[Any]] = field(default_factory=dict)
    warned: tuple[float, float] | None = None
    seconds: float = 0.0
    failed: str = ""


_OPEN: dict[World, tuple[Site, Tracer]] = {}  # the world this process is at


def line(draw: Draw, folder: Path) -> dict[str, Any]:
    """Make one line of the results file."""
    w = draw.world
    outcome = Outcome(draw.key, w.family, w.seed, draw.cell.name, draw.scenario.value)
    site, tracer = _opened(w, folder)
    try:
        return asdict(_drawn(draw, site, tracer, outcome))
    except BadInput as error:  # a world that can't bear this leak, or so many reports
        return asdict(replace(outcome, failed=str(error)))


def _opened(world: World, folder: Path) -> tuple[Site, Tracer]:
    if world not in _OPEN:
        for _, tracer in _OPEN.values():
            tracer.close()
        _OPEN.clear()
        site = Site.of(world, folder)
        _OPEN[world] = (site, Tracer(site))
    return _OPEN[world]


def _drawn(draw: Draw, site: Site, tracer: Tracer, outcome: Outcome) -> Outcome:
    leak = plan_leak(site.insurer, draw.scenario, site.seen, seed=draw.seed)
    true = truth(site, leak, draw.cell.campaign(1), seed=draw.seed)
    minima = _minima(site, leak, true)
    n = _victims(draw, minima)
    campaign = draw.cell.campaign(n)
    contacts = draw_contacts(site.insurer, leak, campaign, seed=draw.seed, seen=site.seen)
    begin = time.process_time()
    report = tracer.ask(leak, contacts, WAYS[draw.cell.way])
    outcome = replace(outcome, n=n, seconds=round(time.process_time() - begin, 3))
    outcome = _told(outcome, site, leak, report, true, minima)
    if draw.cell.baselines:
        outcome.others = accuracy_others.ask(
            site, leak, contacts, seed=draw.seed, number=draw.number
        )
    if draw.cell.warns:
        exposed = tracer.exposed(round(LISTED * len(site.policies)))
        drawn = Drawn(site, leak, campaign, contacts, true, draw.seed)
        outcome.warned = warned(drawn, exposed)
    return outcome


def _minima(site: Site, leak: Leak, true: Truth) -> list[Minimum]:
    """Victims needed for each source; none would do for one that is in no log."""
    family = _family(site)

    def victims(one: Information) -> float:
        return victims_for_power(one, family, ALPHA)

    return [
        Minimum(np.inf, np.inf)
        if copy.actor == NOBODY
        else Minimum(victims(information(true, i)), victims(planned(true, i)))
        for i, copy in enumerate(leak.copies)
    ]


def _family(site: Site) -> int:
    """Actors in the log."""
    return len(np.unique(site.seen.actor))


def _victims(draw: Draw, minima: Sequence[Minimum]) -> int:
    if draw.cell.n is not None:
        return draw.cell.n
    n = (draw.cell.times or 1.0) * max(one.planned for one in minima)
    if not n <= MOST_VICTIMS:
        raise BadInput(f"This takes more than {MOST_VICTIMS} victims.")
    return int(np.ceil(n))


def _told(
    outcome: Outcome,
    site: Site,
    leak: Leak,
    report: Report,
    true: Truth,
    minima: Sequence[Minimum],
) -> Outcome:
    """Put the report beside the truth."""
    guilty = {site.actors[copy.actor].as_py() for copy in leak.copies if copy.actor != NOBODY}
    groups = [set(group) for group in report.named]
    bound = report.evidence.bound
    twins = {t for s in report.suspects if s.actor in guilty for t in s.same_records_as} | guilty
    return replace(
        outcome,
        verdict=report.verdict.value,
        groups=len(groups),
        wrong=sum(not group & guilty for group in groups),
        marginal=sum(s.log10_e_value >= bound and s.actor not in twins for s in report.suspects),
        bound=bound,
        sources=[
            _source(site, leak, i, report, true, minima[i])
            for i, copy in enumerate(leak.copies)
            if copy.actor != NOBODY
        ],
        believed=[
            (round(s.posterior, 5), s.actor in guilty)
            for s in report.suspects
            if s.posterior >= BELIEVED
        ],
    )


def _source(
    site: Site, leak: Leak, index: int, report: Report, true: Truth, minimum: Minimum
) -> Source:
    copy = leak.copies[index]
    name = site.actors[copy.actor].as_py()
    place = next((i for i, s in enumerate(report.suspects) if s.actor == name), None)
    found = None if place is None else report.suspects[place]
    one, n, family = information(true, index), report.victims.used, report.family
    return Source(
        actor=copy.actor,
        records=len(copy.policies),
        share=copy.share,
        rank=None if place is None else _rank(report.suspects, place),
        posterior=0.0 if found is None else found.posterior,
        log10_e=None if found is None else found.log10_e_value,
        log10_strong=None if found is None else found.log10_strong_e_value,
        named=any(name in group for group in report.named),
        needed=_finite(minimum.needed),
        planned=_finite(minimum.planned),
        ceiling=power(one, n, family=family, alpha=ALPHA),
        copied=(_day(site, copy.first), _day(site, copy.last)),
        dated=None if found is None or found.copied_between is None else found.copied_between,
    )


def _finite(victims: float) -> float | None:
    return victims if np.isfinite(victims) else None


def _rank(suspects: Sequence[Suspect], place: int) -> int:
    """Places before a suspect; whoever ties with it stands before it."""
    mine = suspects[place]
    ties = [
        i
        for i, s in enumerate(suspects)
        if i >= place and (s.posterior, s.log10_e_value) == (mine.posterior, mine.log10_e_value)
    ]
    return max(ties)


def _day(site: Site, seconds: int) -> str:
    return str(np.datetime64(site.insurer.scale.start, "D") + seconds // DAY)
