"""Who is named, who is not, and that odd inputs end in words rather than in NaN."""

from functools import cache

import numpy as np
import pytest

from hubao.kit.errors import HubaoError
from hubao.trace import Verdict
from hubao.trace.decide import Decision, decide
from hubao.trace.planning import MOST
from hubao.trace.reduced import Reduced
from hubao.trace.search import SameRecords
from tests.makers.logs import (
    DAY,
    Access,
    Call,
    Seen,
    World,
    actor,
    book,
    drawn,
    loners,
    policy,
    teams,
    traced,
)
from tests.trace.figures import assert_finite

ALPHA = 0.01
SOURCE, OTHER = 2, 9


def decided(reduced: Reduced, alpha: float = ALPHA, seen: Seen | None = None) -> Decision:
    return decide(reduced, alpha=alpha, same_records=_same(reduced, seen))


def _same(reduced: Reduced, world: Seen | None) -> SameRecords:
    """Pairs of columns whose rows of the world are equal."""
    if world is None:
        return lambda _: []
    row = [world.seen[int(name.removeprefix("agent-"))] for name in reduced.actors]
    return lambda asked: [
        (int(a), b) for a in asked for b in range(len(row)) if a != b and (row[a] == row[b]).all()
    ]


def names(reduced: Reduced, decision: Decision) -> list[list[str]]:
    return [[reduced.actors[column] for column in group] for group in decision.named]


def past_the_bound(reduced: Reduced, decision: Decision) -> set[str]:
    bound = np.log(reduced.family / ALPHA)
    return {reduced.actors[column] for column in np.flatnonzero(decision.log_e >= bound).tolist()}


@cache
def team_draw(seed: int) -> tuple[Reduced, Decision]:
    """A leak out of a team of six that share 90 % of their records."""
    reduced = teams(seed, source=SOURCE, leaked=30, noise=20).reduced()
    return reduced, decided(reduced)


class TestColleagues:
    @pytest.mark.parametrize("seed", range(10))
    def test_are_never_named(self, seed: int) -> None:
        found = names(*team_draw(seed))

        assert found in ([], [[actor(SOURCE)]])

    def test_pass_the_bound_that_the_strong_rule_holds_against_them(self) -> None:
        passed = [past_the_bound(*team_draw(seed)) - {actor(SOURCE)} for seed in range(3)]

        assert sum(bool(innocent) for innocent in passed) >= 2

    def test_do_not_hide_the_source_when_victims_are_many(self) -> None:
        found = 0
        for seed in range(3):
            reduced = teams(100 + seed, source=SOURCE, leaked=90, noise=60).reduced()
            found += names(reduced, decided(reduced)) == [[actor(SOURCE)]]

        assert found >= 2

    def test_leave_a_shortlist_where_the_source_cannot_be_told_from_them(self) -> None:
        reduced = teams(1, source=SOURCE, leaked=12, noise=4, shared=0.97).reduced()

        decision = decided(reduced)

        assert decision.named == []
        assert decision.verdict is Verdict.SHORTLIST
        assert decision.victims_needed is None or decision.victims_needed > 0

    @pytest.mark.parametrize("seed", range(8))
    def test_tell_how_many_victims_would_set_the_source_apart(self, seed: int) -> None:
        reduced = teams(seed, source=SOURCE, leaked=12, noise=4, shared=0.96).reduced()

        decision = decided(reduced)

        assert _is_number_of_victims(decision)


def _is_number_of_victims(decision: Decision) -> bool:
    """Nought where somebody is named; else None or a whole number from 1 to a million."""
    needed = decision.victims_needed
    if decision.named:
        return needed == 0
    return needed is None or (isinstance(needed, int) and 1 <= needed <= MOST)


