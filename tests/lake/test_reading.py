"""Every format gives the same rows, from wherever the files lie."""

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from hubao.kit.errors import BadInput
from hubao.lake.engines.duckdb import DuckDB
from hubao.lake.inputs import Role
from hubao.lake.reading import (
    Reading,
    read_access,
)
from hubao.lake.steps import step
from tests.lake.samples import (
    HEADERS,
    MEANT,
    ROWS,
    contents,
    csv_text,
    json_lines,
    rows_of,
    set_aside,
    table,
    utc,
    write,
    xes,
)


class TestFormats:
    @pytest.mark.parametrize(
        ("name", "format_"),
        [
            ("log.csv", "csv"),
            ("log.csv.gz", "csv"),
            ("log", "csv"),
            ("log.txt", "csv"),
            ("log.csv", "bom"),
            ("log.csv.gz", "bom"),
            ("log.csv", "gb18030"),
            ("log.csv.gz", "gb18030"),
            ("log.tsv", "tabs"),
            ("log.csv", "semicolons"),
            ("log.csv", "bars"),
            ("log.csv", "line feeds"),
            ("log.csv", "carriage returns"),
            ("log.jsonl", "json"),
            ("log.json.gz", "json"),
            ("log", "json"),
            ("log.ndjson", "gb18030 json"),
            ("log.xes", "xes"),
            ("log.xes.gz", "xes"),
            ("log", "xes"),
            ("log.parquet", "parquet"),
            ("log", "parquet"),
        ],
    )
    def test_the_same_rows_come_out(
        self, reading: Reading, tmp_path: Path, name: str, format_: str
    ) -> None:
        path = write(tmp_path / name, contents(format_))

        (found,) = read_access(reading, [path])

        assert rows_of(reading.engine) == list(MEANT)
        assert (found.path, found.role, found.rows, found.rejected) == (
            str(path),
            Role.ACCESS,
            3,
            0,
        )
        assert not (tmp_path / "out.rejects.csv").exists()

    def test_the_same_rows_come_out_of_a_table_in_memory(self, reading: Reading) -> None:
        (found,) = read_access(reading, [table()])

        assert rows_of(reading.engine) == list(MEANT)
        assert (found.path, found.rows, found.sha256) == ("<access>", 3, None)

    def test_the_digest_is_of_the_bytes_on_disk(self, reading: Reading, tmp_path: Path) -> None:
        path = write(tmp_path / "log.csv", "at,actor,policy\n2015-03-04,A1,P1\n")

        (found,) = read_access(reading, [path])

        assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()

    def test_sources_are_put_together(self, reading: Reading, tmp_path: Path) -> None:
        first = write(tmp_path / "a.csv", csv_text(ROWS[:1]))
        second = write(tmp_path / "b.parquet", table(ROWS[1:2]))

        inputs = read_access(reading, [first, second, table(ROWS[2:])])

        assert rows_of(reading.engine) == list(MEANT)
        assert sorted(one.path for one in inputs) == sorted(["<access>", str(first), str(second)])

    @pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
    @pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "+02:00"])
    def test_instants_of_every_unit_are_read(
        self, reading: Reading, tmp_path: Path, unit: str, zone: str
    ) -> None:
        at = pa.array([utc(2026, 3, 1, 4)], pa.timestamp("us")).cast(pa.timestamp(unit, zone))
        log = pa.table({"at": at, "actor": ["a"], "policy": ["p"]})

        read_access(reading, [write(tmp_path / "log.parquet", log), log])

        assert rows_of(reading.engine) == [("a", "p", utc(2026, 3, 1, 4))] * 2

    def test_parquet_of_other_types_is_adapted(self, reading: Reading, tmp_path: Path) -> None:
        log = pa.table(
            {
                "at": pa.array([utc(2015, 3, 4, 12), None], pa.timestamp("ns")),
                "actor": pa.array(["A1", "A2"]).dictionary_encode(),
                "policy": pa.array([17.0, 18.0]),
            }
        )

        read_access(reading, [write(tmp_path / "log.parquet", log)])

        assert rows_of(reading.engine) == [("A1", "17", utc(2015, 3, 4, 4))]
        assert set_aside(reading) == [(2, "unreadable time")]

    @pytest.mark.parametrize(
        ("type_", "values", "meant"),
        [
            (pa.int64(), [17], "17"),
            (pa.uint8(), [17], "17"),
            (pa.decimal128(10, 0), [17], "17"),
            (pa.float64(), [1.5], "1.5"),
            (pa.large_string(), [" 17\u3000"], "17"),
            (pa.string_view(), ["保单17"], "保单17"),
            (pa.binary(), [b"17"], "17"),
        ],
    )
    def test_a_policy_of_any_type_becomes_text(
        self,
        reading: Reading,
        tmp_path: Path,
        type_: "pa.DataType",
        values: Sequence[object],
        meant: str,
    ) -> None:
        log = table(ROWS[:1]).set_column(2, "policy", pa.array(values, type_))

        read_access(reading, [write(tmp_path / "log.parquet", log)])

        assert [row[1] for row in rows_of(reading.engine)] == [meant]

    @pytest.mark.parametrize(
        ("type_", "value"),
        [
            (pa.date32(), date(2015, 3, 4)),
            (pa.string(), "2015/3/4"),
            (pa.timestamp("s"), utc(2015, 3, 4)),
            (pa.timestamp("ms", "Asia/Tokyo"), utc(2015, 3, 3, 16)),
        ],
    )
    def test_a_time_of_any_type_becomes_utc(
        self, reading: Reading, tmp_path: Path, type_: "pa.DataType", value: object
    ) -> None:
        log = table(ROWS[:1]).set_column(0, "at", pa.array([value], type_))

        for source in (write(tmp_path / "log.parquet", log), log):
            read_access(reading, [source])

            assert rows_of(reading.engine)[0][2] == utc(2015, 3, 3, 16)

    def test_a_zone_given_is_used(self, reading: Reading, tmp_path: Path) -> None:
        reading.timezone = "UTC"

        read_access(reading, [write(tmp_path / "log.csv", csv_text(ROWS[:1]))])

        assert rows_of(reading.engine)[0][2] == utc(2015, 3, 4, 12)

    def test_an_unknown_zone_is_refused(self, reading: Reading, tmp_path: Path) -> None:
        reading.timezone = "Mars/Olympus"

        with pytest.raises(BadInput, match="Mars/Olympus"):
            read_access(reading, [write(tmp_path / "log.csv", csv_text())])

    def test_denied_accesses_are_counted_apart(self, reading: Reading, tmp_path: Path) -> None:
        refused = ("2015-03-04 12:00:00", "A9", "", "Denied")
        sources = [
            write(tmp_path / "log.csv", csv_text([*ROWS, refused])),
            write(tmp_path / "log.jsonl", json_lines([*ROWS, refused])),
            write(tmp_path / "log.parquet", table([*ROWS, (*refused[:2], "P1", "denied")])),
        ]

        inputs = read_access(reading, sources)

        assert reading.denied == 3
        assert [(one.rows, one.rejected) for one in inputs] == [(4, 0)] * 3
        assert rows_of(reading.engine) == sorted(MEANT * 3, key=lambda row: (row[2], row[0]))

    def test_progress_ends_at_all_bytes(self, reading: Reading, tmp_path: Path) -> None:
        heard: list[tuple[int, int, str]] = []
        reading.progress = lambda *told: heard.append(told)
        paths = [write(tmp_path / "a.csv", csv_text()), write(tmp_path / "b.jsonl", json_lines())]

        read_access(reading, paths)

        total = sum(path.stat().st_size for path in paths)
        assert heard[-1] == (total, total, str(paths[1]))
        assert all(done <= total for done, total, _ in heard)


