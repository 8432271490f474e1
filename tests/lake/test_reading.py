"""The readers as a whole: every format, every fault, through the public functions."""

import gzip
import hashlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest
from pyarrow import parquet

from hubao.kit.errors import BadInput
from hubao.lake.engines.duckdb import DuckDB
from hubao.lake.inputs import Role
from hubao.lake.reading import (
    Reading,
    read_access,
    read_actors,
    read_policies,
    read_victims,
)
from hubao.lake.rejects import Rejects
from tests.lake.samples import MEANT, ROWS, csv_text, json_lines, rows_of, table, utc, write, xes

BAD_ROWS = (
    ROWS[0],
    ("2015-03-04 12:00:00", "", "P1", "view"),
    ("2015-03-04 12:00:00", "A1", "\u3000 ", "view"),
    ("soon", "A1", "P1", "view"),
    ("", "A1", "P1", "view"),
)
BAD_REASONS = ["no actor", "no policy", "unreadable time", "unreadable time"]


def set_aside(reading: Reading) -> list[tuple[int, str]]:
    """Line and reason of every row in the rejects file."""
    path = reading.rejects.path
    assert path is not None
    if not path.exists():
        return []
    _, *rows = path.read_text(encoding="utf-8").splitlines()
    return [(int(line), reason) for _, line, reason in (row.rsplit(",", 2) for row in rows)]


def contents(format_: str) -> "str | bytes | pa.Table":
    return {
        "csv": csv_text(),
        "bom": "\ufeff" + csv_text(),
        "gb18030": csv_text().encode("gb18030"),
        "tabs": csv_text().replace(",", "\t"),
        "semicolons": csv_text().replace(",", ";"),
        "bars": csv_text().replace(",", "|"),
        "line feeds": csv_text().replace("\r\n", "\n"),
        "carriage returns": csv_text().replace("\r\n", "\r"),
        "json": json_lines(),
        "gb18030 json": json_lines().encode("gb18030"),
        "xes": xes(),
        "parquet": table(),
    }[format_]


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

        assert "138" not in caught.value.message

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


