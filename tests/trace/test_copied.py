"""When the records were copied, against loops over rows and against what is known."""

from dataclasses import replace
from datetime import date, timedelta
from functools import cache

import numpy as np
import pyarrow as pa
import pytest

from hubao.lake.engines.duckdb import DuckDB
from hubao.trace.copied import (
    MOST_EDGES,
    CopiedBetween,
    copied_between,
    log_likelihood,
    posterior,
    spans_of,
)
from hubao.trace.openings import DAY, actor_rows, openings
from tests.makers.copies import HOUR, RECORDS, Copied, a_copy, called_of, openings_of
from tests.trace import slow_after

EPOCH = date(1970, 1, 1)


def day(number: int) -> date:
    return EPOCH + timedelta(days=number)


def dated(made: Copied, shift: int = 0) -> CopiedBetween:
    found = copied_between(made.opened, made.called, shift=shift)
    assert found is not None
    return found


@cache
def tiny(seed: int) -> Copied:
    """Few enough rows for loops; contacts cut through the days of work."""
    made = a_copy(seed, days=30, daily=3.0, size=24, leaked=6, noise=5)
    cut = made.called.cut - np.arange(11) % 3 * 20 * DAY
    return replace(made, called=replace(made.called, cut=cut))


def rows_of(made: Copied) -> list[slow_after.Row]:
    names = made.opened.policies
    return [
        slow_after.Row(names[r], int(z), int(at))
        for r, z, at in zip(made.opened.record, made.opened.stratum, made.opened.at, strict=True)
    ]


def victims_of(made: Copied) -> list[slow_after.Victim]:
    called = made.called
    names = [made.opened.policies[r] if r >= 0 else "never opened" for r in called.record]
    return [
        slow_after.Victim(name, int(z), int(size), int(cut))
        for name, z, size, cut in zip(names, called.stratum, called.size, called.cut, strict=True)
    ]


