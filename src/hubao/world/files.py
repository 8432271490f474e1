"""The files of a world: tables as Parquet and as CSV; same rows, same bytes."""

import gzip
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from io import BufferedWriter
from pathlib import Path
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, parquet

from hubao.world.months import LOCAL

ROWS = 1 << 20  # of a row group
PACKED = 3  # of gzip; 6 takes twice as long for a tenth less
Write = Callable[["pa.Table"], None]


class Format(StrEnum):
    """What a table is written as."""

    PARQUET = "parquet"
    CSV = "csv"


def write_tables(
    tables: Iterable["pa.Table"], folder: Path, name: str, formats: Collection[Format]
) -> None:
    """Write the parts of one table, one behind the other, to `name`.parquet and `name`.csv."""
    with ExitStack() as files:
        writes = list[Write]()
        for table in tables:
            if not writes:
                schema = table.schema
                writes = [
                    files.enter_context(_OPENED[kind](folder / f"{name}.{kind}", schema))
                    for kind in Format
                    if kind in formats
                ]
            for write in writes:
                write(table)


@contextmanager
def parquet_file(
    path: Path, schema: "pa.Schema", *, distinct: Collection[str] = ()
) -> Iterator[Write]:
    """Give a function that writes tables to a Parquet file, a million rows a group.

    Args:
        path: its folder is made.
        schema: of the tables.
        distinct: columns that hardly repeat a value; the others are written with dictionaries.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    again = [leaf for leaf in _leaves(schema) if leaf not in distinct]
    with parquet.ParquetWriter(path, schema, compression="zstd", use_dictionary=again) as to:
        yield lambda table: to.write_table(table, row_group_size=ROWS)


def _leaves(schema: "pa.Schema") -> list[str]:
    """Names of the columns as Parquet knows them."""
    return [f"{f.name}.list.element" if pa.types.is_list(f.type) else f.name for f in schema]


@contextmanager
def csv_file(path: Path, schema: "pa.Schema") -> Iterator[Write]:
    """Give a function that writes tables to a CSV file, gzip where its name ends in .gz.

    Moments are written as local time with +08:00, lists with semicolons between.
    """
    with ExitStack() as opened:
        to = opened.enter_context(path.open("wb"))
        if path.suffix == ".gz":  # no name and no time in it, or the bytes would change
            packed = gzip.GzipFile("", "wb", PACKED, to, mtime=0)
            to = cast(BufferedWriter, opened.enter_context(packed))
        to.write((",".join(schema.names) + "\n").encode())
        options = csv.WriteOptions(include_header=False, quoting_style="none")
        yield lambda table: csv.write_csv(_as_text(table), to, options)


def _as_text(table: "pa.Table") -> "pa.Table":
    columns = {}
    for field, column in zip(table.schema, table.columns, strict=True):
        if pa.types.is_timestamp(field.type):
            seconds = pc.divide(column.cast(pa.int64()), 1_000_000)
            local = pc.add(seconds, LOCAL).cast(pa.timestamp("s")).cast(pa.string())
            columns[field.name] = pc.binary_join_element_wise(local, "+08:00", "")
        elif pa.types.is_list(field.type):
            columns[field.name] = pc.binary_join(column, ";")
        else:
            columns[field.name] = column
    return pa.table(columns)


_OPENED = {Format.PARQUET: parquet_file, Format.CSV: csv_file}
