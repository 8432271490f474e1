"""After the decision: when the records were copied, who may still be called, whom to ask next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hubao.trace import rates
from hubao.trace.analyse import Evidence, Traced
from hubao.trace.arrivals import WHOLE_LOG, as_time
from hubao.trace.asking import Asking, asking
from hubao.trace.exposed import background_contacts, find_exposed, write_exposed
from hubao.trace.following import (
    Followed,
    Victims,
    ahead_of_utc,
    departures,
    follow,
    sources_of,
)
from hubao.trace.leaking import copied_rows
from hubao.trace.reduced import Floats, Ints
from hubao.trace.report import Ask

RIVALS = 2  # leading suspects that the next to ask tell apart
LIKELY = 0.02  # below this chance of being a source nobody is asked, or warned, about
WARNED_FOR = 3  # leading suspects whose records are warned about where nobody is named


@dataclass(frozen=True)
class Moment:
    """What the days and departures rest on.

    Attributes:
        timezone: IANA name, in which days begin and end.
        actors_given: whether the engine holds `actors`.
    """

    timezone: str
    actors_given: bool


@dataclass(frozen=True)
class Aftermath:
    """What follows from a decision; none of it is evidence.

    Attributes:
        named: for each named column, what follows.
        asking: whom to ask next; None where somebody is named or nobody leads.
        times: what `follow` needs to know.
    """

    named: Mapping[int, Followed]
    asking: Asking | None
    times: "Times"

    @property
    def ask_next(self) -> list[Ask]:
        """Whom to ask next, best first."""
        rows = [] if self.asking is None else self.asking.rows.to_pylist()
        return [
            Ask(row["policy"], row["stratum"], row["seen_by"], row["discriminates"]) for row in rows
        ]

    @property
    def answers_needed(self) -> int | None:
        """How many answers it would take."""
        return None if self.asking is None else self.asking.answers

    @classmethod
    def of(cls, log: Evidence, traced: Traced, rows: pa.Table, moment: Moment) -> Self:
        """Work out what follows.

        Args:
            log: where the accesses are; its engine holds `victims`.
            traced: the decision.
            rows: the relation `victims`.
            moment: time zone, and whether there is a table of actors.
        """
        times = Times.of(log, traced, rows, moment)
        decision = traced.decision
        leads = [group[0] for group in decision.named]
        if leads:
            followed = times.follow(log, traced, decision.found, decision.fit)
            by_column = dict(zip(decision.found.tolist(), followed, strict=True))
            return cls({column: by_column[column] for column in leads}, None, times)
        return cls({}, _asking(log, traced, times), times)

    def write_exposed(self, log: Evidence, traced: Traced, path: Path) -> int:
        """Write every policy not yet reported, the likeliest to be called first; rows written."""
        followed, fit = _warned_for(log, traced, self.times)
        background = background_contacts(traced.reduced, fit)
        sources = sources_of(followed)
        self.times.copied_rows(log, followed)
        find_exposed(log.engine, sources, background)
        return write_exposed(log.engine, path)


@dataclass(frozen=True)
class Times:
    """When victims were called, and when actors left."""

    victims: Victims
    gone: Mapping[str, int]
    shift: int
    last: int
    indexed: bool = field(default=False)

    @classmethod
    def of(cls, log: Evidence, traced: Traced, rows: pa.Table, moment: Moment) -> Self:
        """Gather them."""
        last_report = _last_report(log, rows, traced)
        shift = ahead_of_utc(moment.timezone, as_time(min(last_report, int(WHOLE_LOG) // 2)))
        gone: Mapping[str, int] = {}
        if moment.actors_given and not log.indexed:
            gone = departures(log.engine, shift=shift)
        cut = traced.found.cut[traced.known]
        touches = _renumbered(log.touches(), traced)
        return cls(Victims(cut, last_report, touches), gone, shift, traced.last, log.indexed)

    def follow(
        self, log: Evidence, traced: Traced, columns: Ints, fit: rates.Fit
    ) -> list[Followed]:
        """What follows for the sources of a fit."""
        return follow(
            log.engine, traced.reduced, fit, columns,
            chance=traced.decision.posterior[columns], victims=self.victims, gone=self.gone,
            shift=self.shift, indexed=self.indexed,
        )  # fmt: skip

    def copied_rows(
        self, log: Evidence, followed: Sequence[Followed], name: str = "copied_rows"
    ) -> None:
        """Make the relation of what they may have passed on."""
        copied_rows(
            log.engine, sources_of(followed), last=self.last, shift=self.shift,
            indexed=self.indexed, name=name,
        )  # fmt: skip


def _last_report(log: Evidence, rows: pa.Table, traced: Traced) -> int:
    """Until when victims could be seen: the last time that any of them bears, in microseconds."""
    suspected = pa.array(sorted(log.suspected()), pa.string())
    rows = rows.filter(pc.invert(pc.is_in(rows["asked_because"], suspected)))
    times = [pc.max(rows[name].cast(pa.timestamp("us")).cast(pa.int64())).as_py()
             for name in ("reported_at", "contacted_at")]  # fmt: skip
    known = [time for time in times if time is not None]
    return max(known) if known else traced.last


def _renumbered(touches: pa.Table, traced: Traced) -> pa.Table:
    """(t, actor, at) of the known victims, t a place among them; quoted fields left aside."""
    place = np.full(len(traced.found.policies), -1, dtype=np.int64)
    place[traced.known] = np.arange(len(traced.known))
    plain = touches.filter(pc.equal(touches["ask"], 0))
    t = place[plain["t"].to_numpy()]
    table = pa.table({"t": t, "actor": plain["actor"], "at": plain["at"]})
    return table.filter(pa.array(t >= 0))


def _rivals(traced: Traced, most: int) -> Ints:
    """The likeliest suspects, one of each group that can't be told apart."""
    decision, chosen = traced.decision, list[int]()
    for column in decision.order.tolist():
        likely = decision.posterior[column] >= LIKELY
        if likely and not set(decision.groups.get(column, ())) & set(chosen):
            chosen.append(column)
    return np.array(chosen[:most], dtype=np.int64)


def _alone(log: Evidence, traced: Traced, columns: Ints, times: Times) -> list[Followed]:
    """What follows for each suspect, were it the only source."""
    found: list[Followed] = []
    for column in columns:
        one = np.array([column])
        fit = rates.fit(traced.reduced, one, START)
        found += times.follow(log, traced, one, fit)
    return found


START: Floats = np.array([10.0])  # strength from which a lone suspect's fit climbs


def _asking(log: Evidence, traced: Traced, times: Times) -> Asking | None:
    rivals = _rivals(traced, RIVALS)
    if len(rivals) < RIVALS:
        return None
    reduced = traced.reduced
    followed = _alone(log, traced, rivals, times)
    times.copied_rows(log, followed, name="rival_rows")
    return asking(
        log.engine, sources_of(followed), traced.decision.fit.background, traced.places.labels,
        mean_rate=reduced.victims / reduced.records,
    )  # fmt: skip


def _warned_for(log: Evidence, traced: Traced, times: Times) -> tuple[list[Followed], rates.Fit]:
    """Whose records are warned about: the found sources, else the leading suspects."""
    decision = traced.decision
    if len(decision.found):
        followed = times.follow(log, traced, decision.found, decision.fit)
        return followed, decision.fit
    rivals = _rivals(traced, WARNED_FOR)
    return _alone(log, traced, rivals, times), decision.fit
