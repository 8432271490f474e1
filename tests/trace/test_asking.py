"""Whom to ask, how far it goes, and what the answers say."""

from collections import Counter
from collections.abc import Iterator
from math import comb, log

import numpy as np
import pyarrow as pa
import pytest

from hubao.lake.engines.duckdb import DuckDB
from hubao.trace.asking import Asking, answers_needed, apart, asking, chernoff
from hubao.trace.leaking import Source, copied_rows
from hubao.trace.openings import DAY
from tests.trace import slow_after

TIME = pa.timestamp("us")
A, B, C = (
    Source(name, 0.5, strength, 5.0) for name, strength in zip("abc", (60, 60, 30), strict=True)
)
LABELS = ["branch=0", "branch=1", "branch=2"]
BACKGROUND = np.array([1.0, 2.0, 0.5])


def policy(number: int) -> str:
    return f"P{number:03d}"


@pytest.fixture
def engine() -> Iterator[DuckDB]:
    """300 policies by turns in three strata; a saw the first 60, b 40 to 100, c 90 to 110."""
    seen = {"a": range(60), "b": range(40, 100), "c": range(90, 110)}
    rows = [(actor, policy(i)) for actor, records in seen.items() for i in records]
    with DuckDB(threads=1) as engine:
        engine.load(
            "access",
            pa.table(
                {
                    "actor": [actor for actor, _ in rows],
                    "policy": [one for _, one in rows],
                    "at": pa.array([DAY] * len(rows)).cast(TIME),
                }
            ),
        )
        strata = pa.array([i % 3 for i in range(300)])
        engine.load(
            "placed", pa.table({"policy": [policy(i) for i in range(300)], "stratum": strata})
        )
        engine.load("victims", pa.table({"policy": [policy(i) for i in (0, 3, 61, 299)]}))
        yield engine


def asked(engine: DuckDB, *rivals: Source, count: int = 20) -> Asking:
    copied_rows(engine, rivals, last=9 * DAY, name="rival_rows")
    return asking(engine, rivals, BACKGROUND, LABELS, mean_rate=0.004, count=count)


