import json
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubao.kit.errors import BadInput
from hubao.world.ids import actor_ids, policy_ids
from hubao.world.leaks import Seen, plan_leak
from hubao.world.model import (
    DAY,
    HOUR,
    NEVER,
    NOBODY,
    Bools,
    Campaign,
    Contacts,
    Floats,
)
from hubao.world.scam import draw_contacts, next_contacts, sold_from
from hubao.world.scenarios import Scenario
from hubao.world.truth import OUTSIDE, truth
from tests.makers.worlds import REGIONS, a_world, seen_in

WORLD, SEEN = a_world(), seen_in()
BOOK = WORLD.book
EVEN = Campaign(wave=1.0, ages=(1, 1, 1, 1), products=(1, 1, 1, 1, 1))
CLEAN = plan_leak(WORLD, Scenario.NONE, SEEN, seed=1)
LEAK = plan_leak(WORLD, Scenario.BULK_COPY, SEEN, seed=1, records=0.05)


def reported(contacts: Contacts) -> Bools:
    return contacts.reported < NEVER


def same(one: Contacts, two: Contacts) -> bool:
    names = [field.name for field in fields(Contacts)]
    return all(np.array_equal(getattr(one, name), getattr(two, name)) for name in names)


def region(contacts: Contacts) -> "np.ndarray":
    return WORLD.units.branch_region[BOOK.branch[contacts.policy]]


campaigns = st.builds(
    Campaign,
    reports=st.integers(0, 120),
    noise=st.floats(0, 1),
    wave=st.sampled_from([1.0, 3.0, 30.0]),
    hidden=st.sampled_from([1.0, 2.0, 4.0]),
    aligned=st.booleans(),
    time_error=st.sampled_from([0.0, 7.0, 30.0]),
    wrong=st.floats(0, 0.3),
    weeks=st.floats(1, 30),
)


@given(campaigns, st.sampled_from(Scenario), st.integers(0, 2**40))
@settings(max_examples=60)
def test_any_campaign_keeps_its_promises(campaign: Campaign, scenario: Scenario, seed: int) -> None:
    leak = plan_leak(WORLD, scenario, SEEN, seed=seed)

    found = draw_contacts(WORLD, leak, campaign, seed=seed, seen=SEEN)

    said = reported(found)
    households = WORLD.customers.household[BOOK.customer[found.policy[said]]]
    assert said.sum() == campaign.reports
    assert len(np.unique(found.policy)) == len(found.policy)
    assert len(np.unique(households)) == len(households)
    assert (np.diff(found.contacted) >= 0).all()
    assert (found.contacted < found.reported).all()
    assert (found.stated <= found.reported).all()
    assert (found.contacted >= BOOK.issued[found.policy] * DAY).all()
    assert found.contacted.max(initial=0) < WORLD.days * DAY
    assert not (found.mistaken & ((found.origin >= 0) | (found.lost > 0) | ~said)).any()
    assert (found.quoted[found.origin == NOBODY] == NOBODY).all()
    for number, copy in enumerate(leak.copies):
        mine = found.origin == number
        assert np.isin(found.policy[mine], copy.policies).all()
        assert (found.contacted[mine] >= sold_from(WORLD, copy) * DAY).all()
        assert (found.contacted[mine] > copy.last).all()


def test_same_seed_gives_the_same_contacts_and_another_seed_others() -> None:
    one, two, other = (draw_contacts(WORLD, LEAK, Campaign(), seed=n) for n in (5, 5, 6))

    assert same(one, two)
    assert not same(one, other)


@pytest.mark.parametrize("noise", [0.0, 0.3, 0.8, 1.0])
def test_noise_is_the_share_of_reports_that_are_cold_calls(noise: float) -> None:
    campaign = Campaign(reports=60, noise=noise)

    drawn = [draw_contacts(WORLD, LEAK, campaign, seed=seed) for seed in range(20)]

    cold = np.mean([(found.origin[reported(found)] == NOBODY).mean() for found in drawn])
    assert abs(cold - noise) < 0.04


