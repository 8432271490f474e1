"""The estimators against slow ones that share no code with them (see slow.py)."""

from functools import cache

import numpy as np
import pytest

from hubao.trace import Report, evidence, rates, sets
from hubao.trace.planning import (
    further_victims,
    information,
    information_within,
    victims_for_power,
)
from hubao.trace.reduced import Floats, Ints
from hubao.trace.twins import twins
from hubao.trace.waves import FOR_COLUMN
from tests.makers.logs import DAY, Seen, World, loners, messy_world, telling_world, traced
from tests.trace import slow, slow_after

SEEDS = (0, 1, 2, 3, "told 0", "told 1", "told 2")


@cache
def messy(seed: int | str) -> tuple[World, Report, slow.Dense]:
    """Without what callers knew, or with it."""
    told = isinstance(seed, str)
    world = telling_world(int(str(seed)[-1])) if told else messy_world(int(seed))
    return world, traced(world), slow.dense(world)


@cache
def small() -> Seen:
    return loners(5, sources={3: 6, 7: 4}, noise=5, actors=9, records=300)


@pytest.mark.parametrize("seed", SEEDS)
class TestEngineAndLoopsAgree:
    def test_on_evidence_within_strata(self, seed: int | str) -> None:
        _, report, counted = messy(seed)
        place = {name: j for j, name in enumerate(counted.actors)}

        for suspect in report.suspects:
            j = place[suspect.actor]
            x, a = counted.touched[:, j], counted.share[:, j]
            assert suspect.log10_e_value * np.log(10) == pytest.approx(slow.log_e(x, a), abs=1e-9)
            assert suspect.victims_touched == x.sum()
            assert suspect.victims_expected == pytest.approx(a.sum(), abs=1e-9)

    def test_on_who_is_a_suspect_and_how_much_each_saw(self, seed: int | str) -> None:
        world, report, counted = messy(seed)
        active = [name for j, name in enumerate(counted.actors) if counted.touched[:, j].any()]
        exposure = dict(zip(counted.actors, counted.seen / len(world.book), strict=True))

        assert sorted(suspect.actor for suspect in report.suspects) == active
        assert report.family == len(counted.actors)
        assert report.records == len(world.book)
        for suspect in report.suspects:
            assert suspect.exposure == pytest.approx(exposure[suspect.actor], abs=1e-12)

    def test_on_the_victims_and_their_strata(self, seed: int | str) -> None:
        world, report, counted = messy(seed)

        assert list(report.evidence.policies) == [one.policy for one in counted.victims]
        assert list(report.victims.unknown) == counted.unknown
        assert report.victims.used == len(counted.victims)
        assert report.victims.rows == len(world.calls)
        assert report.victims.chosen == 1
        assert {one.label: (one.records, one.victims) for one in report.strata_used} == {
            f"branch={z}": (counted.sizes[z], counted.stratum.count(z)) for z in counted.sizes
        }

    def test_on_the_pictures_data(self, seed: int | str) -> None:
        _, report, counted = messy(seed)
        shown = report.evidence

        for actor, curve, touched, expected in zip(
            shown.actors, shown.log10_e_values, shown.touched, shown.expected, strict=True
        ):
            j = counted.actors.index(actor)
            x, a = counted.touched[:, j], counted.share[:, j]
            steps = [slow.log_e(x[: t + 1], a[: t + 1]) for t in range(len(x))]
            assert np.multiply(curve, np.log(10)) == pytest.approx(steps, abs=1e-9)
            assert list(touched) == list(x > 0)
            assert list(expected) == pytest.approx(a.tolist(), abs=1e-12)
        assert shown.bound == pytest.approx(np.log10(report.family / report.alpha))

    def test_on_evidence_within_tenths_of_access_counts(self, seed: int | str) -> None:
        world, _, _ = messy(seed)
        counted = slow.dense(world, slow.degree_strata(world))

        report = traced(world, strata=["branch", "access_degree"])

        for suspect in report.suspects:
            j = counted.actors.index(suspect.actor)
            expected = slow.log_e(counted.touched[:, j], counted.share[:, j])
            assert suspect.log10_e_value * np.log(10) == pytest.approx(expected, abs=1e-9)
        assert sorted((one.records, one.victims) for one in report.strata_used) == sorted(
            (counted.sizes[z], counted.stratum.count(z)) for z in counted.sizes
        )


