"""One month of the world, as the causes of work see it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hubao.world.model import (
    HEAD_OFFICE,
    Cause,
    Events,
    Floats,
    Ints,
    Role,
    World,
    generator,
)
from hubao.world.work.calendar import Calendar, Rhythm
from hubao.world.work.people import Desk, first_found, make_desk, present
from hubao.world.work.rows import taken
from hubao.world.work.serving import Served
from hubao.world.work.ties import Ties


@dataclass(frozen=True)
class Month:
    """A month from day `first` to before day `last`.

    Attributes:
        number: months since the world began.
        desks: who may be drawn, by role: branch people by branch, head office in one group.
        load: float (m,), each actor's workload.
    """

    number: int
    first: int
    last: int
    world: World
    calendar: Calendar
    ties: Ties
    served: Served
    desks: Mapping[Role, Desk]
    load: Floats

    def rng(self, cause: Cause) -> np.random.Generator:
        """Give the generator of one cause in this month."""
        return generator(self.world.scale.seed, "work", cause.name, self.number)

    def rate(self, cause: Cause) -> float:
        """Give the family's rate, per policy and year."""
        return self.world.family.rates[cause]

    def live(self) -> Ints:
        """The policies issued before the month ends."""
        return np.flatnonzero(self.world.book.issued < self.last)

    def visits(
        self, rng: np.random.Generator, rate: float, rhythm: Rhythm, factor: Floats | float = 1.0
    ) -> tuple[Ints, Ints]:
        """Draw policies to be handled, busy ones oftener, and the day of each visit.

        Args:
            rng: what chance is drawn from.
            rate: visits per policy and year.
            rhythm: whose days.
            factor: float (N,) or one for all; how much oftener a policy is handled.
        """
        book = self.world.book
        work = self.calendar.weights[rhythm, self.first : self.last].sum() / 365
        often = rate * work * factor * book.busy
        count = rng.poisson(np.where(book.issued < self.last, often, 0.0))
        policy = np.repeat(np.arange(len(count)), count)
        return policy, self.days(rng, rhythm, len(policy))

    def days(self, rng: np.random.Generator, rhythm: Rhythm, n: int) -> Ints:
        """Draw n days of this month."""
        return self.calendar.pick_days(rng, rhythm, (self.first, self.last), n)

    def due(self, ahead: int) -> tuple[Ints, Ints]:
        """The policies whose anniversary is `ahead` days off on some day of the month; that day."""
        issued = self.world.book.issued
        day = self.first + (issued - ahead - self.first) % 365
        policy = np.flatnonzero((day < self.last) & (issued + 365 <= day + ahead) & (issued <= day))
        return policy, day[policy]

    def someone(self, rng: np.random.Generator, policy: Ints, day: Ints, *roles: Role) -> Ints:
        """Draw who handles each policy on that day: the first of the roles that the branch has."""
        branch, head = self.world.book.branch[policy], np.zeros_like(policy)
        return first_found(
            rng,
            [(self.desks[role], head if role in HEAD_OFFICE else branch) for role in roles],
            day,
        )

    def lawful(self, events: Events) -> Events:
        """Keep what somebody employed, in the right place, did with a policy that existed."""
        staff, book = self.world.staff, self.world.book
        events = taken(events, np.flatnonzero((events.actor >= 0) & (events.policy >= 0)))
        day, who = events.at // 86_400, events.actor
        there = (staff.hired[who] <= day) & (day < staff.left[who])
        branch = staff.branch[who]
        near = (branch < 0) | (branch == book.branch[events.policy])
        near |= events.cause == Cause.UNEXPLAINED
        exists = (book.issued[events.policy] <= day) & (day >= 0)
        return taken(events, np.flatnonzero(there & near & exists & (day < self.world.days)))


def make_desks(world: World, load: Floats, first: int, last: int) -> dict[Role, Desk]:
    """Seat everyone who works in the month at a desk of their role."""
    desks = {}
    for role in Role:
        members = present(world.staff, first, last, [role])
        group = np.zeros_like(members) if role in HEAD_OFFICE else world.staff.branch[members]
        groups = 1 if role in HEAD_OFFICE else len(world.units.branch_region)
        desks[role] = make_desk(world.staff, members, group, groups, load)
    return desks
