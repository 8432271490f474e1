from dataclasses import replace
from itertools import islice, pairwise

import numpy as np
import pytest

from hubao.kit.calendars import working_days
from hubao.world.insurer import make_world
from hubao.world.model import (
    DAY,
    HEAD_OFFICE,
    HOUR,
    MACHINES,
    NEVER,
    NOBODY,
    PARTNERS,
    Action,
    Bools,
    Cause,
    Channel,
    Events,
    Family,
    Ints,
    Role,
    Scale,
    World,
)
from hubao.world.work import work
from hubao.world.work.calendar import make_calendar
from hubao.world.work.people import make_desk, workloads
from hubao.world.work.rows import joined, taken
from hubao.world.work.seen import first_seen
from hubao.world.work.serving import Served, serve

NO_TICKET = (Cause.FEED, Cause.UNEXPLAINED)


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(Scale(policies=2_000, years=2))


@pytest.fixture(scope="module")
def months(world: World) -> list[Events]:
    return list(work(world))


@pytest.fixture(scope="module")
def events(months: list[Events]) -> Events:
    return joined(months)


def by(events: Events, world: World, *roles: Role) -> Bools:
    return np.isin(world.staff.role[events.actor], roles)


def served_for(world: World, months: int) -> list[Served]:
    calendar, owner, load = (
        make_calendar(world.scale.start, world.days),
        world.book.agent,
        workloads(world),
    )
    found = []
    for first, last in list(pairwise(calendar.firsts.tolist()))[:months]:
        found.append(serve(world, np.random.default_rng(first), owner, load, first, last))
        owner = found[-1].after
    return found


