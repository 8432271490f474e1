"""Makers of one actor's openings with a copy among them, and of the victims it led to."""

from dataclasses import dataclass

import numpy as np

from hubao.trace.openings import DAY, Called, Openings
from hubao.trace.reduced import Ints

HOUR = DAY // 24
STRATA, RECORDS = 3, 1_500  # strata, and records of each


@dataclass(frozen=True)
class Copied:
    """Openings, victims, and the days between which the copy really was made."""

    opened: Openings
    called: Called
    first: int
    last: int


def a_copy(
    seed: int,
    *,
    days: int = 70,
    daily: float = 8.0,
    size: int = 240,
    evenings: int | None = None,
    leaked: int = 20,
    noise: int = 20,
) -> Copied:
    """Work in one stratum, a third of whose records are on its desk; a copy over some evenings.

    Half of what is copied was on the desk, and is opened for work before and after as well.
    """
    rng = np.random.default_rng([11, seed])
    desk = rng.choice(RECORDS, size=RECORDS // 3, replace=False)
    day = np.repeat(np.arange(days), rng.poisson(daily, size=days))
    record = rng.choice(desk, size=len(day))
    at = day * DAY + 9 * HOUR + rng.integers(8 * HOUR, size=len(day))
    nights = _nights(rng, days, evenings)
    copied = np.concatenate(
        [
            rng.choice(desk, size=size // 2, replace=False),
            RECORDS + rng.choice(RECORDS, size=size - size // 2, replace=False),
        ]
    )
    night = rng.choice(nights, size=size)
    when = night * DAY + 19 * HOUR + rng.integers(2 * HOUR, size=size)
    victims, cut = _called(rng, copied, int(when.max()), leaked, noise)
    opened = openings_of(np.append(record, copied), np.append(at, when))
    return Copied(opened, called_of(opened, victims, cut), int(night.min()), int(night.max()))


def _nights(rng: np.random.Generator, days: int, evenings: int | None) -> Ints:
    first = int(rng.integers(days // 3, days - 14))
    count = evenings or int(rng.integers(1, 6))
    return np.sort(rng.choice(np.arange(first, first + 14), size=count, replace=False))


def _called(
    rng: np.random.Generator, copied: Ints, after: int, leaked: int, noise: int
) -> tuple[Ints, Ints]:
    chosen = rng.choice(copied, size=leaked, replace=False)
    others = rng.choice(STRATA * RECORDS, size=noise, replace=False)
    waits = np.append(rng.gamma(2.0, 35.0, size=leaked), rng.uniform(0, 140, size=noise))
    return np.append(chosen, others), after + (waits * DAY).astype(np.int64) + HOUR


def openings_of(record: Ints, at: Ints) -> Openings:
    """Records as their numbers written out; a record once a day."""
    order = np.lexsort((at, at // DAY, record))
    key = np.column_stack([record, at // DAY])[order]
    fresh = np.append(True, (key[1:] != key[:-1]).any(axis=1))
    kept = order[fresh]
    kept = kept[np.argsort(at[kept], kind="stable")]
    numbers, place = np.unique(record[kept], return_inverse=True)
    names = [str(one) for one in numbers]
    return Openings(names, place.ravel(), record[kept] // RECORDS, at[kept], 0)


def called_of(opened: Openings, victims: Ints, cut: Ints) -> Called:
    """The victims as that actor met them, with no rates fitted."""
    ones = np.ones(len(victims))
    return Called(
        record=opened.numbers([str(one) for one in victims]),
        cut=cut,
        stratum=victims // RECORDS,
        size=np.full(len(victims), RECORDS),
        seen=ones,
        alone=ones,
    )
