"""A leak being traced: the log is read once, victims are added as they come."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from hubao.lake.inputs import Input
from hubao.lake.reading import Reading, read_victims
from hubao.lake.steps import select_all
from hubao.trace.aftermath import Aftermath, Moment
from hubao.trace.analyse import Evidence, Traced, analyse
from hubao.trace.compose import compose
from hubao.trace.report import Report

Source: TypeAlias = Path | str | pa.Table
COLUMNS = [
    "line", "policy", "contacted_at", "reported_at", "asked_because", "confidence", "fields_quoted",
]  # fmt: skip


@dataclass(frozen=True)
class Facts:
    """What was settled when the trace was opened.

    Attributes:
        alpha: bound on the chance that any innocent is named.
        timezone: in which days begin and end.
        policies_given, actors_given: whether there are such tables.
    """

    alpha: float
    timezone: str
    policies_given: bool
    actors_given: bool = False


@dataclass(frozen=True)
class Told:
    """What victims tell: the decision, what follows from it, and the report of both."""

    traced: Traced
    after: Aftermath
    report: Report

    def write_exposed(self, log: Evidence, path: Path) -> int:
        """Write whom to warn; rows written."""
        return self.after.write_exposed(log, self.traced, path)


def told(log: Evidence, rows: pa.Table, facts: Facts, inputs: Sequence[Input] = ()) -> Told:
    """Weigh victims against a log.

    Args:
        log: where the accesses are; its engine holds `victims`.
        rows: the relation `victims`.
        facts: what was settled.
        inputs: what was read, for the report.

    Raises:
        BadInput: no victim is left to trace from, or a stratum's name is unknown.
    """
    traced = analyse(log, rows, alpha=facts.alpha)
    moment = Moment(timezone=facts.timezone, actors_given=facts.actors_given)
    after = Aftermath.of(log, traced, rows, moment)
    report = compose(
        traced,
        after,
        inputs=inputs,
        alpha=facts.alpha,
        policies_given=facts.policies_given,
        begins=log.begins(),
    )
    return Told(traced, after, report)


class Victims:
    """The victims so far, in the order in which they were handed over.

    Attributes:
        inputs: what was read.
    """

    def __init__(self, reading: Reading) -> None:
        self.engine = reading.engine
        self.inputs: list[Input] = []
        self._reading = reading
        self._rows: list[pa.Table] = []

    def add(self, victims: Source) -> None:
        """Read some more; a repeat of one that is there already counts once, as ever.

        Raises:
            BadInput: they can't be used.
        """
        self.inputs.append(read_victims(self._reading, victims))
        rows = self.engine.fetch(select_all("victims", COLUMNS))
        before = max((pc.max(part["line"]).as_py() or 0 for part in self._rows), default=0)
        line = pc.add(rows["line"], pa.scalar(before, rows.schema.field("line").type))
        self._rows.append(rows.set_column(0, "line", line))
        self.engine.load("victims", self.rows)

    @property
    def rows(self) -> pa.Table:
        """All of them; later ones have higher lines."""
        return pa.concat_tables(self._rows)

    @property
    def quote(self) -> bool:
        """Whether any caller quoted a field."""
        return any(part["fields_quoted"].null_count < part.num_rows for part in self._rows)


class Trace:
    """A log that was read, and the victims traced in it so far; made by `open_trace`."""

    def __init__(
        self,
        log: Evidence,
        victims: Victims,
        logs: Sequence[Input],
        small: Sequence[Input],
        facts: Facts,
    ) -> None:
        self._log, self._victims, self._facts = log, victims, facts
        self._logs, self._small = logs, small
        self._last: Told | None = None

    def update(self, victims: Source | None = None) -> Report:
        """Add victims, if any, and say what all of them together tell; the log is not read again.

        One at a time or all at once comes to the same report, but for `inputs`, since victims are
        put in order by when they were reported.

        Raises:
            BadInput: the victims can't be used, or none is left to trace from.
        """
        if victims is not None:
            self._victims.add(victims)
        inputs = [*self._logs, *self._victims.inputs, *self._small]
        self._last = told(self._log, self._victims.rows, self._facts, inputs)
        return self._last.report

    def write_exposed(self, path: Path) -> int:
        """Write whom to warn, the most exposed policies first; after `update`.

        Args:
            path: .csv or .parquet.

        Returns:
            Rows written.

        Raises:
            BadInput: the name ends otherwise.
        """
        if self._last is None:
            self.update()
        return self._last.write_exposed(self._log, path) if self._last else 0
