from datetime import date

import numpy as np

from hubao.world.insurer import make_world
from hubao.world.leaks.accesses import in_order
from hubao.world.model import DAY, EMPTY, HOUR, Action, Cause, Events, Fields, Scale, World
from hubao.world.months import by_month, months_of
from hubao.world.work.rows import rows


def a_world(start: date) -> World:
    return make_world(Scale(policies=200, years=1, start=start))


def accesses(*at: int) -> Events:
    seconds = np.array(at, dtype=np.int64)
    return rows(seconds, 1, seconds, action=Action.VIEW, cause=Cause.SERVICE, fields=Fields.C1)


def times(parts: list[Events]) -> list[list[int]]:
    return [part.at.tolist() for part in parts]


class TestMonthsOf:
    def test_begins_with_the_month_of_utc_that_the_first_local_midnight_lies_in(self) -> None:
        months = months_of(a_world(date(2024, 1, 1)))

        assert list(months.names) == ["2023-12", *(f"2024-{m:02d}" for m in range(1, 13))]
        assert months.bounds[:2].tolist() == [-31 * DAY + 8 * HOUR, 8 * HOUR]
        assert months.bounds[3] == (31 + 29) * DAY + 8 * HOUR

    def test_ends_with_the_month_of_the_last_second(self) -> None:
        months = months_of(a_world(date(2023, 6, 15)))

        assert months.names[0] == "2023-06"
        assert months.names[-1] == "2024-06"
        assert len(months.names) == len(months.bounds) - 1 == 13


class TestByMonth:
    def test_cuts_parts_at_the_bounds_and_joins_what_belongs_together(self) -> None:
        parts = [accesses(1, 9), accesses(10, 19, 20), accesses(21, 35)]

        cut = list(by_month(parts, EMPTY, np.array([0, 10, 20, 30, 40])))

        assert times(cut) == [[1, 9], [10, 19], [20, 21], [35]]

    def test_keeps_a_month_in_which_nothing_happened(self) -> None:
        cut = list(by_month([accesses(1), accesses(25)], EMPTY, np.array([0, 10, 20, 30, 40])))

        assert times(cut) == [[1], [], [25], []]

    def test_puts_further_accesses_in_their_month_in_order_of_time(self) -> None:
        extra = accesses(0, 5, 39)

        cut = list(by_month([accesses(2, 12)], extra, np.array([0, 10, 20, 30, 40])))

        assert times(cut) == [[0, 2, 5], [12], [], [39]]

    def test_loses_no_access(self) -> None:
        parts = [accesses(*range(17)), EMPTY, accesses(*range(17, 40, 3))]

        cut = list(by_month(parts, accesses(4, 4, 30), np.array([0, 10, 20, 30, 40])))

        expected = in_order([*parts, accesses(4, 4, 30)])
        assert np.array_equal(np.concatenate([part.at for part in cut]), expected.at)