class TestWork:
    def test_gives_one_part_a_month_in_order_and_never_overlapping(
        self, world: World, months: list[Events]
    ) -> None:
        bounds = make_calendar(world.scale.start, world.days).firsts * DAY

        assert len(months) == 24
        for part, (first, last) in zip(months, pairwise(bounds), strict=True):
            assert (np.diff(part.at) >= 0).all()
            assert first <= part.at[0] <= part.at[-1] < last

    def test_is_the_same_for_the_same_seed(self, world: World, months: list[Events]) -> None:
        again = next(work(world))

        for name, column in vars(months[0]).items():
            assert np.array_equal(column, getattr(again, name)), name

    def test_is_another_for_another_seed(self, world: World, months: list[Events]) -> None:
        other = next(work(replace(world, scale=replace(world.scale, seed=8))))

        assert not np.array_equal(other.at[:100], months[0].at[:100])

    def test_lets_nobody_act_before_being_hired_or_after_leaving(
        self, world: World, events: Events
    ) -> None:
        day, staff = events.at // DAY, world.staff

        assert (staff.hired[events.actor] <= day).all()
        assert (day < staff.left[events.actor]).all()

    def test_touches_no_policy_before_it_is_issued(self, world: World, events: Events) -> None:
        assert (events.at // DAY >= world.book.issued[events.policy]).all()

    def test_keeps_branch_people_in_their_branch_but_for_curiosity(
        self, world: World, events: Events
    ) -> None:
        own = world.staff.branch[events.actor]
        away = (own != world.book.branch[events.policy]) & ~by(events, world, *HEAD_OFFICE)
        curious = (events.cause == Cause.UNEXPLAINED) & ~by(events, world, *HEAD_OFFICE)

        assert (events.cause[away] == Cause.UNEXPLAINED).all()
        assert 0.02 < away[curious].mean() < 0.2

    @pytest.mark.parametrize("cause", [c for c in Cause if c not in NO_TICKET])
    def test_gives_every_explained_look_of_a_person_a_ticket(
        self, world: World, events: Events, cause: Cause
    ) -> None:
        mine = (events.cause == cause) & ~by(events, world, *MACHINES)

        assert mine.any()
        assert (events.ticket[mine] != NOBODY).all()

    def test_gives_no_ticket_to_feeds_and_curiosity(self, events: Events) -> None:
        assert (events.ticket[np.isin(events.cause, NO_TICKET)] == NOBODY).all()

    def test_uses_a_ticket_for_one_cause_only(self, events: Events) -> None:
        mine = events.ticket >= 0

        pairs = np.unique(events.ticket[mine] * len(Cause) + events.cause[mine])

        assert len(pairs) == len(np.unique(events.ticket[mine]))

    def test_puts_feeds_and_exports_of_one_actor_and_cause_into_batches(
        self, events: Events
    ) -> None:
        feeds = (events.cause == Cause.FEED) | (events.action == Action.EXPORT)

        who = np.unique(np.stack([events.batch[feeds], events.actor[feeds]]), axis=1)

        assert feeds.any()
        assert (who[0] >= 0).all()
        assert len(np.unique(who[0])) == who.shape[1]
        assert (events.batch[~feeds] == NOBODY).all()

    def test_feeds_banks_what_banks_sold(self, world: World, events: Events) -> None:
        banks = by(events, world, Role.BANK) & (events.cause == Cause.FEED)

        assert (world.book.channel[events.policy[banks]] == Channel.BANK).all()

    def test_lets_machines_go_over_nearly_all_records_at_night(
        self, world: World, events: Events
    ) -> None:
        night = taken(events, by(events, world, *MACHINES) & (events.cause == Cause.FEED))

        size = np.bincount(night.batch)
        hour = night.at % DAY // HOUR

        assert size.max() > 0.9 * (world.book.issued < 0).sum()
        assert hour.max() < 6
        assert (night.action == Action.API).all()

    def test_leaves_the_share_unexplained_that_the_family_says(self, world: World) -> None:
        family = replace(world.family, unexplained=0.05)

        events = joined(list(islice(work(replace(world, family=family)), 6)))

        people = ~by(events, world, *PARTNERS, *MACHINES)
        assert (events.cause[people] == Cause.UNEXPLAINED).mean() == pytest.approx(0.05, abs=0.008)

    def test_is_quieter_on_days_off(self, world: World, events: Events) -> None:
        people = ~by(events, world, *PARTNERS, *MACHINES)
        daily = np.bincount(events.at[people] // DAY, minlength=world.days)
        working = working_days(world.scale.start, world.days)

        assert daily[~working].mean() < 0.5 * daily[working].mean()

    def test_keeps_office_hours_with_a_break_at_noon(self, world: World, events: Events) -> None:
        hour = np.bincount(events.at[by(events, world, Role.BACK_OFFICE)] % DAY // HOUR)

        assert hour[:7].sum() == 0
        assert hour[12] < 0.8 * min(hour[10], hour[15])

    def test_handles_busy_policies_oftener(self, world: World, events: Events) -> None:
        calls = np.bincount(events.policy[events.cause == Cause.SERVICE], minlength=2_000)
        old, busy = world.book.issued < 0, world.book.busy
        upper = busy > np.median(busy)

        assert calls[old & upper].mean() > 3 * calls[old & ~upper].mean()

    def test_shows_namesakes_in_about_one_search_of_five(self, events: Events) -> None:
        searches = taken(events, (events.action == Action.SEARCH) & (events.ticket >= 0))

        shown = np.bincount(np.unique(searches.ticket, return_inverse=True)[1])

        assert 0.13 < (shown > 1).mean() < 0.25
        assert shown.max() == 4

    def test_gives_heavy_tailed_loads_to_people_and_records(
        self, world: World, events: Events
    ) -> None:
        people = taken(events, ~by(events, world, *PARTNERS, *MACHINES))
        pairs = first_seen([people])

        records = np.bincount(pairs.actor)
        visitors = np.bincount(pairs.policy, minlength=2_000)[world.book.issued < 0]

        assert np.quantile(records[records > 0], 0.95) > 5 * np.median(records[records > 0])
        assert 2.5 < visitors.mean() < 8

    def test_does_without_people_that_a_family_has_not(self) -> None:
        roles = [0.0] * len(Role)
        roles[Role.CALL_CENTRE], roles[Role.BANK] = 0.9, 0.1
        bank = Family(name="bank only", roles=roles, channels=(0.0, 1.0, 0.0, 0.0))
        world = make_world(Scale(policies=300, years=1), bank)

        events = joined(list(work(world)))

        assert by(events, world, Role.CALL_CENTRE, Role.BANK).all()


class TestServe:
    def test_hands_an_agents_policies_to_the_branch_on_the_day_of_leaving(
        self, world: World
    ) -> None:
        staff, book = world.staff, world.book

        for served in served_for(world, 12):
            moved = np.flatnonzero((served.changed < NEVER) & (served.after >= 0))
            heirs, day = served.after[moved], served.changed[moved]
            assert (staff.branch[heirs] == book.branch[moved]).all()
            assert (staff.role[heirs] == Role.AGENT).all()
            assert ((staff.hired[heirs] <= day) & (day < staff.left[heirs])).all()

    def test_leaves_no_live_policy_with_someone_who_is_gone(self, world: World) -> None:
        staff, last = world.staff, served_for(world, 12)[-1]
        live = np.flatnonzero((world.book.issued < 360) & (last.after >= 0))

        assert (staff.left[last.after[live]] >= 365).all()

    def test_prefers_team_mates(self, world: World) -> None:
        staff = world.staff
        same = []

        for number, served in enumerate(served_for(world, 12)):
            team = staff.team_on(30 * number)
            moved = np.flatnonzero(
                (served.changed < NEVER) & (served.before >= 0) & (served.after >= 0)
            )
            same.append(team[served.before[moved]] == team[served.after[moved]])

        assert np.concatenate(same).mean() > 0.5

    def test_takes_the_portfolio_from_an_agent_who_moves_to_another_team(
        self, world: World
    ) -> None:
        staff, book = world.staff, world.book
        agent = int(np.bincount(book.agent[book.agent >= 0]).argmax())
        moved = np.where(np.arange(len(staff.role)) == agent, 40, NEVER)
        moving = replace(world, staff=replace(staff, moved=moved, moved_to=staff.team))

        second = served_for(moving, 2)[1]

        mine = np.flatnonzero((second.before == agent) & (book.issued < 40))
        assert len(mine) > 10
        assert (second.changed[mine] == 40).all()
        assert (second.after[mine] != agent).all()

    def test_makes_the_new_agent_look_through_most_of_the_portfolio(self, world: World) -> None:
        events = joined(list(work(world)))
        handed = taken(events, events.cause == Cause.HANDOVER)

        changed = sum(
            int(((s.changed < NEVER) & (s.after >= 0)).sum()) for s in served_for(world, 24)
        )

        assert by(handed, world, Role.AGENT).all()
        assert 0.5 * changed < len(handed) < changed


class TestDesk:
    def test_draws_only_from_the_group_and_says_when_nobody_is_there(self, world: World) -> None:
        rng, members = np.random.default_rng(1), np.array([3, 5, 8])
        staff = replace(world.staff, hired=np.zeros(60, int), left=np.full(60, NEVER))
        desk = make_desk(staff, members, np.array([0, 0, 2]), 3, np.ones(60))

        drawn = desk.draw(rng, np.repeat([0, 1, 2], 50), np.full(150, 10))

        assert set(drawn[:50].tolist()) == {3, 5}
        assert (drawn[50:100] == NOBODY).all()
        assert (drawn[100:] == 8).all()


class TestFirstSeen:
    def test_keeps_the_earliest_second_of_every_pair(self, events: Events) -> None:
        parts = [taken(events, np.arange(n, len(events), 7)) for n in range(7)]

        seen = first_seen(parts)

        earliest: dict[tuple[int, int], int] = {}
        for pair in zip(
            events.actor.tolist(), events.policy.tolist(), events.at.tolist(), strict=True
        ):
            earliest.setdefault(pair[:2], pair[2])
        assert list(zip(seen.actor.tolist(), seen.policy.tolist(), strict=True)) == sorted(earliest)
        assert seen.at.tolist() == [earliest[key] for key in sorted(earliest)]

    def test_finds_nothing_in_nothing(self) -> None:
        seen = first_seen([])

        assert len(seen.at) == 0


def test_a_calendar_draws_working_days_later_on(world: World) -> None:
    calendar = make_calendar(world.scale.start, world.days)
    day: Ints = np.repeat(np.arange(700), 5)

    later = calendar.later(np.random.default_rng(3), day, 1, 3)

    assert working_days(world.scale.start, 790)[later].all()
    assert (later > day).all()
    assert calendar.firsts[[0, 1, 12, -1]].tolist() == [0, 31, 365, 731]
