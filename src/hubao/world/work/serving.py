"""Which agent serves each policy, month by month, as agents leave and move."""

from dataclasses import dataclass

import numpy as np

from hubao.world.model import NEVER, NOBODY, Bools, Channel, Floats, Ints, Role, World
from hubao.world.work.people import make_desk

_HEIRS = 3  # a portfolio goes to a few team-mates, not to the whole team
_SHARES = (0.6, 0.85, 1.0)  # cumulative


@dataclass(frozen=True)
class Served:
    """Who serves the N policies in one month; each changes hands once a month at most.

    Attributes:
        before, after: int (N,), agents, or NOBODY where the branch or the telephone serves.
        changed: int (N,), day from which `after` serves; NEVER where nothing changed.
    """

    before: Ints
    after: Ints
    changed: Ints

    def on(self, policy: Ints, day: Ints) -> Ints:
        """Give the agent of each policy on that day."""
        return np.where(day < self.changed[policy], self.before[policy], self.after[policy])


def serve(
    world: World, rng: np.random.Generator, owner: Ints, load: Floats, first: int, last: int
) -> Served:
    """Hand over the policies of all who leave or move from day first to before last.

    Args:
        world: the insurer.
        rng: what chance is drawn from.
        owner: int (N,), who serves each policy when the month begins.
        load: float (m,), workload of each actor.
        first, last: days.
    """
    orphans, since = _orphans(world, owner, first, last)
    after, changed = owner.copy(), np.full(len(owner), NEVER)
    after[orphans] = _heirs(world, rng, owner, orphans, load, (first, last))
    changed[orphans] = since
    return Served(owner, after, changed)


def _orphans(world: World, owner: Ints, first: int, last: int) -> tuple[Ints, Ints]:
    """Policies that need another agent, and from which day on."""
    staff, book = world.staff, world.book
    moves = (staff.moved >= first) & (staff.moved < last)
    gone = np.minimum(staff.left, np.where(moves, staff.moved, NEVER))
    known = np.maximum(owner, 0)
    since = np.maximum(book.issued, first)
    # An agent who is not hired yet cannot serve: someone else does from the start.
    until = np.where(staff.hired[known] > since, first, gone[known])
    until = np.where(owner < 0, np.where(book.channel == Channel.AGENT, first, NEVER), until)
    orphans = np.flatnonzero((book.issued < last) & (until < last))
    return orphans, np.maximum(until[orphans], since[orphans])


def _heirs(
    world: World,
    rng: np.random.Generator,
    owner: Ints,
    orphans: Ints,
    load: Floats,
    span: tuple[int, int],
) -> Ints:
    """Agents of the same team where there are any, else of the same branch, else NOBODY."""
    staff, units, first = world.staff, world.units, span[0]
    heirs = np.flatnonzero(_stay(world, *span))
    branch, team = staff.branch, staff.team_on(first)
    mates = make_desk(staff, heirs, team[heirs], len(units.team_branch), load)
    olds, place = np.unique(owner[orphans], return_inverse=True)
    group = np.repeat(np.maximum(team[olds], 0), _HEIRS)
    few = mates.draw(rng, group, np.full(len(group), first)).reshape(-1, _HEIRS)
    mine = few[place, np.searchsorted(_SHARES, rng.random(len(orphans)))]
    wanted = world.book.branch[orphans]
    strange = np.flatnonzero(
        (mine < 0) | (owner[orphans] < 0) | (branch[np.maximum(mine, 0)] != wanted)
    )
    branch_mates = make_desk(staff, heirs, branch[heirs], len(units.branch_region), load)
    mine[strange] = branch_mates.draw(rng, wanted[strange], np.full(len(strange), first))
    return mine


def _stay(world: World, first: int, last: int) -> Bools:
    """Agents who stay where they are for the whole month."""
    staff = world.staff
    moves = (staff.moved >= first) & (staff.moved < last)
    there = (staff.hired <= first) & (staff.left >= last) & (staff.team != NOBODY)
    stay: Bools = there & ~moves & (staff.role == Role.AGENT)
    return stay
