"""Victims, policies and actors."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest

from hubao.kit.errors import BadInput
from hubao.lake.inputs import Role
from hubao.lake.reading import (
    Reading,
    read_access,
    read_actors,
    read_identities,
    read_policies,
    read_victims,
)
from tests.lake.samples import csv_text, rows_of, set_aside, table, utc, write

VICTIMS = (
    ("policy", "contacted_at", "reported_at", "asked_because", "confidence"),
    ("P2", "2015-03-04 12:00", "2015-03-05", "", "0.9"),
    ("P1", "", "", "audit", ""),
)
NOON = utc(2015, 3, 4, 4)
MIDNIGHT = utc(2015, 3, 4, 16)


Cell = str | float | datetime | date | None


def workbook(path: Path, rows: Sequence[Sequence[Cell]], *, skip: int = 0) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for number, row in enumerate(rows, start=1 + skip):
        for place, cell in enumerate(row, start=1):
            sheet.cell(number, place, cell)
    book.save(path)
    return path


class TestVictims:
    def test_keep_their_order_and_blanks(self, reading: Reading, tmp_path: Path) -> None:
        path = write(tmp_path / "victims.csv", csv_text(VICTIMS[1:], headers=VICTIMS[0]))

        found = read_victims(reading, path)

        assert rows_of(reading.engine, "victims") == [
            ("P2", NOON, MIDNIGHT, None, 0.9, None, 2),
            ("P1", None, None, "audit", None, None, 3),
        ]
        assert (found.role, found.rows, found.rejected) == (Role.VICTIMS, 2, 0)

    def test_need_only_a_policy(self, reading: Reading, tmp_path: Path) -> None:
        read_victims(reading, write(tmp_path / "victims.csv", "policy\nP1\n"))

        assert rows_of(reading.engine, "victims") == [("P1", None, None, None, None, None, 2)]

    def test_come_out_of_excel(self, reading: Reading, tmp_path: Path) -> None:
        rows: list[Sequence[Cell]] = [
            VICTIMS[0],
            (1002, utc(2015, 3, 4, 12), date(2015, 3, 5), None, 0.9),
            ("P1", "2015/3/4 12:00", None, "audit", None),
            ("P3", "once", None, None, None),
        ]

        found = read_victims(reading, workbook(tmp_path / "victims.xlsx", rows, skip=2))

        assert rows_of(reading.engine, "victims") == [
            ("1002", NOON, MIDNIGHT, None, 0.9, None, 4),
            ("P1", NOON, None, "audit", None, None, 5),
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
        assert [row[:2] + row[6:] for row in found] == [("7", NOON, 1), ("8", None, 2)]

    @pytest.mark.parametrize("name", ["v.csv", "v.parquet", "v.jsonl", "<victims>"])
    def test_say_what_the_caller_knew_as_text_or_as_a_list(
        self, reading: Reading, tmp_path: Path, name: str
    ) -> None:
        table = pa.table({"policy": ["P1", "P2", "P3"], "fields_quoted": [["C2", "C1"], [], None]})
        texts = {
            "v.csv": "policy,fields_quoted\nP1,C2;C1\nP2, \nP3,\n",
            "v.jsonl": '{"policy": "P1", "fields_quoted": ["C2", "C1"]}\n'
            '{"policy": "P2", "fields_quoted": []}\n{"policy": "P3"}\n',
        }
        source = table if name[0] == "<" else write(tmp_path / name, texts.get(name, table))

        read_victims(reading, source)

        found = rows_of(reading.engine, "victims")
        assert [(row[0], row[5]) for row in found] == [("P1", "C2;C1"), ("P2", None), ("P3", None)]

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

        assert rows_of(reading.engine, "policies") == [(row[0], None, *row[1:])]

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


class TestIdentities:
    @pytest.mark.parametrize("name", ["i.csv", "i.jsonl", "i.parquet", "i.xlsx"])
    def test_say_whose_a_login_is(self, reading: Reading, tmp_path: Path, name: str) -> None:
        rows = [("L1", "A1"), ("", "A1"), ("L2", ""), ("L3", "A1")]
        if name.endswith("xlsx"):
            path = workbook(tmp_path / name, [("login", "actor"), *rows])
        elif name.endswith("jsonl"):
            lines = [f'{{"login": "{login}", "actor": "{actor}"}}\n' for login, actor in rows]
            path = write(tmp_path / name, "".join(lines))
        else:
            text = csv_text(rows, headers=("login", "actor"))
            table = pa.table({"login": [a for a, _ in rows], "actor": [b for _, b in rows]})
            path = write(tmp_path / name, text if name == "i.csv" else table)

        found = read_identities(reading, path)

        assert [row[:2] for row in rows_of(reading.engine, "identities")] == [
            ("L1", "A1"),
            ("L3", "A1"),
        ]
        assert [reason for _, reason in set_aside(reading)] == ["no login", "no actor"]
        assert (found.role, found.rows, found.rejected) == (Role.IDENTITIES, 4, 2)

    def test_join_the_accesses_read_after_them(self, reading: Reading, tmp_path: Path) -> None:
        read_identities(reading, write(tmp_path / "i.csv", "login,actor\nA1,Z\nA1,Z\nA9,Z\n"))
        for name, content in (("a.csv", csv_text()), ("a.parquet", table())):
            read_access(reading, [write(tmp_path / name, content)])

            assert [row[0] for row in rows_of(reading.engine)] == ["Z", "A2", "坐席7"]


def test_actors_have_every_column(reading: Reading, tmp_path: Path) -> None:
    text = "actor,unit,left\nA1,north,2015-03-05\nA2,,9999-12-31\n"

    found = read_actors(reading, write(tmp_path / "actors.csv", text))

    rows = rows_of(reading.engine, "actors")
    assert rows[0] == ("A1", None, "north", None, None, None, MIDNIGHT)
    assert found.role is Role.ACTORS
