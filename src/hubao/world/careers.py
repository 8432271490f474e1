"""When people join, give notice, leave and move: every seat of an insurer is a chain of holders."""

from dataclasses import dataclass

import numpy as np

from hubao.world.model import NEVER, Floats, Ints

LONGEST = 30 * 365  # days anybody has been there when the world begins
GAP = (5, 30)  # days, both possible, until a leaver's seat is filled again
STILL = 20  # days before the end of the world from which leavers are not replaced any more


@dataclass(frozen=True)
class Turnover:
    """How the seats of one role change hands.

    Attributes:
        yearly: share of the seats that falls free in a year.
        shape: shape of the gamma that seats' rates are drawn from. Leavers and so new hires
            gather in restless seats: the smaller the shape, the sooner new hires leave again.
        stays: days that everybody stays at least.
        notice: shortest and longest time from notice to leaving, days.
    """

    yearly: float
    shape: float
    stays: int
    notice: tuple[int, int]

    @property
    def cycle(self) -> int:
        """Days from one leaving to the next that is possible in the same seat."""
        return GAP[1] + self.stays

    def seats(self, actors: int, days: int) -> int:
        """Give the number of seats that so many actors fill, one after another, in the world."""
        wanted = round(actors / (1 + self.yearly * days / 365))
        fewest = -(-actors // (1 + self.most(days)))
        return max(wanted, fewest, min(actors, 1))

    def most(self, days: int) -> int:
        """Give how often one seat can change hands."""
        return (days - 2) // self.cycle


@dataclass(frozen=True)
class Careers:
    """The m holders of k seats, seat by seat and in order of time.

    Attributes:
        seat: int (m,), ascending. hired, notice, left: int (m,), days, as in `Staff`.
    """

    seat: Ints
    hired: Ints
    notice: Ints
    left: Ints


def settle(seats: int) -> Careers:
    """Give every seat one holder who was there before and stays: partners and machines."""
    never = np.full(seats, NEVER)
    return Careers(np.arange(seats), np.full(seats, -LONGEST), never, never.copy())


def fill(
    rng: np.random.Generator, *, actors: int, seats: int, days: int, turnover: Turnover
) -> Careers:
    """Let exactly so many actors hold so many seats over the world.

    Every leaver is followed within `GAP`, so `actors - seats` people leave and are replaced.
    A few more leave in the last `STILL` days, or have given notice when the world ends.
    """
    rates = turnover.yearly * rng.gamma(turnover.shape, 1 / turnover.shape, seats)
    leavers = _leavers(rng, rates, actors - seats, turnover.most(days))
    seat = np.repeat(np.arange(seats), leavers + 1)
    event_seat = np.repeat(np.arange(seats), leavers)
    gone = np.arange(actors - seats) + event_seat  # a seat's holders before it, then its own
    hired, left = np.empty(actors, np.int64), np.full(actors, NEVER)
    left[gone] = _days_of(rng, event_seat, leavers, days, turnover)
    hired[gone + 1] = left[gone] + rng.integers(GAP[0], GAP[1] + 1, len(gone))
    last = np.cumsum(leavers + 1) - 1
    first = last - leavers
    # Memoryless: time already served is drawn as the time still to serve is.
    hired[first] = -1 - turnover.stays - _waits(rng, rates)
    left[last] = np.maximum(hired[last] + turnover.stays, days - STILL) + _waits(rng, rates)
    notice = left - rng.integers(turnover.notice[0], turnover.notice[1] + 1, actors)
    unknown = notice >= days  # nobody has heard of it yet
    return Careers(seat, hired, np.where(unknown, NEVER, notice), np.where(unknown, NEVER, left))


def _leavers(rng: np.random.Generator, rates: Floats, wanted: int, most: int) -> Ints:
    """Share the leavers out over the seats by their rates, at most `most` to a seat."""
    weights = rates if rates.sum() > 0 else np.ones(len(rates))
    drawn = np.minimum(rng.multinomial(wanted, weights / weights.sum()), most)
    while (missing := wanted - int(drawn.sum())) > 0:
        room = np.flatnonzero(drawn < most)
        drawn[rng.choice(room, min(missing, len(room)), replace=False)] += 1
    return drawn.astype(np.int64)


def _days_of(
    rng: np.random.Generator, seat: Ints, leavers: Ints, days: int, turnover: Turnover
) -> Ints:
    """Draw the days of leaving: uniform, as of a Poisson process, but a cycle apart in a seat."""
    drawn = rng.random(len(seat))
    drawn = drawn[np.lexsort((drawn, seat))]
    before = np.cumsum(leavers) - leavers
    nth = np.arange(len(seat)) - before[seat]
    free = days - 1 - leavers[seat] * turnover.cycle
    left: Ints = 1 + np.floor(drawn * free).astype(np.int64) + nth * turnover.cycle
    return left


def _waits(rng: np.random.Generator, rates: Floats) -> Ints:
    """Draw exponential times of service, days, never more than `LONGEST` or so."""
    scale = 365 / np.maximum(rates, 1e-6)
    ceiling = rng.integers(LONGEST // 3, LONGEST, len(rates))
    return np.minimum(np.ceil(rng.exponential(scale)), ceiling).astype(np.int64)