def test_without_copies_every_contact_is_a_cold_call() -> None:
    found = draw_contacts(WORLD, CLEAN, Campaign(noise=0.2), seed=1)

    assert (found.origin == NOBODY).all()
    assert reported(found).sum() == 60


def test_contacts_from_a_ring_follow_its_shares() -> None:
    leak = plan_leak(WORLD, Scenario.RING, SEEN, seed=1, records=0.05)

    found = draw_contacts(WORLD, leak, Campaign(reports=500, noise=0.0), seed=1)

    counts = np.bincount(found.origin[reported(found)], minlength=4) / 500
    assert np.allclose(counts, [copy.share for copy in leak.copies], atol=0.08)


def test_a_used_up_copy_is_made_good_with_cold_calls() -> None:
    one = replace(LEAK, copies=[replace(LEAK.copies[0], policies=LEAK.copies[0].policies[:10])])

    found = draw_contacts(WORLD, one, Campaign(noise=0.0), seed=1)

    assert 0 < (found.origin == 0).sum() <= 10
    assert reported(found).sum() == 60


def test_four_contacts_stay_silent_for_each_report() -> None:
    found = draw_contacts(WORLD, LEAK, Campaign(reports=50), seed=1)

    assert len(found.policy) == 250


def test_contacts_from_a_leaver_start_after_the_last_day() -> None:
    leak = plan_leak(WORLD, Scenario.LEAVER, SEEN, seed=1)

    found = draw_contacts(WORLD, leak, Campaign(noise=0.0, reports=30), seed=1)

    left = WORLD.staff.left[leak.copies[0].actor]
    assert found.contacted[found.origin == 0].min() >= left * DAY


def test_delays_have_the_campaigns_mean() -> None:
    early = replace(LEAK, copies=[replace(LEAK.copies[0], first=0, last=100 * DAY)])

    found = draw_contacts(WORLD, early, Campaign(reports=80, noise=0, weeks=6), seed=1)

    weeks = (found.contacted - 100 * DAY) / (7 * DAY)
    assert 5 < weeks.mean() < 7


def test_callers_keep_office_hours() -> None:
    found = draw_contacts(WORLD, LEAK, Campaign(reports=200), seed=1)

    hour = found.contacted % DAY / HOUR
    assert hour.min() >= 9
    assert hour.max() < 21
    assert ((hour >= 9) & (hour < 18)).mean() > 0.8


def test_contacts_come_after_the_moment_given() -> None:
    moment = 600 * DAY + 5 * HOUR

    found = draw_contacts(WORLD, LEAK, Campaign(), seed=1, after=moment)

    assert found.contacted.min() > moment


def test_a_clean_world_is_called_from_the_moment_given_on() -> None:
    found = draw_contacts(WORLD, CLEAN, Campaign(reports=200), seed=1, after=100 * DAY)

    assert 101 * DAY <= found.contacted.min() < 110 * DAY


def test_no_day_left_is_refused() -> None:
    with pytest.raises(BadInput, match="No day is left"):
        draw_contacts(WORLD, LEAK, Campaign(), seed=1, after=WORLD.days * DAY)


def test_more_reports_than_households_are_refused() -> None:
    with pytest.raises(BadInput, match="too small"):
        draw_contacts(WORLD, LEAK, Campaign(reports=7_000), seed=1)


def test_a_wave_makes_one_region_that_much_likelier() -> None:
    campaign = replace(EVEN, reports=300, wave=9.0)

    found = draw_contacts(WORLD, CLEAN, campaign, seed=1)

    counts = np.bincount(region(found)[reported(found)], minlength=REGIONS)
    book = np.bincount(WORLD.units.branch_region[BOOK.branch], minlength=REGIONS)
    rate = counts / book
    others = np.delete(rate, found.wave)
    assert 6 < rate[found.wave] / others.mean() < 13


def test_without_a_wave_regions_are_even() -> None:
    found = draw_contacts(WORLD, CLEAN, replace(EVEN, reports=400), seed=1)

    assert found.wave == NOBODY
    assert np.bincount(region(found)[reported(found)]).min() > 70


def test_the_wave_does_not_depend_on_the_source() -> None:
    drawn = [draw_contacts(WORLD, CLEAN, Campaign(reports=1), seed=seed) for seed in range(20)]

    assert {found.wave for found in drawn} == set(range(REGIONS))