class TestVictimsNeeded:
    @pytest.mark.parametrize("seed", [3, 6, 15])
    def test_are_a_number_where_the_lead_is_ahead_by_little(self, seed: int) -> None:
        """Past the bound against chance, so that only the rivals are left to be beaten.

        By less than being any one of the log's actors costs: the strong e-value is below 1.
        """
        reduced = teams(seed, source=SOURCE, leaked=14, noise=6, shared=0.94).reduced()

        decision = decided(reduced)

        lead = int(decision.order[0])
        assert decision.log_e[lead] >= np.log(reduced.family / ALPHA)
        assert decision.log_strong[lead] < 0
        assert decision.victims_needed is not None
        assert decision.victims_needed > 20

    def test_are_none_where_the_lead_does_not_beat_its_nearest_rival(self) -> None:
        world = loners(31, sources={SOURCE: 18}, noise=12)
        world.seen[OTHER] = world.seen[SOURCE]  # and nobody has said that they are twins

        decision = decided(world.reduced())

        assert decision.verdict is Verdict.SHORTLIST
        assert decision.victims_needed is None

    def test_fall_as_victims_come_in(self) -> None:
        world = loners(31, sources={SOURCE: 18}, noise=12)

        needed = [
            decided(Seen(world.seen, world.branch, world.victims[:n]).reduced()).victims_needed
            for n in (6, 30)
        ]

        assert needed[0] is not None
        assert needed[0] >= 1
        assert needed[1] == 0


class TestTwins:
    def test_with_the_same_records_are_named_as_one_group(self) -> None:
        world = loners(31, sources={SOURCE: 18}, noise=12)
        world.seen[OTHER] = world.seen[SOURCE]

        report = traced(world.world())

        assert [sorted(group) for group in report.named] == [[actor(SOURCE), actor(OTHER)]]
        together = {one.actor: one.same_records_as for one in report.suspects}
        assert together[actor(SOURCE)] == [actor(OTHER)]
        assert together[actor(OTHER)] == [actor(SOURCE)]

    def test_who_parted_after_the_last_contact_are_still_one_group(self) -> None:
        world = loners(31, sources={SOURCE: 18}, noise=12)
        world.seen[OTHER] = world.seen[SOURCE]
        raw = world.world()
        later = [Access(actor(OTHER), one, 500.0 * DAY) for one in list(raw.book)[::3]]

        report = traced(raw.but(accesses=[*raw.accesses, *later]))

        assert [sorted(group) for group in report.named] == [[actor(SOURCE), actor(OTHER)]]

    def test_that_both_look_like_sources_are_named_as_one_group(self) -> None:
        """Mostly the same records, but some victims in what only the one had seen, some the other.

        Both are found; of the two only the first is weighed.
        """
        world = loners(31, sources={}, noise=1)
        rng = np.random.default_rng(0)
        records = rng.permutation(1_500)
        world.seen[SOURCE] = world.seen[OTHER] = False
        world.seen[SOURCE, records[:205]] = True
        world.seen[OTHER, [*records[:199], *records[205:211]]] = True
        victims = np.array([*records[:12], *records[199:205], *records[205:211]])
        reduced = Seen(world.seen, world.branch, rng.permutation(victims)).reduced()
        pair = reduced.actors.index(actor(SOURCE)), reduced.actors.index(actor(OTHER))

        decision = decide(reduced, alpha=ALPHA, same_records=lambda _: [pair])

        assert set(pair) <= set(decision.found.tolist())
        assert [sorted(group) for group in decision.named] in ([], [sorted(pair)])
        assert len(set(pair) & set(decision.log_strong)) == 1

    @pytest.mark.parametrize("others", [1, 4, 5, 6, 7, 10, 13])
    def test_are_named_however_many_they_are(self, others: int) -> None:
        world = loners(3, sources={30: 20}, noise=10)
        world.seen[20 - others : 20] = world.seen[30]
        expected = [*(actor(j) for j in range(20 - others, 20)), actor(30)]

        report = traced(world.world())

        assert [sorted(group) for group in report.named] == [expected]
        for suspect in report.suspects:
            if suspect.actor in expected:
                assert sorted([suspect.actor, *suspect.same_records_as]) == expected


