"""A usual week, and the hours that don't fit it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hubao.desk.feeds.profile import Gap, by_day, gaps

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 10, 12, tzinfo=SHANGHAI)  # six weeks without holidays follow
END = MONDAY + timedelta(weeks=6)


def office(*, events: int = 40, weekend: int = 0) -> dict[datetime, int]:
    """Six weeks of a system in which people work from 9 to 18."""
    hours = {}
    for day in (MONDAY + timedelta(days=n) for n in range(42)):
        count = events if day.weekday() < 5 else weekend
        for hour in range(9, 18) if count else ():
            hours[(day + timedelta(hours=hour)).astimezone(UTC)] = count
    return hours


def without(hours: dict[datetime, int], begin: datetime, count: int) -> dict[datetime, int]:
    gone = {(begin + timedelta(hours=n)).astimezone(UTC) for n in range(count)}
    return {hour: events for hour, events in hours.items() if hour not in gone}


class TestGaps:
    def test_are_none_at_night_and_at_weekends(self) -> None:
        assert gaps(office(), zone=SHANGHAI, until=END) == []

    def test_are_hours_in_which_many_events_are_usual(self) -> None:
        begin = MONDAY + timedelta(days=30, hours=14)  # a Wednesday

        found = gaps(without(office(), begin, 3), zone=SHANGHAI, until=END)

        assert found == [Gap(begin, begin + timedelta(hours=3), 120)]

    def test_of_days_are_one(self) -> None:
        begin = MONDAY + timedelta(days=29, hours=9)

        found = gaps(without(office(), begin, 48), zone=SHANGHAI, until=END)

        assert found == [Gap(begin, begin + timedelta(hours=33), 2 * 9 * 40)]

    def test_come_with_the_newest_first(self) -> None:
        first, second = (MONDAY + timedelta(days=n, hours=10) for n in (15, 25))
        hours = without(without(office(), first, 1), second, 1)

        assert [one.begin for one in gaps(hours, zone=SHANGHAI, until=END)] == [second, first]

    def test_are_none_where_few_events_are_usual(self) -> None:
        hours = without(office(events=9), MONDAY + timedelta(days=30, hours=9), 9)

        assert gaps(hours, zone=SHANGHAI, until=END) == []

    def test_are_none_before_weeks_are_known(self) -> None:
        hours = {hour: n for hour, n in office().items() if hour < MONDAY + timedelta(weeks=2)}
        hours = without(hours, MONDAY + timedelta(days=8, hours=9), 9)

        assert gaps(hours, zone=SHANGHAI, until=MONDAY + timedelta(weeks=2)) == []

    def test_are_none_on_a_holiday_of_people_who_work_on_weekdays(self) -> None:
        day = datetime(2026, 10, 1, 9, tzinfo=SHANGHAI)  # National Day, a Thursday
        hours = office()
        shifted = {hour - timedelta(weeks=4): n for hour, n in hours.items()}
        hours = without(shifted, day, 9)

        found = gaps(hours, zone=SHANGHAI, until=END - timedelta(weeks=4))

        assert [one for one in found if one.begin.astimezone(SHANGHAI).date() == day.date()] == []

    def test_end_at_the_last_event(self) -> None:
        until = MONDAY + timedelta(days=30, hours=10)
        hours = {hour: n for hour, n in office().items() if hour < until}

        assert gaps(hours, zone=SHANGHAI, until=until) == []

    def test_of_nothing_are_none(self) -> None:
        assert gaps({}, zone=SHANGHAI, until=END) == []


class TestByDay:
    def test_sums_days_of_the_sources_zone(self) -> None:
        hours = {
            datetime(2026, 11, 25, 15, tzinfo=UTC): 2,
            datetime(2026, 11, 25, 16, tzinfo=UTC): 3,
        }

        days = by_day(hours, zone=SHANGHAI, at=datetime(2026, 11, 26, 4, tzinfo=UTC), days=3)

        assert [(one.day, one.events) for one in days] == [
            (date(2026, 11, 24), 0), (date(2026, 11, 25), 2), (date(2026, 11, 26), 3)]  # fmt: skip
