from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from hubao.trace.leaked.origins import (
    Exposure,
    explain,
    fitted,
    from_elsewhere,
    gains,
    needed,
    origin_of,
    same_as,
)
from tests.trace.leaked.files import Ints

RECORDS = 20_000


def sets(seed: int = 1, *, actors: int = 60) -> list[Ints]:
    """Records that each actor had seen: 100 to 1,500; 1 to 5 share most of theirs with 0."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(100, 1_500, actors)
    sizes[0] = 1_000
    drawn = [rng.choice(RECORDS, size, replace=False).astype(np.int64) for size in sizes]
    for k in range(1, 6):
        own = rng.choice(RECORDS, 200, replace=False)
        drawn[k] = np.unique(np.concatenate([rng.choice(drawn[0], 800, replace=False), own]))
    return drawn


def exposure(seen: list[Ints], rows: Ints) -> Exposure:
    """What each of the sets holds of a file of these records."""
    rows = np.unique(rows)
    held = np.array([np.isin(rows, one) for one in seen]).T
    return Exposure(
        seen=sparse.csc_array(held),
        sizes=np.array([len(one) for one in seen], dtype=np.int64),
        family=len(seen),
        elsewhere=np.full(len(rows), 1.0 / RECORDS),
    )


class TestExplain:
    @pytest.mark.parametrize("share", [1.0, 0.1, 0.03])
    def test_finds_one_export_from_a_part_of_it(self, share: float) -> None:
        seen = sets()
        part = np.random.default_rng(2).choice(seen[0], int(share * len(seen[0])), replace=False)

        found = explain(exposure(seen, part))

        assert found.members == (0,)
        assert found.weights[0] > 0.9

    @pytest.mark.parametrize("share", [1.0, 0.1])
    def test_finds_every_part_of_a_merge(self, share: float) -> None:
        rng = np.random.default_rng(3)
        seen = sets()
        parts = [
            rng.choice(seen[k], max(int(share * len(seen[k])), 20), replace=False)
            for k in (0, 20, 30)
        ]

        found = explain(exposure(seen, np.concatenate(parts)))

        assert sorted(found.members) == [0, 20, 30]

    def test_leaves_rows_from_elsewhere_to_elsewhere(self) -> None:
        rng = np.random.default_rng(4)
        seen = sets()
        strangers = rng.choice(RECORDS, 1_000, replace=False)

        found = explain(exposure(seen, np.concatenate([seen[30], strangers])))

        share = len(seen[30]) / (len(seen[30]) + 1_000)
        assert found.members == (30,)
        assert found.weights[0] == pytest.approx(share, abs=0.05)

    @pytest.mark.parametrize("seed", range(5))
    def test_explains_a_random_file_by_nobody(self, seed: int) -> None:
        rows = np.random.default_rng(seed).choice(RECORDS, 2_000, replace=False)

        found = explain(exposure(sets(seed), rows))

        assert found.members == ()
        assert found.weights.tolist() == [1.0]

    def test_prefers_the_export_to_the_actor_who_also_saw_others(self) -> None:
        seen = sets()
        everything = np.unique(np.concatenate([seen[0], *seen[40:]]))

        found = explain(exposure([*seen, everything], seen[0]))

        assert found.members == (0,)

    def test_gives_no_answer_but_nobody_where_the_log_saw_nothing(self) -> None:
        empty = Exposure(
            seen=sparse.csc_array((5, 0), dtype=np.bool_),
            sizes=np.zeros(0, dtype=np.int64),
            family=3,
            elsewhere=np.full(5, 1.0 / RECORDS),
        )

        assert explain(empty).members == ()


class TestFromElsewhere:
    def test_is_even_where_there_are_no_strata(self) -> None:
        sizes: Ints = np.full(9, RECORDS, dtype=np.int64)

        assert from_elsewhere([""] * 9, sizes, RECORDS) == pytest.approx(1 / RECORDS)

    def test_leaves_a_region_to_whoever_prefers_the_region(self) -> None:
        rng = np.random.default_rng(5)
        region = np.arange(RECORDS // 4)
        seen = [rng.choice(region, 1_500, replace=False).astype(np.int64) for _ in range(30)]
        one = exposure(seen, rng.choice(region, 800, replace=False))
        sizes: Ints = np.full(one.rows, len(region), dtype=np.int64)

        regional = replace(one, elsewhere=from_elsewhere(["north"] * one.rows, sizes, RECORDS))

        assert explain(one).members != ()
        assert explain(regional).members == ()


class TestGains:
    def test_never_promise_more_than_a_fit_of_all_shares_gives(self) -> None:
        one = exposure(sets(), sets()[0])
        base = fitted(one, ())

        saved = gains(one, base)

        cost = np.log(one.family) + 0.5 * np.log(one.rows)
        fits = np.array([base.length - fitted(one, (k,)).length + cost for k in range(10)])
        assert (saved[:10] <= np.maximum(fits, 0.0) + 0.01).all()
        assert saved.argmax() == 0


class TestSameAs:
    def test_tells_twins_and_nobody_else(self) -> None:
        seen = sets()
        one = exposure([*seen, seen[0][:-5]], seen[0])

        assert same_as(one, 0) == [len(seen)]
        assert same_as(one, 1) == []


class TestOriginOf:
    def test_gives_each_record_to_the_origin_that_had_seen_it(self) -> None:
        seen = sets()
        rows = np.unique(np.concatenate([seen[20], seen[30]]))
        one = exposure(seen, rows)
        found = explain(one)

        owner = origin_of(one, found)

        place = found.members.index(20)
        only = np.isin(rows, seen[20]) & ~np.isin(rows, seen[30])
        assert (owner[only] == place).all()

    def test_measures_what_each_member_is_needed_for(self) -> None:
        seen = sets()
        one = exposure(seen, np.concatenate([seen[20], seen[30]]))

        assert (needed(one, explain(one)) > 50).all()
