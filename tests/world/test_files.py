import gzip
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from hubao.world.files import Format, csv_file, parquet_file, write_tables

ROWS = pa.table(
    {
        "at": pa.array(
            [datetime(2023, 12, 31, 16, 30, tzinfo=UTC), None], pa.timestamp("us", "UTC")
        ),
        "fields": pa.array([["C2", "C3"], None], pa.list_(pa.string())),
        "born": pa.array([date(1961, 9, 5), None]),
        "fen": pa.array([100, None]),
        "name": pa.array(["刘霞秀", None]),
    }
)
TEXT = (
    "at,fields,born,fen,name\n"
    "2024-01-01 00:30:00+08:00,C2;C3,1961-09-05,100,刘霞秀\n"
    ",,,,\n"
)  # fmt: skip


def test_csv_tells_local_time_with_its_offset_and_leaves_blank_what_is_unknown(
    tmp_path: Path,
) -> None:
    with csv_file(tmp_path / "rows.csv", ROWS.schema) as write:
        write(ROWS)

    assert (tmp_path / "rows.csv").read_text(encoding="utf-8") == TEXT


def test_gzip_holds_the_same_and_neither_name_nor_time(tmp_path: Path) -> None:
    with csv_file(tmp_path / "rows.csv.gz", ROWS.schema) as write:
        write(ROWS)

    packed = (tmp_path / "rows.csv.gz").read_bytes()
    assert gzip.decompress(packed).decode("utf-8") == TEXT
    assert packed[3:8] == bytes(5)  # no flags, so no name; no time
    assert b"rows" not in packed


def test_parquet_holds_the_rows_with_their_types(tmp_path: Path) -> None:
    path = tmp_path / "new" / "rows.parquet"

    with parquet_file(path, ROWS.schema, distinct=["at"]) as write:
        write(ROWS)
        write(ROWS)

    assert parquet.read_table(path).equals(pa.concat_tables([ROWS, ROWS]))


@pytest.mark.parametrize("formats", [[Format.CSV], [Format.PARQUET], [*Format]])
def test_parts_of_a_table_become_one_file_of_each_format(
    tmp_path: Path, formats: list[Format]
) -> None:
    write_tables(iter([ROWS, ROWS]), tmp_path, "rows", formats)

    assert {path.name for path in tmp_path.iterdir()} == {f"rows.{kind}" for kind in formats}
    for path in tmp_path.glob("*.csv"):
        assert path.read_text(encoding="utf-8").count("C2;C3") == 2
    for path in tmp_path.glob("*.parquet"):
        assert parquet.read_table(path).num_rows == 4
