"""When a file was copied: the moment at which most of its cells were in force.

Relations in: `matched` (line, policy), `cells` (line, c0, c1, …), `history` (policy, field, value,
valid_from, valid_to).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from sqlglot import exp

from hubao.lake.engine import Engine
from hubao.lake.steps import step, union_all
from hubao.trace.leaked.columns import Column, alike, meaning
from hubao.trace.reduced import Floats, Ints

LIKELY = 0.95
MOST_ERRORS = 0.45  # at one half a cell in force would say nothing
NEVER = np.int64(253402300799_000000)  # a value that still holds

_FIELDS = "SELECT DISTINCT field FROM history WHERE field IS NOT NULL ORDER BY field"
# A value ends where the next begins, or earlier where the table says so.
_SPANS = """
WITH told AS (
  SELECT history.policy, meant.cell, value_ AS value, valid_from AS since, valid_to
  FROM history JOIN meant ON meant.field = history.field),
ended AS (
  SELECT policy, cell, value, since, valid_to,
    lead(since) OVER (PARTITION BY policy, cell ORDER BY since, value) AS next
  FROM told)
SELECT policy, cell, value, since,
  coalesce(least(coalesce(valid_to, next), coalesce(next, valid_to)), make_timestamp($never))
    AS until
FROM ended
"""
_LONG = """
SELECT line, policy, name_ AS cell, cell_ AS value FROM cells JOIN matched USING (line)
WHERE cell_ IS NOT NULL
"""
_KNOWN = """
SELECT long.line, long.policy, long.cell, long.value FROM long
SEMI JOIN spans ON spans.policy = long.policy AND spans.cell = long.cell
"""
_IN_FORCE = """
SELECT told.line, epoch_us(since) AS since, epoch_us(until) AS until
FROM told JOIN spans
  ON spans.policy = told.policy AND spans.cell = told.cell AND spans.value = told.value
WHERE since < until AND since < make_timestamp($found)
"""


@dataclass(frozen=True)
class Spans:
    """The times at which cells of the file were in force.

    Attributes:
        line: int (s,); the row each span is of.
        since, until: int (s,); microseconds since 1970 UTC, `until` not included.
        cells: int (rows with cells,); the row of every cell that the history knows.
    """

    line: Ints
    since: Ints
    until: Ints
    cells: Ints


@dataclass(frozen=True)
class Bracket:
    """Where most cells were in force, in microseconds since 1970 UTC; counts of cells."""

    best: tuple[int, int]
    likely: tuple[int, int]
    cells: int
    consistent: int


def changing(engine: Engine) -> list[str]:
    """Meanings of the fields that the history holds."""
    fields = engine.fetch(step(_FIELDS)).column("field").to_pylist()
    return list(dict.fromkeys(meaning(name) for name in fields))


def spans(engine: Engine, columns: Sequence[Column], found_at: int) -> Spans | None:
    """The times at which each cell of a matched row was in force; None where no field is shared.

    Args:
        found_at: microseconds since 1970 UTC; later values can't be in the file.
    """
    by_meaning = {one.name: one.cell for one in columns}
    fields = engine.fetch(step(_FIELDS)).column("field").to_pylist()
    meant = {name: by_meaning[meaning(name)] for name in fields if meaning(name) in by_meaning}
    if not meant:
        return None
    _load(engine, meant)
    known = engine.fetch(step("SELECT line FROM told"))
    values = {"never": int(NEVER), "found": found_at}
    found = engine.fetch(step(_IN_FORCE), values)
    line, since, until = (found.column(name).to_numpy() for name in ("line", "since", "until"))
    return Spans(line, since, until, known.column("line").to_numpy())


def _load(engine: Engine, meant: Mapping[str, str]) -> None:
    engine.load("meant", pa.table({"field": list(meant), "cell": list(meant.values())}))
    value = alike(exp.column("value", "history", quoted=True))
    engine.create("spans", step(_SPANS, columns={"value_": value}), {"never": int(NEVER)})
    cells = dict.fromkeys(meant.values())
    names = {cell: exp.Literal.string(cell) for cell in cells}
    parts = [step(_LONG, columns={"cell_": cell, "name_": names[cell]}) for cell in cells]
    engine.create("long", union_all(parts))
    engine.create("told", step(_KNOWN))


def bracket(found: Spans, lines: Ints, found_at: int) -> Bracket | None:
    """Bracket the moment of the copy of some rows.

    Every cell is right at the moment of the copy but for a share of errors; under an even prior
    over time, each further cell in force multiplies the odds of a moment by (1 - error) / error.

    Args:
        found: times at which cells were in force.
        lines: the rows.
        found_at: the latest moment, in microseconds since 1970 UTC.

    Returns:
        The interval where most cells are in force and the 95 % interval; None without such cells.
    """
    chosen = np.isin(found.line, lines)
    cells = int(np.isin(found.cells, lines).sum())
    if not chosen.any():
        return None
    edges, held = _held(found.since[chosen], np.minimum(found.until[chosen], found_at))
    if not len(held):
        return None
    most = int(held.max())
    peaks = np.flatnonzero(held == most)
    error = min((cells - most + 1.0) / (cells + 2.0), MOST_ERRORS)
    first, last = _likely(edges, held, error)
    return Bracket(
        best=(int(edges[peaks[0]]), int(edges[peaks[-1] + 1])),
        likely=(int(edges[first]), int(edges[last + 1])),
        cells=cells,
        consistent=most,
    )


def _held(since: Ints, until: Ints) -> tuple[Ints, Ints]:
    """Between each two neighbouring edges, the number of spans that hold."""
    edges = np.unique(np.concatenate([since, until]))
    steps = np.bincount(np.searchsorted(edges, since), minlength=len(edges)) - np.bincount(
        np.searchsorted(edges, until), minlength=len(edges)
    )
    return edges.astype(np.int64), np.cumsum(steps)[:-1].astype(np.int64)


def _likely(edges: Ints, held: Ints, error: float) -> tuple[int, int]:
    """First and last stretch of the shortest set of stretches that holds 95 % of the chance."""
    odds = np.log((1.0 - error) / error)
    height: Floats = odds * (held - held.max())
    chance = np.exp(height) * np.diff(edges)
    chance = chance / chance.sum()
    order = np.lexsort((np.arange(len(held)), -height))
    enough = int(np.searchsorted(np.cumsum(chance[order]), LIKELY)) + 1
    kept = order[:enough]
    return int(kept.min()), int(kept.max())
