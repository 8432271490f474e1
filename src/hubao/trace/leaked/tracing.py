"""Trace a leaked file: tables in, report out."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow as pa
from scipy import sparse
from sqlglot import exp

from hubao import __version__
from hubao.kit.errors import BadInput
from hubao.lake.engines.duckdb import DuckDB
from hubao.lake.intake import Reading
from hubao.lake.rejects import Rejects
from hubao.lake.steps import step
from hubao.trace.arrivals import as_time
from hubao.trace.leaked import dating, marks, naming, origins
from hubao.trace.leaked.columns import Column, columns_of
from hubao.trace.leaked.matching import Matcher
from hubao.trace.leaked.reading import (
    BATCH,
    Asked,
    Given,
    leaked_headers,
    policy_headers,
    read_all,
)
from hubao.trace.leaked.report import Dating, FileRead, Kind, LeakedReport, Match, Origin, Rows
from hubao.trace.reduced import Floats, Ints
from hubao.trace.report import Report
from hubao.trace.strata import ACCESS_DEGREE
from hubao.trace.tracing import Progress, check_alpha

SUSPECTS = 10
FEW_RECORDS = 10
MANY_STRANGERS = 0.2  # share of rows that match nothing, above which the reader is told
ONE_MOMENT = 0.9  # share of cells in force at the best moment, below which no one copy explains all

_LAST = "SELECT epoch_us(max(at)) AS last FROM first_seen"
_LAST_CHANGE = "SELECT epoch_us(max(valid_from)) AS last FROM history"
_RECORDS = "SELECT DISTINCT policy FROM matched ORDER BY policy"
_FAMILY = "SELECT count(DISTINCT actor) AS n FROM first_seen"
_SIZES = """
SELECT actor, count(*) AS n FROM first_seen WHERE at < $found GROUP BY actor ORDER BY actor
"""
_SEEN = """
SELECT record.i, first_seen.actor, epoch_us(first_seen.at) AS at
FROM record JOIN first_seen ON first_seen.policy = record.policy WHERE first_seen.at < $found
"""
_STRATA = """
WITH placed AS (SELECT policy, min(cell_) AS cell FROM known GROUP BY policy),
sizes AS (SELECT cell, count(*) AS n FROM placed GROUP BY cell)
SELECT placed.cell, sizes.n
FROM record JOIN placed ON placed.policy = record.policy JOIN sizes ON sizes.cell = placed.cell
ORDER BY record.i
"""
_LINES = """
SELECT matched.line, record.i FROM matched JOIN record ON record.policy = matched.policy
"""


def leaked(
    file: Given,
    access: Sequence[Given] = (),
    *,
    policies: Given,
    lake: Path | None = None,
    history: Given | None = None,
    actors: Given | None = None,
    match: Match = Match.AUTO,
    columns: Mapping[str, str] | None = None,
    leaked_columns: Mapping[str, str] | None = None,
    found_at: datetime | None = None,
    strata: Sequence[str] | None = None,
    timezone: str = "Asia/Shanghai",
    alpha: float = 0.01,
    strict: bool = False,
    rejects: Path | None = None,
    progress: Progress | None = None,
) -> LeakedReport:
    """Say whose export a leaked file is, how sure that is, and when it was copied.

    Args:
        file: the leaked file: any columns, under headers.
        access: access logs: files, globs, folders of a lake, or Arrow tables.
        policies: all records at risk, with the columns that the file may share.
        lake: a folder of `month=YYYY-MM/*.parquet`, instead of `access`.
        history: what each field of each record was when: policy, field, value, valid_from and,
            where known, valid_to; dates the copy.
        actors: who the actors are; digested into the report, no figure depends on it.
        match: how rows may be matched to records.
        columns: the access log's own header for each canonical column.
        leaked_columns: the leaked file's own header for columns of the policies table.
        found_at: when the file was found; what was opened later is no evidence. Without it the
            whole log counts. A time without zone is UTC.
        strata: columns to compare within; None for all of few values and access counts.
        timezone: IANA name, for times in the tables that carry no zone.
        alpha: bound on the chance that any innocent is named, in [1e-9, 1).
        strict: stop at the first row that can't be read.
        rejects: where to write file, line and reason of the rows that were set aside.
        progress: told bytes done, bytes in all, and what is being read.

    Raises:
        BadInput: something given can't be used; the message says what, where and how to mend it.
    """
    check_alpha(alpha)
    asked = Asked(
        file, [*access, *([lake] if lake else [])], policies, history, actors, columns or {}
    )
    with DuckDB() as engine:
        with Rejects(rejects) as set_aside:
            reading = Reading(engine, timezone, strict, set_aside, progress)
            inputs = read_all(reading, engine, asked)
        tell = progress or _silent
        tell(0, 0, "Matching rows")
        paired, rows = _matched(engine, leaked_columns, match, dated=history is not None)
        tell(0, 0, "Weighing evidence")
        found = _found(engine, found_at, dated=history is not None)
        return _Case(engine, asked, paired, rows, found).report(
            inputs=inputs, strata=strata, alpha=alpha, found_given=found_at is not None
        )


def _matched(
    engine: DuckDB, leaked_columns: Mapping[str, str] | None, match: Match, *, dated: bool
) -> tuple[list[Column], Rows]:
    """The columns that the file and the table share, and the file's rows as records."""
    paired = columns_of(leaked_headers(engine), policy_headers(engine), leaked_columns)
    changing = dating.changing(engine) if dated else []
    return paired, Matcher(engine, paired, changing).run(match)


