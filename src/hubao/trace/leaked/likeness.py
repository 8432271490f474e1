"""Match dirty rows by likeness: blocks of candidates, then probabilistic linkage.

Relations in: `rest` (r, line, cells), `book` (b, policy, cells); r and b number the rows from 0.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pyarrow as pa
from sqlglot import exp

from hubao.lake.engine import Engine
from hubao.lake.engines.linkage import Compared, link
from hubao.lake.steps import expression, step
from hubao.trace.reduced import Floats, Ints

SURE = 0.99  # a row is matched at this probability of one record against all others
PRIOR = 0.5  # chance that a row of the file is of this book at all
SEED = 20_150_304
PAIRS = 100_000  # unrelated pairs compared to learn what is alike by chance
MOST_PAIRS = 40  # candidates a row may have in one block, on average
FEW = 50  # a column of fewer values is no part of a block
MOST_BLOCKS = 24
KEY = 0.5
NO_EDITS = 2  # values this short are equal or not; near ones are other values

_SHAPE = """
SELECT count(cell_) AS n, count(DISTINCT cell_) AS kinds, median(length(cell_)) AS length
FROM book
"""
_BLOCK_SIZE = """
WITH ours AS (SELECT cell_ AS k, count(*) AS n FROM rest WHERE cell_ IS NOT NULL GROUP BY ALL),
theirs AS (SELECT cell_ AS k, count(*) AS n FROM book WHERE cell_ IS NOT NULL GROUP BY ALL)
SELECT coalesce(sum(ours.n * theirs.n), 0) AS n FROM ours JOIN theirs USING (k)
"""
_EQUAL = """
WITH ours AS (SELECT cell_ AS k, count(*) AS n FROM rest WHERE cell_ IS NOT NULL GROUP BY ALL),
theirs AS (SELECT cell_ AS k, count(*) AS n FROM book WHERE cell_ IS NOT NULL GROUP BY ALL)
SELECT sum(ours.n * theirs.n) / (SELECT (SELECT sum(n) FROM ours) * sum(n) FROM theirs) AS chance
FROM ours JOIN theirs USING (k)
"""
_NEAR = """
WITH ours AS (SELECT r, cell_ AS one FROM rest), theirs AS (SELECT b, cell_ AS other FROM book)
SELECT count(*) FILTER (WHERE one <> other AND damerau_levenshtein(one, other) <= $edits) AS near,
  count(*) FILTER (WHERE one IS NOT NULL AND other IS NOT NULL) AS n
FROM pairs JOIN ours USING (r) JOIN theirs USING (b)
"""


@dataclass(frozen=True)
class Shape:
    """What the values of one column look like in the book."""

    cell: str
    filled: int
    kinds: int
    length: float

    @property
    def key(self) -> bool:
        """Whether its value may identify a record."""
        return self.kinds >= KEY * self.filled and self.length >= 5

    @property
    def edits(self) -> int:
        """Characters that may differ in a near value."""
        return 0 if self.length < NO_EDITS or self.kinds < FEW else 1 if self.length < 12 else 2


def likely(engine: Engine, cells: Sequence[str]) -> "tuple[pa.Table, pa.Table]":
    """Match rows of `rest` that are surely one record.

    A row's candidates compete: the probability of one counts the odds of all others, so that two
    records that fit equally well both stay below one half.

    Args:
        engine: holds `rest` and `book`.
        cells: the columns compared.

    Returns:
        (line, policy) of the rows matched; (line) of those that fit several records.

    Raises:
        EngineFailed: the linkage could not be run.
    """
    rest = engine.fetch(step("SELECT line FROM rest ORDER BY r"))
    book = engine.fetch(step("SELECT policy FROM book ORDER BY b"))
    shapes = [_shape(engine, cell) for cell in cells]
    blocks = _blocks(engine, shapes, rest.num_rows) if rest.num_rows else []
    if not blocks:
        return _nobody()
    columns = [one for shape in shapes if (one := _compared(engine, shape)) is not None]
    found = link(
        _with_blocks(engine, "rest", "r", cells, blocks),
        _with_blocks(engine, "book", "b", cells, blocks),
        columns=columns,
        blocks=[f"b{place}" for place in range(len(blocks))],
        prior=PRIOR / book.num_rows,
    )
    return _decided(found, rest, book)


def _nobody() -> "tuple[pa.Table, pa.Table]":
    line = pa.array([], pa.int64())
    return pa.table({"line": line, "policy": pa.array([], pa.string())}), pa.table({"line": line})


def _decided(found: "pa.Table", rest: "pa.Table", book: "pa.Table") -> "tuple[pa.Table, pa.Table]":
    """Let each row's candidates compete."""
    row, record = (found.column(name).to_numpy() for name in ("left", "right"))
    order = np.lexsort((record, row))
    row, record = row[order], record[order]
    best, whole = compete(row, found.column("weight").to_numpy()[order])
    sure = best >= SURE
    lines = rest.column("line").to_numpy()
    several = np.setdiff1d(np.unique(row[whole >= SURE]), row[sure])
    return (
        pa.table({"line": lines[row[sure]], "policy": book.column("policy").take(record[sure])}),
        pa.table({"line": lines[several]}),
    )


