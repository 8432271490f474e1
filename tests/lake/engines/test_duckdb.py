from pathlib import Path

import pyarrow as pa
import pytest

from hubao.kit.errors import Kind
from hubao.lake.engines.duckdb import DuckDB
from hubao.lake.engines.failed import EngineFailed, OutOfMemory
from hubao.lake.steps import select_all, step

NUMBERS = pa.table({"n": [1, 2, 3]})


class TestRelations:
    def test_a_table_that_was_loaded_can_be_asked(self, engine: DuckDB) -> None:
        engine.load("numbers", NUMBERS)

        assert engine.fetch(step("SELECT sum(n) AS s FROM numbers")).to_pylist() == [{"s": 6}]

    def test_a_stream_that_was_loaded_can_be_asked_twice(self, engine: DuckDB) -> None:
        engine.load("numbers", NUMBERS.to_reader())

        counts = [engine.fetch(step("SELECT count(*) AS c FROM numbers")) for _ in range(2)]

        assert [one.to_pylist() for one in counts] == [[{"c": 3}], [{"c": 3}]]

    def test_values_are_bound_and_those_not_used_are_left_out(self, engine: DuckDB) -> None:
        engine.load("numbers", NUMBERS)
        values = {"low": 2, "unused": "x'; DROP TABLE numbers"}

        engine.create("high", step("SELECT n FROM numbers WHERE n >= $low"), values)

        assert engine.fetch(step("SELECT n FROM high ORDER BY n"))["n"].to_pylist() == [2, 3]

    def test_a_view_keeps_its_values(self, engine: DuckDB) -> None:
        engine.load("numbers", NUMBERS)

        engine.view("one", step("SELECT n FROM numbers WHERE n = $which"), {"which": 2})
        engine.view("two", step("SELECT n FROM numbers WHERE n = $which"), {"which": 3})

        both = [engine.fetch(select_all(name, ["n"])) for name in ("one", "two")]
        assert [found["n"].to_pylist() for found in both] == [[2], [3]]

    @pytest.mark.parametrize("first", ["load", "view", "create"])
    def test_a_name_can_be_given_again(self, engine: DuckDB, first: str) -> None:
        if first == "load":
            engine.load("it", NUMBERS)
        else:
            getattr(engine, first)("it", step("SELECT 1 AS n"))

        engine.create("it", step("SELECT 7 AS n"))
        engine.view("it", step("SELECT 8 AS n"))
        engine.load("it", pa.table({"n": [9]}))

        assert engine.fetch(step("SELECT n FROM it"))["n"].to_pylist() == [9]

    def test_a_dropped_relation_is_gone(self, engine: DuckDB) -> None:
        engine.create("it", step("SELECT 7 AS n"))

        engine.drop("it")

        with pytest.raises(EngineFailed):
            engine.fetch(step("SELECT n FROM it"))

    def test_rows_are_appended_to_a_table(self, engine: DuckDB) -> None:
        engine.create("it", step("SELECT 1 AS n"))

        engine.append("it", step("SELECT $n AS n"), {"n": 2})

        assert engine.fetch(step("SELECT n FROM it ORDER BY n"))["n"].to_pylist() == [1, 2]

    def test_an_attached_file_keeps_its_rows(self, engine: DuckDB, tmp_path: Path) -> None:
        path = tmp_path / "it's an index"
        engine.attach("index", path, read_only=False)
        engine.create("index.seen", step("SELECT 5 AS n"))
        engine.detach("index")

        with DuckDB() as other:
            other.attach("index", path, read_only=True)
            found = other.fetch(step("SELECT n FROM seen", tables={"seen": "index.seen"}))

        assert found["n"].to_pylist() == [5]


class TestSafety:
    def test_an_error_holds_no_value_and_no_cause(self, engine: DuckDB) -> None:
        query = step("SELECT CAST($text AS INTEGER) AS n")

        with pytest.raises(EngineFailed) as caught:
            engine.fetch(query, {"text": "holder-13800000000"})

        assert "13800000000" not in str(caught.value)
        assert caught.value.kind is Kind.UNAVAILABLE
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__

    def test_no_extension_is_fetched(self, engine: DuckDB) -> None:
        with pytest.raises(EngineFailed):
            engine.fetch(step("SELECT * FROM read_parquet('https://127.0.0.1/x.parquet')"))

    def test_a_python_variable_is_no_relation(self, engine: DuckDB) -> None:
        secret = NUMBERS

        with pytest.raises(EngineFailed):
            engine.fetch(step("SELECT * FROM secret"))
        assert secret.num_rows == 3

    def test_what_it_spilled_is_removed(self, tmp_path: Path) -> None:
        with DuckDB(scratch=tmp_path, memory_limit="64MB") as engine:
            rows = step("SELECT range AS n, md5(CAST(range AS VARCHAR)) AS m FROM range(2500000)")
            engine.create("it", rows)
            spilled = [path for path in tmp_path.rglob("*") if path.is_file()]

        assert spilled
        assert list(tmp_path.iterdir()) == []

    def test_too_little_memory_is_told_as_such(self, tmp_path: Path) -> None:
        with DuckDB(scratch=tmp_path, memory_limit="5MB") as engine, pytest.raises(OutOfMemory):
            engine.fetch(step("SELECT list(md5(range::VARCHAR)) AS m FROM range(900000)"))

    def test_a_zone_is_never_taken_from_the_machine(self, engine: DuckDB) -> None:
        found = engine.fetch(
            step("SELECT CAST(TIMESTAMPTZ '2015-01-01 00:00:00+08' AS VARCHAR) AS t")
        )

        assert found["t"].to_pylist() == ["2014-12-31 16:00:00+00"]

    def test_progress_is_told_while_a_step_runs(self, engine: DuckDB) -> None:
        heard: list[float] = []
        engine.told = heard.append

        engine.create("it", step("SELECT sum(hash(range)) AS n FROM range(60000000)"))

        assert all(0 < share <= 1 for share in heard)
