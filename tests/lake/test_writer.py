from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from hubao.kit.errors import BadInput
from hubao.lake.reading import Reading, read_access
from hubao.lake.schema import ACCESS, TABLES
from hubao.lake.writer import write_lake
from tests.lake.samples import MEANT, ROWS, rows_of, table

EVENTS = table([*ROWS, ("2015-04-01 07:59:59", "A1", "P0", "view")])


def test_a_lake_has_a_folder_for_each_month_in_utc(tmp_path: Path) -> None:
    written = write_lake(EVENTS, tmp_path)

    assert [path.parent.name for path in written] == ["month=2015-03"]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == written


def test_parts_are_sorted_by_policy_and_have_the_schema(tmp_path: Path) -> None:
    (path,) = write_lake(EVENTS, tmp_path)

    found = parquet.ParquetFile(path).read()
    assert found.schema.equals(ACCESS)
    assert found["policy"].to_pylist() == ["P0", "P1", "P1", "P2"]


def test_what_was_written_is_read_again(reading: Reading, tmp_path: Path) -> None:
    write_lake(table(ROWS[:2]), tmp_path / "lake")
    write_lake(table(ROWS[2:]), tmp_path / "lake")

    inputs = read_access(reading, [tmp_path / "lake"])

    assert rows_of(reading.engine) == list(MEANT)
    assert len(inputs) == 2


@pytest.mark.parametrize(
    ("events", "said"),
    [
        (EVENTS.drop_columns(["policy"]), "no column 'policy'"),
        (EVENTS.set_column(2, "policy", pa.nulls(4, pa.string())), "without 'policy'"),
        (EVENTS.set_column(0, "at", pa.array(["x"] * 4)), "wrong type"),
    ],
)
def test_events_that_are_none_are_refused(tmp_path: Path, events: "pa.Table", said: str) -> None:
    with pytest.raises(BadInput, match=said):
        write_lake(events, tmp_path)


def test_every_column_is_explained() -> None:
    docs = [field.metadata[b"doc"] for schema in TABLES.values() for field in schema]

    assert all(docs)
