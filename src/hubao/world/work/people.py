"""Who does a piece of work: people grouped by branch, each with as much of it as suits them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hubao.world.model import NOBODY, Bools, Floats, Ints, Role, Staff, World, generator

# Spread of workloads, and the most against the median: a day has its hours. With the comings and
# goings it gives cases per person a Gini of about 0.5: 0.46 in the bank's log (whose busiest has
# 3.7 times the median), 0.62 in the municipality's.
_SIGMA, _MOST = 0.85, 4.0


@dataclass(frozen=True)
class Desk:
    """k people in g groups, each drawn as often as the workload says.

    Attributes:
        members: int (k,), by group. upto: float (k,), cumulative workload.
        first: int (g + 1,), where each group's members begin.
        hired, left: int (m,), days, of all actors.
    """

    members: Ints
    upto: Floats
    first: Ints
    hired: Ints
    left: Ints

    def draw(self, rng: np.random.Generator, group: Ints, day: Ints) -> Ints:
        """Draw for each (group, day) someone employed that day; NOBODY if there hardly is one."""
        found = self._once(rng, group)
        for _ in range(3):
            off = np.flatnonzero(~self._employed(found, day))
            if len(off) == 0:
                break
            found[off] = self._once(rng, group[off])
        return np.where(self._employed(found, day), found, NOBODY)

    def _once(self, rng: np.random.Generator, group: Ints) -> Ints:
        upto = np.concatenate(([0.0], self.upto))
        begin, end = self.first[group], self.first[group + 1]
        low, high = upto[begin], upto[end]
        place = np.searchsorted(self.upto, low + rng.random(len(group)) * (high - low), "right")
        place = np.clip(place, begin, np.maximum(end - 1, begin))
        everyone = np.append(self.members, NOBODY)
        return np.where(end > begin, everyone[np.minimum(place, len(self.members))], NOBODY)

    def _employed(self, actor: Ints, day: Ints) -> Bools:
        known = np.maximum(actor, 0)
        employed: Bools = (actor >= 0) & (self.hired[known] <= day) & (day < self.left[known])
        return employed


def make_desk(staff: Staff, members: Ints, group: Ints, groups: int, load: Floats) -> Desk:
    """Seat members (ascending) in groups; those in group NOBODY stay away.

    Args:
        staff: all m actors.
        members, group: int (k,); group in [0, groups), or NOBODY.
        groups: how many groups there are, empty ones too.
        load: float (m,), positive workload of every actor.
    """
    seated = np.flatnonzero(group >= 0)
    seated = seated[np.argsort(group[seated], kind="stable")]
    counts = np.bincount(group[seated], minlength=groups)
    return Desk(
        members=members[seated],
        upto=np.cumsum(load[members[seated]]),
        first=np.concatenate(([0], np.cumsum(counts))),
        hired=staff.hired,
        left=staff.left,
    )


def first_found(rng: np.random.Generator, desks: Sequence[tuple[Desk, Ints]], day: Ints) -> Ints:
    """Draw from the first of the desks (each with its groups) that has someone for the day."""
    found = np.full(len(day), NOBODY)
    for desk, group in desks:
        open_ = np.flatnonzero(found < 0)
        if len(open_):
            found[open_] = desk.draw(rng, group[open_], day[open_])
    return found


def workloads(world: World) -> Floats:
    """float (m,): how much each actor does against colleagues; log-normal, cut at the top."""
    rng = generator(world.scale.seed, "work", "workloads")
    return np.minimum(rng.lognormal(sigma=_SIGMA, size=len(world.staff.role)), _MOST)


def present(staff: Staff, first: int, last: int, roles: Sequence[Role]) -> Ints:
    """The actors in these roles who are employed on some day from first to before last."""
    there = (staff.hired < last) & (staff.left > first) & np.isin(staff.role, roles)
    return np.flatnonzero(there)
