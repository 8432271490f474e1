"""Columns chosen and cells merged so that no stratum is too small to say anything."""

from collections import Counter
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubao.trace.strata import (
    ACCESS_DEGREE,
    FEWEST_RECORDS,
    MERGED,
    MOST_VALUES,
    Cell,
    Strata,
    UnknownStratum,
    choose,
    merge_sparse,
)
from tests.makers.logs import DAY, Access, Call, Seen, World, policy, traced

cells_ = st.integers(0, 3).flatmap(
    lambda depth: st.dictionaries(
        st.tuples(*[st.sampled_from("abc")] * depth), st.integers(1, 300), max_size=12
    )
)


def sizes(records: dict[Cell, int], into: dict[Cell, Cell]) -> Counter[Cell]:
    merged: Counter[Cell] = Counter()
    for cell, target in into.items():
        merged[target] += records[cell]
    return merged


class TestMerging:
    @given(cells_)
    def test_sends_every_cell_somewhere_and_loses_no_record(self, records: dict[Cell, int]) -> None:
        into = merge_sparse(records)

        assert into.keys() == records.keys()
        assert sizes(records, into).total() == sum(records.values())

    @given(cells_)
    def test_leaves_no_cell_too_small_but_the_last_resort(self, records: dict[Cell, int]) -> None:
        merged = sizes(records, merge_sparse(records))

        small = [cell for cell, n in merged.items() if n < FEWEST_RECORDS]
        assert all(set(cell) <= {MERGED} for cell in small)

    @given(cells_)
    def test_merges_last_columns_first_and_only_into_what_contains_the_cell(
        self, records: dict[Cell, int]
    ) -> None:
        for cell, target in merge_sparse(records).items():
            kept = [part for part in target if part != MERGED]
            assert target == (*cell[: len(kept)], *[MERGED] * (len(cell) - len(kept)))

    @given(cells_)
    def test_leaves_cells_that_are_large_enough_alone(self, records: dict[Cell, int]) -> None:
        into = merge_sparse(records)

        assert all(into[cell] == cell for cell, n in records.items() if n >= FEWEST_RECORDS)

    @given(cells_)
    def test_changes_nothing_the_second_time(self, records: dict[Cell, int]) -> None:
        merged = dict(sizes(records, merge_sparse(records)))

        assert merge_sparse(merged) == {cell: cell for cell in merged}

    @given(cells_, st.randoms(use_true_random=False))
    def test_does_not_depend_on_the_order_of_the_cells(
        self, records: dict[Cell, int], random: Random
    ) -> None:
        shuffled = list(records.items())
        random.shuffle(shuffled)

        assert merge_sparse(dict(shuffled)) == merge_sparse(records)


class TestChoosing:
    def test_takes_all_columns_of_few_values_and_the_access_counts(self) -> None:
        distinct = {"branch": 8, "constant": 1, "name": MOST_VALUES + 1, "product": MOST_VALUES}

        assert choose(None, distinct) == Strata(("branch", "product"), by_degree=True)

    def test_takes_what_was_asked_for_in_its_order_once(self) -> None:
        found = choose(["b", ACCESS_DEGREE, "a", "b"], {"a": 1, "b": 9_999})

        assert found == Strata(("b", "a"), by_degree=True)
        assert found.names == ["b", "a", ACCESS_DEGREE]

    def test_takes_nothing_where_nothing_was_asked_for(self) -> None:
        assert choose([], {"a": 3}) == Strata((), by_degree=False)

    def test_refuses_a_column_that_is_not_there(self) -> None:
        with pytest.raises(UnknownStratum, match=r"'c'.*it has: a, access_degree"):
            choose(["a", "c"], {"a": 3})


def counted(degrees: list[int], *, late: int = 0) -> World:
    """Record i opened by degrees[i] actors in time and by `late` more after the only contact."""
    rows = [
        Access(f"a{j:03d}", policy(i), (1.0 if j < n else 90.0) * DAY)
        for i, n in enumerate(degrees)
        for j in range(n + late)
    ]
    listed = {policy(i): {"branch": "north"} for i in range(len(degrees))}
    return World(rows, [Call(policy(0), 50.0 * DAY)], listed)


class TestTenthsOfAccessCounts:
    def test_keep_records_of_equal_counts_together(self) -> None:
        report = traced(counted([3] * 160 + [1] * 140), strata=[ACCESS_DEGREE])

        (own,) = report.strata_used
        assert own.label == "access_degree=3"
        assert own.records == 160

    def test_count_only_accesses_before_the_first_contact(self) -> None:
        degrees = [i % 5 for i in range(400)]

        one = traced(counted(degrees), strata=[ACCESS_DEGREE])
        other = traced(counted(degrees, late=3), strata=[ACCESS_DEGREE])

        assert one.strata_used == other.strata_used

    def test_count_up_to_the_earliest_contact_after_the_log_begins(self) -> None:
        """A contact dated before the log, a slip of the pen, does not empty the counts."""
        world = counted([i % 5 for i in range(400)])
        slip = Call(policy(4), -300.0 * DAY)

        one = traced(world, strata=[ACCESS_DEGREE])
        other = traced(world.but(calls=[*world.calls, slip]), strata=[ACCESS_DEGREE])

        assert [row.label for row in one.strata_used] == ["access_degree=0-1"]
        assert [row.label for row in other.strata_used] == ["access_degree=0-1", "access_degree=4"]
        assert other.strata_used[0] == one.strata_used[0]

    def test_leave_the_contacts_at_chance_where_an_access_came_long_after(self) -> None:
        rng = np.random.default_rng(0)
        seen = rng.random((30, 2_000)) < rng.uniform(0.02, 0.6, size=(30, 1))
        calls = rng.choice(2_000, 100, replace=False)
        world = Seen(seen, np.zeros(2_000, dtype=np.int64), calls).world()
        late = world.but(accesses=[*world.accesses, Access("agent-000", policy(0), 400.0 * DAY)])

        report = traced(late, strata=[ACCESS_DEGREE])

        assert report.background_share > 0.9
        assert report.strata_used == traced(world, strata=[ACCESS_DEGREE]).strata_used

    def test_are_not_cut_finer_than_a_hundred_records(self) -> None:
        report = traced(counted([i % 30 for i in range(90)]), strata=[ACCESS_DEGREE])

        (own,) = report.strata_used
        assert own.records == 90
