"""Cells of Parquet files as text, the same as a text file would have them."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
from pyarrow import parquet

from hubao.kit.errors import BadInput

BATCH: Final = 5_000
_SPOILT: Final = "\0"
Cells = list[str | None]


def check_flat(path: Path, field: "pa.Field", *, listed: bool) -> None:
    """Refuse a column that holds what no text is.

    Raises:
        BadInput: it holds records, or lists where none may be.
    """
    is_list = pa.types.is_list(field.type) or pa.types.is_large_list(field.type)
    if listed and is_list and not pa.types.is_nested(field.type.value_type):
        return
    if pa.types.is_nested(field.type):
        raise BadInput(
            f"{path}: the column '{field.name}' holds {field.type}, not text: flatten it."
        )


def columnar_rows(path: Path, names: Sequence[str]) -> Iterator[Cells]:
    """Read rows of some columns; what can't be text has a character that no text has, NUL.

    Raises:
        BadInput: a part of the file is damaged.
    """
    done = 0
    try:
        with parquet.ParquetFile(path) as table:
            for batch in table.iter_batches(BATCH, columns=list(names)):
                columns = [_texts(batch.column(name)) for name in names]
                yield from map(list, zip(*columns, strict=True))
                done += batch.num_rows
    except (pa.ArrowException, OSError):
        raise BadInput(f"{path} is damaged after row {done:,}: copy it again.") from None


def _texts(column: "pa.Array") -> Cells:
    try:
        return [_text(cell) for cell in column.to_pylist()]
    except UnicodeDecodeError:  # says nothing of which cell it is
        if pa.types.is_nested(column.type):
            return [_SPOILT] * len(column)
        return [_text(cell) for cell in column.cast(pa.large_binary()).to_pylist()]


def _text(cell: object) -> str | None:
    match cell:
        case None:
            return None
        case bool():
            return "true" if cell else "false"
        case float():
            return _number(cell)
        case bytes():
            return _decoded(cell)
        case list():
            return ";".join(text for one in cell if (text := _text(one)) is not None)
    return str(cell)


def _number(cell: float) -> str | None:
    """Write a number; programs that know no integer with gaps write 12345 as 12345.0."""
    if math.isnan(cell):
        return None
    return str(int(cell)) if cell.is_integer() else str(cell)


def _decoded(cell: bytes) -> str:
    try:
        return cell.decode()
    except UnicodeDecodeError:
        return _SPOILT