class TestShares:
    @pytest.mark.parametrize("seed", range(6))
    def test_of_all_suspects_and_the_background_make_one(self, seed: int) -> None:
        colleagues = decided(teams(seed, source=SOURCE, leaked=30, noise=20).reduced())
        alone = decided(loners(seed, sources={SOURCE: 9}, noise=9).reduced())

        for decision in (colleagues, alone):
            assert (decision.share >= 0).all()
            assert decision.share.sum() <= 1 + 1e-9
            assert decision.background_share == pytest.approx(
                max(1 - decision.share.sum(), 0), abs=1e-9
            )

    def test_of_two_sources_leave_no_more_than_the_rest_to_others(self) -> None:
        decision = decided(loners(200, sources={SOURCE: 30, OTHER: 25}, noise=30).reduced())

        assert decision.share.sum() + decision.background_share == pytest.approx(1, abs=1e-9)


class TestSystems:
    @pytest.mark.parametrize("missing", [0.0, 0.03])
    def test_that_saw_everything_are_not_named_and_hide_nobody(self, missing: float) -> None:
        world = loners(41, sources={SOURCE: 16}, noise=16)
        rng = np.random.default_rng(0)
        for system in (0, 1):
            world.seen[system] = rng.random(world.seen.shape[1]) >= missing

        reduced = world.reduced()
        decision = decided(reduced)

        assert names(reduced, decision) == [[actor(SOURCE)]]
        assert reduced.actors[decision.order[0]] == actor(SOURCE)
        assert decision.posterior[reduced.actors.index(actor(0))] < 0.1

    def test_that_saw_everything_are_not_named_where_nobody_else_is(self) -> None:
        world = loners(42, sources={}, noise=40)
        world.seen[0] = True

        reduced = world.reduced()
        decision = decided(reduced)

        assert decision.named == []
        assert decision.log_e[reduced.actors.index(actor(0))] == pytest.approx(0.0, abs=1e-9)
        assert decision.background_share > 0.5


class TestSeveralSources:
    def test_are_all_named_with_plenty_of_victims(self) -> None:
        found = []
        for seed in range(8):
            reduced = loners(200 + seed, sources={SOURCE: 30, OTHER: 25}, noise=30).reduced()
            found.append(sorted(names(reduced, decided(reduced))))

        assert found.count([[actor(SOURCE)], [actor(OTHER)]]) >= 7
        assert {name for one in found for group in one for name in group} == {
            actor(SOURCE), actor(OTHER),
        }  # fmt: skip

    def test_share_the_contacts_between_them(self) -> None:
        reduced = loners(200, sources={SOURCE: 30, OTHER: 25}, noise=30).reduced()

        decision = decided(reduced)

        shares = [decision.share[reduced.actors.index(actor(j))] for j in (SOURCE, OTHER)]
        assert shares == pytest.approx([30 / 85, 25 / 85], abs=0.1)
        assert decision.background_share == pytest.approx(30 / 85, abs=0.1)


@cache
def clean_draws() -> list[Decision]:
    """Forty lists without a leak, half of them with calls in one branch only."""
    found = []
    for seed in range(40):
        world = loners(300 + seed, sources={}, noise=30)
        rng = np.random.default_rng(seed)
        own = np.flatnonzero(world.branch == 1)
        calls = rng.choice(own, size=30, replace=False) if seed % 2 else world.victims
        found.append(decided(Seen(world.seen, world.branch, calls).reduced()))
    return found


class TestNoLeak:
    def test_names_nobody(self) -> None:
        assert [one.named for one in clean_draws() if one.named] == []

    def test_says_that_there_is_not_enough_evidence(self) -> None:
        verdicts = [one.verdict for one in clean_draws()]

        assert verdicts == [Verdict.NOT_ENOUGH_EVIDENCE] * 40

    def test_puts_most_contacts_down_to_the_background(self) -> None:
        assert min(one.background_share for one in clean_draws()) > 0.5

    def test_blames_no_branch_team_for_a_wave_in_its_branch(self) -> None:
        rng = np.random.default_rng(7)
        branch = np.repeat([0, 1], [600, 200])
        seen = rng.random((12, 800)) < 0.05
        seen[:4] |= (branch == 1) & (rng.random((4, 800)) < 0.6)
        calls = rng.choice(np.flatnonzero(branch == 1), size=60, replace=False)

        decision = decided(Seen(seen, branch, calls).reduced())

        assert decision.named == []
        assert decision.verdict is Verdict.NOT_ENOUGH_EVIDENCE


