"""Work that a policyholder's own affairs cause: calls, visits, premiums, claims, renewals."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hubao.world.model import DAY, HOUR, NOBODY, Action, Cause, Events, Fields, Ints, Product, Role
from hubao.world.work.calendar import Rhythm
from hubao.world.work.month import Month
from hubao.world.work.rows import joined, rows, taken
from hubao.world.work.ties import NAMESAKES

_CLAIMS_BY_PRODUCT = {Product.TERM: 2.2, Product.ENDOWMENT: 0.8, Product.ANNUITY: 0.5}
_BY_TELEPHONE = (0.75, 0.45)  # share of requests, without and with an agent
_VISIT_AGENT = 0.75  # of those who do not call but have an agent


def service(month: Month) -> Events:
    """What policyholders ask for: by telephone, at the counter, or of their agent."""
    rng = month.rng(Cause.SERVICE)
    policy, day = month.visits(rng, month.rate(Cause.SERVICE), Rhythm.CALLS)
    ticket = np.arange(len(policy))
    agent = month.served.on(policy, day)
    door = rng.random(len(policy))
    calls = door < np.take(_BY_TELEPHONE, (agent >= 0).astype(int))
    visits = ~calls & (agent >= 0) & (rng.random(len(policy)) < _VISIT_AGENT)
    counter = ~calls & ~visits
    opened = month.days(rng, Rhythm.OFFICE, int(np.count_nonzero(counter)))
    return joined(
        [
            _call(month, rng, policy[calls], day[calls], ticket[calls]),
            _visit(month, rng, policy[visits], day[visits], agent[visits], ticket[visits]),
            _desk(month, rng, policy[counter], opened, ticket[counter]),
        ]
    )


def _call(month: Month, rng: np.random.Generator, policy: Ints, day: Ints, ticket: Ints) -> Events:
    """A search (with namesakes in one of five), mostly a view, at times an edit or a pass-on."""
    clerk = month.someone(rng, policy, day, Role.CALL_CENTRE)
    at = month.calendar.moments(rng, Rhythm.CALLS, day)
    search = rows(
        at,
        clerk,
        policy,
        action=Action.SEARCH,
        cause=Cause.SERVICE,
        fields=Fields.C1,
        ticket=ticket,
    )
    viewed = taken(search, rng.random(len(at)) < 0.85)
    view = _then(rng, viewed, Action.VIEW, 5, 90)  # the right one of those shown
    sibling = taken(view, rng.random(len(view)) < 0.12)
    same_home = rows(
        sibling.at + rng.integers(20, 300, size=len(sibling)),
        sibling.actor,
        month.ties.sibling[sibling.policy],
        action=Action.VIEW,
        cause=Cause.SERVICE,
        ticket=sibling.ticket,
    )
    edit = _then(rng, taken(view, rng.random(len(view)) < 0.10), Action.EDIT, 60, 600)
    passed = np.flatnonzero(rng.random(len(at)) < 0.15)
    later = month.calendar.later(rng, day[passed], 1, 3)
    office = _desk(month, rng, policy[passed], later, ticket[passed])
    return joined(
        [search, _namesakes(month, rng, search), _session(rng, view), same_home, edit, office]
    )


def _namesakes(month: Month, rng: np.random.Generator, search: Events) -> Events:
    """One to three other records that the same search shows, in one of five searches."""
    shown = taken(search, np.flatnonzero(rng.random(len(search)) < 0.2))
    extra = rng.integers(1, NAMESAKES, size=len(shown))
    each = np.repeat(np.arange(len(shown)), extra)
    which = np.arange(len(each)) - np.repeat(np.cumsum(extra) - extra, extra) + 1
    more = taken(shown, each)
    return rows(
        more.at,
        more.actor,
        month.ties.namesake(more.policy, which),
        action=Action.SEARCH,
        cause=Cause.SERVICE,
        fields=Fields.C1,
        ticket=more.ticket,
    )


def _visit(
    month: Month,
    rng: np.random.Generator,
    policy: Ints,
    day: Ints,
    agent: Ints,
    ticket: Ints,
) -> Events:
    """The agent opens the record, now and then changes or prints it."""
    at = month.calendar.moments(rng, Rhythm.SALES, day)
    view = rows(
        at,
        agent,
        policy,
        action=Action.VIEW,
        cause=Cause.SERVICE,
        fields=_shown(rng, len(at)),
        ticket=ticket,
    )
    edit = _then(rng, taken(view, rng.random(len(view)) < 0.12), Action.EDIT, 60, 900)
    paper = _then(rng, taken(view, rng.random(len(view)) < 0.05), Action.PRINT, 60, 900)
    return joined([_session(rng, view), edit, paper])


def _desk(month: Month, rng: np.random.Generator, policy: Ints, day: Ints, ticket: Ints) -> Events:
    """The branch's back office does it; where it has none, the call centre."""
    clerk = month.someone(rng, policy, day, Role.BACK_OFFICE, Role.CALL_CENTRE)
    at = month.calendar.moments(rng, Rhythm.OFFICE, day)
    view = rows(
        at,
        clerk,
        policy,
        action=Action.VIEW,
        cause=Cause.SERVICE,
        fields=_shown(rng, len(at)),
        ticket=ticket,
    )
    edit = _then(rng, taken(view, rng.random(len(view)) < 0.5), Action.EDIT, 60, 1_800)
    paper = _then(rng, taken(edit, rng.random(len(edit)) < 0.2), Action.PRINT, 10, 600)
    return joined([_session(rng, view), edit, paper])


