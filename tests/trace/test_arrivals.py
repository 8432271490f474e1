"""Victims in order of arrival: repeats merged, ties together, each with the cut of its log."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubao.trace.arrivals import WHOLE_LOG, Arrivals, arrivals, as_time, field_names
from tests.makers.logs import ORIGIN, Call, World


def arrived(
    calls: Sequence[Call], actors: Sequence[str] = (), listed: Sequence[str] = ()
) -> Arrivals:
    table = World([], calls, {}).victims_table()
    lines = pa.array(range(2, len(calls) + 2), pa.int64())
    return arrivals(table.append_column("line", lines), set(actors), set(listed))


def cuts(found: Arrivals) -> list[float | None]:
    """Seconds since the origin; None = the whole log."""
    return [None if cut == WHOLE_LOG else cut / 1e6 - ORIGIN for cut in found.cut.tolist()]


class TestOrder:
    def test_is_that_of_the_reports(self) -> None:
        found = arrived([Call("b", 1.0, 30.0), Call("a", 2.0, 10.0), Call("c", 3.0, 20.0)])

        assert found.policies == ["a", "c", "b"]
        assert found.ordered_by == "reported_at"

    def test_is_that_of_the_file_where_nothing_has_a_report_time(self) -> None:
        found = arrived([Call("b", 9.0), Call("a", 1.0), Call("c")])

        assert found.policies == ["b", "a", "c"]
        assert found.ordered_by == "file"
        assert found.batch.tolist() == [0, 1, 2]
        assert found.order_missing == 0

    def test_follows_the_line_not_the_row(self) -> None:
        table = World([], [Call("b"), Call("a")], {}).victims_table()

        found = arrivals(table.append_column("line", pa.array([9, 4], pa.int64())), set())

        assert found.policies == ["a", "b"]

    def test_puts_victims_without_a_report_time_last_each_alone(self) -> None:
        found = arrived([Call("x"), Call("b", None, 2.0), Call("y"), Call("a", None, 1.0)])

        assert found.policies == ["a", "b", "x", "y"]
        assert found.batch.tolist() == [0, 1, 2, 3]
        assert found.order_missing == 2

    def test_gives_one_number_to_those_reported_at_the_same_moment(self) -> None:
        found = arrived([Call(one, None, at) for one, at in zip("abcde", (5.0, 7.0, 5.0, 7.0, 6.0),
                                                                strict=True)])  # fmt: skip

        assert found.policies == ["a", "c", "e", "b", "d"]
        assert found.batch.tolist() == [0, 0, 1, 2, 2]


class TestRepeats:
    def test_keep_the_first_place_and_the_earliest_contact(self) -> None:
        found = arrived(
            [Call("a", 8.0, 10.0), Call("b", 9.0, 11.0), Call("a", 3.0, 12.0), Call("a", 5.0, 13.0)]
        )

        assert found.policies == ["a", "b"]
        assert cuts(found) == [3.0, 9.0]
        assert (found.rows, found.merged, found.chosen) == (4, 2, 0)

    def test_lend_a_contact_time_to_a_first_report_that_lacks_it(self) -> None:
        found = arrived([Call("a", None, 10.0), Call("a", 4.0, 12.0)])

        assert cuts(found) == [4.0]
        assert found.cut_missing == 0


class TestTheCut:
    def test_is_the_report_where_the_contact_is_not_known(self) -> None:
        found = arrived([Call("a", None, 10.0), Call("b", 4.0, 12.0)])

        assert cuts(found) == [10.0, 4.0]
        assert found.cut_missing == 1

    def test_is_the_whole_log_where_no_time_is_known(self) -> None:
        found = arrived([Call("a")])

        assert cuts(found) == [None]
        assert found.cut_missing == 1

    @pytest.mark.parametrize(
        "rows",
        [
            [Call("a", None, 5.0), Call("a", 10.0, 12.0)],  # contacted again, after the report
            [Call("a", 10.0, 12.0), Call("a", None, 5.0)],
            [Call("a", 12.0, 5.0)],  # contacted after the report: a slip of the pen
            [Call("a", 9.0, 12.0), Call("a", 5.0, 13.0, "agent-1")],
            [Call("a", 9.0, 12.0), Call("a", None, 5.0, "agent-1")],
        ],
    )
    def test_is_the_earliest_time_of_any_row_of_the_policy(self, rows: list[Call]) -> None:
        found = arrived([*rows, Call("b", 1.0, 30.0)], actors=["agent-1"])

        assert found.policies == ["a", "b"]
        assert cuts(found) == [5.0, 1.0]


class TestChosen:
    def test_rows_are_left_out_where_the_reason_is_an_actor_of_the_log(self) -> None:
        found = arrived(
            [Call("a", 1.0, 2.0, "agent-1"), Call("b", 1.0, 3.0, "survey"), Call("c", 1.0, 4.0)],
            actors=["agent-1"],
        )

        assert found.policies == ["b", "c"]
        assert (found.rows, found.chosen, found.merged) == (3, 1, 0)

    def test_a_victim_also_reported_freely_stays_at_that_report(self) -> None:
        found = arrived(
            [Call("a", 1.0, 2.0, "agent-1"), Call("b", 1.0, 3.0), Call("a", 1.0, 4.0)],
            actors=["agent-1"],
        )

        assert found.policies == ["b", "a"]

    def test_nothing_may_be_left(self) -> None:
        found = arrived([Call("a", 1.0, 2.0, "agent-1")], actors=["agent-1"])

        assert found.policies == []
        assert len(found.cut) == len(found.batch) == 0


class TestDoubted:
    def test_rows_are_left_out_where_the_confidence_is_nought(self) -> None:
        found = arrived(
            [Call("a", 1.0, 2.0, confidence=0.0), Call("b", 1.0, 3.0, confidence=0.01),
             Call("c", 1.0, 4.0, "agent-1", confidence=0.0), Call("d", 1.0, 5.0)],
            actors=["agent-1"],
        )  # fmt: skip

        assert found.policies == ["b", "d"]
        assert (found.rows, found.doubted, found.chosen, found.merged) == (4, 1, 1, 0)

    def test_a_policy_of_which_one_row_is_certain_stays_and_is_cut_at_the_earliest(self) -> None:
        found = arrived([Call("a", 1.0, 2.0, confidence=0.0), Call("a", 5.0, 6.0)])

        assert found.policies == ["a"]
        assert cuts(found) == [1.0]
        assert (found.doubted, found.merged) == (1, 0)


class TestQuoted:
    @pytest.mark.parametrize(
        ("text", "names"),
        [
            (None, ()),
            ("", ()),
            (" ; ", ()),
            ("C2", ("c2",)),
            ("C2;C1", ("c1", "c2")),
            ("c1,C2 | C1", ("c1", "c2")),
            ("Ｃ１；ｃ２，C3｜c4", ("c1", "c2", "c3", "c4")),
            ("手机号、证件号", ("手机号", "证件号")),
            ("['C1' 'C2']", ("c1", "c2")),
            ('["C1", "C2"]', ("c1", "c2")),
        ],
    )
    def test_names_are_told_apart_by_any_usual_mark(
        self, text: str | None, names: tuple[str, ...]
    ) -> None:
        assert field_names(text) == names

    def test_sets_are_numbered_once_each_after_the_empty_one(self) -> None:
        calls = [Call("a", quoted="C1"), Call("b"), Call("c", quoted="c2 C1"),
                 Call("d", quoted="C1;C2"), Call("e", quoted=";")]  # fmt: skip

        found = arrived(calls, listed=["c1", "c2"])

        assert list(found.asks) == [(), ("c1",), ("c1", "c2")]
        assert found.ask.tolist() == [1, 0, 2, 2, 0]
        assert (found.quoted_unknown, found.quoted_ignored) == (0, 0)

    def test_all_rows_of_a_policy_count_but_those_left_out(self) -> None:
        calls = [Call("a", quoted="C1"), Call("a", quoted="C2"),
                 Call("a", quoted="C3", asked_because="agent-1"),
                 Call("a", quoted="C4", confidence=0.0)]  # fmt: skip

        found = arrived(calls, ["agent-1"], ["c1", "c2", "c3", "c4"])

        assert [found.asks[ask] for ask in found.ask] == [("c1", "c2")]

    def test_fields_that_no_access_lists_are_passed_over_and_counted(self) -> None:
        calls = [Call("a", quoted="C1;hair"), Call("b", quoted="hair"), Call("c", quoted="C1")]

        found = arrived(calls, listed=["c1"])

        assert [found.asks[ask] for ask in found.ask] == [("c1",), (), ("c1",)]
        assert (found.quoted_unknown, found.quoted_ignored) == (2, 0)

    def test_all_are_passed_over_where_no_access_lists_any(self) -> None:
        found = arrived([Call("a", quoted="C1"), Call("b"), Call("a", quoted="C2")])

        assert found.ask.tolist() == [0, 0]
        assert (found.quoted_unknown, found.quoted_ignored) == (0, 1)


times = st.none() | st.integers(0, 5).map(float)
calls_ = st.builds(
    Call, st.sampled_from("abcdef"), times, times, st.sampled_from([None, "why", "agent-1"]),
    st.sampled_from([None, 0.0, 0.5]), st.sampled_from([None, "C1", "C2;C1", "C9"]),
)  # fmt: skip


@given(st.lists(calls_, max_size=12))
def test_any_list_keeps_its_books(calls: list[Call]) -> None:
    found = arrived(calls, actors=["agent-1"], listed=["c1", "c2"])

    free = [call for call in calls if call.asked_because != "agent-1"]
    kept = [call for call in free if call.confidence != 0]
    assert sorted(found.policies) == sorted({call.policy for call in kept})
    assert found.chosen == len(calls) - len(free)
    assert found.doubted == len(free) - len(kept)
    assert found.rows == found.chosen + found.doubted + found.merged + len(found.policies)
    assert list(found.asks) == list(dict.fromkeys(found.asks))
    assert (np.diff(found.batch, prepend=-1) >= 0).all()
    assert (np.diff(found.batch) <= 1).all()
    for policy, cut in zip(found.policies, cuts(found), strict=True):
        own = [call for call in calls if call.policy == policy]
        times = [*(call.contacted for call in own), *(call.reported for call in own)]
        assert cut == min((time for time in times if time is not None), default=None)
    for policy, ask in zip(found.policies, found.ask.tolist(), strict=True):
        told = " ".join(call.quoted or "" for call in kept if call.policy == policy)
        assert set(found.asks[ask]) == {name.lower() for name in ("C1", "C2") if name in told}


@pytest.mark.parametrize("micros", [0, -1, 1_735_689_600_000_001, int(WHOLE_LOG)])
def test_a_time_goes_to_the_engine_and_back(micros: int) -> None:
    there = pa.array([as_time(micros)], pa.timestamp("us")).cast(pa.int64())

    assert there.to_pylist() == [micros]
