"""Whatever the bytes: rows or one clear refusal; and both ways through a CSV file agree."""

import gzip
import io
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import openpyxl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hubao.kit.errors import BadInput
from hubao.lake import intake
from hubao.lake.engines.duckdb import DuckDB
from hubao.lake.inputs import Input
from hubao.lake.reading import Reading, read_access, read_policies, read_victims
from hubao.lake.rejects import Reason, Rejects
from tests.lake.samples import csv_text, json_lines, rows_of, table, write, xes

# One engine and one folder serve all examples: each writes over what the last one left.
shared = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
SUFFIXES = ["", ".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".parquet", ".xes", ".xes.gz", ".xlsx"]
HEADER = "at,actor,policy,note\n"
CELLS = st.one_of(
    st.sampled_from(
        ["2015-03-04", "2015-03-04 12:00:00", "A1", "P1", '"P,1"', '"P""1"', '"two\nlines"', ""]
    ),
    st.text(alphabet='a1, ;"\n\r\t\u3000é中\0', max_size=6),
)
LINES = st.one_of(
    st.lists(CELLS, min_size=1, max_size=6).map(",".join),
    st.tuples(CELLS, CELLS).map(lambda cells: f"2015-03-04,{cells[0]},P1,{cells[1]}"),
    st.just("2015-03-04 12:00:00,A1,P1,x"),
)


def book() -> bytes:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    for row in (("policy", "at", "actor"), ("P1", "2015-03-04", "A1")):
        sheet.append(row)
    data = io.BytesIO()
    made.save(data)
    return data.getvalue()


@pytest.fixture
def whole(tmp_path: Path) -> dict[str, bytes]:
    """One good file for each suffix."""
    parquet = write(tmp_path / "whole.parquet", table()).read_bytes()
    texts = {"": csv_text(), ".csv": csv_text(), ".jsonl": json_lines(), ".xes": xes()}
    plain = {suffix: text.encode() for suffix, text in texts.items()}
    zipped = {f"{s}.gz": gzip.compress(data, mtime=0) for s, data in plain.items() if s}
    return {**plain, **zipped, ".parquet": parquet, ".xlsx": book()}


def outcome(engine: DuckDB, path: Path) -> tuple[list[Any], list[Any]] | str:
    """The rows and what was set aside, or the refusal."""
    rejects = _Kept()
    try:
        read_access(Reading(engine, rejects=rejects), [path])
    except BadInput as refused:
        return refused.message
    return rows_of(engine), rejects.rows


class _Kept(Rejects):
    def __init__(self) -> None:
        super().__init__(None)
        self.rows: list[Any] = []

    def add(self, file: str, rows: Iterable[tuple[int, Reason]]) -> None:
        self.rows += [(file, line, reason) for line, reason in rows]


def by_hand_only() -> "mock._patch[Any]":
    return mock.patch.object(intake, "by_engine", return_value=None)


class TestBothWays:
    @settings(shared, max_examples=80)
    @given(st.lists(LINES, max_size=6), st.sampled_from(["\n", "\r\n"]), st.booleans())
    @example(['2015-03-04, "A1" ,P1,x'], "\n", False)
    @example(['2015-03-04,A1,P1,"x" '], "\n", False)
    @example(["2015-03-04,A1,P1,x,"], "\n", False)
    @example(["2015-03-04,A1,P1,x", "", "2015-03-04,A2,P1,x"], "\n", False)
    @example(["2015-03-04,A1\rB,P1,x"], "\n", False)
    def test_give_the_same(
        self, engine: DuckDB, tmp_path: Path, lines: list[str], end: str, zipped: bool
    ) -> None:
        text = (HEADER + "\n".join(lines)).replace("\n", end)
        path = write(tmp_path / ("log.csv.gz" if zipped else "log.csv"), text)

        quickly = outcome(engine, path)
        with by_hand_only():
            carefully = outcome(engine, path)

        assert quickly == carefully

    @pytest.mark.parametrize("name", ["log.csv", "log.csv.gz"])
    def test_a_plain_file_is_left_to_the_engine(
        self, engine: DuckDB, tmp_path: Path, name: str
    ) -> None:
        rows = "".join(f'2015-03-04 12:00:00,"坐席 {n}",P{n},\n' for n in range(20_000))
        path = write(tmp_path / name, HEADER + rows)

        with mock.patch.object(intake, "landing", side_effect=AssertionError):
            found = outcome(engine, path)

        assert len(found[0]) == 20_000

    def test_quoted_line_breaks_survive_many_blocks(self, engine: DuckDB, tmp_path: Path) -> None:
        rows = "".join(
            f'2015-03-04 12:00:00,A{n},P{n},"{"long " * 40}\n2015-03-04,B,P,x"\n'
            for n in range(10_000)
        )
        path = write(tmp_path / "log.csv", HEADER + rows)

        (found,) = read_access(Reading(engine), [path])

        assert len(rows_of(engine)) == 10_000
        assert (found.rows, found.rejected) == (10_000, 0)


class TestAnyBytes:
    @shared
    @given(st.sampled_from(SUFFIXES), st.binary(max_size=300))
    def test_are_rows_or_a_refusal(
        self, engine: DuckDB, tmp_path: Path, suffix: str, data: bytes
    ) -> None:
        path = tmp_path / f"log{suffix}"
        path.write_bytes(data)

        assert outcome(engine, path)

    @shared
    @given(st.sampled_from(SUFFIXES), st.data())
    def test_are_rows_or_a_refusal_after_a_good_start(
        self,
        engine: DuckDB,
        tmp_path: Path,
        whole: dict[str, bytes],
        suffix: str,
        data: st.DataObject,
    ) -> None:
        good = whole[suffix]
        cut = data.draw(st.integers(0, len(good)))
        path = tmp_path / f"log{suffix}"
        path.write_bytes(good[:cut] + data.draw(st.binary(max_size=40)))

        assert outcome(engine, path)

    @shared
    @given(st.sampled_from([".csv", ".jsonl", ".xes", ".xlsx"]), st.data())
    def test_are_rows_or_a_refusal_where_bits_flip(
        self,
        engine: DuckDB,
        tmp_path: Path,
        whole: dict[str, bytes],
        suffix: str,
        data: st.DataObject,
    ) -> None:
        spoilt = bytearray(whole[suffix])
        for place in data.draw(st.lists(st.integers(0, len(spoilt) - 1), min_size=1, max_size=5)):
            spoilt[place] ^= data.draw(st.integers(1, 255))
        path = tmp_path / f"table{suffix}"
        path.write_bytes(bytes(spoilt))

        for read in (read_victims, read_policies):
            assert self._is_read_or_refused(read, Reading(engine), path)
        assert outcome(engine, path)

    @staticmethod
    def _is_read_or_refused(
        read: Callable[[Reading, Path], Input], reading: Reading, path: Path
    ) -> bool:
        try:
            return bool(read(reading, path).rows > 0)
        except BadInput as refused:
            return str(path) in refused.message

    @shared
    @given(st.text(max_size=30))
    def test_in_a_header_stay_a_name(self, engine: DuckDB, tmp_path: Path, header: str) -> None:
        cell = header.replace('"', '""')
        path = write(tmp_path / "p.csv", f'policy,"{cell}"\nP1,x\n'.encode("utf-8", "replace"))

        try:
            read_policies(Reading(engine), path)
        except BadInput:
            return
        assert rows_of(engine, "policies")[0][0] == "P1"


def test_a_sheet_with_a_far_cell_is_refused(engine: DuckDB, tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    sheet["A1"], sheet["XFD1048576"] = "policy", "far"
    path = tmp_path / "far.xlsx"
    made.save(path)

    with pytest.raises(BadInput, match="too large"):
        read_victims(Reading(engine), path)


def test_strange_file_names_are_only_names(engine: DuckDB, tmp_path: Path) -> None:
    for name in strange_names():
        read_access(Reading(engine), [write(tmp_path / f"{name}.csv", csv_text())])
        read_access(Reading(engine), [write(tmp_path / f"{name}.parquet", table())])

        assert len(rows_of(engine)) == 3


def strange_names() -> Iterator[str]:
    yield from ("it's", 'a "b"', "a[1]", "a*", "a?", "$x", "保单", "a b;--", "{a,b}", "https:")