class TestRejects:
    @pytest.mark.parametrize(
        ("name", "lines"),
        [
            ("log.csv", [3, 4, 5, 6]),
            ("log.csv.gz", [3, 4, 5, 6]),
            ("log.jsonl", [2, 3, 4, 5]),
            ("log.xes", [8, 11, 14, 17]),
        ],
    )
    def test_each_bad_row_is_set_aside_with_its_line(
        self, reading: Reading, tmp_path: Path, name: str, lines: list[int]
    ) -> None:
        make = {"csv": csv_text, "jsonl": json_lines, "xes": xes}[name.split(".")[1]]
        path = write(tmp_path / name, make(BAD_ROWS))

        (found,) = read_access(reading, [path])

        assert set_aside(reading) == list(zip(lines, BAD_REASONS, strict=True))
        assert (found.rows, found.rejected, reading.rejects.count) == (5, 4, 4)
        assert len(rows_of(reading.engine)) == 1

    def test_nothing_of_a_row_is_quoted(self, reading: Reading, tmp_path: Path) -> None:
        rows = [ROWS[0], ("when", "张三", "310101199001011234", "view")]

        read_access(reading, [write(tmp_path / "log.csv", csv_text(rows))])

        text = (tmp_path / "out.rejects.csv").read_text(encoding="utf-8")
        assert text.splitlines() == ["file,line,reason", f"{tmp_path}/log.csv,3,unreadable time"]

    def test_lines_are_physical_lines(self, reading: Reading, tmp_path: Path) -> None:
        text = (
            "at,note,actor,policy\n"
            '2015-03-04,"two\nlines",A1,P1\n'
            "\n"
            "2015-03-04,x,,P1\n"
            '2015-03-04,"a\nb\nc",,P1\n'
            "2015-03-04,x,A1\n"
            "2015-03-04,x,A1,P1,more\n"
            "2015-03-04,x,A1,P1,\n"
        )

        (found,) = read_access(reading, [write(tmp_path / "log.csv", text)])

        assert set_aside(reading) == [
            (5, "no actor"),
            (6, "no actor"),
            (9, "wrong column count"),
            (10, "wrong column count"),
        ]
        assert (found.rows, found.rejected) == (6, 4)

    def test_a_stray_quote_costs_its_own_row_only(self, reading: Reading, tmp_path: Path) -> None:
        rows = "".join(f"2015-03-04,A{n},P{n}\n" for n in range(50))
        text = f'at,actor,policy\n2015-03-04,"A,P1\n{rows}2015-03-04,"B,P1\n2015-03-05,A,P\n'

        (found,) = read_access(reading, [write(tmp_path / "log.csv", text)])

        assert [line for line, _ in set_aside(reading)] == [2, 53]
        assert (found.rows, found.rejected) == (53, 2)

    def test_bad_bytes_cost_their_own_row_only(self, reading: Reading, tmp_path: Path) -> None:
        good = "2015-03-04,坐席,保单\n".encode()
        data = b"at,actor,policy\n" + good * 3 + b"2015-03-04,\xff\xfe,P\n" + b"2015-03-04,\0,P\n"

        (found,) = read_access(reading, [write(tmp_path / "log.csv", data + good)])

        assert set_aside(reading) == [(5, "bad bytes"), (6, "bad bytes")]
        assert rows_of(reading.engine) == [("坐席", "保单", utc(2015, 3, 3, 16))] * 4
        assert found.rows == 6

    def test_an_endless_cell_costs_its_own_row_only(self, reading: Reading, tmp_path: Path) -> None:
        text = f"at,actor,policy\n2015-03-04,{'x' * 3_000_000},P\n2015-03-04,A1,P1\n"
        medium = f"2015-03-04,{'y' * 200_000},P\n"

        read_access(reading, [write(tmp_path / "log.csv", text + medium)])

        assert set_aside(reading) == [(2, "too long"), (4, "too long")]
        assert len(rows_of(reading.engine)) == 1

    def test_json_that_is_none_is_set_aside(self, reading: Reading, tmp_path: Path) -> None:
        deep = "[" * 100_000
        text = json_lines(ROWS[:1]) + f'[1]\nnot json\n{deep}\n\n{{"actor": "\\ud800"}}\n{{}}\n'

        (found,) = read_access(reading, [write(tmp_path / "log.jsonl", text)])

        assert set_aside(reading) == [
            (2, "not a JSON object"),
            (3, "not a JSON object"),
            (4, "not a JSON object"),
            (6, "bad bytes"),
            (7, "no actor"),
        ]
        assert found.rows == 6

    def test_parquet_rows_are_numbered(self, reading: Reading, tmp_path: Path) -> None:
        good = table()
        holes = pa.table(
            {
                "at": good["at"],
                "actor": pa.array(["A1", None, "  "]),
                "policy": pa.array(["P1", "P1", "P1"]),
            }
        )
        paths = [write(tmp_path / "a.parquet", good.select(["at", "actor", "policy"]))]
        paths.append(write(tmp_path / "b.parquet", holes))

        inputs = read_access(reading, [*paths, holes])

        assert set_aside(reading) == [(2, "no actor"), (3, "no actor")] * 2
        assert sorted(one.rejected for one in inputs) == [0, 2, 2]
        assert len(rows_of(reading.engine)) == 5

    def test_strict_stops_at_the_first(self, reading: Reading, tmp_path: Path) -> None:
        reading.strict = True
        path = write(tmp_path / "log.csv", csv_text(BAD_ROWS))

        with pytest.raises(BadInput, match=r"log\.csv line 3: no actor"):
            read_access(reading, [path])

        assert not (tmp_path / "out.rejects.csv").exists()

    def test_strict_lets_good_rows_pass(self, reading: Reading, tmp_path: Path) -> None:
        reading.strict = True

        read_access(reading, [write(tmp_path / "log.csv", csv_text())])

        assert rows_of(reading.engine) == list(MEANT)

    def test_a_file_of_bad_rows_only_is_refused(self, reading: Reading, tmp_path: Path) -> None:
        path = write(tmp_path / "log.csv", csv_text(BAD_ROWS[1:]))

        with pytest.raises(BadInput, match=r"every row was set aside.*line 2, no actor"):
            read_access(reading, [path])

        assert len(set_aside(reading)) == 4

    def test_denied_accesses_alone_are_refused(self, reading: Reading, tmp_path: Path) -> None:
        path = write(tmp_path / "log.csv", csv_text([(*ROWS[0][:3], "denied")]))

        with pytest.raises(BadInput, match="every access was denied"):
            read_access(reading, [path])

    def test_a_rejects_file_that_became_untrue_is_removed(self, tmp_path: Path) -> None:
        path = write(tmp_path / "out.rejects.csv", "file,line,reason\nx,1,no actor\n")

        with Rejects(path):
            pass

        assert not path.exists()

    def test_a_file_that_is_not_ours_is_left(self, tmp_path: Path) -> None:
        path = write(tmp_path / "out.rejects.csv", "my,own,file\n")

        with Rejects(path):
            pass

        assert path.exists()