class TestAnUnloggedSource:
    def test_leads_to_nobody(self) -> None:
        rng = np.random.default_rng(13)
        world = loners(51, sources={}, noise=1)
        outside = rng.choice(len(world.branch), size=100, replace=False)

        reduced = Seen(world.seen, world.branch, outside[:60]).reduced()
        decision = decided(reduced)

        assert decision.named == []


def tiny(actors: int, victims: int, records: int = 3) -> World:
    """`actors` actors that saw the first victim's record, and one record that nobody is called for.

    With records = victims every record is called.
    """
    rows = [Access(actor(j), policy(i), 1.0 * DAY + j + i) for j in range(actors) for i in range(2)]
    calls = [Call(policy(i), 5.0 * DAY + i) for i in range(victims)]
    return World(rows, calls, book(("north", records)))


class TestOddInputs:
    @pytest.mark.parametrize(
        "world",
        [
            tiny(1, 1),
            tiny(1, 1, records=1),
            tiny(1, 3),
            tiny(5, 1),
            tiny(5, 3),
            tiny(0, 2).but(accesses=[Access(actor(0), policy(2), 9.0 * DAY)]),
            tiny(2, 2).but(accesses=[Access(actor(j), policy(i), 0.0) for j in (0, 1)
                                     for i in range(3)]),
        ],
        ids=["1x1", "1 record", "1 actor", "1 victim", "all called", "none in time", "all seen"],
    )  # fmt: skip
    @pytest.mark.parametrize("strata", [["branch"], None])
    def test_give_a_report_of_finite_numbers(self, world: World, strata: list[str] | None) -> None:
        report = traced(world, strata=strata)

        assert_finite(report)
        assert 0 <= report.background_share <= 1

    @pytest.mark.parametrize("alpha", [1e-9, 1e-4, 0.5, 1 - 1e-12])
    def test_give_a_report_of_finite_numbers_at_any_alpha(self, alpha: float) -> None:
        report = traced(loners(61, sources={SOURCE: 8}, noise=4, actors=6).world(), alpha=alpha)

        assert_finite(report)
        assert report.alpha == alpha

    @pytest.mark.parametrize(
        "alpha",
        [0.0, 5e-324, 1e-309, 1e-12, 0.999e-9, 1.0, -0.1, float("nan"), float("inf")],
    )
    def test_refuse_a_bound_that_is_none(self, alpha: float) -> None:
        with pytest.raises(HubaoError, match="a chance from 1e-09 up to but not including 1"):
            traced(tiny(1, 1), alpha=alpha)

    def test_refuse_a_list_whose_victims_are_all_unknown(self) -> None:
        world = tiny(2, 1).but(calls=[Call("Q1", 5.0 * DAY), Call("Q2", 5.0 * DAY)])

        with pytest.raises(HubaoError, match="None of the 2 victims"):
            traced(world)

    def test_refuse_a_list_whose_victims_were_all_asked_because_of_an_actor(self) -> None:
        world = tiny(2, 1).but(calls=[Call(policy(0), 5.0 * DAY, asked_because=actor(1))])

        with pytest.raises(HubaoError, match="asked_because"):
            traced(world)

    def test_refuse_strata_that_the_policies_lack(self) -> None:
        with pytest.raises(HubaoError, match="'colour'"):
            traced(tiny(2, 1), strata=["colour"])

    def test_rank_actors_of_any_exposure_without_a_warning(self) -> None:
        rng = np.random.default_rng(3)
        seen = np.zeros((6, 120), dtype=bool)
        seen[0] = True
        seen[1, :119] = True
        seen[2, 5] = True
        seen[3] = ~seen[2]
        seen[4, :60] = True
        branch = np.repeat([0, 1], [60, 60])
        victims = np.array([5, *drawn(rng, seen, {4: 20}, 30).tolist()])
        _, first = np.unique(victims, return_index=True)

        decision = decided(Seen(seen, branch, victims[np.sort(first)]).reduced())

        for figures in (decision.posterior, decision.share, decision.log_e):
            assert np.isfinite(figures).all()
        assert ((decision.posterior >= 0) & (decision.posterior <= 1)).all()
