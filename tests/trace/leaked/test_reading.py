import csv
import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from hubao.kit.errors import BadInput
from hubao.lake.engines.duckdb import DuckDB
from hubao.lake.intake import Reading
from hubao.lake.steps import step
from hubao.trace.leaked.columns import columns_of
from hubao.trace.leaked.marks import marks_of
from hubao.trace.leaked.matching import Matcher
from hubao.trace.leaked.reading import Asked, leaked_headers, read_all
from hubao.trace.leaked.report import FileRead, Marks, Match
from tests.trace.leaked.files import BEGIN, Row, office, table

OFFICE = office(records=30, actors=3, size=10)
ROWS: list[Row] = [
    {"姓名": one["name"], "phone": one["phone"], "备注": "好"} for one in OFFICE.book[:6]
]


def written(path: Path, rows: Sequence[Row], encoding: str = "utf-8", delimiter: str = ",") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        out = csv.writer(file, delimiter=delimiter)
        out.writerow(rows[0])
        out.writerows([row.values() for row in rows])
    return path


def read(given: "Path | pa.Table", access: "pa.Table | None" = None, **more: object) -> list[Row]:
    with DuckDB() as engine:
        read_into(engine, given, access, **more)
        rows: list[Row] = engine.fetch(step("SELECT * FROM leaked ORDER BY line")).to_pylist()
    return rows


def read_into(
    engine: DuckDB,
    given: "Path | pa.Table",
    access: "pa.Table | None" = None,
    history: "Path | pa.Table | None" = None,
) -> list[FileRead]:
    log = OFFICE.access if access is None else access
    asked = Asked(given, [log], OFFICE.policies, history)
    return read_all(Reading(engine), engine, asked)


def looked_at(given: "Path | pa.Table") -> Marks:
    with DuckDB() as engine:
        read_into(engine, given)
        columns = columns_of(leaked_headers(engine), list(OFFICE.book[0]))
        rows = Matcher(engine, columns).run(Match.EXACT)
        return marks_of(engine, given, columns, rows)


