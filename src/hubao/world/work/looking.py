"""Looking that follows from others' work, or from nothing but curiosity."""

import numpy as np

from hubao.world.model import (
    DAY,
    MACHINES,
    NOBODY,
    PARTNERS,
    Action,
    Cause,
    Events,
    Fields,
    Ints,
    Role,
    generator,
)
from hubao.world.work.calendar import Rhythm
from hubao.world.work.month import Month
from hubao.world.work.people import make_desk, present
from hubao.world.work.rows import rows, taken

_CURIOUS = 1.2  # spread of people's curiosity
_ELSEWHERE = 0.1  # share of curious looks outside one's own branch


def supervision(month: Month, done: Events) -> Events:
    """Team leaders and call supervisors look at a few records their people opened lately.

    Args:
        month: the month.
        done: what was done in it so far.
    """
    rng, staff = month.rng(Cause.SUPERVISION), month.world.staff
    role = staff.role[done.actor]
    recent = np.flatnonzero(
        ((role == Role.AGENT) | (role == Role.CALL_CENTRE)) & (done.at < month.last * DAY)
    )
    wanted = month.rate(Cause.SUPERVISION) / 12 * len(month.live())
    sample = taken(done, recent[rng.random(len(recent)) < wanted / max(1, len(recent))])
    day = month.calendar.later(rng, sample.at // DAY, 1, 5)
    leader = _leaders(month, rng)[np.maximum(staff.team_on(month.first)[sample.actor], 0)]
    called = staff.role[sample.actor] == Role.CALL_CENTRE
    over = np.where(called, _call_supervisor(month, sample.actor), leader)
    ticket = np.unique(over, return_inverse=True)[1]
    return rows(
        month.calendar.moments(rng, Rhythm.OFFICE, day),
        over,
        sample.policy,
        action=Action.VIEW,
        cause=Cause.SUPERVISION,
        ticket=ticket,
    )


def _leaders(month: Month, rng: np.random.Generator) -> Ints:
    """int (t,): who leads each team this month; NOBODY if no one does."""
    staff = month.world.staff
    leaders = rng.permutation(present(staff, month.first, month.last, [Role.TEAM_LEADER]))
    leads = np.full(len(month.world.units.team_branch), NOBODY)
    team = staff.team_on(month.first)[leaders]
    leads[team[team >= 0]] = leaders[team >= 0]
    return leads


def _call_supervisor(month: Month, clerk: Ints) -> Ints:
    """Each call-centre clerk has one supervisor, the same while nobody comes or goes."""
    there = present(month.world.staff, month.first, month.last, [Role.CALL_SUPERVISOR])
    return there[clerk % len(there)] if len(there) else np.full(len(clerk), NOBODY)


def unexplained(month: Month, done: Events) -> Events:
    """Look-ups that honest people can't explain: no ticket, mostly in the own branch.

    Args:
        month: the month.
        done: what was done in it so far; its size sets how many there are.
    """
    rng, world = month.rng(Cause.UNEXPLAINED), month.world
    live = month.live()
    share = world.family.unexplained * len(world.book.issued) / max(1, len(live))
    people = ~np.isin(world.staff.role[done.actor], (*PARTNERS, *MACHINES))
    n = int(rng.poisson(share / (1 - share) * np.count_nonzero(people)))
    day = month.days(rng, Rhythm.SALES, n)
    actor = _curious(month, rng, day)
    branch = world.staff.branch[actor]
    elsewhere = (branch < 0) | (rng.random(n) < _ELSEWHERE)
    anywhere = rng.integers(len(world.book.issued), size=n)
    policy = np.where(elsewhere, anywhere, month.ties.in_branch(rng, np.maximum(branch, 0)))
    action = np.where(rng.random(n) < 0.3, Action.SEARCH, Action.VIEW).astype(np.int8)
    fields = np.where(action == Action.SEARCH, Fields.C1, Fields.C1_C2).astype(np.int8)
    at = month.calendar.moments(rng, Rhythm.SALES, day)
    return rows(at, actor, policy, action=action, cause=Cause.UNEXPLAINED, fields=fields)


def _curious(month: Month, rng: np.random.Generator, day: Ints) -> Ints:
    """People of any kind, some of them far more curious than others."""
    staff, seed = month.world.staff, month.world.scale.seed
    curiosity = generator(seed, "work", "curiosity").lognormal(sigma=_CURIOUS, size=len(staff.role))
    kinds = [role for role in Role if role not in (*PARTNERS, *MACHINES)]
    members = present(staff, month.first, month.last, kinds)
    desk = make_desk(staff, members, np.zeros_like(members), 1, curiosity)
    return desk.draw(rng, np.zeros_like(day), day)
