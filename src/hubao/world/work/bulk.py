"""Work on many records at once: campaigns, audits, partners' feeds, jobs at night."""

from dataclasses import dataclass

import numpy as np

from hubao.world.model import (
    AGE_BANDS,
    DAY,
    HOUR,
    Action,
    Cause,
    Events,
    Fields,
    Ints,
    Product,
    Role,
    World,
    generator,
)
from hubao.world.work.calendar import Rhythm
from hubao.world.work.month import Month
from hubao.world.work.rows import joined, rows

_PER_SECOND = 50  # rows of a batch
_MACHINES = 3  # that go over the whole book; every insurer has a few such accounts


@dataclass(frozen=True)
class _Drive:
    """One campaign: when it starts, at whom it aims; region is None for all of them."""

    month: int
    day: int
    products: Ints
    ages: Ints
    region: int | None


def campaign(month: Month) -> Events:
    """Drives begun this month: a third exported, a third called, a third worked by sales teams.

    The year's drives share the family's rate; a segment that is smaller uses less of it.
    """
    rng = month.rng(Cause.CAMPAIGN)
    parts: list[Events] = []
    tickets = batches = 0
    year = month.number // 12
    drives = _drives(month.world, year)
    budget = int(month.rate(Cause.CAMPAIGN) * len(month.live()) / len(drives))
    for drive in drives:
        if drive.month != month.number % 12:
            continue
        policy = _segment(month, rng, drive, budget)
        thirds = np.array_split(policy, 3)
        day = int(month.calendar.later(rng, np.array([month.first + drive.day]), 0, 0)[0])
        parts += [
            _export(month, rng, np.sort(thirds[0]), day, tickets, batches),
            _calls(month, rng, thirds[1], day, tickets + 1),
            _teams(month, rng, thirds[2], day, tickets + 2),
        ]
        tickets, batches = tickets + 2 + len(month.world.units.team_branch), batches + 1
    return joined(parts)


def _drives(world: World, year: int) -> list[_Drive]:
    """Two to four a year; the first is the new year's sales drive."""
    rng = generator(world.scale.seed, "work", "campaigns", year)
    count = int(rng.integers(2, 5))
    months = [0, *np.sort(rng.choice(np.arange(2, 12), size=count - 1, replace=False)).tolist()]
    return [
        _Drive(
            month=m,
            day=int(rng.integers(2, 15)),
            products=rng.choice(len(Product), size=int(rng.integers(1, 4)), replace=False),
            ages=rng.choice(len(AGE_BANDS), size=int(rng.integers(2, 4)), replace=False),
            region=int(rng.integers(world.family.regions)) if rng.random() < 0.5 else None,
        )
        for m in months
    ]


def _segment(month: Month, rng: np.random.Generator, drive: _Drive, most: int) -> Ints:
    """Up to `most` policies of the segment, in random order."""
    book, units = month.world.book, month.world.units
    inside = np.isin(book.product, drive.products) & np.isin(book.age_band, drive.ages)
    if drive.region is not None:
        inside &= units.branch_region[book.branch] == drive.region
    policy = np.flatnonzero(inside & (book.issued < month.first))
    return rng.permutation(policy)[:most]


def _export(
    month: Month, rng: np.random.Generator, policy: Ints, day: int, ticket: int, batch: int
) -> Events:
    """One batch for a marketing partner or a bank."""
    role = Role.MARKETING if rng.random() < 0.7 else Role.BANK
    other = Role.BANK if role == Role.MARKETING else Role.MARKETING
    someone = month.someone(rng, policy[:1], np.full(len(policy[:1]), day), role, other)
    begins = day * DAY + int(rng.integers(9 * HOUR, 17 * HOUR))
    at = begins + np.arange(len(policy)) // _PER_SECOND
    return rows(
        at,
        np.repeat(someone, len(policy)),
        policy,
        action=Action.EXPORT,
        cause=Cause.CAMPAIGN,
        fields=Fields.C1_C2,
        ticket=ticket,
        batch=batch,
    )


def _calls(month: Month, rng: np.random.Generator, policy: Ints, day: int, ticket: int) -> Events:
    """The call centre works through a list in three weeks; each record comes to one clerk."""
    calendar = month.calendar
    when = calendar.later(rng, np.full(len(policy), day), 1, 20)
    clerk = month.someone(rng, policy, when, Role.CALL_CENTRE)
    return rows(
        calendar.moments(rng, Rhythm.CALLS, when),
        clerk,
        policy,
        action=Action.VIEW,
        cause=Cause.CAMPAIGN,
        ticket=ticket,
    )