def reminder(month: Month) -> Events:
    """A premium falls due: the agent looks, or a job writes and, at times, the telephone calls."""
    rng, calendar = month.rng(Cause.REMINDER), month.calendar
    policy, day = month.due(25)
    wanted = rng.random(len(policy)) < month.rate(Cause.REMINDER)
    policy, day = policy[wanted], day[wanted]
    ticket = np.arange(len(policy))
    agent = month.served.on(policy, day)
    own = (agent >= 0) & (rng.random(len(policy)) < 0.6)
    looked = calendar.moments(rng, Rhythm.SALES, calendar.later(rng, day[own], 0, 12))
    view = rows(
        looked,
        agent[own],
        policy[own],
        action=Action.VIEW,
        cause=Cause.REMINDER,
        ticket=ticket[own],
    )
    posted = np.flatnonzero(~own)
    job = month.someone(rng, policy[posted], day[posted], Role.JOB, Role.SYSTEM)
    night = calendar.moments(rng, Rhythm.NIGHT, day[posted])
    wrote = rows(night, job, policy[posted], action=Action.API, cause=Cause.REMINDER)
    unpaid = posted[rng.random(len(posted)) < 0.3]
    called = calendar.later(rng, day[unpaid], 10, 22)
    clerk = month.someone(rng, policy[unpaid], called, Role.CALL_CENTRE)
    call = rows(
        calendar.moments(rng, Rhythm.CALLS, called),
        clerk,
        policy[unpaid],
        action=Action.VIEW,
        cause=Cause.REMINDER,
        ticket=ticket[unpaid],
    )
    return joined([_session(rng, view, 0.5), wrote, call])


