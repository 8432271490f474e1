"""Put every record in its stratum, in the engine.

Relations in: `first_seen` (actor, policy, at), `policies` (policy, any columns) or none.
Relations out: `records` (policy, cell, degree), `degree_strata` (cell, degree, stratum) and
`placed` (policy, stratum).

The stratum of a record depends on how many actors had opened it *before* the calls began, so that
staff who open the file of a customer who complains don't move it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from sqlglot import exp

from hubao.lake.engine import Engine
from hubao.lake.steps import step
from hubao.trace.reduced import Ints
from hubao.trace.strata import (
    ACCESS_DEGREE,
    FEWEST_RECORDS,
    TENTHS,
    Cell,
    Strata,
    choose,
    merge_sparse,
)

ABSENT = ""  # a record that the policies table lacks, or a cell left empty

FIRST = "SELECT epoch_us(min(at)) AS first, epoch_us(max(at)) AS last FROM first_seen"
LOG_ONLY = "SELECT DISTINCT policy FROM first_seen ANTI JOIN policies USING (policy)"
DEGREES = """
SELECT policy, count(*) FILTER (WHERE at < make_timestamp($start)) AS degree
FROM first_seen GROUP BY policy
"""
# Equal degrees share a tenth whatever their order in the file, so that no tie is broken by chance.
DEGREE_STRATA = """
WITH sizes AS (SELECT cell, degree, count(*) AS n FROM records GROUP BY cell, degree),
ranked AS (
  SELECT cell, degree, n,
    sum(n) OVER (PARTITION BY cell ORDER BY degree) - n AS below,
    sum(n) OVER (PARTITION BY cell) AS whole
  FROM sizes),