def test_ages_and_products_are_preferred_by_both_kinds_of_callers() -> None:
    campaign = Campaign(reports=300, wave=1.0)

    found = draw_contacts(WORLD, LEAK, campaign, seed=1)

    for mine in (found.origin == 0, found.origin == NOBODY):
        ages = np.bincount(BOOK.age_band[found.policy[mine & reported(found)]], minlength=4)
        assert ages[3] > 2 * ages[0]


def test_hidden_strength_one_is_no_effect_at_all() -> None:
    campaign = Campaign(hidden=1.0, aligned=True)

    with_seen = draw_contacts(WORLD, LEAK, campaign, seed=2, seen=SEEN)
    without = draw_contacts(WORLD, LEAK, Campaign(), seed=2)

    assert same(with_seen, without)
    assert with_seen.favoured == NOBODY


@pytest.mark.parametrize(("aligned", "low", "high"), [(True, 4.0, 16.0), (False, 1.2, 4.0)])
def test_hidden_targeting_favours_what_one_innocent_saw(
    aligned: bool, low: float, high: float
) -> None:
    campaign = replace(EVEN, reports=400, hidden=8.0, aligned=aligned)

    rates = np.sum([_rates_by_favour(campaign, seed) for seed in range(30)], axis=0)

    called_known, known, called_others, others = rates
    assert low < (called_known / known) / (called_others / others) < high


def test_hidden_targeting_without_the_work_takes_the_agents_book() -> None:
    found = draw_contacts(WORLD, CLEAN, replace(EVEN, hidden=500.0, aligned=True), seed=1)

    assert (BOOK.agent[found.policy] == found.favoured).sum() > 20


def test_hidden_targeting_needs_an_innocent_who_has_seen_something() -> None:
    nothing = np.zeros(0, dtype=np.int64)
    nobody = Seen(nothing, nothing, nothing)

    with pytest.raises(BadInput, match="Nobody innocent"):
        draw_contacts(WORLD, CLEAN, Campaign(hidden=2.0), seed=1, seen=nobody)


def test_silent_contacts_reach_the_same_households_in_the_same_call() -> None:
    found = draw_contacts(WORLD, LEAK, Campaign(reports=200), seed=1)

    household = WORLD.customers.household[BOOK.customer[found.policy]]
    said = reported(found)
    mates = np.isin(household, household[said]) & ~said
    within_hour = [
        abs(found.contacted[n] - found.contacted[said & (household == household[n])][0]) <= HOUR
        for n in np.flatnonzero(mates)
    ]
    assert mates.sum() > 20
    assert np.mean(within_hour) > 0.8


def test_times_are_stated_as_they_were_unless_there_is_an_error() -> None:
    exact = draw_contacts(WORLD, LEAK, Campaign(reports=200), seed=1)
    vague = draw_contacts(WORLD, LEAK, Campaign(reports=200, time_error=7.0), seed=1)

    off = (vague.stated - vague.contacted) / DAY
    unreported = ~reported(vague)
    assert np.array_equal(exact.stated, exact.contacted)
    assert 6 < off[unreported].std() < 8
    assert 0.4 < (vague.stated % DAY == 0).mean() < 0.6


def test_reports_come_hours_to_weeks_later_some_much_later() -> None:
    found = draw_contacts(WORLD, LEAK, Campaign(reports=400), seed=1)

    days = (found.reported - found.contacted)[reported(found)] / DAY
    assert days.min() >= 1 / 24
    assert 1.5 < np.median(days) < 2.7
    assert days.max() > 30


def test_wrong_reports_are_no_contacts() -> None:
    found = draw_contacts(WORLD, LEAK, Campaign(reports=300, wrong=0.2), seed=1)

    assert 40 < found.mistaken.sum() < 80
    assert (found.origin[found.mistaken] == NOBODY).all()


