"""Columns that have types already: Parquet files and Arrow tables."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet
from sqlglot import exp

from hubao.kit.errors import BadInput
from hubao.lake.readers.layout import Kind, Layout, placed
from hubao.lake.readers.tidy import UNTIDY, Raw
from hubao.lake.sources import readable
from hubao.lake.steps import expression, step
from hubao.lake.times import utc_of_instant, utc_of_local

# Programs that know no integer with gaps write 12345 as 12345.0.
_WHOLE = """CASE WHEN isnan(cell_) THEN NULL
    WHEN cell_ = floor(cell_) AND abs(cell_) < 1e15 THEN CAST(CAST(cell_ AS BIGINT) AS VARCHAR)
    ELSE CAST(cell_ AS VARCHAR) END"""
_JOINED = "nullif(array_to_string(cell_, ';'), '')"
_PARQUET = """SELECT *, file_row_number + 1 AS "hubao:row" FROM read_parquet($paths,
    file_row_number = TRUE, filename = FALSE, hive_partitioning = FALSE, binary_as_string = TRUE)"""


def schema_of(path: Path) -> "pa.Schema":
    """The columns of a Parquet file.

    Raises:
        BadInput: it is broken or cut off, or two columns differ only in case.
    """
    with readable(path):
        try:
            schema = parquet.read_schema(path)
        except (pa.ArrowException, OSError):
            raise broken(path) from None
    names = [name.casefold() for name in schema.names]
    if len(set(names)) < len(names):
        raise BadInput(f"{path} has two columns of the same name: rename or remove one.")
    return schema


def rows_of(path: Path) -> int:
    """Rows of a Parquet file, as its footer counts them."""
    return int(parquet.read_metadata(path).num_rows)


def broken(path: Path) -> BadInput:
    """What to say of a file that is named Parquet and can't be read to its end."""
    return BadInput(f"{path} is a broken or cut-off Parquet file: copy it again.")


def parquet_raw(
    layout: Layout, schema: "pa.Schema", paths: Sequence[str], file: str, timezone: str
) -> Raw:
    """Cells of Parquet files of one schema, read where they lie; `paths` are escaped for globs."""
    query = step(_PARQUET)
    columns = {name: exp.column(name, quoted=True) for name in schema.names}
    row = exp.column("hubao:row", quoted=True)
    return _raw(layout, schema, query, columns, row, file, {"paths": paths, "timezone": timezone})


def arrow_raw(layout: Layout, table: "pa.Table", relation: str, timezone: str) -> Raw:
    """Cells of an Arrow table that `numbered` prepared, loaded as `relation`."""
    schema = table.schema
    columns = {n: exp.column(f"c{place}", quoted=True) for place, n in enumerate(schema.names)}
    query = step("SELECT * FROM loaded", tables={"loaded": relation})
    file = f"<{layout.role}>"
    row = exp.column("line", quoted=True)
    return _raw(layout, schema, query, columns, row, file, {"timezone": timezone})


def numbered(table: "pa.Table", layout: Layout) -> "pa.Table":
    """The wanted columns of a table under plain names, with the number of each row.

    Raises:
        BadInput: a needed column is missing, or one stands there twice.
    """
    wanted = set(placed(layout, table.schema.names, f"<{layout.role}>").values())
    columns = {f"c{place}": table.column(place) for place in sorted(wanted)}
    return pa.table({**columns, "line": pa.array(range(1, table.num_rows + 1), pa.int64())})


def _raw(
    layout: Layout,
    schema: "pa.Schema",
    query: exp.Query,
    columns: dict[str, exp.Column],
    row: exp.Column,
    file: str,
    values: dict[str, object],
) -> Raw:
    texts: dict[str, exp.Expression] = {}
    times: dict[str, exp.Expression] = {}
    kinds = {column.name: column.kind for column in layout.columns}
    for name, place in placed(layout, schema.names, file).items():
        field = schema.field(place)
        cell = columns[schema.names[place]]
        if kinds.get(name) is Kind.TIME and not _is_text(field.type):
            times[name] = _time(cell, field, file)
        else:
            listed = name in layout.lists()
            texts[name] = _text(cell, field, file, known=name in kinds, listed=listed)
    return Raw(query, texts, times, line=row, values=values)


def _is_text(type_: "pa.DataType") -> bool:
    if pa.types.is_dictionary(type_):
        return _is_text(type_.value_type)
    return bool(
        pa.types.is_string(type_)
        or pa.types.is_large_string(type_)
        or pa.types.is_string_view(type_)
        or pa.types.is_binary(type_)
        or pa.types.is_null(type_)
    )


def _text(
    cell: exp.Expression, field: "pa.Field", file: str, *, known: bool, listed: bool
) -> exp.Expression:
    type_ = field.type
    if listed and _is_list_of_text(type_):
        return expression(_JOINED, columns={"cell_": cell})
    if known and pa.types.is_nested(type_):
        raise BadInput(f"{file}: the column '{field.name}' holds {type_}, not text: flatten it.")
    if pa.types.is_string(type_) or pa.types.is_large_string(type_):
        return cell
    template = _WHOLE if pa.types.is_floating(type_) else "CAST(cell_ AS VARCHAR)"
    return expression(template, columns={"cell_": cell})


def _is_list_of_text(type_: "pa.DataType") -> bool:
    of_any = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    return any(is_list(type_) for is_list in of_any) and _is_text(type_.value_type)


def _time(cell: exp.Expression, field: "pa.Field", file: str) -> exp.Expression:
    if pa.types.is_timestamp(field.type):
        return utc_of_local(cell) if field.type.tz is None else utc_of_instant(cell)
    if pa.types.is_date(field.type):
        return utc_of_local(cell)
    raise BadInput(
        f"{file}: the column '{field.name}' holds {field.type}, not times:"
        " write it as a timestamp or as ISO 8601 text."
    )


def in_place(layout: Layout, raw: Raw) -> exp.Query | None:
    """The access log without any copy, or None where its cells must be read first.

    Of the columns that may be missing only `action` then is; the others are null.
    """
    if "at" not in raw.times:
        return None
    cells = {**raw.texts, **raw.times}
    absent = exp.cast(exp.Null(), "VARCHAR")
    known = [column.name for column in layout.columns]
    names = [name for name in known if name != "action" or name in cells]
    return exp.select(
        *(exp.alias_(cells.get(name, absent).copy(), name, quoted=True) for name in names)
    ).from_(raw.query.subquery("raw"))


def survey(part: str, *, with_action: bool) -> exp.Query:
    """One pass that counts what keeps the view `part` (of `in_place`) from being used."""
    untidy = [f"({UNTIDY.replace('text_', name)})" for name in ("actor", "policy")]
    fault = " OR ".join(["actor IS NULL OR policy IS NULL OR at_ IS NULL", *untidy])
    action = exp.column("action", quoted=True) if with_action else exp.null()
    template = f"""SELECT count(*) AS total, count(*) FILTER (WHERE {fault}) AS faults,
        count(*) FILTER (WHERE lower(action_) = 'denied') AS denied FROM rows_"""  # noqa: S608 - no input stands in it
    return step(
        template,
        tables={"rows_": part},
        columns={"at_": "at", "action_": action},
    )
