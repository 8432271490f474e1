from collections.abc import Sequence
from dataclasses import fields

import numpy as np
import pytest

from hubao.kit.errors import BadInput
from hubao.world.leaks import Seen, plan_leak
from hubao.world.leaks.draft import EMPLOYEES
from hubao.world.model import (
    DAY,
    HOUR,
    NEVER,
    NOBODY,
    PARTNERS,
    Action,
    Cause,
    Fields,
    Leak,
    Role,
)
from hubao.world.scenarios import Scenario
from tests.makers.worlds import BRANCHES, a_world, seen_in

WORLD, SEEN = a_world(), seen_in()
POLICIES = len(WORLD.book.customer)
SEEDS = range(8)
LOGGED = [s for s in Scenario if s not in (Scenario.NONE, Scenario.OUTSIDE)]


def leaks(scenario: Scenario, *, records: float | None = None) -> Sequence[Leak]:
    return [plan_leak(WORLD, scenario, SEEN, seed=seed, records=records) for seed in SEEDS]


def of_source(leak: Leak, number: int = 0) -> dict[str, np.ndarray]:
    mine = leak.events.actor == leak.copies[number].actor
    return {f.name: getattr(leak.events, f.name)[mine] for f in fields(leak.events)}


def works_on(actor: int, day: int) -> bool:
    return bool(WORLD.staff.working(day)[actor])


@pytest.mark.parametrize("scenario", Scenario)
def test_every_leak_is_well_formed(scenario: Scenario) -> None:
    for leak in leaks(scenario):
        assert leak.scenario == scenario
        assert np.isclose(sum(copy.share for copy in leak.copies), 1.0 if leak.copies else 0.0)
        assert (np.diff(leak.events.at) >= 0).all()
        for copy in leak.copies:
            assert (np.diff(copy.policies) > 0).all()
            assert (WORLD.book.issued[copy.policies] * DAY <= copy.last).all()
            assert 0.1 * WORLD.days * DAY < copy.first <= copy.last < 0.75 * WORLD.days * DAY


@pytest.mark.parametrize("scenario", Scenario)
def test_same_seed_gives_the_same_leak(scenario: Scenario) -> None:
    one, two = (plan_leak(WORLD, scenario, SEEN, seed=3) for _ in range(2))

    for first, second in zip(one.copies, two.copies, strict=True):
        assert np.array_equal(first.policies, second.policies)
        assert (first.actor, first.first, first.last) == (second.actor, second.first, second.last)
    for field in fields(one.events):
        assert np.array_equal(getattr(one.events, field.name), getattr(two.events, field.name))


@pytest.mark.parametrize(
    "scenario", [s for s in Scenario if s not in (Scenario.NONE, Scenario.OUTSIDE)]
)
def test_other_seeds_give_other_sources(scenario: Scenario) -> None:
    sources = {leak.copies[0].actor for leak in leaks(scenario)}

    assert len(sources) >= (2 if scenario == Scenario.PARTNER_EXPORT else 3)


@pytest.mark.parametrize("scenario", [s for s in LOGGED if s != Scenario.DESK_ONLY])
def test_each_copied_record_was_accessed_between_first_and_last(scenario: Scenario) -> None:
    for leak in leaks(scenario):
        for number, copy in enumerate(leak.copies):
            mine = of_source(leak, number)

            assert np.array_equal(np.sort(mine["policy"]), copy.policies)
            assert (mine["at"].min(), mine["at"].max()) == (copy.first, copy.last)
            assert set(mine["fields"]) <= {Fields.C1_C2, Fields.C1_C2_C3}
            assert (mine["ticket"] == NOBODY).all()