def compete(row: Ints, weight: Floats) -> tuple[Floats, Floats]:
    """Turn the odds of single pairs into chances of one record against a row's other candidates.

    Args:
        row: int (p,), ascending; the row that each pair is of.
        weight: float (p,); base 2 logarithm of the odds of each pair.

    Returns:
        float (p,): the chance of each pair; float (p,): that of any pair of its row.
    """
    starts = np.flatnonzero(np.diff(row, prepend=-1))
    sizes = np.diff(np.append(starts, len(row)))
    top = np.repeat(np.maximum(np.maximum.reduceat(weight, starts), 0.0), sizes)
    odds = np.exp2(weight - top)
    total = np.repeat(np.add.reduceat(odds, starts), sizes)
    none = np.exp2(-top)
    return odds / (total + none), total / (total + none)


def _shape(engine: Engine, cell: str) -> Shape:
    found = engine.fetch(step(_SHAPE, columns={"cell_": cell})).to_pylist()[0]
    return Shape(cell, found["n"], found["kinds"], found["length"] or 0.0)


def _compared(engine: Engine, shape: Shape) -> Compared | None:
    """One column with what is equal and near by chance; None where it has no cells to compare."""
    equal = engine.fetch(step(_EQUAL, columns={"cell_": shape.cell})).column("chance")[0].as_py()
    query = step(_NEAR, columns={"cell_": shape.cell})
    near = engine.fetch(query, {"edits": shape.edits}).to_pylist()[0]
    if not near["n"]:
        return None
    chance = (near["near"] + 0.5) / (near["n"] + 1) if shape.edits else 0.0
    return Compared(shape.cell, shape.edits, float(equal or 0.5 / near["n"]), chance)


def _blocks(engine: Engine, shapes: Sequence[Shape], rows: int) -> list[exp.Expression]:
    """What candidates must share: the widest net whose every part stays small."""
    generator = np.random.Generator(np.random.PCG64(SEED))
    book = engine.fetch(step("SELECT count(*) AS n FROM book")).column("n")[0].as_py()
    size = min(PAIRS, 2 * rows * book)
    drawn = {"r": generator.integers(rows, size=size), "b": generator.integers(book, size=size)}
    engine.load("pairs", pa.table(drawn))
    sized: list[tuple[int, int, exp.Expression]] = []
    for key in _keys(shapes):
        size = engine.fetch(step(_BLOCK_SIZE, columns={"cell_": key})).column("n")[0].as_py()
        if 0 < size <= MOST_PAIRS * max(rows, 100):
            sized.append((int(size), len(sized), key))
    return [key for _, _, key in sorted(sized, key=lambda one: one[:2])[:MOST_BLOCKS]]


def _keys(shapes: Sequence[Shape]) -> Iterator[exp.Expression]:
    """Whole values, halves of values that identify, pairs of values, a value with another's end."""
    keys = [one for one in shapes if one.key]
    middling = [one for one in shapes if one.kinds >= FEW]
    for one in keys:
        half = max(int(one.length) // 2, 3)
        for template in ("cell_", f"left(cell_, {half})", f"right(cell_, {half})"):
            yield expression(template, columns={"cell_": one.cell})
        for other in middling:
            if other is not one:
                yield _both("a_ || '|' || right(b_, 4)", other, one)
    for one, other in combinations(middling, 2):
        yield _both("a_ || '|' || b_", one, other)


def _both(template: str, one: Shape, other: Shape) -> exp.Expression:
    return expression(template, columns={"a_": one.cell, "b_": other.cell})


def _with_blocks(
    engine: Engine, relation: str, number: str, cells: Sequence[str], blocks: list[exp.Expression]
) -> "pa.Table":
    """(unique_id, cells, b0, b1, …)."""
    query = exp.select(exp.alias_(exp.column(number), "unique_id")).from_(relation)
    query = query.select(*(exp.column(cell) for cell in cells), copy=False)
    for place, key in enumerate(blocks):
        query = query.select(exp.alias_(key.copy(), f"b{place}"), copy=False)
    return engine.fetch(query)
