from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

from hubao.lake.engines.duckdb import DuckDB
from hubao.lake.steps import step
from hubao.trace.leaked.columns import columns_of
from hubao.trace.leaked.dating import Bracket, Spans, bracket, changing, spans

if TYPE_CHECKING:
    from hubao.trace.reduced import Ints

DAY = 86_400_000_000
FOUND = 400 * DAY


def world(seed: int, *, rows: int = 400, copied: int = 200 * DAY) -> tuple[Spans, int, int]:
    """Cells that changed at random days; those copied at one moment.

    Returns:
        The spans; the last change before the copy; the first after it.
    """
    rng = np.random.default_rng(seed)
    changes = np.sort(rng.integers(0, FOUND, (rows, 2)), axis=1)
    edges = np.hstack([np.zeros((rows, 1)), changes, np.full((rows, 1), 10 * FOUND)])
    edges = edges.astype(np.int64)
    at = (edges <= copied).sum(axis=1) - 1
    line = np.arange(rows, dtype=np.int64)
    since, until = edges[line, at], edges[line, at + 1]
    before, after = changes[changes <= copied].max(), changes[changes > copied].min()
    return Spans(line, since, until, line), int(before), int(after)


def torn(seed: int) -> Spans:
    """As `world`, but one cell in thirty was copied fifty days before."""
    found, _, _ = world(seed)
    stale, _, _ = world(seed, copied=150 * DAY)
    old = np.random.default_rng(seed + 1_000).random(400) < 0.03
    since = np.where(old, stale.since, found.since)
    return Spans(found.line, since, np.where(old, stale.until, found.until), found.cells)


def dated(found: Spans) -> Bracket:
    lines: Ints = np.arange(len(found.cells), dtype=np.int64)
    answer = bracket(found, lines, FOUND)
    assert answer is not None
    return answer


class TestBracket:
    @pytest.mark.parametrize("seed", range(5))
    def test_is_the_gap_between_two_changes_where_no_cell_is_wrong(self, seed: int) -> None:
        found, before, after = world(seed)

        answer = dated(found)

        assert answer.best == (before, after)
        assert answer.consistent == answer.cells == 400
        assert after - before < 5 * DAY

    @pytest.mark.parametrize("seed", range(10))
    def test_stands_one_cell_in_fifty_that_is_wrong(self, seed: int) -> None:
        found, before, after = world(seed)
        kept = np.random.default_rng(seed).random(400) >= 0.02

        answer = dated(Spans(found.line[kept], found.since[kept], found.until[kept], found.cells))

        assert answer.best[0] <= 200 * DAY < answer.best[1]
        assert answer.best[0] <= before
        assert answer.best[1] >= after
        assert answer.consistent == kept.sum()

    def test_holds_the_moment_nineteen_times_in_twenty_though_some_cells_are_of_another(
        self,
    ) -> None:
        held, widths = [], []
        for seed in range(100):
            answer = dated(torn(seed))
            held.append(answer.likely[0] <= 200 * DAY < answer.likely[1])
            widths.append(answer.likely[1] - answer.likely[0])

        assert sum(held) >= 93
        assert np.median(widths) < 2 * DAY

    def test_never_ends_after_the_file_was_found(self) -> None:
        line: Ints = np.zeros(1, dtype=np.int64)
        since, until = line + 10 * DAY, line + 90 * FOUND

        answer = bracket(Spans(line, since, until, line), line, FOUND)

        assert answer is not None
        assert answer.best == answer.likely == (10 * DAY, FOUND)

    def test_says_nothing_of_rows_without_a_cell_in_force(self) -> None:
        found, _, _ = world(1)

        assert bracket(found, np.array([5_000], dtype=np.int64), FOUND) is None

    def test_is_wide_where_every_second_cell_is_wrong(self) -> None:
        found, _, _ = world(1)
        kept = found.line % 2 == 0

        answer = dated(Spans(found.line[kept], found.since[kept], found.until[kept], found.cells))

        assert answer.likely[0] < answer.best[0]
        assert answer.likely[1] > answer.best[1]


class TestSpans:
    def test_reads_when_a_cell_was_in_force_from_the_history(self) -> None:
        with DuckDB() as engine:
            load(engine)
            found = spans(engine, columns_of(["phone", "name"], ["policy", "phone"]), FOUND)

        assert found is not None
        days = sorted(zip(found.line.tolist(), found.since // DAY, found.until // DAY, strict=True))
        # Line 1's value held twice; line 2's is in no version; line 3's record has no history.
        assert days[:2] == [(1, 10, 30), (1, 50, 60)]
        assert len(days) == 2
        assert sorted(found.cells.tolist()) == [1, 2]

    def test_knows_which_columns_change(self) -> None:
        with DuckDB() as engine:
            load(engine)

            assert changing(engine) == ["phone"]

    def test_has_nothing_to_say_of_a_file_without_the_field(self) -> None:
        with DuckDB() as engine:
            load(engine)

            assert spans(engine, columns_of(["name"], ["policy", "name"]), FOUND) is None


def load(engine: DuckDB) -> None:
    def day(number: int | None) -> datetime | None:
        return None if number is None else datetime(1970, 1, 1, tzinfo=UTC) + timedelta(number)

    told = [
        ("A", "手机", "000-1", day(10), None),
        ("A", "手机", "000-2", day(30), None),
        ("A", "手机", "000-1", day(50), day(60)),
        ("B", "手机", "000-3", day(5), None),
    ]
    names = ["policy", "field", "value", "valid_from", "valid_to"]
    columns = dict(zip(names, zip(*told, strict=True), strict=True))
    time = pa.timestamp("us")
    kinds = [pa.string(), pa.string(), pa.string(), time, time]
    engine.load(
        "history",
        pa.table({n: pa.array(columns[n], kind) for n, kind in zip(names, kinds, strict=True)}),
    )
    engine.load("matched", pa.table({"line": [1, 2, 3], "policy": ["A", "B", "C"]}))
    cells = {"line": [1, 2, 3], "c0": ["0001", "0009", "0007"], "c1": ["x", "y", "z"]}
    engine.load("cells", pa.table(cells))
    assert engine.fetch(step("SELECT * FROM history")).num_rows == 4
