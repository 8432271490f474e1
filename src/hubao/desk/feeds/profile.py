"""A source's usual week, and the hours without events that don't fit it.

What is usual for an hour is the median of the same hour on days of the same sort: a day on which
offices don't work counts as a Sunday, a worked weekend as a Monday. Only hours in which many events
are usual can be missed; at night or in a small office, none tells nothing.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from statistics import median
from typing import Final
from zoneinfo import ZoneInfo

from hubao.kit.calendars import working_days

LOOKED_BACK: Final = timedelta(days=56)
MANY: Final = 10  # events an hour, from which none is odd: house rule
LEAST_WEEKS: Final = 3  # before which nothing is usual: other days of the same sort
_HOUR: Final = timedelta(hours=1)  # house rule: the step in which a profile counts
_MONDAY, _SATURDAY, _SUNDAY = 0, 5, 6
Slot = tuple[int, int]  # sort of day, hour of the day


@dataclass(frozen=True)
class Day:
    """How many events a day had, in the source's zone."""

    day: date
    events: int


@dataclass(frozen=True)
class Gap:
    """A time without events in which many are usual.

    Attributes:
        begin: of its first hour.
        end: of its last hour.
        expected: events that are usual in these hours.
    """

    begin: datetime
    end: datetime
    expected: int


def gaps(hours: Mapping[datetime, int], *, zone: ZoneInfo, until: datetime) -> list[Gap]:
    """Find the gaps before the last event; what comes after it is silence, not a gap.

    Args:
        hours: events by hour, UTC; those without any are left out.
        zone: in which the source's days begin.
        until: when the last event happened.

    Returns:
        The gaps, the newest first.
    """
    if not hours:
        return []
    begin, end = min(hours), until.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    times = [begin + _HOUR * n for n in range(int((end - begin) / _HOUR))]
    slots = dict(zip(times, _slots(times, zone), strict=True))
    usual = _usual(hours, slots)
    found = []
    for is_empty, run in groupby(times, key=lambda time: not hours.get(time)):
        missed = [time for time in run if is_empty and usual[slots[time]] >= MANY]
        if missed:
            expected = sum(usual[slots[time]] for time in missed)
            found.append(Gap(missed[0], missed[-1] + _HOUR, round(expected)))
    return found[::-1]


def has_week(hours: Mapping[datetime, int], *, until: datetime) -> bool:
    """Tell whether enough is known for a usual week."""
    return bool(hours) and until - min(hours) > timedelta(weeks=LEAST_WEEKS)


def by_day(hours: Mapping[datetime, int], *, zone: ZoneInfo, at: datetime, days: int) -> list[Day]:
    """Sum events by day, for the last so many days, today included."""
    sums = defaultdict[date, int](int)
    for hour, events in hours.items():
        sums[hour.astimezone(zone).date()] += events
    today = at.astimezone(zone).date()
    listed = [today - timedelta(days=back) for back in reversed(range(days))]
    return [Day(day, sums[day]) for day in listed]


def _usual(hours: Mapping[datetime, int], slots: Mapping[datetime, Slot]) -> dict[Slot, float]:
    counts = defaultdict[Slot, list[int]](list)
    for time, slot in slots.items():
        counts[slot].append(hours.get(time, 0))
    return {slot: median(some) if len(some) > LEAST_WEEKS else 0.0 for slot, some in counts.items()}


def _slots(times: Sequence[datetime], zone: ZoneInfo) -> list[Slot]:
    local = [time.astimezone(zone) for time in times]
    if not local:
        return []
    first = local[0].date()
    worked = working_days(first, (local[-1].date() - first).days + 1)
    return [(_sort(time.date(), worked[(time.date() - first).days]), time.hour) for time in local]


def _sort(day: date, is_worked: bool) -> int:
    weekday = day.weekday()
    if is_worked:
        return weekday if weekday < _SATURDAY else _MONDAY
    return weekday if weekday >= _SATURDAY else _SUNDAY
