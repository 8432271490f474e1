"""A trace kept open: victims one at a time, the log read once."""

import math
from contextlib import AbstractContextManager
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from hubao.kit.errors import BadInput
from hubao.trace import Trace, alpha_of_case, open_trace
from hubao.trace.report import Report
from tests.makers.logs import World, messy_world, traced
from tests.trace.figures import assert_same


def in_one_go(world: World, victims: "pa.Table") -> Report:
    with opened(world) as case:
        return case.update(victims)


def opened(world: World) -> AbstractContextManager[Trace]:
    return open_trace([world.access_table()], policies=world.policies_table(), strata=["branch"])


class TestUpdate:
    @pytest.mark.parametrize("seed", [1, 2])
    def test_one_victim_at_a_time_comes_to_the_same_as_all_at_once(self, seed: int) -> None:
        world = messy_world(seed)
        victims = world.victims_table()

        with opened(world) as case:
            report = case.update(victims.slice(0, victims.num_rows - 6))
            for place in range(victims.num_rows - 6, victims.num_rows):
                report = case.update(victims.slice(place, 1))

        assert_same(in_one_go(world, victims), report)
        assert_same(traced(world), report)

    def test_says_after_each_what_is_known_by_then(self) -> None:
        world = messy_world(1)
        victims = world.victims_table()

        with opened(world) as case:
            used = [
                case.update(victims.slice(0, 3)).victims.used,
                case.update(victims).victims.used,
            ]

        assert used[0] <= 3 < used[1]

    def test_loses_nothing_when_more_victims_cannot_be_read(self) -> None:
        world = messy_world(1)
        victims = world.victims_table()

        with opened(world) as case:
            before = case.update(victims)
            with pytest.raises(BadInput):
                case.update(pa.table({"nothing": [1]}))
            after = case.update()

        assert_same(before, after)


class TestExposed:
    @pytest.mark.parametrize("name", ["warn.csv", "warn.parquet"])
    def test_lists_everybody_not_yet_reported_the_likeliest_first(
        self, tmp_path: Path, name: str
    ) -> None:
        world = messy_world(1)
        out = tmp_path / name

        report = traced(world, exposed=out)

        rows = csv.read_csv(out) if name.endswith("csv") else parquet.read_table(out)
        expected = rows["expected_contacts"].to_pylist()
        reported = {call.policy for call in world.calls} & set(world.book)
        assert rows["rank"].to_pylist() == [*range(1, rows.num_rows + 1)]
        assert expected == sorted(expected, reverse=True)
        assert not reported & set(rows["policy"].to_pylist())
        assert rows.num_rows == report.records - len(reported)

    def test_is_refused_before_the_work_where_its_name_tells_no_format(self) -> None:
        with pytest.raises(BadInput):
            traced(messy_world(1), exposed=Path("warn.txt"))


class TestAlphaOfCase:
    def test_all_cases_together_spend_no_more_than_alpha(self) -> None:
        spent = [alpha_of_case(0.01, case) for case in range(1, 20_000)]

        assert spent == sorted(spent, reverse=True)
        assert math.fsum(spent) < 0.01
        assert math.fsum(spent) == pytest.approx(0.01, rel=1e-3)

    @pytest.mark.parametrize(("alpha", "case"), [(0.01, 0), (0.01, -3), (0.0, 1), (1.0, 2)])
    def test_refuses_what_is_no_case_or_no_chance(self, alpha: float, case: int) -> None:
        with pytest.raises(BadInput):
            alpha_of_case(alpha, case)
