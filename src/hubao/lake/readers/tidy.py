"""The one step from raw cells to a table: trimmed text, times in UTC, reasons for bad rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from hubao.lake.inputs import Role
from hubao.lake.readers.layout import Kind, Layout, Wanted
from hubao.lake.rejects import CODES, Reason
from hubao.lake.steps import expression
from hubao.lake.times import utc_of_text

# Names with a colon can't clash with a column of the user's own.
REASON = "hubao:reason"
DENIED = "hubao:denied"
LINE = "hubao:line"
BROKEN = "hubao:broken"

BLANKS = " \t\r\n\v\f\u00a0\u3000\ufeff"
# Trimming a set of characters is slow, so only what may need it is trimmed.
_SUSPECT = "(text_ < '!' OR text_ > '~' OR right(text_, 1) NOT BETWEEN '!' AND '~')"
_TRIMMED = f"trim(text_, '{BLANKS}')"
_TRIM = f"CASE WHEN {_SUSPECT} THEN nullif({_TRIMMED}, '') ELSE text_ END"
UNTIDY = f"CASE WHEN {_SUSPECT} THEN text_ = '' OR text_ <> {_TRIMMED} ELSE FALSE END"
_NUMBER = "CASE WHEN TRY_CAST(text_ AS DOUBLE) BETWEEN 0 AND 1 THEN TRY_CAST(text_ AS DOUBLE) END"
_DENIED = "coalesce(lower(action) = 'denied', FALSE)"


@dataclass(frozen=True)
class Raw:
    """Cells as they were found.

    Attributes:
        query: gives one row for each row of the file.
        texts: column -> syntax over `query` of type VARCHAR.
        times: column -> syntax over `query` of type TIMESTAMP in UTC, where the file has times.
        line: syntax for the line where the row starts; None where it is not known.
        broken: syntax for the code of a fault that the reader found; None where it found none.
        values: what the placeholders stand for.
    """

    query: exp.Query
    texts: Mapping[str, exp.Expression]
    times: Mapping[str, exp.Expression] = field(default_factory=dict)
    line: exp.Expression | None = None
    broken: exp.Expression | None = None
    values: Mapping[str, object] = field(default_factory=dict)


def tidied(layout: Layout, raw: Raw) -> exp.Query:
    """Build the step from raw cells to the layout's columns, `REASON`, and `LINE` if it is known.

    `REASON` is null in every row that can be used. The access log has `DENIED` instead of `action`:
    an access that was refused showed nothing, so it needs no policy and is no fault.
    """
    columns = columns_of(layout, raw.texts)
    carried = [name for name, it in ((LINE, raw.line), (BROKEN, raw.broken)) if it is not None]
    read = _read(columns, _trimmed(columns, raw), set(raw.times))
    read = read.select(*(_column(name) for name in carried), copy=False)
    kept = [c.name for c in columns if not (layout.role is Role.ACCESS and c.name == "action")]
    query = exp.select(*(_column(name) for name in kept)).from_(read.subquery("read"))
    if raw.line is not None:
        query = query.select(_column(LINE), copy=False)
    if layout.role is Role.ACCESS:
        query = query.select(_as(expression(_DENIED), DENIED), copy=False)
    return query.select(_as(_reason(layout, columns, carried), REASON), copy=False)


def columns_of(layout: Layout, found: "Mapping[str, exp.Expression]") -> tuple[Wanted, ...]:
    """The layout's columns, then those that the file has beyond them."""
    known = {column.name for column in layout.columns}
    return layout.columns + tuple(Wanted(name) for name in found if name not in known)


def _trimmed(columns: tuple[Wanted, ...], raw: Raw) -> exp.Select:
    query = exp.select().from_(raw.query.subquery("raw"))
    for column in columns:
        if column.name in raw.times:
            query = query.select(_as(raw.times[column.name], column.name), copy=False)
            continue
        cell = raw.texts.get(column.name) or expression("CAST(NULL AS VARCHAR)")
        query = query.select(
            _as(expression(_TRIM, columns={"text_": cell}), _text_name(column)), copy=False
        )
    for name, syntax in ((LINE, raw.line), (BROKEN, raw.broken)):
        if syntax is not None:
            query = query.select(_as(syntax, name), copy=False)
    return query


def _read(columns: tuple[Wanted, ...], trimmed: exp.Select, typed: set[str]) -> exp.Select:
    query = exp.select().from_(trimmed.subquery("trimmed"))
    for column in columns:
        text = _column(_text_name(column))
        if column.kind is Kind.TEXT or column.name in typed:
            query = query.select(_column(column.name), copy=False)
            continue
        number = expression(_NUMBER, columns={"text_": text})
        read = utc_of_text(text) if column.kind is Kind.TIME else number
        query = query.select(_as(read, column.name), text.copy(), copy=False)
    for name in typed:
        query = query.select(_as(_column(name), f"hubao:text:{name}"), copy=False)
    return query


def _reason(layout: Layout, columns: tuple[Wanted, ...], carried: list[str]) -> exp.Expression:
    case = exp.Case()
    if BROKEN in carried:
        case = case.when(_given(BROKEN), _column(BROKEN))
    if layout.role is Role.ACCESS:
        case = case.when(expression(_DENIED), exp.Null())
    for column in columns:
        absent = exp.not_(_given(column.name))
        if column.lacking is not None:
            case = case.when(absent, _code(column.lacking))
        elif column.kind is not Kind.TEXT:
            fault = Reason.BAD_TIME if column.kind is Kind.TIME else Reason.BAD_NUMBER
            case = case.when(exp.and_(_given(_text_name(column)), absent), _code(fault))
    return exp.cast(case.else_(exp.Null()), "UTINYINT", dialect="duckdb")


def _text_name(column: Wanted) -> str:
    return column.name if column.kind is Kind.TEXT else f"hubao:text:{column.name}"


def _given(name: str) -> exp.Expression:
    return exp.not_(exp.Is(this=_column(name), expression=exp.Null()))


def _column(name: str) -> exp.Column:
    return exp.column(name, quoted=True)


def _as(syntax: exp.Expression, name: str) -> exp.Expression:
    return exp.Alias(this=syntax.copy(), alias=exp.to_identifier(name, quoted=True))


def _code(reason: Reason) -> exp.Expression:
    return exp.Literal.number(CODES[reason])
