"""Who works at the insurer: how many in each role, where they sit, and how long they stay.

Prior: seats go to branches by the branch's size.
"""

from dataclasses import dataclass, replace

import numpy as np

from hubao.world.careers import Careers, Turnover, fill, settle
from hubao.world.model import (
    HEAD_OFFICE,
    MACHINES,
    NEVER,
    NOBODY,
    PARTNERS,
    Family,
    Floats,
    Ints,
    Role,
    Staff,
    Units,
    generator,
)
from hubao.world.transfers import merge_teams, transfer

# With shape 0.4 and 45 % a year, 13-month retention of new agents comes to 0.30 (domain.md 6.1).
AGENT_SHAPE, OFFICE_SHAPE = 0.4, 1.5
OFFICE = (Role.BACK_OFFICE, Role.CALL_CENTRE)  # who can look up any policy from a desk


@dataclass(frozen=True)
class Plan:
    """How many actors there are in each role over all years, and seats at any one time; (14,)."""

    actors: Ints
    seats: Ints


def apportion(total: int, shares: Floats) -> Ints:
    """Split a whole by shares: largest remainder, and one at least for every positive share.

    Args:
        total: what to split.
        shares: float (n,), not negative, some positive.

    Returns:
        int (n,) that sums to `total`; if there are fewer than positive shares, the largest get one.
    """
    wanted = (shares > 0).astype(np.int64)
    if total <= wanted.sum():
        largest = np.argsort(-shares, kind="stable")[:total]
        return np.bincount(largest, minlength=len(shares)).astype(np.int64)
    quota = shares / shares.sum() * total
    given: Ints = np.maximum(np.floor(quota + 1e-9).astype(np.int64), wanted)
    while (missing := total - int(given.sum())) != 0:
        step = 1 if missing > 0 else -1
        spare = np.where((given + step >= wanted) & (wanted > 0), step * (quota - given), -np.inf)
        given[np.argmax(spare)] += step
    return given


def plan_staff(family: Family, actors: int, days: int) -> Plan:
    """Fix the actors and the seats of each role.

    One agent and two of `OFFICE` at least leave and are replaced, and two seats of `OFFICE`
    stay, if the family has so many of them.
    """
    counts = apportion(actors, np.asarray(family.roles, dtype=float))
    seats = np.array([_seats(family, Role(r), int(n), days) for r, n in enumerate(counts)])
    seats[Role.AGENT] = min(seats[Role.AGENT], max(counts[Role.AGENT] - 1, 1))
    larger = max(OFFICE, key=lambda role: int(counts[role]))
    office = list(OFFICE)
    while counts[office].sum() - seats[office].sum() < 2 < seats[office].sum():
        if seats[larger] == 1:
            break
        seats[larger] -= 1
    return Plan(counts, np.minimum(seats, counts))


def make_staff(
    family: Family, plan: Plan, units: Units, sizes: Floats, days: int, seed: int
) -> Staff:
    """Draw everybody's place and career.

    Args:
        family: the kind of insurer.
        plan: how many there are.
        units: where they can sit.
        sizes: float (b,), the branches' sizes; nobody sits where it is 0.
        days: length of the world.
        seed: of the world.

    Returns:
        Staff; actors' numbers tell nothing about role or time.
    """
    parts = [_role(family, Role(r), plan, units, sizes, days, seed) for r in range(len(Role))]
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    mixed = generator(seed, "staff", "numbers").permutation(len(columns[0]))
    role, branch, team, hired, notice, left = (column[mixed] for column in columns)
    never, nowhere = np.full(len(role), NEVER), np.full(len(role), NOBODY)
    staff = Staff(role, branch, team, hired, notice, left, never, nowhere)
    staff, merged = merge_teams(staff, units, sizes, days, generator(seed, "staff", "merger"))
    return transfer(staff, units, merged, days, generator(seed, "staff", "transfers"))


def _turnover(family: Family, role: Role) -> Turnover:
    if role is Role.AGENT:
        return Turnover(family.agents_leave, AGENT_SHAPE, stays=15, notice=(3, 7))
    return Turnover(family.office_leave, OFFICE_SHAPE, stays=60, notice=(30, 30))


def _seats(family: Family, role: Role, actors: int, days: int) -> int:
    if role in (*PARTNERS, *MACHINES):
        return actors
    return _turnover(family, role).seats(actors, days)


def _role(
    family: Family, role: Role, plan: Plan, units: Units, sizes: Floats, days: int, seed: int
) -> tuple[Ints, ...]:
    actors, seats = int(plan.actors[role]), int(plan.seats[role])
    rng = generator(seed, "staff", role.name)
    if seats == 0 or role in (*PARTNERS, *MACHINES):
        careers = settle(seats)
    else:
        turnover = _turnover(family, role)
        careers = fill(rng, actors=actors, seats=seats, days=days, turnover=turnover)
    if role in OFFICE:
        careers = _keep_two(careers, seats)
    branch, team = _places(role, seats, units, sizes)
    at = careers.seat
    numbers = np.full(actors, int(role))
    return numbers, branch[at], team[at], careers.hired, careers.notice, careers.left


def _keep_two(careers: Careers, seats: int) -> Careers:
    """Let the last holders of two seats stay to the end."""
    last = np.searchsorted(careers.seat, np.arange(min(seats, 2)), side="right") - 1
    notice, left = careers.notice.copy(), careers.left.copy()
    notice[last], left[last] = NEVER, NEVER
    return replace(careers, notice=notice, left=left)


def _places(role: Role, seats: int, units: Units, sizes: Floats) -> tuple[Ints, Ints]:
    """Give the branch and the team of every seat of a role."""
    nowhere = np.full(seats, NOBODY)
    if role in HEAD_OFFICE:
        return nowhere, nowhere
    if role is Role.BRANCH_MANAGER:
        staffed = np.flatnonzero(sizes)
        return staffed[np.arange(seats) % len(staffed)], nowhere
    if role is Role.TEAM_LEADER:
        order = np.argsort(-sizes[units.team_branch], kind="stable")
        order = order[: np.count_nonzero(sizes[units.team_branch])]
        team = order[np.arange(seats) % len(order)]
        return units.team_branch[team], team
    branch = np.repeat(np.arange(len(sizes)), apportion(seats, sizes))
    if role is not Role.AGENT:
        return branch, nowhere
    first = np.searchsorted(units.team_branch, branch)
    teams = np.bincount(units.team_branch, minlength=len(sizes))[branch]
    nth = np.arange(seats) - np.searchsorted(branch, branch)
    return branch, first + nth % teams
