"""The strong rule against one that weighs every explanation (see slow.py), and under its nulls."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest

from hubao.trace import evidence, sets
from hubao.trace.decide import decide
from hubao.trace.reduced import Floats, Reduced
from hubao.trace.strong import Field, log_numerator, strength
from tests.makers.logs import Seen, actor, drawn, loners, teams
from tests.trace import slow

BETWEEN = (sets.LOWEST, sets.HIGHEST)
WEIGHTS = (0.2, 0.8)
MISSED = 0.5  # nats by which the search may miss the nearest rival; the report says "searched"


def small_world(seed: int, sources: Sequence[int]) -> Reduced:
    """Six actors, all touched: 1 has most of what 0 has, 4 the half of 2 and of 3; two branches."""
    rng = np.random.default_rng(seed)
    seen = rng.random((6, 500)) < 0.12
    seen[1] = np.where(rng.random(500) < 0.8, seen[0], seen[1])
    seen[4] = np.where(rng.random(500) < 0.5, seen[2] | seen[3], seen[4])
    branch = np.repeat([0, 1], [300, 200])
    return Seen(seen, branch, drawn(rng, seen, dict.fromkeys(sources, 9), 16)).reduced()


def all_columns(reduced: Reduced) -> tuple[Floats, Floats]:
    columns = np.arange(len(reduced.actors))
    return reduced.touched_by(columns), reduced.share_of(columns)


def both_ways(
    reduced: Reduced, found: Sequence[int], family: int = 6
) -> tuple[Field, float, slow.Strong]:
    """The product's field with its numerator, and the slow one."""
    touched, share = all_columns(reduced)
    backgrounds = [np.ones(len(touched)), np.array([0.6, 1.6])[reduced.stratum]]
    columns = range(touched.shape[1])
    cost = np.zeros(len(columns))
    field = Field(touched, share, list(columns), cost, backgrounds, WEIGHTS, family, found)
    singles = [slow.log_e(touched[:, j], share[:, j]) for j in columns]
    known = slow.Strong(
        touched, share, backgrounds, family=family, found=found, singles=singles, between=BETWEEN,
        weights=WEIGHTS,
    )  # fmt: skip
    return field, log_numerator(evidence.log_e_values(reduced), family), known


class TestStrength:
    @pytest.mark.parametrize("seed", range(3))
    @pytest.mark.parametrize("sources", [(0,), (2, 3), (0, 2)])
    def test_is_the_least_over_every_explanation(self, seed: int, sources: tuple[int, ...]) -> None:
        field, numerator, known = both_ways(small_world(seed, sources), sources)

        for column in (sources[0], 4):
            found = strength(field, numerator, column)

            least, _ = known.least(column, most=2)
            assert found.log_e <= least + MISSED
            assert column not in found.rival
            assert found.log_e == pytest.approx(known.log_e(found.rival, column), abs=0.05)

    def test_finds_a_rival_of_three_where_three_leaked(self) -> None:
        reduced = small_world(8, (0, 2, 3))
        field, numerator, known = both_ways(reduced, (0, 2, 3))

        found = strength(field, numerator, 4)

        least, rival = known.least(4)
        assert found.log_e <= least + MISSED
        assert len(rival) >= 2

    def test_says_how_far_the_lead_is_ahead_of_its_rival(self) -> None:
        field, numerator, known = both_ways(small_world(1, (0,)), (0,))

        found = strength(field, numerator, 0)

        both = tuple(sorted((*found.rival, 0)))
        values = [
            max(slow.best_strengths(x, a, one, BETWEEN)[1] for x, a in known.tables)
            for one in (both, found.rival)
        ]
        assert found.ahead == pytest.approx(values[0] - values[1], abs=0.05)

    def test_does_not_hang_on_the_order_of_the_found(self) -> None:
        reduced = small_world(2, (2, 3))
        one, numerator, _ = both_ways(reduced, (2, 3))
        other, _, _ = both_ways(reduced, (3, 2))

        assert strength(one, numerator, 2) == pytest.approx(strength(other, numerator, 2))