class TestLikelihood:
    @pytest.mark.parametrize("seed", range(2))
    def test_is_that_of_loops_over_every_window(self, seed: int) -> None:
        made = tiny(seed)
        spans = spans_of(made.opened.at // DAY, np.zeros(len(made.opened.at), dtype=np.int64))
        every = np.ones(len(made.opened.at), dtype=bool)

        found = log_likelihood(made.opened, made.called, spans, every)

        rng = np.random.default_rng(seed)
        rows, victims = rows_of(made), victims_of(made)
        for i, j in np.sort(rng.integers(len(spans.first), size=(40, 2)), axis=1):
            first, last = int(spans.first[i]), int(spans.last[j])
            slow = slow_after.window_likelihood(rows, victims, first, last)
            assert found[i, j] == pytest.approx(slow, abs=1e-9)

    def test_weighs_an_opening_against_what_the_rest_of_its_stratum_may_expect(self) -> None:
        made = tiny(0)
        spans = spans_of(made.opened.at // DAY, np.zeros(len(made.opened.at), dtype=np.int64))
        every = np.ones(len(made.opened.at), dtype=bool)
        rates = np.full(len(made.called.cut), 4.0)

        plain = log_likelihood(made.opened, made.called, spans, every)
        waved = log_likelihood(
            made.opened, replace(made.called, seen=rates, alone=rates), spans, every
        )

        i, j = int(np.searchsorted(spans.first, made.first)), len(spans.first) - 1
        assert waved[i, j] < plain[i, j]


class TestDays:
    def test_are_those_of_loops_over_every_window(self) -> None:
        made = tiny(1)
        chances = slow_after.window_chances(rows_of(made), victims_of(made))

        found = dated(made)

        first, last, mass = slow_after.shortest(chances, 0.9)
        assert (found.first, found.last) == (day(first), day(last))
        assert found.coverage == pytest.approx(mass, abs=1e-9)
        assert found.days == last - first + 1

    def test_cover_the_whole_copy_nine_times_in_ten_and_are_few(self) -> None:
        worlds = [a_copy(seed, days=40) for seed in range(200)]

        found = [dated(made) for made in worlds]

        covered = [
            one.first <= day(made.first) and day(made.last) <= one.last
            for one, made in zip(found, worlds, strict=True)
        ]
        assert np.mean(covered) >= 0.9
        assert np.median([one.days for one in found]) <= 14

    def test_are_one_where_all_was_copied_in_one_evening(self) -> None:
        made = a_copy(3, evenings=1)

        found = dated(made)

        assert found.first == found.last == day(made.first)
        assert found.days == 1

    def test_are_the_evening_when_records_long_known_were_opened_again(self) -> None:
        known = np.arange(300)
        first_time = np.repeat(np.arange(60), 5) * DAY + 9 * HOUR
        again, evening = known[::3], 80 * DAY + 19 * HOUR
        opened = openings_of(np.append(known, again), np.append(first_time, again * 0 + evening))
        noise = RECORDS - 1 - np.arange(15)
        victims = np.append(again[::5], noise)
        called = called_of(opened, victims, np.full(len(victims), 120 * DAY))

        found = copied_between(opened, called)

        assert found is not None
        assert found.first == found.last == day(80)

    def test_are_local(self) -> None:
        made = a_copy(4, evenings=1)
        ahead = replace(made, opened=replace(made.opened, at=made.opened.at - 8 * HOUR))

        found = dated(ahead, shift=8 * HOUR)

        assert found.first == day(made.first)

    def test_are_unknown_where_no_victims_record_was_opened_in_time(self) -> None:
        made = a_copy(5)
        early = replace(made.called, cut=np.zeros_like(made.called.cut))

        assert copied_between(made.opened, early) is None

    def test_do_not_depend_on_the_order_of_the_victims(self) -> None:
        made = a_copy(6)
        turned = replace(
            made.called,
            **{name: getattr(made.called, name)[::-1] for name in vars(made.called)},
        )

        found = copied_between(made.opened, turned)

        assert found is not None
        assert (found.first, found.last) == (dated(made).first, dated(made).last)
        assert found.chance == pytest.approx(dated(made).chance, abs=1e-9)


class TestChances:
    def test_are_high_in_the_copy_and_low_elsewhere(self) -> None:
        made = a_copy(7, evenings=2)

        found = dated(made)

        inside = (found.chance_from >= made.first) & (found.chance_to <= made.last)
        evenings = np.isin(found.chance_from, (made.first, made.last))
        assert (found.chance[inside & evenings] > 0.9).all()
        assert (found.chance[~inside] < 0.2).all()

    def test_of_all_windows_sum_to_one(self) -> None:
        made = a_copy(8)
        spans = spans_of(made.opened.at // DAY, np.zeros(len(made.opened.at), dtype=np.int64))

        steady, bulk = posterior(made.opened, made.called, spans)

        assert (steady + bulk).sum() == pytest.approx(1.0)
        assert np.tril(steady + bulk, -1).sum() == 0.0


class TestSpans:
    @pytest.mark.parametrize("days", [1, 150, 151, 1_000])
    def test_are_few_hold_every_day_and_keep_the_busy_apart(self, days: int) -> None:
        each = np.arange(days) * 3
        burst = int(each[days // 2])
        rows = np.sort(np.append(np.repeat(each, 2), np.full(40, burst)))

        spans = spans_of(rows, np.zeros(len(rows), dtype=np.int64))

        assert len(spans.first) <= MOST_EDGES
        assert spans.days.sum() == days
        assert (spans.first[spans.of_row] <= rows).all()
        assert (rows <= spans.last[spans.of_row]).all()
        own = spans.of_row[np.searchsorted(rows, burst)]
        assert spans.first[own] == spans.last[own] == burst


class TestOpenings:
    TABLE = pa.table(
        {
            "actor": ["a", "b", "a", "a", "a", "a"],
            "policy": ["P1", "P1", "P2", "P1", "P1", "P9"],
            "at": pa.array([1 * HOUR, 2, 30 * HOUR, 5 * HOUR, 31 * HOUR, 9]).cast(
                pa.timestamp("us")
            ),
        }
    )
    PLACED = pa.table({"policy": ["P1", "P2"], "stratum": [4, 5]})

    def rows(self, **options: int) -> pa.Table:
        with DuckDB(threads=1) as engine:
            engine.load("access", self.TABLE)
            engine.load("placed", self.PLACED)
            return actor_rows(engine, ["a"], **options)

    def test_hold_each_record_once_a_day_with_its_stratum(self) -> None:
        found = self.rows()

        assert found.to_pydict() == {
            "actor": ["a", "a", "a"],
            "policy": ["P1", "P2", "P1"],
            "stratum": [4, 5, 4],
            "at": [1 * HOUR, 30 * HOUR, 31 * HOUR],
        }

    def test_count_days_in_local_time(self) -> None:
        found = self.rows(shift=20 * HOUR)

        assert found.column("at").to_pylist() == [1 * HOUR, 5 * HOUR, 30 * HOUR, 31 * HOUR]

    def test_end_when_the_actor_left_and_what_came_after_is_counted(self) -> None:
        found = openings(self.rows(), "a", left=30 * HOUR)

        assert list(found.policies) == ["P1"]
        assert found.numbers(["P2", "P1"]).tolist() == [-1, 0]
        assert found.at.tolist() == [1 * HOUR]
        assert found.after == 2

    def test_are_none_for_an_actor_without_rows(self) -> None:
        found = openings(self.rows(), "nobody")

        assert len(found.at) == 0
        assert copied_between(found, called_of(found, np.array([1]), np.array([DAY]))) is None


class TestLeaver:
    def test_is_dated_before_leaving_whatever_its_account_does_later(self) -> None:
        made = a_copy(9, evenings=2)
        names = made.opened.policies
        gone = (made.last + 1) * DAY
        later = np.repeat(np.arange(made.last + 5, made.last + 9), 60)
        busy = np.arange(len(later)) % len(names)
        table = pa.table(
            {
                "actor": ["x"] * (len(made.opened.at) + len(later)),
                "policy": [names[r] for r in [*made.opened.record, *busy]],
                "stratum": [*made.opened.stratum.tolist(), *[0] * len(later)],
                "at": [*made.opened.at.tolist(), *(later * DAY).tolist()],
            }
        )

        own = openings(table, "x", left=gone)
        called = replace(made.called, record=own.numbers([names[r] for r in made.called.record]))
        found = copied_between(own, called)

        assert found is not None
        assert (found.first, found.last) == (day(made.first), day(made.last))
        assert found.after_leaving == int((made.opened.at >= gone).sum()) + len(later)