def test_half_of_the_leaks_contacts_note_the_exposed_fields() -> None:
    found = draw_contacts(WORLD, LEAK, Campaign(reports=200, noise=0.3), seed=1)

    quoted = found.quoted[found.origin == 0]
    assert set(quoted) == {NOBODY, LEAK.events.fields[0]}
    assert 0.4 < (quoted == NOBODY).mean() < 0.6


def test_one_contact_in_a_hundred_ends_in_a_loss() -> None:
    drawn = [draw_contacts(WORLD, LEAK, Campaign(reports=300), seed=seed) for seed in range(10)]

    lost = np.concatenate([found.lost for found in drawn])
    assert 0.006 < (lost > 0).mean() < 0.014
    assert 2_500_000 < np.median(lost[lost > 0]) < 5_500_000


def test_next_contacts_go_on_with_the_same_campaign() -> None:
    campaign = Campaign(reports=40, hidden=2.0)
    before = draw_contacts(WORLD, LEAK, campaign, seed=1, seen=SEEN)

    found = next_contacts(
        WORLD, LEAK, campaign, seed=1, count=400, exclude=before.policy, seen=SEEN,
        after=550 * DAY,
    )  # fmt: skip

    assert len(found.policy) == 400
    assert not np.isin(found.policy, before.policy).any()
    assert not reported(found).any()
    assert (found.wave, found.favoured) == (before.wave, before.favoured)
    assert found.contacted.min() > 550 * DAY
    assert 0.4 < (found.origin == 0).mean() < 0.6


def test_truth_tells_sources_counts_and_losses_in_json() -> None:
    leak = plan_leak(WORLD, Scenario.RING, SEEN, seed=1)
    found = draw_contacts(WORLD, leak, Campaign(wrong=0.1, hidden=2.0), seed=1, seen=SEEN)

    told = json.loads(json.dumps(truth(WORLD, leak, found, price=5)))

    assert told["scenario"] == "ring"
    assert [s["actor"] for s in told["sources"]] == [f"A{c.actor:05d}" for c in leak.copies]
    assert [s["share"] for s in told["sources"]] == [c.share for c in leak.copies]
    assert all(s["copied_from"].endswith("+08:00") for s in told["sources"])
    assert all(one["copied_from"] <= one["copied_to"] for one in told["sources"])
    counts = told["reports"]
    assert sum(counts["by_source"]) + counts["cold_calls"] + counts["mistaken"] == 60
    assert told["wave_region"] == f"region {found.wave}"
    assert told["hidden"] == {"strength": 2.0, "favours": f"A{found.favoured:05d}"}
    assert told["lost_fen"] == found.lost.sum()
    assert [s["paid_fen"] for s in told["sources"]] == [5 * len(c.policies) for c in leak.copies]


def test_truth_names_nobody_for_a_source_outside_the_log() -> None:
    leak = plan_leak(WORLD, Scenario.OUTSIDE, SEEN, seed=1)

    told = truth(WORLD, leak, draw_contacts(WORLD, leak, EVEN, seed=1), price=5)

    assert isinstance(told["sources"], list)
    assert [source["actor"] for source in told["sources"]] == [OUTSIDE]
    assert told["wave_region"] is None


def test_ids_keep_their_width_within_a_world() -> None:
    numbers = np.array([0, 42, 9_999_999])

    assert policy_ids(numbers, of=10**7).to_pylist() == ["P0000000", "P0000042", "P9999999"]
    assert policy_ids(numbers[:1], of=10**7 + 1).to_pylist() == ["P00000000"]
    assert actor_ids(numbers[:2], of=60).to_pylist() == ["A00000", "A00042"]
    assert policy_ids(numbers[:0], of=5).to_pylist() == []


def _rates_by_favour(campaign: Campaign, seed: int) -> Floats:
    """Cold calls to what the favoured innocent had seen, its size, and the same for the rest."""
    found = draw_contacts(WORLD, CLEAN, campaign, seed=seed, seen=SEEN)
    policies, at = SEEN.of(found.favoured)
    known = np.zeros(len(BOOK.customer), dtype=bool)
    known[policies[at < WORLD.days // 2 * DAY]] = True
    called = known[found.policy[reported(found)]]
    return np.array([called.sum(), known.sum(), (~called).sum(), (~known).sum()], dtype=float)