tenths AS (
  SELECT cell, degree, n,
    below * greatest(1, least($tenths, whole // $fewest)) // whole AS tenth
  FROM ranked)
SELECT cell, degree, CAST(n AS BIGINT) AS n,
  CAST(dense_rank() OVER (ORDER BY cell, tenth) - 1 AS BIGINT) AS stratum
FROM tenths
"""
STRATA = """
SELECT stratum, min(cell) AS cell, min(degree) AS lowest, max(degree) AS highest,
  CAST(sum(n) AS BIGINT) AS records
FROM degree_strata GROUP BY stratum ORDER BY stratum
"""
PLACED = """
SELECT records.policy, degree_strata.stratum
FROM records
JOIN degree_strata ON degree_strata.cell = records.cell AND degree_strata.degree = records.degree
"""


@dataclass(frozen=True)
class Places:
    """Where the records are.

    Attributes:
        strata: what they are compared within.
        records: int (s,); records of every stratum.
        labels: s labels, for people. values: s cells of f values, of the columns compared within.
        all_records: records, each counted once.
    """

    strata: Strata
    records: Ints
    labels: Sequence[str]
    values: Sequence[Cell]
    all_records: int

    @property
    def codes(self) -> Ints:
        """int (s, f): the value of each stratum in each column, numbered column by column."""
        columns = [pa.array(column, pa.string()) for column in zip(*self.values, strict=True)]
        numbered = [column.dictionary_encode().indices.to_numpy() for column in columns]
        return np.array(numbered, dtype=np.int64).reshape(len(columns), len(self.values)).T


def place(
    engine: Engine, *, asked: Sequence[str] | None, cuts: Ints, known: Sequence[str] | None
) -> Places:
    """Put every record in its stratum.

    Args:
        engine: holds `first_seen`, and `policies` where there is such a table.
        asked: names of strata, None for the default.
        cuts: int (n,); microseconds at which the log is cut for each victim.
        known: columns of the policies table; None where there is no such table.

    Raises:
        UnknownStratum: a name in `asked` is not known.
    """
    strata = choose(asked, _distinct(engine, known or ()))
    start = _start(engine, cuts) if strata.by_degree else 0
    engine.create("degrees", step(DEGREES), {"start": start})
    cells = _records(engine, strata.columns) if known is not None else _of_log(engine)
    engine.create(
        "degree_strata", step(DEGREE_STRATA), {"tenths": TENTHS, "fewest": FEWEST_RECORDS}
    )
    engine.view("placed", step(PLACED))
    found = engine.fetch(step(STRATA)).to_pydict()
    return Places(
        strata=strata,
        records=np.array(found["records"], dtype=np.int64),
        labels=[_label(strata, cells, *row) for row in _rows(found)],
        values=[cells[cell] for cell in found["cell"]],
        all_records=sum(found["records"]),
    )


def _rows(found: dict[str, list[int]]) -> list[tuple[int, int, int]]:
    return list(zip(found["cell"], found["lowest"], found["highest"], strict=True))


def _distinct(engine: Engine, known: Sequence[str]) -> dict[str, int]:
    """Distinct values of each column."""
    if not known:
        return {}
    counts = [
        exp.alias_(exp.Count(this=exp.Distinct(expressions=[_column(name)])), f"c{i}", quoted=True)
        for i, name in enumerate(known)
    ]
    found = engine.fetch(exp.select(*counts).from_("policies")).to_pylist()[0]
    return {name: int(found[f"c{i}"]) for i, name in enumerate(known)}


def _column(name: str) -> exp.Column:
    return exp.column(name, quoted=True)


def _of_log(engine: Engine) -> list[Cell]:
    """Make `records` of what the log holds, in one cell."""
    engine.view("records", step("SELECT policy, 0 AS cell, degree FROM degrees"))
    return [()]


def _records(engine: Engine, columns: Sequence[str]) -> list[Cell]:
    """Make `records` (policy, cell, degree); return the cells in the order of their numbers."""
    names = [f"c{i}" for i in range(len(columns))]
    engine.create("described", _described(columns, names))
    into = merge_sparse(_sizes(engine, names))
    cells = sorted(set(into.values()))
    number = {cell: i for i, cell in enumerate(cells)}
    raw = {name: pa.array([cell[i] for cell in into], pa.string()) for i, name in enumerate(names)}
    numbers = pa.array([number[target] for target in into.values()], pa.int64())
    engine.load("cells", pa.table({**raw, "cell": numbers}))
    on = " AND ".join(f"cells.{name} = described.{name}" for name in names) or "true"
    degree = exp.func("coalesce", exp.column("degree", "degrees"), exp.Literal.number(0))
    engine.create(
        "records",
        exp.select("described.policy", "cells.cell", exp.alias_(degree, "degree"))
        .from_("described")
        .join("cells", on=on)
        .join("degrees", on="degrees.policy = described.policy", join_type="left"),
    )
    return cells


def _described(columns: Sequence[str], names: Sequence[str]) -> exp.Query:
    """Each record once with its values; a policy listed twice takes the smaller value."""
    values = [
        exp.alias_(
            exp.Coalesce(
                this=exp.Min(this=exp.cast(_column(column), "varchar")),
                expressions=[exp.Literal.string(ABSENT)],
            ),
            name,
            quoted=True,
        )
        for column, name in zip(columns, names, strict=True)
    ]
    listed = exp.select("policy", *values).from_("policies").group_by("policy")
    absent = [exp.alias_(exp.Literal.string(ABSENT), name, quoted=True) for name in names]
    unlisted = exp.select("policy", *absent).from_(step(LOG_ONLY).subquery("unlisted"))
    return exp.union(listed, unlisted, distinct=False)


def _sizes(engine: Engine, names: Sequence[str]) -> dict[Cell, int]:
    counted = exp.select(*names, "count(*) AS n").from_("described").group_by(*names)
    rows = engine.fetch(counted).to_pylist()
    return {tuple(row[name] for name in names): int(row["n"]) for row in rows}


def _start(engine: Engine, cuts: Ints) -> int:
    """The first contact that the log could explain, in microseconds: opened by then counts.

    A contact before the log's first access, most often a slip of the pen, is passed over.
    """
    log = engine.fetch(step(FIRST)).to_pylist()[0]
    if log["last"] is None:
        return 0
    later = cuts[cuts > log["first"]]
    return int(min(later.min(initial=log["last"] + 1), log["last"] + 1))


def _label(strata: Strata, cells: list[Cell], cell: int, lowest: int, highest: int) -> str:
    parts = [f"{name}={value}" for name, value in zip(strata.columns, cells[cell], strict=True)]
    if strata.by_degree:
        parts.append(f"{ACCESS_DEGREE}={lowest}" + (f"-{highest}" if highest > lowest else ""))
    return ", ".join(parts) or "all"
