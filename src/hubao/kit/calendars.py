"""Working days in China: the yearly notices where they are known, the fixed holidays elsewhere.

The State Council says each autumn which days are off next year and which weekends are worked.
chinesecalendar holds those notices, from 2004 to the latest year it knows. For other years a day
is off at weekends and on the holidays of fixed date; Spring Festival and the others of the lunar
calendar, and moved weekends, are missing: such days are provisional. An insurer's own table wins.
"""

from collections.abc import Mapping
from datetime import date

import numpy as np
from chinese_calendar import holidays, workdays
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Days = NDArray[np.datetime64]

# Decision of the State Council of 12 November 2024 on national holidays, in force 2025-01-01.
FIXED_HOLIDAYS = ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))

_HOLIDAYS = np.array(sorted(holidays), dtype="datetime64[D]")
_WORKED_WEEKENDS = np.array(sorted(workdays), dtype="datetime64[D]")
_KNOWN_YEARS = range(min(holidays).year, max(holidays).year + 1)


def is_working_day(day: date, overrides: Mapping[date, bool] | None = None) -> bool:
    """Tell whether offices work that day; see `working_days`."""
    return bool(working_days(day, 1, overrides)[0])


def working_days(first: date, count: int, overrides: Mapping[date, bool] | None = None) -> Bools:
    """Tell for `count` days from `first` on whether offices work.

    Args:
        first: the first day.
        count: how many days; none below 1.
        overrides: an insurer's own days: True is worked, False is off. They win.

    Returns:
        bool (count,).
    """
    days = _day(first) + np.arange(count)
    working = np.is_busday(days)
    known = _is_known(days)
    working[~known & _is_fixed_holiday(days)] = False
    working[np.isin(days, _HOLIDAYS)] = False
    working[np.isin(days, _WORKED_WEEKENDS)] = True
    for day, worked in (overrides or {}).items():
        working[days == _day(day)] = worked
    return working


def is_provisional(day: date, overrides: Mapping[date, bool] | None = None) -> bool:
    """Tell whether neither the notices nor the insurer's own table say if the day is worked."""
    own = {_day(each) for each in overrides or ()}
    return day.year not in _KNOWN_YEARS and _day(day) not in own


def _day(day: date) -> np.datetime64:
    # a datetime is a date too: its own calendar day counts, whatever its zone
    return np.datetime64(date(day.year, day.month, day.day), "D")


def _is_known(days: Days) -> Bools:
    years = 1970 + days.astype("datetime64[Y]").astype(np.int64)
    return (years >= _KNOWN_YEARS.start) & (years < _KNOWN_YEARS.stop)


def _is_fixed_holiday(days: Days) -> Bools:
    months = days.astype("datetime64[M]")
    month = 1 + months.astype(np.int64) % 12
    day = 1 + (days - months.astype("datetime64[D]")).astype(np.int64)
    return np.isin(100 * month + day, [100 * month + day for month, day in FIXED_HOLIDAYS])