class TestRanking:
    def test_scores_and_posteriors_are_those_of_numerical_integration(self) -> None:
        calls = [one._replace(contacted=60.0 * DAY) for one in messy_world(1).calls]
        world = messy_world(1).but(calls=calls)
        counted, report = slow.dense(world), traced(world)
        strata = list(slow.strata_of(world).values())
        names = sorted(set(strata))
        victims = [counted.stratum.count(z) for z in names]
        size = [strata.count(z) * len(counted.victims) / len(strata) for z in names]
        mean = slow_after.shared_rates(victims, size, [[z] for z in range(len(names))], FOR_COLUMN)
        scored = {}
        for suspect in report.suspects:
            j = counted.actors.index(suspect.actor)
            hits = [
                int(sum(counted.touched[t, j] for t, s in enumerate(counted.stratum) if s == z))
                for z in names
            ]
            scored[suspect.actor] = slow.log_score(
                victims, hits, size, mean, exposure=counted.seen[j] / len(strata),
                shares=rates.shares_of(len(counted.victims)).tolist(),
                firmnesses=rates.FIRMNESS.tolist(),
            )  # fmt: skip
        # What looks like a source is fitted beside its rivals; the others share what it leaves.
        sources = [one for one in report.suspects if one.log10_e_value >= 1]
        left = 1 - sum(one.share for one in sources)
        odds = {name: np.exp(score) / report.family for name, (score, _) in scored.items()}

        for suspect in report.suspects:
            posterior = odds[suspect.actor] / (1 + sum(odds.values()))
            assert suspect.posterior == pytest.approx(posterior, rel=1e-6)
            if suspect not in sources:
                expected = scored[suspect.actor][1] * posterior * left
                assert suspect.share == pytest.approx(expected, rel=1e-6)


class TestEvidenceBesideOthers:
    def test_given_found_sources_is_the_ratio_of_rates(self) -> None:
        reduced = small().reduced()
        columns = np.arange(len(reduced.actors))
        x, a = reduced.touched_by(columns), reduced.share_of(columns)
        rate = np.array([0.5, 1.5])[reduced.stratum]
        expected = slow.log_e_given(x, a, [3, 5], [4.0, 11.0], rate, evidence.STRENGTHS.tolist())

        found, _ = evidence.log_e_given(x, a, rate, np.array([3, 5]), np.array([4.0, 11.0]))

        others = [j for j in columns if j not in (3, 5)]
        assert found[others] == pytest.approx([expected[j] for j in others], abs=1e-9)
        assert np.isneginf(found[[3, 5]]).all()

    def test_given_nobody_is_the_evidence_against_chance_over_strengths(self) -> None:
        reduced = small().reduced()
        columns = np.arange(len(reduced.actors))
        x, a = reduced.touched_by(columns), reduced.share_of(columns)
        none = np.zeros(0, dtype=np.int64)

        found, _ = evidence.log_e_given(x, a, np.ones(len(x)), none, np.zeros(0))

        expected = [slow.log_e(x[:, j], a[:, j], evidence.STRENGTHS.tolist()) for j in columns]
        assert found == pytest.approx(expected, abs=1e-9)

    def test_hidden_targeting_is_survived_up_to_the_root_of_the_evidence(self) -> None:
        reduced = small().reduced()
        j = np.array([reduced.actors.index("agent-003")])
        x, a = reduced.touched_by(j)[:, 0], reduced.share_of(j)[:, 0]
        bound = slow.log_e(x, a) - 2.0

        assert evidence.g_star(x, a, bound) == pytest.approx(
            slow.most_targeting(x, a, bound), rel=1e-6
        )
        assert evidence.g_star(x, a, slow.log_e(x, a) + 0.1) is None


BETWEEN = (sets.LOWEST, sets.HIGHEST)


@cache
def tables(rate: tuple[float, float]) -> tuple[Floats, Floats]:
    """The small world's touched and share over a background, as sets are weighed."""
    reduced = small().reduced()
    columns = np.arange(len(reduced.actors))
    background = np.array(rate)[reduced.stratum][:, None]
    return reduced.touched_by(columns) / background, reduced.share_of(columns) / background


def climbed(x: Floats, a: Floats, chosen: Ints) -> sets.Fits:
    return sets.best_of_starts(x, a, chosen)


