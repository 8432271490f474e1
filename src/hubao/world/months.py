"""The log cut at the months of UTC, in which a lake keeps it, with the leak's accesses in it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from hubao.world.leaks.accesses import in_order
from hubao.world.model import DAY, HOUR, Events, Ints, World
from hubao.world.work.rows import taken

LOCAL = 8 * HOUR  # ahead of UTC, all year


@dataclass(frozen=True)
class Months:
    """The months of UTC that a world's days touch.

    Attributes:
        names: as in 2023-01.
        bounds: int (len(names) + 1,); where each begins and the last one ends, in seconds since
            the world's first local midnight; the first may lie before it.
    """

    names: Sequence[str]
    bounds: Ints


def months_of(world: World) -> Months:
    """Lay out the months; the first and the last may hold a few hours only."""
    start = seconds_utc(world.scale.start)
    ends = np.array([start, start + world.days * DAY - 1]).astype("datetime64[s]")
    first, last = ends.astype("datetime64[M]")
    months = np.arange(first, last + 2)
    names = np.datetime_as_string(months[:-1]).tolist()
    return Months(names, months.astype("datetime64[s]").astype(np.int64) - start)


def seconds_utc(start: date) -> int:
    """Give the world's first local midnight in seconds since 1970 UTC."""
    return int(np.datetime64(start, "s").astype(np.int64)) - LOCAL


def by_month(parts: Iterable[Events], extra: Events, bounds: Ints) -> Iterator[Events]:
    """Cut the log anew, and put further accesses in their place.

    Args:
        parts: the log in order of time, part by part and within each.
        extra: in order of time.
        bounds: int (k + 1,), as of `Months`; all events lie within.

    Yields:
        k parts, empty ones too, each in order of time.
    """
    month, held = 0, list[Events]()
    for part in parts:
        rest = part
        while len(rest) and rest.at[-1] >= bounds[month + 1]:
            now, rest = _cut(rest, int(bounds[month + 1]))
            yield _merged([*held, now], extra, bounds[month : month + 2])
            month, held = month + 1, []
        held.append(rest)
    for last in range(month, len(bounds) - 1):
        yield _merged(held, extra, bounds[last : last + 2])
        held = []


def _cut(events: Events, at: int) -> tuple[Events, Events]:
    place = int(np.searchsorted(events.at, at))
    index = np.arange(len(events))
    return taken(events, index[:place]), taken(events, index[place:])


def _merged(parts: Sequence[Events], extra: Events, span: Ints) -> Events:
    low, high = np.searchsorted(extra.at, span)
    return in_order([*parts, taken(extra, np.arange(low, high))])
