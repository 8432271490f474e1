"""How a leaked file was made: encoding, columns, empty cells, order. Facts, and no evidence."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from hubao.lake.engine import Engine
from hubao.lake.facts import FactFinder
from hubao.lake.readers.delimited import DELIMITERS
from hubao.lake.sources import BOM, Format, find, head_of
from hubao.lake.steps import step
from hubao.trace.leaked.columns import Column
from hubao.trace.leaked.report import Marks, Rows

if TYPE_CHECKING:
    from pathlib import Path

MOST_COLUMNS = 64  # looked at for order and empty cells
FEWEST = 3  # rows in order by chance
_TEXTS = (Format.CSV, Format.JSON_LINES)
_EMPTY = "('null', 'none', 'nan', 'n/a', 'na', 'nil', '-', '--', '\\N', '\\n', '无', '未知')"
_NULLS = f"""
SELECT coalesce(cell_, '') AS style, count(*) AS n FROM leaked
WHERE cell_ IS NULL OR lower(cell_) IN {_EMPTY} GROUP BY ALL
"""  # noqa: S608 - no input stands in it
_FORMULAS = """
SELECT count(*) AS n FROM leaked
WHERE regexp_matches(cell_, '^[=@]') OR regexp_matches(cell_, '^[+-][^0-9. -]')
"""
_ORDER = """
WITH told AS (SELECT line, cell_ AS cell FROM rows_),
numeric AS (SELECT count(TRY_CAST(cell AS DOUBLE)) = count(cell) AS whole FROM told),
ordered AS (
  SELECT cell AS text, lag(cell) OVER (ORDER BY line) AS text_before,
    TRY_CAST(cell AS DOUBLE) AS number,
    TRY_CAST(lag(cell) OVER (ORDER BY line) AS DOUBLE) AS number_before
  FROM told)
SELECT count(*) FILTER (WHERE CASE WHEN whole THEN number < number_before
    ELSE text < text_before END) AS falls,
  count(*) FILTER (WHERE CASE WHEN whole THEN number > number_before
    ELSE text > text_before END) AS rises
FROM ordered, numeric
"""


def marks_of(
    engine: Engine, given: "Path | str | pa.Table", columns: Sequence[Column], rows: Rows
) -> Marks:
    """Look at how the file was made.

    Args:
        engine: holds `leaked` (line, its columns) and `matched` (line, policy).
        given: the file.
        columns: its columns, in order.
        rows: what became of its rows.
    """
    looked = columns[:MOST_COLUMNS]
    format_, encoding, delimiter, ends = _file(given, [one.leaked for one in columns])
    nulls: Counter[str] = Counter()
    formulas = 0
    for one in looked:
        cell = {"cell_": one.leaked}
        for found in engine.fetch(step(_NULLS, columns=cell)).to_pylist():
            nulls[found["style"]] += found["n"]
        formulas += engine.fetch(step(_FORMULAS, columns=cell)).column("n")[0].as_py()
    return Marks(
        format=format_,
        encoding=encoding,
        delimiter=delimiter,
        line_ends=ends,
        columns=[one.leaked for one in columns],
        unknown_columns=[one.leaked for one in columns if one.policies is None],
        null_styles=sorted(nulls.items(), key=lambda one: (-one[1], one[0])),
        sorted_by=_sorted_by(engine, looked),
        repeated_rows=rows.matched - rows.records,
        formula_cells=formulas,
    )


def _sorted_by(engine: Engine, columns: Sequence[Column]) -> list[str]:
    found = [
        mark + one.leaked
        for one in columns
        if (mark := _order(engine, "leaked", one.leaked)) is not None
    ]
    if all(one.name != "policy" for one in columns):
        mark = _order(engine, "matched", "policy")
        found += [] if mark is None else [f"{mark}policy"]
    return found


def _order(engine: Engine, relation: str, column: str) -> str | None:
    """ "" where the values never fall, ">" where they never rise, None where they do both."""
    query = step(_ORDER, tables={"rows_": relation}, columns={"cell_": column})
    found = engine.fetch(query).to_pylist()[0]
    if found["rises"] >= FEWEST and not found["falls"]:
        return ""
    return ">" if found["falls"] >= FEWEST and not found["rises"] else None


def _file(
    given: "Path | str | pa.Table", headers: Sequence[str]
) -> tuple[str, str | None, str | None, str | None]:
    if isinstance(given, pa.Table):
        return "table", None, None, None
    source = find([given])[0]
    format_ = f"{source.format}, gzip" if source.zipped else str(source.format)
    if source.format not in _TEXTS:
        return format_, None, None, None
    with FactFinder([source]) as finder:
        encoding = finder.facts()[0].encoding
    head = head_of(source)
    marked = f"{encoding}, byte order mark" if head.startswith(BOM) else encoding
    delimiter = None
    if source.format is Format.CSV and len(headers) > 1:
        first = next((line for line in head.splitlines() if line.strip()), b"")
        delimiter = max(DELIMITERS, key=lambda one: first.count(one.encode()))
    return format_, marked, delimiter, _ends(head)


def _ends(head: bytes) -> str:
    if b"\r\n" in head:
        return "CRLF"
    return "LF" if b"\n" in head else "CR" if b"\r" in head else "LF"