@pytest.mark.parametrize("rate", [(1.0, 1.0), (0.7, 2.0)])
class TestSets:
    @pytest.mark.parametrize("size", [1, 2, 3])
    def test_reach_their_best_strengths(self, size: int, rate: tuple[float, float]) -> None:
        x, a = tables(rate)
        chosen = np.array([[2, 5, 0][:size], [5, 3, 2][:size], [1, 0, 4][:size]])

        found = climbed(x, a, chosen)

        expected = [slow.best_strengths(x, a, one, BETWEEN)[1] for one in chosen.tolist()]
        assert found.value == pytest.approx(expected, abs=0.01)
        for one, gamma, value in zip(chosen.tolist(), found.gamma, found.value, strict=True):
            assert value == pytest.approx(slow.log_value(x, a, one, gamma.tolist()), abs=1e-9)
            assert ((gamma >= sets.LOWEST) & (gamma <= sets.HIGHEST)).all()

    def test_gain_by_one_actor_more_what_its_best_step_gains(
        self, rate: tuple[float, float]
    ) -> None:
        x, a = tables(rate)
        given, others = [2, 0], [1, 3, 4, 5, 6]
        gamma = [12.0, 2.0]
        before = slow.log_value(x, a, given, gamma)
        expected = [
            max((slow.log_value(x, a, [*given, j], [*gamma, g]) - before, g) for g in sets.STEPS)
            for j in others
        ]

        gain, step = sets.step_gains(
            x[:, others], a[:, others],
            1 + x[:, given] @ np.array(gamma)[:, None], 1 + a[:, given] @ np.array(gamma)[:, None],
        )  # fmt: skip

        assert gain == pytest.approx([one for one, _ in expected], abs=1e-9)
        assert step.tolist() == [one for _, one in expected]

    @pytest.mark.parametrize("chosen", [(2,), (5,), (1,), (2, 5), (2, 3), (1, 0)])
    def test_are_weighed_like_their_average_over_strengths(
        self, chosen: tuple[int, ...], rate: tuple[float, float]
    ) -> None:
        x, a = tables(rate)
        fit = climbed(x, a, np.array([chosen]))

        found = float(sets.log_evidence(x, a, fit)[0])

        exact = slow.log_integrated(x, a, chosen, BETWEEN, 400 if len(chosen) == 1 else 80)
        # An actor that is no source costs the average more than a normal curve at the edge.
        at_edge = int((fit.gamma < 1.01 * sets.LOWEST).sum())
        assert exact - 0.5 <= found <= exact + 0.5 + 1.5 * at_edge
        assert found <= float(fit.value[0])

    def test_cost_nothing_where_the_victims_say_nothing(self, rate: tuple[float, float]) -> None:
        x, _ = tables(rate)
        everything = np.ones_like(x) / np.array(rate)[small().reduced().stratum][:, None]
        chosen = np.array([[2, 5]])
        fit = climbed(everything, everything, chosen)

        found = sets.log_evidence(everything, everything, fit)

        assert found == pytest.approx([0.0], abs=1e-9)


class TestVictimsNeeded:
    def test_second_order_at_one_percent_and_half_noise_is_17_8_where_18_is_exact(self) -> None:
        planned = victims_for_power(information(0.01, 0.5), 5_000)

        assert planned == pytest.approx(17.8, abs=0.05)
        assert slow.n95(0.01, 0.5, family=5_000, alpha=0.01) == 18

    @pytest.mark.parametrize(
        ("exposure", "noise"),
        [(0.001, 0.5), (0.005, 0.8), (0.01, 0.3), (0.01, 0.8), (0.05, 0.5), (0.1, 0.8), (0.2, 0.3)],
    )
    def test_is_near_the_exact_binomial_number(self, exposure: float, noise: float) -> None:
        planned = victims_for_power(information(exposure, 1 - noise), 5_000)

        exact = slow.n95(exposure, 1 - noise, family=5_000, alpha=0.01)

        assert 0.8 * exact - 1 <= planned <= 1.15 * exact + 1

    @pytest.mark.parametrize(
        ("missing", "exposure", "share", "expected"),
        [
            (0.0, 0.1, 0.5, 0),
            (-3.0, 0.1, 0.5, 0),
            (5.0, 0.0, 0.5, None),
            (5.0, 1.0, 0.5, None),
            (5.0, 0.1, 0.0, None),
            (5.0, 0.999999, 1e-9, None),
            (float("inf"), 0.1, 0.5, None),
        ],
    )
    def test_says_nothing_where_no_number_would_do(
        self, missing: float, exposure: float, share: float, expected: int | None
    ) -> None:
        assert further_victims(missing, exposure, share) == expected

    @pytest.mark.parametrize("share", [0.05, 0.5, 1.0])
    def test_rests_on_what_each_victim_says_within_its_stratum(self, share: float) -> None:
        seen, records = np.array([30, 0, 50, 8]), np.array([200, 300, 50, 100])

        found = information_within(seen, records, share)

        assert found == pytest.approx(slow.information(seen, records, share), rel=1e-9)

    def test_is_the_same_where_the_book_is_one_stratum(self) -> None:
        found = information_within(np.array([30]), np.array([600]), 0.4)

        assert found == pytest.approx(information(0.05, 0.4), rel=1e-9)

    def test_takes_nothing_from_strata_seen_wholly_or_not_at_all(self) -> None:
        silent = information_within(np.array([0, 50]), np.array([300, 50]), 0.4)
        beside = information_within(np.array([30, 0, 50]), np.array([600, 300, 50]), 0.4)

        # The one telling stratum gets this weight of the victims, and this share of them is its
        # source's.
        own, others = 0.4 * 30 / 80, 0.6 * 600 / 950
        alone = information(0.05, own / (own + others))
        mean = (own + others) * alone.mean
        square = (own + others) * (alone.variance + alone.mean**2)
        assert silent == (0.0, 0.0)
        assert beside == pytest.approx((mean, square - mean**2), rel=1e-9)

    def test_is_finite_where_every_contact_comes_from_the_source(self) -> None:
        needed = further_victims(10.0, 0.01, 1.0)

        assert needed is not None
        assert needed == np.ceil(10.0 / np.log(100))


