"""Feeds: files of every sort, growing, damaged or too large, are taken once or said why not."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest
from pyarrow import parquet

from hubao.desk.feeds.models import Batch, File
from hubao.desk.feeds.operations.imports import import_source
from hubao.desk.feeds.operations.sources import change_source
from hubao.desk.feeds.queries import NoRejects
from hubao.desk.feeds.rules import Way
from hubao.kit.errors import BadInput
from tests.makers.desk import NOON, SYSTEM, make_branches, make_policy
from tests.makers.feeds import events, line, make_source, reasons, take, wires, with_columns, write


@pytest.fixture(autouse=True)
def _branches(database: str) -> None:
    del database
    make_branches()


class TestFormats:
    def test_csv_in_gb18030_and_gzip(self, tmp_path: Path) -> None:
        place = make_source(tmp_path, columns=with_columns("purpose"), actions={"打开": "view"})
        told = [line(n, op="打开", purpose="理赔") for n in range(3)]
        packed = write(tmp_path / "a.csv", told, encoding="gb18030").read_bytes()
        (place / "a.csv.gz").write_bytes(gzip.compress(packed))

        take(tmp_path)

        assert {(one["action"], one["purpose"]) for one in events(tmp_path)} == {("view", "理赔")}

    def test_json_lines(self, tmp_path: Path) -> None:
        place = make_source(tmp_path, columns=with_columns("fields"))
        told = [line(n) | {"fields": ["phone", "C1"], "log_id": n} for n in range(3)]
        (place / "a.jsonl").write_text("".join(json.dumps(one) + "\n" for one in told))

        take(tmp_path)

        assert [one["fields"] for one in events(tmp_path)] == [["phone", "C1"]] * 3

    def test_parquet(self, tmp_path: Path) -> None:
        place = make_source(tmp_path, columns=with_columns("fields"))
        told = [line(n) | {"ts": NOON - timedelta(hours=n), "fields": ["phone"]} for n in range(3)]
        parquet.write_table(pa.Table.from_pylist(told), place / "a.parquet")

        take(tmp_path)

        found = events(tmp_path)
        assert [one["at"] for one in found] == [NOON - timedelta(hours=n) for n in (2, 1, 0)]
        assert found[0]["fields"] == ["phone"]

    def test_parquet_that_is_damaged_is_noted_and_says_where(self, tmp_path: Path) -> None:
        place = make_source(tmp_path)
        path = place / "a.parquet"
        told = pa.Table.from_pylist([line(n) for n in range(12_000)])
        parquet.write_table(told, path, row_group_size=10_000, compression="zstd")
        second = parquet.read_metadata(path).row_group(1).column(0).data_page_offset
        spoilt = bytearray(path.read_bytes())
        spoilt[second : second + 200] = bytes(200)
        path.write_bytes(spoilt)

        assert take(tmp_path) == []
        with pytest.raises(BadInput, match=r"a\.parquet is damaged after row 10,000"):
            take(tmp_path, files=[path])

    def test_parquet_of_numbers_bytes_and_records_is_read_as_text_or_set_aside(
        self, tmp_path: Path
    ) -> None:
        place = make_source(tmp_path)
        record = make_policy(policy_number="1234567890")
        numbers = pa.array([1234567890.0, float("nan")])
        users = pa.array([b"zhang", b"li"])
        told = {"log_id": ["1", "2"], "ts": ["2026-11-01", "2026-11-02"], "user": users,
                "op": ["open", "open"], "policy_no": numbers}  # fmt: skip
        parquet.write_table(pa.table(told), place / "a.parquet")
        parquet.write_table(
            pa.table(told | {"policy_no": ["1", "2"], "user": [b"\xff", b"a\0"]}),
            place / "b.parquet",
        )

        (batch,) = take(tmp_path)

        ((actor_, policy),) = [(one["actor"], one["policy"]) for one in events(tmp_path)]
        assert (actor_, policy) == ("core:zhang", record)
        assert (batch.added, batch.rejected) == (1, 3)

    def test_parquet_with_records_in_a_column_says_so(self, tmp_path: Path) -> None:
        place = make_source(tmp_path)
        told = [line(0) | {"user": {"name": "zhang"}}]
        parquet.write_table(pa.Table.from_pylist(told), place / "a.parquet")

        with pytest.raises(BadInput, match="column 'user' holds struct"):
            take(tmp_path, files=[place / "a.parquet"])

    def test_xlsx(self, tmp_path: Path) -> None:
        place = make_source(tmp_path)
        book = openpyxl.Workbook()
        assert book.active is not None
        for row in (list(line(0)), *(list(line(n).values()) for n in range(3))):
            book.active.append(row)
        book.save(place / "a.xlsx")

        (batch,) = take(tmp_path)

        assert batch.added == 3


class TestGrowing:
    """A file whose writer is in the middle of a line."""

    @pytest.mark.parametrize("kind", [Way.FILE, Way.FOLDER])
    def test_gives_its_last_line_once_that_is_whole(self, tmp_path: Path, kind: Way) -> None:
        record = make_policy(policy_number=line(2)["policy_no"])
        place = make_source(tmp_path) / "a.csv"
        write(place, [line(n) for n in range(3)])
        whole = place.read_bytes()
        place.write_bytes(whole[:-6])  # its policy number cut
        if kind is Way.FILE:
            change = {"kind": kind, "place": str(place)}
            change_source(name="core", changes=change, actor=SYSTEM, at=NOON)

        (early,) = take(tmp_path)
        place.write_bytes(whole)
        (later,) = take(tmp_path)

        assert (early.added, later.added) == (2, 1)
        assert record in {one["policy"] for one in events(tmp_path)}

    def test_gives_it_without_an_end_when_it_stays_as_it_is(self, tmp_path: Path) -> None:
        place = make_source(tmp_path)
        path = write(place / "a.jsonl", [line(0)])
        told = "\n".join(json.dumps(line(n)) for n in range(3))
        path.write_text(told)

        added = [sum(one.added for one in take(tmp_path)) for _ in range(3)]

        assert added == [2, 1, 0]

    def test_that_holds_half_a_line_only_waits(self, tmp_path: Path) -> None:
        place = make_source(tmp_path) / "a.csv"
        place.write_text("log_id,ts,us")
        change = {"kind": Way.FILE, "place": str(place)}
        change_source(name="core", changes=change, actor=SYSTEM, at=NOON)

        early = take(tmp_path)
        with pytest.raises(BadInput, match="no column"):
            take(tmp_path)

        assert early == []

    def test_that_is_named_is_taken_as_it_is(self, tmp_path: Path) -> None:
        make_source(tmp_path)
        path = write(tmp_path / "a.csv", [line(0)])
        path.write_bytes(path.read_bytes().rstrip())

        (batch,) = take(tmp_path, files=[path])

        assert batch.added == 1


class TestFiles:
    def test_that_are_being_written_wait(self, tmp_path: Path) -> None:
        place = make_source(tmp_path)
        write(place / "a.csv", [line(0)])
        written = datetime.fromtimestamp((place / "a.csv").stat().st_mtime, UTC)
        half_a_minute = timedelta(seconds=30)
        importing = partial(
            import_source, name="core", actor=SYSTEM, wires=wires(tmp_path), quiet=half_a_minute
        )

        ahead = importing(at=written - timedelta(seconds=5))  # the file server's clock
        early = importing(at=written + timedelta(seconds=5))
        later = importing(at=written + timedelta(seconds=50))

        assert (len(ahead), len(early), len(later)) == (0, 0, 1)

    def test_that_are_no_tables_by_their_names_are_left_alone(self, tmp_path: Path) -> None:
        place = make_source(tmp_path)
        for name in (".a.csv", "a.csv.part", "a.ok", "a.md5"):
            write(place / name, [line(0)])
        (place / "later.csv").mkdir()

        assert take(tmp_path) == []

    def test_that_cant_be_used_keep_no_other_waiting_and_are_noted(self, tmp_path: Path) -> None:
        place = make_source(tmp_path)
        (place / "a.csv").write_text("other,columns\n1,2\n")
        write(place / "b.csv", [line(0)])

        (batch,) = take(tmp_path)

        assert batch.added == 1
        assert list(File.objects.filter(batch=None).values_list("name", flat=True)) == [
            str(place / "a.csv")
        ]

    def test_that_are_links_out_of_the_folder_or_nowhere_are_noted(self, tmp_path: Path) -> None:
        place = make_source(tmp_path)
        (tmp_path / "lake").mkdir()
        (place / "a.csv").symlink_to(write(tmp_path / "lake" / "secret.csv", [line(0)]))
        (place / "b.csv").symlink_to(tmp_path / "nothing.csv")
        (place / "d.csv").symlink_to(write(place / "c.csv", [line(1)]))

        (batch,) = take(tmp_path)

        assert (batch.added, batch.repeated) == (1, 1)
        noted = File.objects.filter(batch=None).order_by("name").values_list("name", flat=True)
        assert list(noted) == [str(place / "a.csv"), str(place / "b.csv")]

    def test_that_are_named_and_cant_be_used_say_why(self, tmp_path: Path) -> None:
        make_source(tmp_path)
        path = tmp_path / "a.csv"
        path.write_text("other,columns\n1,2\n")

        with pytest.raises(BadInput, match="no column 'ts'"):
            take(tmp_path, files=[path])

        assert not Batch.objects.exists()

    def test_that_cant_be_used_are_forgotten_once_they_are_gone(self, tmp_path: Path) -> None:
        place = make_source(tmp_path)
        for name in ("a.csv", "b.csv"):
            (place / name).write_text("other,columns\n1,2\n")
        take(tmp_path)
        (place / "a.csv").unlink()

        take(tmp_path)

        assert [one.name for one in File.objects.all()] == [str(place / "b.csv")]

    def test_leave_lists_of_rows_that_are_forgotten_after_half_a_year(self, tmp_path: Path) -> None:
        write(make_source(tmp_path) / "a.csv", [line(0, ts="never")])
        take(tmp_path)
        told = reasons(tmp_path)

        take(tmp_path, at=datetime.now(UTC) + timedelta(days=181))

        assert told == [("2", "unreadable time")]
        with pytest.raises(NoRejects):
            reasons(tmp_path)

    def test_come_together_into_one_batch(self, tmp_path: Path) -> None:
        place = make_source(tmp_path)
        for n in range(12):
            write(place / f"{n}.csv", [line(n)])

        (batch,) = take(tmp_path)

        assert (batch.files, batch.added) == (12, 12)
        assert len(list((tmp_path / "lake").glob("*/*.parquet"))) == 1