@cache
def innocent_mates(strength_: float) -> list[float]:
    """A source's mate, 80 % alike, weighed over forty draws of victims at that strength."""
    rng = np.random.default_rng(int(strength_))
    seen = rng.random((6, 1_000)) < 0.05
    seen[1] = np.where(rng.random(1_000) < 0.8, seen[0], seen[1])
    found = []
    for _ in range(40):
        # The first to come in a race is each next victim: likelier where the source had seen it.
        order = np.argsort(rng.exponential(size=1_000) / (1 + strength_ * seen[0]))
        reduced = Seen(seen, np.zeros(1_000, dtype=np.int64), order[:30]).reduced()
        column = {name: j for j, name in enumerate(reduced.actors)}
        source, mate = column.get(actor(0)), column.get(actor(1))
        if source is not None and mate is not None:
            touched, share = all_columns(reduced)
            none = np.zeros(len(column))
            field = Field(
                touched, share, range(len(column)), none, [np.ones(30)], [1.0], 6, [source]
            )
            numerator = log_numerator(evidence.log_e_values(reduced), 6)
            found.append(strength(field, numerator, mate).log_e)
    return found


class TestMatesOfASource:
    @pytest.mark.parametrize("strength_", [3.0, 20.0, 100.0, 500.0])
    def test_pass_no_bound_however_strong_the_source(self, strength_: float) -> None:
        found = np.array(innocent_mates(strength_))

        assert len(found) >= 20
        assert np.exp(found).mean() <= 1
        assert found.max() < np.log(1 / 0.01)


class TestNumerator:
    def test_is_nobody_or_any_one_actor_of_the_log(self) -> None:
        singles = np.array([2.0, -1.0, 0.5])

        found = log_numerator(singles, 10)

        assert np.exp(found) == pytest.approx(0.1 + 0.9 * np.exp(singles).sum() / 10)


def named(reduced: Reduced) -> list[list[str]]:
    decision = decide(reduced, alpha=0.01, same_records=lambda _: [])
    return [[reduced.actors[column] for column in group] for group in decision.named]


class TestInnocents:
    @pytest.mark.parametrize("seed", range(4))
    def test_with_the_sources_very_hits_are_never_named(self, seed: int) -> None:
        world = loners(seed, sources={2: 20}, noise=10)
        rng = np.random.default_rng(seed)
        for mate, more in ((9, 0.0), (10, 0.1)):
            hits = np.isin(np.arange(1_500), world.victims) & world.seen[2]
            others = rng.permutation(world.seen[2] & ~np.isin(np.arange(1_500), world.victims))
            world.seen[mate] = hits | others | (rng.random(1_500) < more)

        found = named(world.reduced())

        assert found in ([], [[actor(2)]])

    @pytest.mark.parametrize("seed", range(4))
    @pytest.mark.parametrize("others", [(), (11, 12, 13)])
    def test_who_saw_what_two_sources_saw_between_them_are_not_named(
        self, seed: int, others: tuple[int, ...]
    ) -> None:
        rng = np.random.default_rng(seed)
        world = loners(seed, sources={}, noise=1)
        world.seen[20] = world.seen[[4, 7, *others]].any(axis=0)
        calls = drawn(rng, world.seen, {4: 25, 7: 25}, 25)

        found = named(Seen(world.seen, world.branch, calls).reduced())

        assert [actor(20)] not in found
        # Who saw just what both saw explains the victims as well as the two do.
        assert not others or sorted(found) == [[actor(4)], [actor(7)]]

    @pytest.mark.parametrize("seed", range(3))
    def test_who_share_most_records_with_one_of_two_sources_are_not_named(self, seed: int) -> None:
        team = teams(seed, source=2, leaked=1, noise=1)
        calls = drawn(np.random.default_rng(seed), team.seen, {2: 30, 9: 30}, 20)

        found = named(Seen(team.seen, team.branch, calls).reduced())

        assert [one for one in found if one not in ([actor(2)], [actor(9)])] == []
