"""Makers of small insurers, of what their staff saw by work, and of campaigns."""

from functools import cache

import numpy as np

from hubao.world.leaks import Seen
from hubao.world.model import (
    DAY,
    NEVER,
    NOBODY,
    Book,
    Customers,
    Family,
    Ints,
    Role,
    Scale,
    Staff,
    Units,
    World,
)

REGIONS, BRANCHES, TEAMS = 4, 8, 32
HEAD_OFFICE = (
    *(12 * [Role.CALL_CENTRE]), Role.CALL_SUPERVISOR, Role.AUDITOR, Role.BANK, Role.BANK,
    Role.BROKER, Role.MARKETING, Role.TPA, Role.SYSTEM, Role.SYSTEM, Role.JOB,
)  # fmt: skip


@cache
def a_world(*, policies: int = 8_000, actors: int = 240, years: int = 2, seed: int = 1) -> World:
    """An insurer of 4 regions, 8 branches and 32 teams; a fifth of the staff leaves each year."""
    rng = np.random.default_rng(seed)
    units = Units(
        branch_region=np.arange(BRANCHES) // 2,
        team_branch=np.arange(TEAMS) // 4,
        regions=[f"region {n}" for n in range(REGIONS)],
        branches=[f"branch {n}" for n in range(BRANCHES)],
        teams=[f"team {n}" for n in range(TEAMS)],
    )
    staff = _staff(rng, actors, 365 * years)
    customers, book = _book(rng, policies, staff, 365 * years)
    scale = Scale(policies=policies, years=years, seed=seed, actors=actors)
    return World(scale, Family(), units, staff, customers, book)


@cache
def seen_in(world_seed: int = 1, **scale: int) -> Seen:
    """Work in `a_world`: agents see their own, back offices their branch's, systems everything."""
    world = a_world(seed=world_seed, **scale)
    rng, book, staff = np.random.default_rng([7, world_seed]), world.book, world.staff
    everyone = np.arange(len(book.agent))
    pairs = [(book.agent, everyone)]
    pairs += [_some(rng, everyone[book.branch == staff.branch[a]], a, 0.3)
              for a in staff.of(Role.BACK_OFFICE)]  # fmt: skip
    pairs += [_some(rng, everyone, a, 0.05) for a in staff.of(Role.CALL_CENTRE)]
    pairs += [_some(rng, everyone, a, 0.1) for a in staff.of(Role.BANK, Role.MARKETING)]
    pairs += [_some(rng, everyone, a, 0.97) for a in staff.of(Role.SYSTEM, Role.JOB)]
    actor, policy = (np.concatenate(column) for column in zip(*pairs, strict=True))
    there = book.issued[policy] < _gone(world)[actor]
    actor, policy = actor[there], policy[there]
    days = rng.integers(np.maximum(book.issued[policy], 0), _gone(world)[actor])
    order = np.lexsort((policy, actor))
    return Seen(actor[order], policy[order], days[order] * DAY + 36_000)


def _staff(rng: np.random.Generator, actors: int, days: int) -> Staff:
    local = actors - len(HEAD_OFFICE)
    back = local // 6
    team = np.concatenate([np.arange(local - back) % TEAMS, np.full(actors - local + back, NOBODY)])
    role = np.full(actors, int(Role.AGENT))
    role[local - back : local] = Role.BACK_OFFICE
    role[local:] = HEAD_OFFICE
    branch = np.where(team >= 0, team // 4, NOBODY)
    branch[local - back : local] = np.arange(back) % BRANCHES
    left = rng.integers(60, 5 * 365, size=actors)
    left = np.where((left < days) & (np.arange(actors) < local), left, NEVER)
    return Staff(
        role=role,
        branch=branch,
        team=team,
        hired=np.full(actors, -400),
        notice=np.where(left < NEVER, left - 30, NEVER),
        left=left,
        moved=np.full(actors, NEVER),
        moved_to=np.full(actors, NOBODY),
    )


def _book(
    rng: np.random.Generator, policies: int, staff: Staff, days: int
) -> tuple[Customers, Book]:
    people = policies * 3 // 4
    household = np.arange(people) // 2
    where = rng.integers(BRANCHES, size=household.max() + 1)[household]
    customer = np.concatenate([np.arange(people), rng.integers(people, size=policies - people)])
    branch, age = where[customer], rng.integers(4, size=policies)
    agents = [np.flatnonzero((staff.branch == b) & (staff.role == Role.AGENT)) for b in range(8)]
    agent = np.array([rng.choice(agents[b]) for b in branch])
    customers = Customers(
        sex=rng.integers(2, size=people),
        born=np.full(people, np.datetime64("1970-01-01")),
        household=household,
        branch=where,
    )
    return customers, Book(
        customer=customer,
        branch=branch,
        product=rng.integers(5, size=policies),
        channel=np.zeros(policies, dtype=np.int64),
        age_band=age,
        issued=rng.integers(-3_000, days, size=policies),
        agent=agent,
        premium=np.full(policies, 500_000),
        cash_value=np.full(policies, 2_000_000),
        busy=np.ones(policies),
    )


def _some(rng: np.random.Generator, policies: Ints, actor: int, share: float) -> tuple[Ints, Ints]:
    chosen = policies[rng.random(len(policies)) < share]
    return np.full(len(chosen), actor), chosen


def _gone(world: World) -> Ints:
    return np.minimum(world.staff.left, world.days)
