"""One plan for each scenario: who copies which records, when, and through which accesses."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from hubao.world.leaks.accesses import LEAK_BATCH, Copied, by_hand, copied, in_order
from hubao.world.leaks.draft import Draft
from hubao.world.leaks.seen import Seen
from hubao.world.leaks.worklists import FEWEST, WEEKS, colleagues, worklists
from hubao.world.model import (
    DAY,
    EMPTY,
    HOUR,
    NOBODY,
    PARTNERS,
    Action,
    Bools,
    Cause,
    Copy,
    Leak,
    Role,
    World,
    generator,
)
from hubao.world.scenarios import Scenario

EVENING = 19
OFFICE = 10
RING_DAYS = 240  # in which all members of a ring copy, leave included

Made = tuple[Sequence[Copied], Sequence[float]]  # the copies, and each one's share of the contacts


def plan_leak(
    world: World, scenario: Scenario, seen: Seen, *, seed: int, records: float | None = None
) -> Leak:
    """Draw a leak: its sources, the records they copied, and the accesses this adds to the log.

    The source is drawn evenly from all actors that the scenario allows, so each seed gives
    another one. Copying lies in the middle of the world's days; contacts follow.

    Args:
        world: the insurer.
        scenario: how the records get out.
        seen: the ordinary work's first sights.
        seed: same world, scenario and seed, same leak.
        records: each copy's size as a share of the book, in (0, 1]; None draws it.

    Raises:
        BadInput: nobody in this world can be the source in this way.
    """
    draft = Draft(world, seen, generator(seed, "leak", scenario.value), records)
    made, shares = PLANS[scenario](draft)
    copies = [replace(m.copy, share=share) for m, share in zip(made, shares, strict=True)]
    return Leak(scenario.value, copies, in_order([m.events for m in made]))


def _personal(draft: Draft) -> int:
    """Records that one person carries away: 200 to 2,000, and at most 2 % of the book."""
    cap = 0.02 * draft.policies
    return draft.size(draft.spread(630, 0.59, min(200, cap), min(2_000, cap)))


def _member(draft: Draft) -> int:
    """Records that a ring's member carries away: 0.7 % of the book, give or take a tenth."""
    whole = draft.policies
    return draft.size(draft.spread(0.007 * whole, 0.1, 0.005 * whole, 0.009 * whole))


def _bulk(draft: Draft, size: Callable[[Draft], int] = _personal) -> Copied:
    day, count = draft.day(), size(draft)
    nights = draft.weekdays(day, day + 14, int(draft.rng.integers(1, 6)))
    actor = draft.pick(draft.employed(day, day + 14), "employee")
    return by_hand(draft, actor, draft.draw(draft.reach(actor, day), count, day), nights, EVENING)


def _leaver(draft: Draft, size: Callable[[Draft], int] = _personal) -> Copied:
    actor, count = draft.pick(draft.leaving(), "leaver"), size(draft)
    notice, left = int(draft.world.staff.notice[actor]), int(draft.world.staff.left[actor])
    nights = draft.weekdays(notice + 1, left, int(draft.rng.integers(1, 6)))
    policies = draft.draw(draft.reach(actor, notice), count, notice)
    return by_hand(draft, actor, policies, nights, EVENING)