def test_bulk_copy_takes_a_current_employee_one_to_five_evenings() -> None:
    for leak in leaks(Scenario.BULK_COPY):
        copy, mine = leak.copies[0], of_source(leak)

        assert WORLD.staff.role[copy.actor] in EMPLOYEES
        assert WORLD.staff.notice[copy.actor] * DAY > copy.last
        assert len(np.unique(mine["at"] // DAY)) <= 5
        assert (mine["at"] % DAY >= 19 * HOUR).all()
        assert set(mine["action"]) <= {Action.VIEW, Action.PRINT, Action.EXPORT}
        assert set(mine["cause"]) == {Cause.UNEXPLAINED}


def test_people_copy_from_their_own_branch_mostly_and_some_of_what_they_know() -> None:
    own = known = total = 0
    for leak in leaks(Scenario.BULK_COPY):
        copy = leak.copies[0]
        branch = WORLD.staff.branch[copy.actor]
        own += int((WORLD.book.branch[copy.policies] == branch).sum()) if branch >= 0 else 0
        total += len(copy.policies) if branch >= 0 else 0
        known += len(np.intersect1d(copy.policies, SEEN.of(copy.actor)[0]))

    assert 0.8 < own / total < 0.98
    assert 0 < known < total


def test_a_person_carries_away_no_more_than_two_per_cent_of_a_small_book() -> None:
    sizes = [len(leak.copies[0].policies) for leak in leaks(Scenario.BULK_COPY)]

    assert max(sizes) <= 0.02 * POLICIES


def test_a_person_carries_away_200_records_at_least_of_a_larger_book() -> None:
    world, seen = a_world(policies=50_000, actors=300), seen_in(policies=50_000, actors=300)

    leaks = [plan_leak(world, Scenario.BULK_COPY, seen, seed=seed) for seed in range(40)]

    sizes = np.array([len(leak.copies[0].policies) for leak in leaks])
    assert sizes.min() >= 200
    assert sizes.max() <= 1_000
    assert 450 < np.median(sizes) < 900


@pytest.mark.parametrize(
    "scenario", [Scenario.BULK_COPY, Scenario.LEAVER, Scenario.SCRAPE, Scenario.RING]
)
def test_exposure_can_be_fixed_as_a_share_of_the_book(scenario: Scenario) -> None:
    for leak in leaks(scenario, records=0.05):
        assert {len(copy.policies) for copy in leak.copies} == {round(0.05 * POLICIES)}


def test_slow_drip_goes_on_for_two_months_or_more_a_few_a_day() -> None:
    for leak in leaks(Scenario.SLOW_DRIP):
        copy, mine = leak.copies[0], of_source(leak)
        per_day = np.unique(mine["at"] // DAY, return_counts=True)[1]

        assert copy.last - copy.first > 55 * DAY
        assert per_day.max() <= 21
        assert works_on(copy.actor, copy.last // DAY)


def test_slow_drip_takes_some_twenty_a_day_where_the_book_is_large_enough() -> None:
    leak = plan_leak(WORLD, Scenario.SLOW_DRIP, SEEN, seed=1, records=0.3)

    per_day = np.unique(leak.events.at // DAY, return_counts=True)[1]

    assert np.ptp(per_day) <= 1
    assert per_day.min() > 10


def test_desk_only_adds_no_access_and_sells_what_came_over_the_desk() -> None:
    for leak in leaks(Scenario.DESK_ONLY):
        copy = leak.copies[0]
        policies, at = SEEN.of(copy.actor)
        sold = np.isin(policies, copy.policies)

        assert len(leak.events) == 0
        assert sold.sum() == len(copy.policies)
        assert at[sold].min() == copy.first
        assert at[sold].max() == copy.last
        assert len(copy.policies) >= 10


def test_leaver_copies_in_the_notice_period_and_never_after_leaving() -> None:
    for leak in leaks(Scenario.LEAVER):
        copy = leak.copies[0]
        notice, left = WORLD.staff.notice[copy.actor], WORLD.staff.left[copy.actor]

        assert left < NEVER
        assert notice * DAY <= copy.first
        assert copy.last < left * DAY


def test_partner_export_is_one_batch_of_up_to_a_fifth_of_the_book() -> None:
    for leak in leaks(Scenario.PARTNER_EXPORT):
        copy, mine = leak.copies[0], of_source(leak)

        assert WORLD.staff.role[copy.actor] in PARTNERS
        assert 0.005 * POLICIES - 1 <= len(copy.policies) <= 0.2 * POLICIES
        assert set(mine["action"]) == {Action.EXPORT}
        assert set(mine["cause"]) == {Cause.FEED}
        assert len(set(mine["batch"])) == 1
        assert (mine["batch"] > NOBODY).all()


def test_scrape_walks_a_fifth_of_the_book_by_id_several_a_second() -> None:
    for leak in leaks(Scenario.SCRAPE):
        copy, mine = leak.copies[0], of_source(leak)

        assert WORLD.staff.role[copy.actor] in (*PARTNERS, Role.SYSTEM)
        assert len(copy.policies) == round(0.2 * POLICIES)
        assert (np.diff(mine["policy"]) < 0).sum() <= 1  # it may pass the last id once
        assert set(mine["action"]) == {Action.API}
        assert len(copy.policies) > 1.5 * (copy.last - copy.first)


@pytest.mark.parametrize(
    ("scenario", "shares"),
    [(Scenario.RING, [0.1, 0.2, 0.3, 0.4]), (Scenario.RING_EQUAL, [0.25] * 4)],
)
def test_ring_is_two_leavers_and_two_employees(scenario: Scenario, shares: list[float]) -> None:
    for leak in leaks(scenario):
        actors = [copy.actor for copy in leak.copies]
        gone = [WORLD.staff.notice[copy.actor] * DAY <= copy.first for copy in leak.copies]

        assert len(set(actors)) == 4
        assert sum(gone) == 2
        assert sorted(copy.share for copy in leak.copies) == shares
        assert all(0.005 <= len(copy.policies) / POLICIES <= 0.009 for copy in leak.copies)
        assert max(c.last for c in leak.copies) - min(c.first for c in leak.copies) < 260 * DAY


def test_two_leaks_have_two_sources_and_half_of_the_contacts_each() -> None:
    for leak in leaks(Scenario.TWO_LEAKS):
        assert len({copy.actor for copy in leak.copies}) == 2
        assert [copy.share for copy in leak.copies] == [0.5, 0.5]


def test_outside_goes_through_no_actor_and_leans_on_branches() -> None:
    for leak in leaks(Scenario.OUTSIDE):
        copy = leak.copies[0]
        by_branch = np.bincount(WORLD.book.branch[copy.policies], minlength=BRANCHES)

        assert copy.actor == NOBODY
        assert len(leak.events) == 0
        assert 0.01 * POLICIES - 1 <= len(copy.policies) <= 0.05 * POLICIES
        assert by_branch.max() > 2 * by_branch.min()


@pytest.mark.parametrize(
    ("scenario", "overlap"), [(Scenario.TEAM_50, 0.5), (Scenario.TEAM_90, 0.9)]
)
def test_three_to_seven_colleagues_saw_the_list_at_work(scenario: Scenario, overlap: float) -> None:
    for leak in leaks(scenario):
        copy = leak.copies[0]
        work = leak.events.actor != copy.actor
        mates = np.unique(leak.events.actor[work])
        shares = [_share_seen(leak, mate, SEEN) for mate in mates]

        assert 3 <= len(mates) <= 7
        assert set(WORLD.staff.role[mates]) == {WORLD.staff.role[copy.actor]}
        assert set(WORLD.staff.branch[mates]) == {WORLD.staff.branch[copy.actor]}
        assert np.allclose(shares, overlap, atol=0.01)
        assert (leak.events.ticket[work] > NOBODY).all()
        assert leak.events.at[work].max() < copy.first


def test_none_leaks_nothing() -> None:
    leak = plan_leak(WORLD, Scenario.NONE, SEEN, seed=1)

    assert not leak.copies
    assert len(leak.events) == 0


def test_a_world_without_anybody_who_could_do_it_is_refused() -> None:
    nothing = np.zeros(0, dtype=np.int64)

    with pytest.raises(BadInput, match="no leaver"):
        plan_leak(WORLD, Scenario.LEAVER, Seen(nothing, nothing, nothing), seed=1)


def _share_seen(leak: Leak, actor: int, seen: Seen) -> float:
    copy = leak.copies[0]
    known, at = seen.of(actor)
    mine = (leak.events.actor == actor) & (leak.events.cause == Cause.CAMPAIGN)
    both = np.concatenate([known[at < copy.first], leak.events.policy[mine]])
    return float(np.isin(copy.policies, both).mean())