def claim(month: Month) -> Events:
    """One clerk for weeks, at times a third party, an approval at the end."""
    rng, calendar = month.rng(Cause.CLAIM), month.calendar
    factor = np.array([_CLAIMS_BY_PRODUCT.get(p, 0.6) for p in Product])[month.world.book.product]
    policy, day = month.visits(rng, month.rate(Cause.CLAIM), Rhythm.OFFICE, factor)
    ticket = np.arange(len(policy))
    clerk = month.someone(rng, policy, day, Role.CLAIMS, Role.BACK_OFFICE, Role.CALL_CENTRE)
    opened = rows(
        calendar.moments(rng, Rhythm.OFFICE, day),
        clerk,
        policy,
        action=Action.VIEW,
        cause=Cause.CLAIM,
        fields=Fields.C1_C2_C3,
        ticket=ticket,
    )
    again = taken(opened, np.repeat(np.arange(len(policy)), 1 + rng.poisson(1.5, len(policy))))
    again = _on_later_days(month, rng, again, 1, 25, Action.VIEW)
    edit = _then(rng, taken(again, rng.random(len(again)) < 0.3), Action.EDIT, 60, 1_800)
    shared = _on_later_days(
        month, rng, taken(opened, rng.random(len(policy)) < 0.25), 2, 10, Action.SHARE
    )
    partner = month.someone(rng, shared.policy, shared.at // DAY, Role.TPA)
    taker = rows(
        shared.at + rng.integers(HOUR, 5 * HOUR, size=len(shared)),
        partner,
        shared.policy,
        action=Action.API,
        cause=Cause.CLAIM,
        fields=Fields.C1_C2_C3,
        ticket=shared.ticket,
    )
    work = [_session(rng, opened), _session(rng, again, 0.5), edit]
    return joined([*work, shared, taker, _approved(month, rng, opened)])


def _approved(month: Month, rng: np.random.Generator, opened: Events) -> Events:
    """Someone else of the branch looks before the money goes, in two of three claims."""
    ready = _on_later_days(
        month, rng, taken(opened, rng.random(len(opened)) < 0.67), 10, 40, Action.VIEW
    )
    approver = month.someone(
        rng, ready.policy, ready.at // DAY, Role.BRANCH_MANAGER, Role.CLAIMS, Role.BACK_OFFICE
    )
    approver = np.where(approver == ready.actor, NOBODY, approver)  # nobody approves their own
    return rows(
        ready.at,
        approver,
        ready.policy,
        action=Action.VIEW,
        cause=Cause.CLAIM,
        fields=Fields.C1_C2_C3,
        ticket=ready.ticket,
    )


def renewal(month: Month) -> Events:
    """Terms that end, payments that fall due to the customer: agent or back office."""
    rng, calendar = month.rng(Cause.RENEWAL), month.calendar
    policy, day = month.visits(rng, month.rate(Cause.RENEWAL), Rhythm.OFFICE)
    ticket = np.arange(len(policy))
    agent = month.served.on(policy, day)
    own = (agent >= 0) & (rng.random(len(policy)) < 0.7)
    at = calendar.moments(rng, Rhythm.OFFICE, day)
    clerk = month.someone(rng, policy[~own], day[~own], Role.BACK_OFFICE, Role.CALL_CENTRE)
    who = agent.copy()
    who[~own] = clerk
    view = rows(
        at,
        who,
        policy,
        action=Action.VIEW,
        cause=Cause.RENEWAL,
        fields=_shown(rng, len(at)),
        ticket=ticket,
    )
    edit = _then(rng, taken(view, rng.random(len(view)) < 0.3), Action.EDIT, 60, 1_800)
    return joined([_session(rng, view), edit])


def handover(month: Month) -> Events:
    """A new agent looks through most of the portfolio taken over, within three weeks."""
    rng, served = month.rng(Cause.HANDOVER), month.served
    policy = np.flatnonzero((served.changed < month.last) & (served.after >= 0))
    policy = policy[rng.random(len(policy)) < month.rate(Cause.HANDOVER)]
    agent = served.after[policy]
    day = month.calendar.later(rng, served.changed[policy], 0, 15)
    pair = agent * len(month.world.staff.role) + np.maximum(served.before[policy], 0)
    ticket = np.unique(pair, return_inverse=True)[1]
    return rows(
        month.calendar.moments(rng, Rhythm.SALES, day),
        agent,
        policy,
        action=Action.VIEW,
        cause=Cause.HANDOVER,
        ticket=ticket,
    )


def _then(
    rng: np.random.Generator, events: Events, action: Action, least: int, most: int
) -> Events:
    """The same person does the next thing with the record, seconds later."""
    n = len(events)
    at = events.at + rng.integers(least, most, size=n)
    return replace(events, at=at, action=np.full(n, action, np.int8), fields=_shown(rng, n))


def _session(rng: np.random.Generator, view: Events, pages: float = 1.6) -> Events:
    """The page first opened and, minutes apart, so many more on the average."""
    more = np.repeat(np.arange(len(view)), rng.geometric(1 / (1 + pages), len(view)) - 1)
    return joined([view, _then(rng, taken(view, more), Action.VIEW, 10, 600)])


def _on_later_days(
    month: Month, rng: np.random.Generator, events: Events, least: int, most: int, action: Action
) -> Events:
    """The same person goes on with the case, so many working days later."""
    n, day = len(events), month.calendar.later(rng, events.at // DAY, least, most)
    at = month.calendar.moments(rng, Rhythm.OFFICE, day)
    return replace(events, at=at, action=np.full(n, action, np.int8), fields=_shown(rng, n))


def _shown(rng: np.random.Generator, n: int) -> NDArray[np.int8]:
    """What a screen shows: mostly contact data, at times the identity number too."""
    return np.searchsorted((0.2, 0.85, 1.0), rng.random(n)).astype(np.int8)