class TestRefusals:
    @pytest.mark.parametrize("name", ["log.csv", "log.jsonl", "log.parquet", "log.xes", "log"])
    @pytest.mark.parametrize("content", [b"", b"\n \n", b"\xef\xbb\xbf"])
    def test_an_empty_file_is_refused(
        self, reading: Reading, tmp_path: Path, name: str, content: bytes
    ) -> None:
        with pytest.raises(BadInput, match=r"is empty|named as Parquet"):
            read_access(reading, [write(tmp_path / name, content)])

    @pytest.mark.parametrize("name", ["log.csv", "log.csv.gz", "log.parquet"])
    def test_headers_without_rows_are_refused(
        self, reading: Reading, tmp_path: Path, name: str
    ) -> None:
        content = table().slice(0, 0) if name.endswith("parquet") else csv_text([])

        with pytest.raises(BadInput, match="no rows"):
            read_access(reading, [write(tmp_path / name, content)])

    @pytest.mark.parametrize(
        ("name", "format_"),
        [
            ("log.parquet", "csv"),
            ("log.csv", "parquet"),
            ("log.csv", "xes"),
            ("log.csv", "json"),
            ("log.xes", "csv"),
            ("log.json", "xes"),
            ("log.jsonl", "parquet"),
            ("log.xlsx", "csv"),
        ],
    )
    def test_a_file_that_is_not_what_its_name_says_is_refused(
        self, reading: Reading, tmp_path: Path, name: str, format_: str
    ) -> None:
        path = write(tmp_path / "any", contents(format_)).rename(tmp_path / name)

        with pytest.raises(BadInput, match="is named as") as caught:
            read_access(reading, [path])

        assert str(path) in caught.value.message

    @pytest.mark.parametrize(
        ("name", "data", "said"),
        [
            ("log.csv.gz", csv_text().encode(), "named as gzip"),
            ("log.csv", gzip.compress(csv_text().encode()), "it is gzip"),
            ("log.csv.gz", gzip.compress(csv_text().encode())[:-12], "cut-off gzip"),
            ("log.csv.gz", gzip.compress(csv_text().encode()) + b"rest", "cut-off gzip"),
            ("log.xes.gz", gzip.compress(xes().encode())[:-12], "cut-off gzip"),
            ("log.jsonl.gz", gzip.compress(json_lines().encode())[:-12], "cut-off gzip"),
            ("log.csv", csv_text().encode("utf-16"), "UTF-16"),
            ("log.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 99, "old Excel"),
            ("log.parquet", b"PAR1" + b"0" * 99, "cut-off Parquet"),
            ("log.jsonl", b'[{"a": 1}]', "one object per line"),
            ("log.xes", b"<html><body/></html>", "no XES log"),
            ("log.xes", b"<log><trace>", "line 1"),
            ("log.xes", b"<log></log>", "no XES event"),
        ],
    )
    def test_a_broken_file_is_refused_by_name(
        self, reading: Reading, tmp_path: Path, name: str, data: bytes, said: str
    ) -> None:
        path = tmp_path / name
        path.write_bytes(data)

        with pytest.raises(BadInput, match=said) as caught:
            read_access(reading, [path])

        assert str(path) in caught.value.message

    def test_parquet_spoilt_within_is_refused(self, reading: Reading, tmp_path: Path) -> None:
        whole = write(tmp_path / "whole.parquet", table(ROWS * 2000))
        data = bytearray(whole.read_bytes())
        data[4:400] = b"\xff" * 396
        spoilt = tmp_path / "spoilt.parquet"
        spoilt.write_bytes(bytes(data))

        with pytest.raises(BadInput, match=r"spoilt\.parquet"):
            read_access(reading, [whole, spoilt])

    def test_a_workbook_is_no_access_log(self, reading: Reading, tmp_path: Path) -> None:
        path = tmp_path / "log.xlsx"
        openpyxl.Workbook().save(path)

        with pytest.raises(BadInput, match="not read as access"):
            read_access(reading, [path])

    def test_a_document_type_is_refused(self, reading: Reading, tmp_path: Path) -> None:
        levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
        bomb = xes(before=f'<!DOCTYPE log [<!ENTITY l0 "lol">{levels}]>')
        path = write(tmp_path / "log.xes", bomb.replace('value="A1"', 'value="&l9;"'))

        with pytest.raises(BadInput, match=r"document type|well-formed"):
            read_access(reading, [path])

    def test_an_entity_from_outside_is_never_read(self, reading: Reading, tmp_path: Path) -> None:
        secret = write(tmp_path / "secret", "A1")
        attack = xes(before=f'<!DOCTYPE log [<!ENTITY x SYSTEM "file://{secret}">]>')
        path = write(tmp_path / "log.xes", attack.replace("<log>", "<log>&x;"))

        with pytest.raises(BadInput, match="document type"):
            read_access(reading, [path])

    def test_two_files_are_no_small_table(self, reading: Reading, tmp_path: Path) -> None:
        for name in ("a.csv", "b.csv"):
            write(tmp_path / name, "policy\nP1\n")

        with pytest.raises(BadInput, match="give one"):
            read_victims(reading, tmp_path / "*.csv")


VICTIMS = (
    ("policy", "contacted_at", "reported_at", "asked_because", "confidence"),
    ("P2", "2015-03-04 12:00", "2015-03-05", "", "0.9"),
    ("P1", "", "", "audit", ""),
)
NOON = utc(2015, 3, 4, 4)
MIDNIGHT = utc(2015, 3, 4, 16)


def workbook(path: Path, rows: Sequence[Sequence[object]], *, skip: int = 0) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for number, row in enumerate(rows, start=1 + skip):
        for place, cell in enumerate(row, start=1):
            sheet.cell(number, place, cell)  # type: ignore[arg-type]
    book.save(path)
    return path


class TestVictims:
    def test_keep_their_order_and_blanks(self, reading: Reading, tmp_path: Path) -> None:
        path = write(tmp_path / "victims.csv", csv_text(VICTIMS[1:], headers=VICTIMS[0]))

        found = read_victims(reading, path)

        assert rows_of(reading.engine, "victims") == [
            ("P2", NOON, MIDNIGHT, None, 0.9, 2),
            ("P1", None, None, "audit", None, 3),
        ]
        assert (found.role, found.rows, found.rejected) == (Role.VICTIMS, 2, 0)

    def test_need_only_a_policy(self, reading: Reading, tmp_path: Path) -> None:
        read_victims(reading, write(tmp_path / "victims.csv", "policy\nP1\n"))

        assert rows_of(reading.engine, "victims") == [("P1", None, None, None, None, 2)]

    def test_come_out_of_excel(self, reading: Reading, tmp_path: Path) -> None:
        rows = [
            VICTIMS[0],
            (1002, utc(2015, 3, 4, 12), date(2015, 3, 5), None, 0.9),
            ("P1", "2015/3/4 12:00", None, "audit", None),
            ("P3", "once", None, None, None),
        ]

        found = read_victims(reading, workbook(tmp_path / "victims.xlsx", rows, skip=2))

        assert rows_of(reading.engine, "victims") == [
            ("1002", NOON, MIDNIGHT, None, 0.9, 4),
            ("P1", NOON, None, "audit", None, 5),
        ]
        assert set_aside(reading) == [(6, "unreadable time")]
        assert found.rows == 3

    @pytest.mark.parametrize("name", ["victims.parquet", "victims.jsonl", "<victims>"])
    def test_come_out_of_other_formats(self, reading: Reading, tmp_path: Path, name: str) -> None:
        rows = pa.table({"policy": [7, 8], "contacted_at": ["2015-03-04 12:00", None]})
        lines = '{"policy": 7, "contacted_at": "2015-03-04 12:00"}\n{"policy": 8}\n'
        source = rows if name[0] == "<" else tmp_path / name
        if isinstance(source, Path):
            write(source, rows if name.endswith("parquet") else lines)

        read_victims(reading, source)

        found = rows_of(reading.engine, "victims")
        assert [row[:2] + row[5:] for row in found] == [("7", NOON, 1), ("8", None, 2)]

    def test_bad_rows_are_set_aside(self, reading: Reading, tmp_path: Path) -> None:
        rows = [
            ("P1", "2015-03-04", "", "", "1"),
            ("", "2015-03-04", "", "", ""),
            ("P2", "x", "", "", ""),
            ("P3", "", "x", "", ""),
            ("P4", "", "", "", "80 %"),
            ("P5", "", "", "", "nan"),
        ]

        found = read_victims(
            reading, write(tmp_path / "victims.csv", csv_text(rows, headers=VICTIMS[0]))
        )

        assert found.rejected == 5
        assert [reason for _, reason in set_aside(reading)] == [
            "no policy",
            "unreadable time",
            "unreadable time",
            "unreadable number",
            "unreadable number",
        ]

    def test_a_missing_column_says_what_to_rename(self, reading: Reading, tmp_path: Path) -> None:
        with pytest.raises(BadInput, match="rename 'Policy_Id' to it"):
            read_victims(reading, write(tmp_path / "victims.csv", "Policy_Id\nP1\n"))


class TestPolicies:
    @pytest.mark.parametrize("name", ["p.csv", "p.jsonl", "p.parquet", "p.xlsx"])
    def test_keep_every_column_under_its_own_name(
        self, reading: Reading, tmp_path: Path, name: str
    ) -> None:
        headers = ("policy", "分公司", "line", "action", "from")
        row = ("P1", "上海", "5", "x", "y")
        by_name = {header: [cell] for header, cell in zip(headers, row, strict=True)}
        if name.endswith("xlsx"):
            path = workbook(tmp_path / name, [headers, row])
        elif name.endswith("jsonl"):
            text = ", ".join(f'"{k}": "{v}"' for k, v in zip(headers, row, strict=True))
            path = write(tmp_path / name, f"{{{text}}}\n")
        else:
            content = csv_text([row], headers=headers) if name == "p.csv" else pa.table(by_name)
            path = write(tmp_path / name, content)

        read_policies(reading, path)

        assert rows_of(reading.engine, "policies") == [row]

    def test_without_policy_are_set_aside(self, reading: Reading, tmp_path: Path) -> None:
        found = read_policies(reading, write(tmp_path / "p.csv", "policy,unit\n,a\nP1,b\n"))

        assert set_aside(reading) == [(2, "no policy")]
        assert found.rejected == 1

    def test_columns_of_one_name_are_refused(self, reading: Reading, tmp_path: Path) -> None:
        with pytest.raises(BadInput, match="same name"):
            read_policies(reading, write(tmp_path / "p.csv", "policy,Unit,unit\nP1,a,b\n"))

    def test_a_json_column_that_comes_late_is_refused(
        self, reading: Reading, tmp_path: Path
    ) -> None:
        text = '{"policy": "P1"}\n' * 1200 + '{"policy": "P2", "unit": "a"}\n'

        with pytest.raises(BadInput, match="line 1201"):
            read_policies(reading, write(tmp_path / "p.jsonl", text))


def test_actors_have_every_column(reading: Reading, tmp_path: Path) -> None:
    text = "actor,unit,left\nA1,north,2015-03-05\nA2,,9999-12-31\n"

    found = read_actors(reading, write(tmp_path / "actors.csv", text))

    rows = rows_of(reading.engine, "actors")
    assert rows[0] == ("A1", None, "north", None, None, None, MIDNIGHT)
    assert found.role is Role.ACTORS


def test_two_reads_share_an_engine(engine: DuckDB, reading: Reading, tmp_path: Path) -> None:
    read_access(reading, [write(tmp_path / "a.csv", csv_text(ROWS[:1]))])
    read_access(reading, [write(tmp_path / "b.csv", csv_text())])

    assert rows_of(engine) == list(MEANT)


def test_a_lake_of_many_files_is_one_relation(reading: Reading, tmp_path: Path) -> None:
    for n in range(120):
        parquet.write_table(table(ROWS[:1]), tmp_path / f"{n:03}.parquet")

    inputs = read_access(reading, [tmp_path])

    assert len(inputs) == len(rows_of(reading.engine)) == 120
