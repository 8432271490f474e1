from datetime import UTC, date, datetime, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubao.kit.calendars import is_provisional, is_working_day, working_days

KNOWN = st.dates(date(2004, 1, 1), date(2025, 12, 31))
LATER = st.dates(min_value=date(2100, 1, 1))


class TestKnownYears:
    @given(KNOWN)
    def test_agree_with_the_independent_calendar(self, day: date) -> None:
        assert is_working_day(day) == chinese_calendar.is_workday(day)
        assert not is_provisional(day)

    def test_have_spring_festival_off_and_a_weekend_worked_for_it(self) -> None:
        festival, worked_sunday = date(2025, 1, 28), date(2025, 1, 26)

        assert not is_working_day(festival)
        assert is_working_day(worked_sunday)


class TestOtherYears:
    @given(LATER)
    def test_go_by_weekday_and_fixed_holidays_and_say_so(self, day: date) -> None:
        fixed = {(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)}

        working = is_working_day(day)

        assert working == (day.weekday() < 5 and (day.month, day.day) not in fixed)
        assert is_provisional(day)

    @pytest.mark.parametrize("day", [date.min, date.max, date(2003, 12, 31)])
    def test_never_raise_however_far(self, day: date) -> None:
        assert is_working_day(day) in (True, False)
        assert is_provisional(day)


class TestWorkingDays:
    @given(st.dates(date(1990, 1, 1), date(2060, 1, 1)), st.integers(0, 800))
    def test_say_of_each_day_what_it_says_alone(self, first: date, count: int) -> None:
        working = working_days(first, count)

        assert len(working) == count
        for number in range(0, count, 97):
            assert working[number] == is_working_day(first + timedelta(days=number))

    def test_are_about_two_hundred_and_fifty_in_a_known_year(self) -> None:
        working = working_days(date(2025, 1, 1), 365)

        assert 245 <= working.sum() <= 252


class TestOverrides:
    @given(st.dates(), st.booleans())
    def test_win_over_every_calendar(self, day: date, worked: bool) -> None:
        own = {day: worked}

        assert is_working_day(day, own) == worked
        assert not is_provisional(day, own)

    def test_leave_other_days_alone(self) -> None:
        first, own = date(2025, 3, 1), {date(2025, 3, 12): False, date(2031, 1, 1): True}

        changed = working_days(first, 31, own) != working_days(first, 31)

        assert changed.nonzero()[0].tolist() == [11]


def test_a_moment_counts_as_its_own_day() -> None:
    moment = datetime(2025, 1, 26, 23, 59, tzinfo=UTC)

    assert is_working_day(moment) == is_working_day(moment.date())
    assert not is_working_day(moment, {moment.date(): False})