class TestLeakedFile:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
    def test_is_read_in_any_usual_encoding_and_delimiter(
        self, tmp_path: Path, encoding: str, delimiter: str
    ) -> None:
        path = written(tmp_path / "found.csv", ROWS, encoding, delimiter)

        rows = read(path)

        assert [list(row.values())[-1] for row in rows] == [2, 3, 4, 5, 6, 7]
        assert [row["姓名"] for row in rows] == [row["姓名"] for row in ROWS]

    def test_is_read_from_every_format(self, tmp_path: Path) -> None:
        lines = tmp_path / "found.jsonl"
        lines.write_text("\n".join(json.dumps(row) for row in ROWS))
        zipped = tmp_path / "found.csv.gz"
        zipped.write_bytes(gzip.compress(written(tmp_path / "a.csv", ROWS).read_bytes()))
        columns = tmp_path / "found.parquet"
        parquet.write_table(table(ROWS), columns)

        found = [read(one) for one in (lines, zipped, columns, table(ROWS))]

        assert [[row["phone"] for row in rows] for rows in found] == [
            [row["phone"] for row in ROWS]
        ] * 4

    def test_takes_a_formula_as_text(self, tmp_path: Path) -> None:
        evil = '=cmd|" /c calc"!A1'
        path = written(tmp_path / "found.csv", [ROWS[0], ROWS[1] | {"姓名": evil}])

        assert [row["姓名"] for row in read(path)] == [ROWS[0]["姓名"], evil]

    def test_sets_aside_a_broken_row_and_counts_it(self, tmp_path: Path) -> None:
        path = written(tmp_path / "found.csv", ROWS)
        path.write_bytes(path.read_bytes() + b"one cell too few\r\n\xff\xfe,2,3\r\n")

        with DuckDB() as engine:
            told = read_into(engine, path)[0]

        assert (told.role, told.rows, told.rejected) == ("leaked", 8, 2)

    @pytest.mark.parametrize("content", [b"", b"\n\n", b"a,b\n"])
    def test_is_refused_where_it_holds_no_row(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "found.csv"
        path.write_bytes(content)

        with pytest.raises(BadInput, match=r"found\.csv"):
            read(path)

    def test_is_refused_as_an_access_log_of_xes(self, tmp_path: Path) -> None:
        path = tmp_path / "found.xes"
        path.write_text("<log></log>")

        with pytest.raises(BadInput, match="XES, not a table"):
            read(path)

    def test_is_refused_where_two_columns_have_one_name(self, tmp_path: Path) -> None:
        path = tmp_path / "found.csv"
        path.write_text("phone,Phone\n1,2\n")

        with pytest.raises(BadInput, match=r"twice|two columns"):
            read(path)

    def test_is_refused_with_a_column_called_line(self) -> None:
        with pytest.raises(BadInput, match="'line'"):
            read(table([{"line": "5", "phone": "1"}]))


class TestHistory:
    def test_says_which_column_it_lacks(self) -> None:
        history = table([{"policy": "P1", "field": "phone", "value": "1"}])

        with pytest.raises(BadInput, match="'valid_from'"), DuckDB() as engine:
            read_into(engine, table(ROWS), history=history)


class TestBatches:
    def test_stand_as_actors_with_their_makers(self) -> None:
        with DuckDB() as engine:
            read_into(engine, table(ROWS))
            query = "SELECT actor, count(*) AS n FROM first_seen GROUP BY actor ORDER BY actor"
            found = engine.fetch(step(query)).to_pylist()
            makers = engine.fetch(step("SELECT * FROM makers ORDER BY batch")).to_pylist()

        assert found[-2:] == [
            {"actor": "batch:export-3", "n": 10},
            {"actor": "batch:export-7", "n": 10},
        ]
        assert makers[0] == {"batch": "batch:export-3", "actor": "agent-03"}

    def test_are_found_in_a_csv_log(self, tmp_path: Path) -> None:
        log = tmp_path / "access.csv"
        log.write_text(
            f"actor,policy,at,batch\na,P1,{BEGIN.isoformat()},B1\na,P2,{BEGIN.isoformat()},\n"
        )

        with DuckDB() as engine:
            read_all(Reading(engine), engine, Asked(table(ROWS), [log], OFFICE.policies))
            found = engine.fetch(step("SELECT * FROM first_seen ORDER BY actor, policy"))

        assert found.column("actor").to_pylist() == ["a", "a", "batch:B1"]

    def test_may_be_a_column_without_any_value(self) -> None:
        log = OFFICE.access.filter(pa.compute.is_null(OFFICE.access.column("batch")))

        with DuckDB() as engine:
            read_into(engine, table(ROWS), access=log)

            assert engine.fetch(step("SELECT * FROM makers")).num_rows == 0


class TestMarks:
    def test_say_how_the_file_was_made(self, tmp_path: Path) -> None:
        path = written(tmp_path / "found.csv", ROWS, "gb18030", ";")

        marks = looked_at(path)

        assert (marks.format, marks.encoding, marks.delimiter) == ("CSV", "gb18030", ";")
        assert marks.line_ends == "CRLF"
        assert marks.columns == ["姓名", "phone", "备注"]
        assert marks.unknown_columns == ["备注"]

    def test_tell_a_byte_order_mark(self, tmp_path: Path) -> None:
        marks = looked_at(written(tmp_path / "found.csv", ROWS, "utf-8-sig"))

        assert marks.encoding == "utf-8, byte order mark"

    def test_see_the_order_of_numbers_and_of_the_records(self) -> None:
        rows = [row | {"amount": str(90 + 7 * i)} for i, row in enumerate(ROWS)]

        marks = looked_at(table(rows))

        assert marks.sorted_by == ["amount", "policy"]

    def test_see_the_order_turned_round(self) -> None:
        assert looked_at(table(ROWS[::-1])).sorted_by == [">policy"]

    def test_count_empty_cells_formulas_and_repeats(self) -> None:
        rows = [
            *ROWS,
            ROWS[2],
            ROWS[3] | {"备注": "NULL"},
            ROWS[4] | {"备注": ""},
            ROWS[5] | {"备注": "=1+1"},
        ]

        marks = looked_at(table(rows))

        assert marks.repeated_rows == 4
        assert marks.null_styles == [("", 1), ("NULL", 1)]
        assert marks.formula_cells == 1