def _teams(month: Month, rng: np.random.Generator, policy: Ints, day: int, ticket: int) -> Events:
    """A team shares one list of its members' clients: each member opens much of it."""
    staff, calendar = month.world.staff, month.calendar
    agent = month.served.on(policy, np.full(len(policy), day))
    policy, agent = policy[agent >= 0], agent[agent >= 0]
    team = staff.team_on(day)
    at_work = np.flatnonzero((staff.role == Role.AGENT) & staff.working(day) & (team >= 0))
    at_work = at_work[np.argsort(team[at_work], kind="stable")]
    size = np.bincount(team[at_work], minlength=len(month.world.units.team_branch))
    begins = np.cumsum(size) - size
    # As many lists as the budget pays for: each record is seen by about half a team.
    chosen = np.flatnonzero(rng.random(len(policy)) < 2 / max(1, month.world.family.team_size))
    policy, team_of = policy[chosen], team[agent[chosen]]
    known = np.maximum(team_of, 0)
    mates = np.where(team_of >= 0, size[known], 0)
    each = np.repeat(np.arange(len(policy)), mates)
    nth = np.arange(len(each)) - np.repeat(np.cumsum(mates) - mates, mates)
    member = at_work[begins[known[each]] + nth]
    opened = np.flatnonzero(rng.random(len(each)) < 0.5)
    each, member = each[opened], member[opened]
    when = calendar.later(rng, np.full(len(each), day), 1, 25)
    return rows(
        calendar.moments(rng, Rhythm.SALES, when),
        member,
        policy[each],
        action=Action.VIEW,
        cause=Cause.CAMPAIGN,
        ticket=ticket + team_of[each],
    )


def audit(month: Month) -> Events:
    """At each quarter's end auditors open a random sample; one ticket per auditor."""
    rng = month.rng(Cause.AUDIT)
    live = month.live()
    if month.number % 3 != 2 or len(live) == 0:
        return joined([])
    count = rng.poisson(month.rate(Cause.AUDIT) * len(live) / 4)
    policy = rng.choice(live, size=min(count, len(live)), replace=False)
    day = month.days(rng, Rhythm.OFFICE, len(policy))
    auditor = month.someone(rng, policy, day, Role.AUDITOR)
    return rows(
        month.calendar.moments(rng, Rhythm.OFFICE, day),
        auditor,
        policy,
        action=Action.VIEW,
        cause=Cause.AUDIT,
        fields=Fields.C1_C2_C3,
        ticket=np.unique(auditor, return_inverse=True)[1],
    )


def feed(month: Month) -> Events:
    """Partners' feeds of their own policies, and machines that go over nearly all records."""
    rng = month.rng(Cause.FEED)
    partners = _partner_feeds(month, rng)
    batches = int(partners.batch.max()) + 1 if len(partners) else 0
    return joined([partners, *_sweeps(month, rng, batches)])


def _partner_feeds(month: Month, rng: np.random.Generator) -> Events:
    """Brokers monthly, banks and TPAs quarterly (in turns): a part of what is theirs."""
    live = month.live()
    partner = month.ties.partner[live]
    policy, partner = live[partner >= 0], partner[partner >= 0]
    role = month.world.staff.role[partner]
    turn = (month.number + partner) % 3 == 0
    share = np.select([role == Role.BROKER, (role == Role.BANK) & turn, turn], [0.2, 0.6, 0.25], 0)
    chosen = rng.random(len(policy)) < share
    policy, partner = policy[chosen], partner[chosen]
    order = np.argsort(partner, kind="stable")
    policy, partner = policy[order], partner[order]
    who, begins, batch = np.unique(partner, return_index=True, return_inverse=True)
    day = month.days(rng, Rhythm.OFFICE, len(who))
    begin = month.calendar.moments(rng, Rhythm.NIGHT, day)
    at = begin[batch] + (np.arange(len(policy)) - begins[batch]) // _PER_SECOND
    return rows(
        at,
        partner,
        policy,
        action=Action.EXPORT,
        cause=Cause.FEED,
        fields=Fields.C1_C2,
        batch=batch,
    )


def _sweeps(month: Month, rng: np.random.Generator, batch: int) -> list[Events]:
    """Jobs at night that read nearly every record, in order, each in one night."""
    machines = month.world.staff.of(Role.SYSTEM, Role.JOB)[:_MACHINES]
    live = month.live()
    parts = []
    for number in range(_sweeps_due(month) if len(machines) else 0):
        policy = live[rng.random(len(live)) < 0.97]
        day = int(rng.integers(month.first, month.last))
        at = day * DAY + HOUR + np.arange(len(policy)) * (3 * HOUR) // max(1, len(policy))
        machine = int(machines[int(rng.integers(len(machines)))])
        parts.append(
            rows(
                at,
                machine,
                policy,
                action=Action.API,
                cause=Cause.FEED,
                fields=Fields.C1_C2_C3,
                batch=batch + number,
            )
        )
    return parts


def _sweeps_due(month: Month) -> int:
    """How many of the year's sweeps fall in this month; a rate of 1.5 is one or two a year."""
    year, number = divmod(month.number, 12)
    rng = generator(month.world.scale.seed, "work", "sweeps", year)
    count = int(month.rate(Cause.FEED) + rng.random())
    return int(np.count_nonzero(rng.integers(12, size=count) == number))