class TestFindingFiles:
    def test_a_glob_means_every_file_that_fits(self, reading: Reading, tmp_path: Path) -> None:
        for n, row in enumerate(ROWS):
            write(tmp_path / f"logs [{n}]" / "log.csv.gz", csv_text([row]))

        inputs = read_access(reading, [str(tmp_path / "logs*" / "*.csv.gz")])

        assert len(inputs) == 3
        assert rows_of(reading.engine) == list(MEANT)

    def test_a_folder_means_its_parquet(self, reading: Reading, tmp_path: Path) -> None:
        for n, row in enumerate(ROWS):
            write(tmp_path / "lake" / f"month=2015-0{n + 1}" / "part-0.parquet", table([row]))

        inputs = read_access(reading, [tmp_path / "lake"])

        assert [one.rows for one in inputs] == [1, 1, 1]
        assert rows_of(reading.engine) == list(MEANT)

    def test_a_file_given_twice_is_read_once(self, reading: Reading, tmp_path: Path) -> None:
        path = write(tmp_path / "log.csv", csv_text())

        inputs = read_access(reading, [path, str(tmp_path / "*.csv")])

        assert len(inputs) == 1

    @pytest.mark.parametrize(
        ("given", "said"),
        [("nothing.csv", "no file"), ("*.csv", "No file matches"), (".", "holds no Parquet")],
    )
    def test_nothing_found_is_said(
        self, reading: Reading, tmp_path: Path, given: str, said: str
    ) -> None:
        with pytest.raises(BadInput, match=said):
            read_access(reading, [tmp_path / given])


