"""Rows that can't be used: set aside by line and reason, nothing else lost."""

from pathlib import Path

import pyarrow as pa
import pytest

from hubao.kit.errors import BadInput
from hubao.lake.reading import (
    Reading,
    read_access,
)
from hubao.lake.rejects import Rejects
from tests.lake.samples import (
    MEANT,
    ROWS,
    csv_text,
    json_lines,
    rows_of,
    set_aside,
    table,
    utc,
    write,
    xes,
)

BAD_ROWS = (
    ROWS[0],
    ("2015-03-04 12:00:00", "", "P1", "view"),
    ("2015-03-04 12:00:00", "A1", "\u3000 ", "view"),
    ("soon", "A1", "P1", "view"),
    ("", "A1", "P1", "view"),
)
BAD_REASONS = ["no actor", "no policy", "unreadable time", "unreadable time"]


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