class TestTwins:
    def test_are_those_whose_records_overlap_by_more_than_95_percent(self) -> None:
        rng = np.random.default_rng(0)
        base = rng.random(400) < 0.25
        rows = [base]
        for changed in (0, 1, 2, 4, 6, 20):
            row = base.copy()
            row[rng.choice(400, size=changed, replace=False)] ^= True
            rows.append(row)
        seen = Seen(np.array(rows), np.zeros(400, dtype=np.int64), np.flatnonzero(base)[:20])
        reduced = seen.reduced()
        records = [{str(i) for i in np.flatnonzero(row)} for row in rows]
        expected = {
            (one, other)
            for one in range(7)
            for other in range(one + 1, 7)
            if slow.jaccard(records[one], records[other]) > 0.95
        }

        found = twins(
            reduced,
            np.arange(7),
            lambda pairs: np.array([len(records[a] & records[b]) for a, b in pairs]),
        )

        assert set(found) == expected
        assert 0 < len(expected) < 21

    def test_are_looked_for_beside_the_asked_alone_but_among_all(self) -> None:
        world = loners(31, sources={2: 18}, noise=12)
        world.seen[9] = world.seen[30] = world.seen[2]
        world.seen[21] = world.seen[20]
        reduced = world.reduced()
        column = {name: j for j, name in enumerate(reduced.actors)}
        rows = [world.seen[int(name.removeprefix("agent-"))] for name in reduced.actors]

        found = twins(
            reduced,
            np.array([column["agent-009"]]),
            lambda pairs: np.array([(rows[a] & rows[b]).sum() for a, b in pairs]),
        )

        assert {frozenset((reduced.actors[a], reduced.actors[b])) for a, b in found} == {
            frozenset(("agent-002", "agent-009")),
            frozenset(("agent-009", "agent-030")),
        }


class TestFit:
    @pytest.mark.parametrize("start", [[30.0, 0.5], [200.0, 200.0], [1e-3, 1e3]])
    def test_ends_at_the_same_rates_from_any_start(self, start: list[float]) -> None:
        reduced = small().reduced()
        sources = np.array([reduced.actors.index(name) for name in ("agent-003", "agent-007")])
        expected = rates.fit(reduced, sources, np.ones(2))

        found = rates.fit(reduced, sources, np.array(start))

        assert found.shares == pytest.approx(expected.shares, abs=1e-3)
        assert found.background == pytest.approx(expected.background, abs=1e-3)
        assert found.log_likelihood == pytest.approx(expected.log_likelihood, abs=0.01)

    def test_ends_where_another_round_moves_nothing(self) -> None:
        reduced = small().reduced()
        sources = np.array([reduced.actors.index(name) for name in ("agent-003", "agent-007")])
        once = rates.fit(reduced, sources, np.array([30.0, 0.5]))

        again = rates.fit(reduced, sources, once.strengths)

        assert again.strengths == pytest.approx(once.strengths, rel=1e-3)
        assert again.log_likelihood == pytest.approx(once.log_likelihood, abs=1e-3)