class TestAsked:
    def test_are_seen_by_one_rival_only_and_told_nothing_yet(self, engine: DuckDB) -> None:
        rows = asked(engine, A, B, count=200).rows.to_pylist()

        only = {"a": set(range(40)) - {0, 3}, "b": set(range(60, 100)) - {61}}
        for row in rows:
            assert int(row["policy"][1:]) in only[row["seen_by"]]
            assert row["discriminates"] == ["b" if row["seen_by"] == "a" else "a"]
            assert row["stratum"] == LABELS[int(row["policy"][1:]) % 3]
        assert len(rows) == len({row["policy"] for row in rows}) == 38 + 39

    @pytest.mark.parametrize("count", [1, 2, 7, 20])
    def test_are_as_many_as_wanted_half_of_each_and_matched_by_stratum(
        self, engine: DuckDB, count: int
    ) -> None:
        rows = asked(engine, A, B, count=count).rows.to_pylist()

        assert len(rows) == count // 2 * 2
        assert Counter(row["seen_by"] for row in rows) == Counter(
            {"a": count // 2, "b": count // 2}
        )
        pairs = Counter((row["pair"], row["stratum"]) for row in rows)
        assert set(pairs.values()) <= {2}
        assert {pair for pair, _ in pairs} == set(range(count // 2))

    def test_come_first_where_the_answer_tells_most_but_from_all_strata(
        self, engine: DuckDB
    ) -> None:
        rows = asked(engine, A, B).rows.to_pylist()

        assert rows[0]["stratum"] == rows[1]["stratum"] == "branch=2"  # the quietest
        assert {row["stratum"] for row in rows} == set(LABELS)

    def test_carry_the_chance_of_a_contact_under_either_explanation(self, engine: DuckDB) -> None:
        rows = asked(engine, A, B).rows.to_pylist()

        for row in rows:
            background = BACKGROUND[LABELS.index(row["stratum"])]
            assert row["if_not"] == pytest.approx(1 - np.exp(-0.02 * background))
            assert row["if_source"] == pytest.approx(1 - np.exp(-0.02 * (background + 60)))

    def test_tell_three_rivals_apart(self, engine: DuckDB) -> None:
        found = asked(engine, A, B, C, count=21)

        rows = found.rows.to_pylist()
        assert {row["seen_by"] for row in rows} == {"a", "b", "c"}
        assert all(len(row["discriminates"]) == 2 for row in rows)
        assert max(Counter(row["pair"] for row in rows).values()) == 3
        assert found.answers is not None

    def test_are_of_the_one_rival_where_the_other_saw_nothing_else(self, engine: DuckDB) -> None:
        engine.load(
            "access",
            pa.table(
                {
                    "actor": ["a", "a", "a", "b"],
                    "policy": ["P010", "P020", "P030", "P010"],
                    "at": pa.array([DAY] * 4).cast(TIME),
                }
            ),
        )

        rows = asked(engine, A, B).rows.to_pylist()

        assert sorted(row["policy"] for row in rows) == ["P020", "P030"]
        assert {row["pair"] for row in rows} == {None}

    def test_are_none_where_the_rivals_saw_the_same(self, engine: DuckDB) -> None:
        engine.load(
            "access",
            pa.table(
                {
                    "actor": ["a", "b"],
                    "policy": ["P010", "P010"],
                    "at": pa.array([DAY] * 2).cast(TIME),
                }
            ),
        )

        found = asked(engine, A, B)

        assert found.rows.num_rows == 0
        assert found.answers is None

    def test_are_the_same_every_time(self, engine: DuckDB) -> None:
        assert asked(engine, A, B).rows.equals(asked(engine, A, B).rows)


class TestAnswersNeeded:
    def test_rest_on_the_chernoff_information(self) -> None:
        rng = np.random.default_rng(1)
        first, second = rng.uniform(0.05, 0.9, 7), rng.uniform(0.05, 0.9, 7)

        found = chernoff(first, second)

        slow = slow_after.affinity(first.tolist(), second.tolist())
        assert found == pytest.approx(slow, rel=1e-4)

    def test_are_known_for_even_lists(self) -> None:
        # Halves swapped: the best weight is a half, and each answer gives half as much for each.
        hit, base = np.full(10, 0.6), np.full(10, 0.1)
        affinity = log(np.sqrt(0.6 * 0.1) + np.sqrt(0.4 * 0.9))

        found = answers_needed(np.arange(10) % 2, hit, base, 2)

        assert found == int(np.ceil(log(20) / -affinity))

    def test_are_of_no_number_where_answers_tell_nothing(self) -> None:
        same = np.full(4, 0.2)

        assert answers_needed(np.arange(4) % 2, same, same, 2) is None

    def test_do_set_the_rivals_apart(self) -> None:
        rng = np.random.default_rng(2)
        size = answers_needed(np.arange(20) % 2, np.full(20, 0.5), np.full(20, 0.1), 2)
        assert size is not None
        side = np.arange(size) % 2
        right = []

        for _ in range(300):
            contacted = (rng.random(size) < np.where(side == 1, 0.5, 0.1)).astype(np.int64)
            none = np.full(size, -1)
            found = apart(contacted, side, np.full(size, 0.5), np.full(size, 0.1), none)
            right.append(found.log_odds > 0)

        assert np.mean(right) >= 0.95


class TestApart:
    HIT, BASE = np.full(12, 0.5), np.full(12, 0.1)
    FIRST, PAIR = np.arange(12) % 2, np.arange(12) // 2

    def test_adds_up_what_each_answer_says(self) -> None:
        contacted = np.array([0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0])

        found = apart(contacted, self.FIRST, self.HIT, self.BASE, self.PAIR)

        yes, no = log(0.5 / 0.1), log(0.5 / 0.9)
        assert found.log_odds == pytest.approx(2 * yes + 4 * no - yes - 5 * no)

    def test_gives_the_exact_chance_of_so_lopsided_an_answer(self) -> None:
        contacted = np.array([0, 1, 0, 1, 0, 1, 0, 1, 1, 0, 1, 1])  # four to one, one pair both

        found = apart(contacted, self.FIRST, self.HIT, self.BASE, self.PAIR)

        assert found.decided == 5
        assert found.chance_first == pytest.approx((comb(5, 4) + comb(5, 5)) / 32)
        assert found.chance_second == pytest.approx(1 - comb(5, 0) / 32)

    def test_rests_its_bound_on_whole_pairs_of_the_two_alone(self) -> None:
        contacted, pair = np.ones(12, dtype=np.int64), np.arange(12)

        found = apart(contacted, self.FIRST, self.HIT, self.BASE, pair)

        assert found.decided == 0
        assert found.chance_first == found.chance_second == 1.0

    def test_is_even_without_answers(self) -> None:
        none = np.zeros(0, dtype=np.int64)

        found = apart(none, none, self.HIT[:0], self.BASE[:0], none)

        assert found.log_odds == 0.0
        assert found.chance_first == 1.0

    def test_holds_its_bound_whatever_the_rates(self) -> None:
        rng = np.random.default_rng(4)
        wrong = []

        for _ in range(2_000):
            base = np.repeat(rng.uniform(0.02, 0.6, 12), 2)
            contacted = (rng.random(24) < base).astype(np.int64)
            hit = np.minimum(base * 3, 0.9)
            found = apart(contacted, np.arange(24) % 2, hit, base, np.arange(24) // 2)
            wrong.append(found.chance_first <= 0.05)

        assert np.mean(wrong) <= 0.05
