"""Access events to Parquet: one folder a month, each file sorted by policy."""

import uuid
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from hubao.kit.errors import BadInput
from hubao.lake.schema import ACCESS


def write_lake(events: "pa.Table", folder: Path) -> list[Path]:
    """Add events to a lake, as `folder/month=YYYY-MM/part-….parquet` (months in UTC).

    Args:
        events: columns of `schema.ACCESS`; optional ones may be missing.
        folder: made if it does not exist; files already there stay.

    Returns:
        The files written, by month.

    Raises:
        BadInput: a needed column is missing, holds nulls, or has a type that can't be right.
    """
    rows = _canonical(events)
    months = pc.strftime(rows["at"], format="%Y-%m")
    written = []
    for month in sorted(pc.unique(months).to_pylist()):
        part = rows.filter(pc.equal(months, month)).sort_by([("policy", "ascending")])
        path = folder / f"month={month}" / f"part-{uuid.uuid4().hex}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(".writing")  # a reader must never see half a file
        parquet.write_table(part, half, compression="zstd")
        half.rename(path)
        written.append(path)
    return written


def _canonical(events: "pa.Table") -> "pa.Table":
    for field in ACCESS:
        if not field.nullable and field.name not in events.column_names:
            raise BadInput(f"The events have no column '{field.name}': add it.")
    try:
        columns = [
            events[field.name].cast(field.type)
            if field.name in events.column_names
            else pa.nulls(events.num_rows, field.type)
            for field in ACCESS
        ]
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise BadInput("The events hold a column of the wrong type: see schema.ACCESS.") from None
    for field, column in zip(ACCESS, columns, strict=True):
        if not field.nullable and column.null_count:
            raise BadInput(f"The events have {column.null_count} rows without '{field.name}'.")
    return pa.table(columns, schema=ACCESS)