class TestFields:
    SHOWN = ("C2;C3", None, "C1")

    def fields_of(self, reading: Reading) -> list[str | None]:
        query = step('SELECT fields FROM access ORDER BY "at", actor')
        return list(reading.engine.fetch(query).column("fields").to_pylist())

    def lists(self) -> "pa.Array":
        return pa.array([None if one is None else one.split(";") for one in self.SHOWN])

    @pytest.mark.parametrize(
        "name", ["log.csv", "log.csv.gz", "odd.csv", "log.jsonl", "log.parquet", "lists.parquet",
                 "lists.jsonl", "<access>"],
    )  # fmt: skip
    def test_are_text_or_a_list_in_every_format(
        self, reading: Reading, tmp_path: Path, name: str
    ) -> None:
        rows = [(*row, shown or "") for row, shown in zip(ROWS, self.SHOWN, strict=True)]
        text = csv_text(rows, headers=(*HEADERS, "fields"))
        odd = text + ",,,\n" if name == "odd.csv" else text  # one row short: read by hand
        column = self.lists() if name != "log.parquet" else pa.array(self.SHOWN)
        content: str | pa.Table = table().append_column("fields", column)
        if "csv" in name:
            content = odd
        elif name.endswith("jsonl"):
            shown = [one.split(";") if one and "lists" in name else one for one in self.SHOWN]
            whole = [dict(zip((*HEADERS, "fields"), (*row, one), strict=True))
                     for row, one in zip(ROWS, shown, strict=True)]  # fmt: skip
            content = "".join(json.dumps(one) + "\n" for one in whole)
        source = content if name[0] == "<" else write(tmp_path / name, content)

        read_access(reading, [source], fields=True)

        assert self.fields_of(reading) == list(self.SHOWN)
        assert rows_of(reading.engine) == list(MEANT)

    def test_are_unknown_in_files_that_lack_the_column(
        self, reading: Reading, tmp_path: Path
    ) -> None:
        with_fields = table(ROWS[1:]).append_column("fields", self.lists()[1:])
        files = [
            write(tmp_path / "a.parquet", table(ROWS[:1])),
            write(tmp_path / "b.parquet", with_fields),
        ]

        read_access(reading, files, fields=True)

        assert self.fields_of(reading) == [None, None, "C1"]

    def test_are_found_under_another_header(self, reading: Reading, tmp_path: Path) -> None:
        rows = [(*row, "C1") for row in ROWS]
        path = write(tmp_path / "log.csv", csv_text(rows, headers=(*HEADERS, "看了什么")))

        read_access(reading, [path], columns={"fields": "看了什么"}, fields=True)

        assert self.fields_of(reading) == ["C1", "C1", "C1"]

    def test_are_not_read_unless_they_are_asked_for(self, reading: Reading, tmp_path: Path) -> None:
        path = write(tmp_path / "a.parquet", table().append_column("fields", self.lists()))

        read_access(reading, [path])

        names = reading.engine.fetch(step("SELECT * FROM access")).column_names
        assert names == ["actor", "policy", "at"]

    def test_that_are_lists_of_something_else_are_refused(
        self, reading: Reading, tmp_path: Path
    ) -> None:
        path = write(tmp_path / "a.parquet", table().append_column("fields", [[[1]], [[2]], [[3]]]))

        with pytest.raises(BadInput, match=r"'fields' holds list.*flatten it"):
            read_access(reading, [path], fields=True)


