"""When people work: how much of it falls on which day, and on which hour of the day."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum

import numpy as np

from hubao.kit.calendars import working_days
from hubao.world.model import DAY, HOUR, Bools, Floats, Ints

AFTER = 90  # days behind the last one; cases that run on are cut off there, not in mid-table


class Rhythm(IntEnum):
    """Whose days and hours."""

    OFFICE = 0
    SALES = 1
    CALLS = 2
    NIGHT = 3


# What a day off weighs against a working day; agents and the telephone never quite rest.
_DAY_OFF = (0.04, 0.35, 0.55, 1.0)
# Weight of each hour from 0 to 23. Both Dutch logs dip at noon; the dip here is deeper (a prior).
_HOURS = (
    (0, 0, 0, 0, 0, 0, 0, 0.3, 5, 9, 10, 9, 4, 6, 9, 9, 7, 3, 0.8, 0.3, 0.2, 0.1, 0, 0),
    (0, 0, 0, 0, 0, 0, 0, 0.5, 4, 9, 10, 8, 4, 5, 8, 8, 7, 5, 4, 4, 3, 1, 0.2, 0),
    (0, 0, 0, 0, 0, 0, 0, 0, 6, 10, 11, 10, 7, 7, 9, 9, 8, 6, 6, 6, 5, 3, 0, 0),
    (4, 6, 6, 5, 3, 1, *(0,) * 16, 1, 3),
)


@dataclass(frozen=True)
class Calendar:
    """The days of a world and AFTER more.

    Attributes:
        firsts: int (months + 1,); first day of each month, and the day after the last.
        weights: float (4, d); work on each day by `Rhythm`, 1 on the average.
        worked: int (w,); the working days, ascending.
    """

    firsts: Ints
    weights: Floats
    worked: Ints

    @property
    def months(self) -> int:
        """How many months."""
        return len(self.firsts) - 1

    def pick_days(
        self, rng: np.random.Generator, rhythm: Rhythm, span: tuple[int, int], n: int
    ) -> Ints:
        """Draw n days from the span's first to before its last, by their weight."""
        first, last = span
        total = np.cumsum(self.weights[rhythm, first:last])
        drawn = np.searchsorted(total, rng.random(n) * total[-1], side="right")
        day: Ints = first + np.minimum(drawn, last - first - 1)
        return day

    def moments(self, rng: np.random.Generator, rhythm: Rhythm, day: Ints) -> Ints:
        """Draw a second on each of the days, by the hours of the rhythm."""
        total = np.cumsum(_HOURS[rhythm])
        hour = np.searchsorted(total, rng.random(len(day)) * total[-1], side="right")
        at: Ints = day * DAY + hour * HOUR + rng.integers(HOUR, size=len(day))
        return at

    def later(self, rng: np.random.Generator, day: Ints, least: int, most: int) -> Ints:
        """Draw a working day: the next one, and least to most working days on."""
        place = np.searchsorted(self.worked, day) + rng.integers(least, most + 1, size=len(day))
        later: Ints = self.worked[np.minimum(place, len(self.worked) - 1)]
        return later


def make_calendar(start: date, days: int) -> Calendar:
    """Lay out `days` days from `start`; the first and the last month may be short."""
    working = working_days(start, days + AFTER)
    firsts = [n for n in range(1, days) if (start + timedelta(days=n)).day == 1]
    return Calendar(
        firsts=np.array([0, *firsts, days]),
        weights=np.stack([_weights(working, start, rhythm) for rhythm in Rhythm]),
        worked=np.flatnonzero(working),
    )


def _weights(working: Bools, start: date, rhythm: Rhythm) -> Floats:
    weight = np.where(working, 1.0, _DAY_OFF[rhythm])
    if rhythm != Rhythm.NIGHT:
        dates = [start + timedelta(days=n) for n in range(len(working))]
        month_end = np.array([(d + timedelta(days=3)).month != d.month for d in dates])
        kick_off = np.array([d.month in (1, 3, 6, 12) for d in dates])  # sales drives
        after_rest = working & ~np.concatenate(([True], working[:-1]))
        weight *= np.where(month_end, 1.25, 1.0) * np.where(after_rest, 1.15, 1.0)
        if rhythm == Rhythm.SALES:
            weight *= np.where(kick_off, 1.3, 1.0)
    normed: Floats = weight / weight[:-AFTER].mean()
    return normed