def _drip(draft: Draft) -> Copied:
    """Twenty a working day in the midst of the work; fewer where the book is small."""
    rng = draft.rng
    first = int(rng.integers(*draft.part(0.3, 0.4)))
    span = int(rng.integers(60, max(draft.world.days * 3 // 10, 61)))
    days = draft.weekdays(first, first + span, span)
    count = draft.size(min(20 * len(days), 0.02 * draft.policies))
    actor = draft.pick(draft.employed(first, first + span), "employee")
    policies = rng.permutation(draft.draw(draft.reach(actor, first), count, first))
    day = days[np.arange(len(policies)) * len(days) // len(policies)]
    at = day * DAY + rng.integers(9 * HOUR, 18 * HOUR, size=len(policies))
    return copied(draft, actor, policies, at, action=Action.VIEW)


def _desk(draft: Draft) -> Copied:
    """All that came over one desk in two to six months; no access is added."""
    last = draft.day()
    first = last - int(draft.rng.integers(60, min(180, last) + 1))
    seen, actors = draft.seen, len(draft.world.staff.role)
    inside = (seen.at >= first * DAY) & (seen.at < last * DAY)
    handled = np.bincount(seen.actor[inside], minlength=actors)
    eligible = draft.employed(first, last) & (handled > 0)
    # A desk with next to nothing on it is no source of a list: 100 records, or the busiest fifth.
    busy = min(100.0, float(np.quantile(handled[eligible], 0.8))) if eligible.any() else 0.0
    actor = draft.pick(eligible & (handled >= busy), "employee")
    policies, at = seen.of(actor)
    mine = np.flatnonzero((at >= first * DAY) & (at < last * DAY))
    if draft.records is not None:
        most = min(draft.size(0), len(mine))
        mine = np.sort(draft.rng.choice(mine, size=most, replace=False))
    copy = Copy(actor, policies[mine], int(at[mine].min()), int(at[mine].max()), 1.0)
    return Copied(copy, EMPTY)


def _export(draft: Draft) -> Copied:
    """A partner's batch, of records it is fed anyway and of one product above others."""
    rng, book = draft.rng, draft.world.book
    share = float(np.exp(rng.uniform(np.log(0.005), np.log(0.2))))
    count, day = draft.size(share * draft.policies), draft.day()
    actor = draft.pick(_open(draft, day, *PARTNERS), "partner")
    weights = np.where(book.product == rng.integers(5), 3.0, 1.0)
    weights[draft.seen.of(actor)[0]] *= 3.0
    policies = draft.draw(weights, count, day)
    at = day * DAY + OFFICE * HOUR + rng.permutation(len(policies)) // 50
    return copied(
        draft, actor, policies, at, action=Action.EXPORT, cause=Cause.FEED, batch=LEAK_BATCH
    )


def _scrape(draft: Draft) -> Copied:
    """A fifth of the book, by ascending id from somewhere on, several records a second."""
    rng, day = draft.rng, draft.day()
    actor = draft.pick(_open(draft, day, Role.SYSTEM, *PARTNERS), "partner or system")
    live = np.flatnonzero(draft.world.book.issued <= day)
    count = min(draft.size(0.2 * draft.policies), len(live))
    walk = np.roll(live, -int(rng.integers(len(live))))[:count]
    pace = float(np.exp(rng.uniform(np.log(2.0), np.log(20.0))))
    gaps = rng.exponential(1 / pace, size=count)
    at = day * DAY + HOUR + np.cumsum(gaps).astype(np.int64)
    return copied(draft, actor, walk, at, action=Action.API)


def _open(draft: Draft, day: int, *roles: Role) -> Bools:
    """Accounts of these roles in use on that day; not those that see half of the book anyway."""
    staff = draft.world.staff
    known = draft.seen.counts(len(staff.role))
    there = np.isin(staff.role, roles) & staff.working(day)
    narrow = there & (known < draft.policies / 2)
    return narrow if narrow.any() else there


def _ring(shares: Sequence[float], draft: Draft) -> Made:
    """Two leavers and two employees, all different; who sells most is drawn."""
    low, high = draft.part(0.2, 0.7)
    centre, half = draft.day(), RING_DAYS // 2
    near = replace(draft, span=(max(centre - half, low), min(centre + half, high)))
    made = _each(near, [partial(make, size=_member) for make in (_leaver, _leaver, _bulk, _bulk)])
    return made, draft.rng.permutation(shares).tolist()


def _two(draft: Draft) -> Made:
    return _each(draft, [_bulk, _leaver]), (0.5, 0.5)


def _each(draft: Draft, makes: Sequence[Callable[[Draft], Copied]]) -> list[Copied]:
    made: list[Copied] = []
    for make in makes:
        taken = [m.copy.actor for m in made]
        made.append(make(replace(draft, taken=taken)))
    return made


def _outside(draft: Draft) -> Copied:
    """One to five per cent of the book, by branch, product and age, through no actor at all."""
    rng, book, day = draft.rng, draft.world.book, draft.day()
    branches = len(draft.world.units.branch_region)
    kinds = zip(
        (book.branch, book.product, book.age_band), (branches, 5, 4), (1.0, 0.7, 0.7), strict=True
    )
    weights = np.ones(draft.policies)
    for column, values, sigma in kinds:
        weights *= np.exp(sigma * rng.standard_normal(values))[column]
    share = float(np.exp(rng.uniform(np.log(0.01), np.log(0.05))))
    policies = draft.draw(weights, draft.size(share * draft.policies), day)
    return Copied(Copy(NOBODY, policies, day * DAY, day * DAY + HOUR, 1.0), EMPTY)


def _team(overlap: float, draft: Draft) -> Made:
    """A bulk copy; the colleagues' work joins its accesses."""
    day, count = draft.day(), _personal(draft)
    nights = draft.weekdays(day, day + 14, int(draft.rng.integers(1, 6)))
    staffed = draft.employed(day, day + 14) & (colleagues(draft, day) >= FEWEST)
    actor = draft.pick(staffed, "employee with three colleagues")
    policies = draft.draw(
        draft.reach(actor, day), count, day - 7 * WEEKS
    )  # so that lists hold them
    made = by_hand(draft, actor, policies, nights, EVENING)
    work = worklists(draft, actor, policies, day=day, overlap=overlap)
    return [replace(made, events=in_order([made.events, *work]))], (1.0,)


def _alone(make: Callable[[Draft], Copied]) -> Callable[[Draft], Made]:
    return lambda draft: ([make(draft)], (1.0,))


PLANS: Mapping[Scenario, Callable[[Draft], Made]] = {
    Scenario.BULK_COPY: _alone(_bulk),
    Scenario.SLOW_DRIP: _alone(_drip),
    Scenario.DESK_ONLY: _alone(_desk),
    Scenario.LEAVER: _alone(_leaver),
    Scenario.PARTNER_EXPORT: _alone(_export),
    Scenario.SCRAPE: _alone(_scrape),
    Scenario.RING: partial(_ring, (0.4, 0.3, 0.2, 0.1)),
    Scenario.RING_EQUAL: partial(_ring, (0.25, 0.25, 0.25, 0.25)),
    Scenario.TWO_LEAKS: _two,
    Scenario.OUTSIDE: _alone(_outside),
    Scenario.TEAM_50: partial(_team, 0.5),
    Scenario.TEAM_90: partial(_team, 0.9),
    Scenario.NONE: lambda _: ([], ()),
}
