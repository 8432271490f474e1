"""What every plan of a leak draws on: the world, its ordinary work, the dice, days and people."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hubao.kit.errors import BadInput
from hubao.world.leaks.seen import Seen
from hubao.world.model import DAY, Bools, Floats, Ints, Role, World
from hubao.world.races import earliest, race

EMPLOYEES = (
    Role.AGENT,
    Role.TEAM_LEADER,
    Role.BRANCH_MANAGER,
    Role.BACK_OFFICE,
    Role.CALL_CENTRE,
    Role.CALL_SUPERVISOR,
    Role.CLAIMS,
)
ENTERED = 20  # records that somebody has to have seen by work to count as one with access
SETTLED = 30  # days since hiring before an employee copies
OWN_BRANCH = 0.9  # share of the copied records that are of the own branch, while they last
FAMILIAR = 3.0  # how much likelier a record is copied that its copier knows from work


@dataclass(frozen=True)
class Draft:
    """One leak in the making.

    Attributes:
        world, seen: the insurer and its ordinary work.
        rng: this leak's own generator.
        records: exposure of each copy as a share of the book, or None to draw it.
        taken: actors who are a source of this leak already.
        span: the first and last day between which copying falls, or None for the middle.
    """

    world: World
    seen: Seen
    rng: np.random.Generator
    records: float | None
    taken: Sequence[int] = ()
    span: tuple[int, int] | None = None

    @property
    def policies(self) -> int:
        """How many policies the book holds."""
        return len(self.world.book.customer)

    def size(self, drawn: float) -> int:
        """Give how many records are copied: as many as drawn, unless the exposure is fixed."""
        count = drawn if self.records is None else self.records * self.policies
        return max(round(count), 1)

    def spread(self, median: float, sigma: float, low: float, high: float) -> float:
        """Draw from a log-normal, cut off at both ends."""
        drawn = median * np.exp(sigma * self.rng.standard_normal())
        return float(np.clip(drawn, low, high))

    def day(self) -> int:
        """Draw the day on which the copying begins, so that contacts can follow."""
        low, high = self.span or self.part(0.35, 0.6)
        return int(self.rng.integers(low, high))

    def part(self, low: float, high: float) -> tuple[int, int]:
        """Give two shares of the world's days as days."""
        return int(low * self.world.days), int(high * self.world.days)

    def weekdays(self, low: int, high: int, count: int) -> Ints:
        """Draw up to `count` days from Monday to Friday of [low, high), ascending."""
        days = np.arange(low, high)
        at_work = days[(days + self.world.scale.start.weekday()) % 7 < 5]
        days = at_work if len(at_work) else days
        return np.sort(self.rng.choice(days, size=min(count, len(days)), replace=False))

    def employed(self, first: int, last: int) -> Bools:
        """bool (m,): employees with access who work all of these days and have given no notice."""
        staff = self.world.staff
        stays = (staff.hired <= first - SETTLED) & (staff.notice > last) & (staff.left > last)
        return stays & self.with_access()

    def leaving(self) -> Bools:
        """bool (m,): employees with access whose notice falls into the middle of the days."""
        staff, (low, high) = self.world.staff, self.span or self.part(0.2, 0.7)
        inside = (staff.notice >= low) & (staff.left <= high)
        return inside & (staff.left - staff.notice >= 3) & self.with_access()

    def with_access(self) -> Bools:
        """bool (m,): employees whose work shows them records."""
        role = self.world.staff.role
        return np.isin(role, EMPLOYEES) & (self.seen.counts(len(role)) >= ENTERED)

    def pick(self, eligible: Bools, who: str) -> int:
        """Draw one of the eligible actors, each as likely as the other."""
        found = np.setdiff1d(np.flatnonzero(eligible), self.taken)
        if not len(found):
            raise BadInput(
                f"This world has no {who} who could be the source of the records; "
                "make it with more policies, more years or another seed."
            )
        return int(self.rng.choice(found))

    def issued(self, day: int) -> Bools:
        """bool (N,): policies that exist by that day."""
        return self.world.book.issued <= day

    def draw(self, weights: Floats, count: int, day: int) -> Ints:
        """Draw distinct policies that exist by that day, ascending."""
        live = np.where(self.issued(day), weights, 0.0)
        return np.sort(earliest(race(self.rng, live), count))

    def reach(self, actor: int, day: int) -> Floats:
        """float (N,): how likely an employee is to copy each policy; the own branch mostly."""
        book, branch = self.world.book, int(self.world.staff.branch[actor])
        weights = np.ones(self.policies)
        known, at = self.seen.of(actor)
        weights[known[at < day * DAY]] = FAMILIAR
        own = book.branch == branch
        if own.any():  # at head office nobody has a branch, and all is in reach
            elsewhere = (1 - OWN_BRANCH) / OWN_BRANCH * weights[own].sum()
            weights[~own] *= elsewhere / max(float(weights[~own].sum()), 1.0)
        return weights