def _silent(done: int, total: int, what: str) -> None:
    """Tell nobody."""


def _found(engine: DuckDB, asked: datetime | None, *, dated: bool) -> int:
    """Where the log is cut, in microseconds since 1970 UTC: when the file was found, else its end.

    Raises:
        BadInput: nothing was opened before.
    """
    last = engine.fetch(step(_LAST)).column("last")[0].as_py()
    if asked is None:
        change = engine.fetch(step(_LAST_CHANGE)).column("last")[0].as_py() if dated else last
        return int(max(last, change)) + 1
    moment = asked if asked.tzinfo else asked.replace(tzinfo=UTC)
    micros = round(moment.timestamp() * 1e6)
    first = engine.fetch(step("SELECT epoch_us(min(at)) AS first FROM first_seen"))
    if micros <= first.column("first")[0].as_py():
        raise BadInput(
            f"Nothing in the access log is older than {naming.moment(micros)}, when the file was"
            " found: give the log of the time before, or mend --found-at."
        )
    return micros


class _Case:
    """One file, once its rows are matched."""

    def __init__(
        self, engine: DuckDB, asked: Asked, columns: Sequence[Column], rows: Rows, found: int
    ) -> None:
        self.engine, self.asked, self.columns, self.rows = engine, asked, columns, rows
        self.found = found
        self.records: list[str] = engine.fetch(step(_RECORDS)).column("policy").to_pylist()
        place = pa.array(range(len(self.records)), pa.int64())
        engine.load("record", pa.table({"policy": pa.array(self.records), "i": place}))
        found_lines = engine.fetch(step(_LINES))
        self.line: Ints = found_lines.column("line").to_numpy()
        self.record_of_line: Ints = found_lines.column("i").to_numpy()
        dated = asked.history is not None
        self.spans = dating.spans(engine, columns, found) if dated else None

    def report(
        self,
        *,
        inputs: Sequence[FileRead],
        strata: Sequence[str] | None,
        alpha: float,
        found_given: bool,
    ) -> LeakedReport:
        """Name, explain, date."""
        sample = naming.sampled(self.records)
        traced = naming.name_source(
            self.engine, sample, found_at=self.found, strata=strata, alpha=alpha
        )
        actors, exposure, seen_at = self._exposure(traced)
        found = origins.explain(exposure)
        dated = self._dated(self.line)
        told = list(self._origins(actors, exposure, seen_at, found))
        return LeakedReport(
            verdict=traced.verdict,
            named=[list(group) for group in traced.named],
            rows=self.rows,
            origins=sorted(told, key=lambda one: (-one.share, one.origin)),
            elsewhere=float(found.weights[-1]),
            suspects=list(traced.suspects[:SUSPECTS]),
            sample=len(sample),
            dating=dated,
            marks=marks.marks_of(self.engine, self.asked.leaked, self.columns, self.rows),
            found_at=naming.moment(self.found),
            alpha=alpha,
            family=traced.family,
            strata=list(traced.strata),
            records=traced.records,
            inputs=inputs,
            cautions=list(self._cautions(inputs, traced, told, dated, found_given=found_given)),
            version=__version__,
        )

    def _exposure(self, traced: Report) -> tuple[list[str], origins.Exposure, Ints]:
        """Who had seen what of the file; the time of each entry, in the order of the columns."""
        cut = {"found": as_time(self.found)}
        sizes = self.engine.fetch(step(_SIZES), cut)
        every = sizes.column("actor").to_pylist()
        table = self.engine.fetch(step(_SEEN), cut)
        names = table.column("actor").combine_chunks()
        code = pa.compute.index_in(names, value_set=sizes.column("actor").combine_chunks())
        column, row = code.to_numpy().astype(np.int64), table.column("i").to_numpy()
        order = np.lexsort((row, column))
        used, place = np.unique(column[order], return_inverse=True)
        shape = (len(self.records), len(used))
        held = np.ones(len(order), dtype=np.bool_)
        seen = sparse.csc_array((held, (row[order], place)), shape=shape)
        exposure = origins.Exposure(
            seen=seen,
            sizes=sizes.column("n").to_numpy()[used],
            family=int(self.engine.fetch(step(_FAMILY)).column("n")[0].as_py()),
            elsewhere=self._elsewhere(traced),
        )
        return [every[k] for k in used], exposure, table.column("at").to_numpy()[order]

    def _elsewhere(self, traced: Report) -> Floats:
        columns = [exp.column(n, quoted=True) for n in traced.strata if n != ACCESS_DEGREE]
        cell = exp.func("concat_ws", exp.Literal.string("|"), exp.Literal.string(""), *columns)
        found = self.engine.fetch(step(_STRATA, columns={"cell_": cast(exp.Expression, cell)}))
        sizes = found.column("n").to_numpy()
        return origins.from_elsewhere(found.column("cell").to_pylist(), sizes, traced.records)

    def _origins(
        self,
        actors: Sequence[str],
        exposure: origins.Exposure,
        seen_at: Ints,
        found: origins.Explanation,
    ) -> "list[Origin]":
        makers = dict(
            zip(
                *self.engine.fetch(step("SELECT batch, actor FROM makers")).to_pydict().values(),
                strict=True,
            )
        )
        gain, owner = origins.needed(exposure, found), origins.origin_of(exposure, found)
        told = []
        for place, member in enumerate(found.members):
            name = actors[member]
            entries = slice(*exposure.seen.indptr[member : member + 2])
            lines = self.line[owner[self.record_of_line] == place]
            told.append(
                Origin(
                    origin=name.removeprefix(BATCH) if name in makers else name,
                    kind=Kind.BATCH if name in makers else Kind.ACTOR,
                    actor=makers.get(name, name),
                    records=int(exposure.sizes[member]),
                    inside=int(exposure.inside[member]),
                    share=float(found.weights[place]),
                    gain=float(gain[place]),
                    same_records_as=[actors[k] for k in origins.same_as(exposure, member)],
                    seen_from=naming.moment(int(seen_at[entries].min())),
                    seen_until=naming.moment(int(seen_at[entries].max())),
                    dating=self._dated(lines),
                )
            )
        return told

    def _dated(self, lines: Ints) -> Dating | None:
        found = dating.bracket(self.spans, lines, self.found) if self.spans else None
        if found is None:
            return None
        return Dating(
            best_from=naming.moment(found.best[0]),
            best_until=naming.moment(found.best[1]),
            likely_from=naming.moment(found.likely[0]),
            likely_until=naming.moment(found.likely[1]),
            cells=found.cells,
            consistent=found.consistent,
        )

    def _cautions(
        self,
        inputs: Sequence[FileRead],
        traced: Report,
        told: Sequence[Origin],
        dated: Dating | None,
        *,
        found_given: bool,
    ) -> "list[str]":
        rows = self.rows
        parts = [one.dating for one in told if one.dating] or ([dated] if dated else [])
        torn = any(one.consistent < ONE_MOMENT * one.cells for one in parts)
        explained = [one.origin for one in told] + [f"{BATCH}{one.origin}" for one in told]
        explained += [other for one in told for other in one.same_records_as]
        strange = any(not set(group) & set(explained) for group in traced.named)
        found = {
            "no_found_at": not found_given,
            "few_records": rows.records < FEW_RECORDS,
            "strangers": rows.unmatched > MANY_STRANGERS * rows.rows,
            "ambiguous": rows.ambiguous > MANY_STRANGERS * rows.rows,
            "coded_otherwise": bool(rows.coded_otherwise),
            "not_one_moment": torn,
            "history_shares_nothing": self.asked.history is not None and dated is None,
            "named_not_in_origins": strange,
            "rejected": any(one.rejected for one in inputs),
        }
        return [code for code, holds in found.items() if holds]