class TestColumns:
    def test_foreign_headers_are_mapped(self, reading: Reading, tmp_path: Path) -> None:
        path = write(tmp_path / "log.csv", csv_text(headers=("time:timestamp", "谁", "案号", "x")))

        read_access(
            reading, [path], columns={"at": "time:timestamp", "actor": "谁", "policy": "案号"}
        )

        assert rows_of(reading.engine) == list(MEANT)

    def test_chinese_headers_are_found_in_gb18030(self, reading: Reading, tmp_path: Path) -> None:
        text = csv_text(headers=("时间", "操作员", "保单", "动作"))
        path = write(tmp_path / "log.csv", text.encode("gb18030"))

        read_access(reading, [path], columns={"at": "时间", "actor": "操作员", "policy": "保单"})

        assert rows_of(reading.engine) == list(MEANT)

    def test_case_and_blanks_of_a_header_don_t_matter(
        self, reading: Reading, tmp_path: Path
    ) -> None:
        path = write(tmp_path / "log.csv", csv_text(headers=(" AT", "Actor ", "POLICY", "Action")))

        read_access(reading, [path])

        assert rows_of(reading.engine) == list(MEANT)

    @pytest.mark.parametrize("name", ["log.csv", "log.jsonl", "log.parquet", "log.xes"])
    def test_a_missing_column_is_named_with_a_remedy(
        self, reading: Reading, tmp_path: Path, name: str
    ) -> None:
        content = {
            "log.csv": csv_text().replace("policy", "policy_no"),
            "log.jsonl": json_lines().replace("policy", "policy_no"),
            "log.parquet": table().rename_columns(["at", "actor", "policy_no", "action"]),
            "log.xes": xes().replace("concept:name", "policy_no"),
        }[name]
        path = write(tmp_path / name, content)

        with pytest.raises(BadInput, match=r"--columns policy=(case:)?policy_no") as caught:
            read_access(reading, [path])

        assert str(path) in caught.value.message
        assert "'policy'" in caught.value.message

    def test_a_first_row_of_data_is_not_quoted(self, reading: Reading, tmp_path: Path) -> None:
        path = write(tmp_path / "log.csv", "2015-03-04,A1,13800000000\n2015-03-05,A2,P2\n")

        with pytest.raises(BadInput, match="looks like data") as caught:
            read_access(reading, [path])

        assert "13800000000" not in caught.value.message
        assert "A1" not in caught.value.message.replace(str(path), "")

    def test_a_column_that_stands_twice_is_refused(self, reading: Reading, tmp_path: Path) -> None:
        path = write(tmp_path / "log.csv", "at,actor,policy,policy\n2015-03-04,A1,P1,P2\n")

        with pytest.raises(BadInput, match="twice"):
            read_access(reading, [path])

    def test_a_mapping_of_an_unknown_name_is_refused(
        self, reading: Reading, tmp_path: Path
    ) -> None:
        path = write(tmp_path / "log.csv", csv_text())

        with pytest.raises(BadInput, match="did you mean 'policy'"):
            read_access(reading, [path], columns={"polcy": "x"})


def test_two_reads_share_an_engine(engine: DuckDB, reading: Reading, tmp_path: Path) -> None:
    read_access(reading, [write(tmp_path / "a.csv", csv_text(ROWS[:1]))])
    read_access(reading, [write(tmp_path / "b.csv", csv_text())])

    assert rows_of(engine) == list(MEANT)


def test_a_lake_of_many_files_is_one_relation(reading: Reading, tmp_path: Path) -> None:
    for n in range(120):
        parquet.write_table(table(ROWS[:1]), tmp_path / f"{n:03}.parquet")

    inputs = read_access(reading, [tmp_path])

    assert len(inputs) == len(rows_of(reading.engine)) == 120
