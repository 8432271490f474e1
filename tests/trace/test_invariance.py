"""What must not matter, does not: order, parts, names, repeats, strangers and the future."""

from functools import cache
from itertools import count
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from pyarrow import csv

from hubao.trace import Report, Verdict, trace
from hubao.trace.report import Suspect
from tests.makers.logs import DAY, Access, Call, World, access_table, actor, loners, policy, traced
from tests.trace.figures import assert_same, figures

SOURCE = actor(3)
LATE = 300.0 * DAY


@cache
def world() -> World:
    return loners(21, sources={3: 16}, noise=14, actors=16, records=600).world()


@cache
def plain() -> Report:
    return traced(world())


def shuffled(seed: int) -> World:
    rng = np.random.default_rng(seed)
    return world().but(accesses=[world().accesses[i] for i in rng.permutation(_rows())])


def _rows() -> int:
    return len(world().accesses)


def _by_actor(one: Report, other: Report) -> list[tuple[Suspect, Suspect]]:
    found = {suspect.actor: suspect for suspect in other.suspects}
    assert len(one.suspects) == len(found)
    return [(suspect, found[suspect.actor]) for suspect in one.suspects]


def test_the_leak_that_the_rest_leans_on_is_found() -> None:
    report = plain()

    assert report.verdict is Verdict.SOURCE_NAMED
    assert report.named == [[SOURCE]]


class TestNothingChanges:
    def test_when_access_rows_are_permuted(self) -> None:
        found = traced(shuffled(1))

        assert_same(plain(), found)

    def test_when_the_log_comes_in_several_tables(self) -> None:
        rows = shuffled(2).accesses
        parts = [access_table(rows[:100]), access_table(rows[100:101]), access_table(rows[101:])]

        found = traced(world(), access=parts)

        assert_same(plain(), found)

    def test_when_the_log_comes_as_files_of_different_formats(self, tmp_path: Path) -> None:
        rows = shuffled(3).accesses
        pq.write_table(access_table(rows[:500]), tmp_path / "a.parquet")
        csv.write_csv(access_table(rows[500:]), tmp_path / "b.csv")

        found = traced(world(), access=[tmp_path / "a.parquet", tmp_path / "b.csv"])

        assert_same(plain(), found)

    def test_when_events_are_repeated(self) -> None:
        rows = world().accesses
        later = [one._replace(at=one.at + 5.0) for one in rows[::4]]

        found = traced(world().but(accesses=[*rows, *rows[::3], *later]))

        assert_same(plain(), found)

    def test_when_actors_and_policies_are_called_otherwise(self) -> None:
        rng = np.random.default_rng(9)
        renamed = {actor(j): f"员工 {k}" for j, k in enumerate(rng.permutation(16).tolist())}
        policies = {one: f"x'{k}\"" for one, k in zip(world().book, count(7), strict=False)}
        back = {new: old for old, new in renamed.items()}

        found = traced(world().relabelled(renamed, policies))

        assert_same(plain(), found, names=back, but=["policies"])
        assert list(found.evidence.policies) == [policies[one] for one in plain().evidence.policies]

    def test_when_policies_are_listed_in_another_order_or_twice(self) -> None:
        table = world().policies_table()
        order = np.random.default_rng(5).permutation(table.num_rows)

        found = traced(world(), policies=table.take([*order, *order[:50]]))

        assert_same(plain(), found)

    def test_when_victims_lie_in_another_order_of_the_file(self) -> None:
        order = np.random.default_rng(6).permutation(len(world().calls))

        found = traced(world().but(calls=[world().calls[i] for i in order]))

        assert_same(plain(), found)


class TestAStranger:
    """An actor that saw no victim's record, and only records that were there already."""

    def with_stranger(self) -> Report:
        called = {call.policy for call in world().calls}
        others = [one for one in world().book if one not in called][:120]
        rows = [Access("stranger", one, 3.0 * DAY) for one in others]
        return traced(world().but(accesses=[*world().accesses, *rows]))

    def test_changes_no_verdict_and_is_no_suspect(self) -> None:
        found = self.with_stranger()

        assert found.verdict is plain().verdict
        assert found.named == plain().named
        assert "stranger" not in figures(found)["suspects"]

    def test_moves_the_bound_by_the_size_of_the_family_alone(self) -> None:
        found = self.with_stranger()

        assert found.family == plain().family + 1
        assert found.evidence.bound - plain().evidence.bound == pytest.approx(
            np.log10(found.family / plain().family)
        )

    def test_leaves_everybody_elses_evidence_as_it_was(self) -> None:
        found = self.with_stranger()

        for name, one in figures(plain())["suspects"].items():
            other = figures(found)["suspects"][name]
            for key in ("log10_e_value", "victims_touched", "victims_expected", "exposure"):
                assert other[key] == pytest.approx(one[key], abs=1e-9)


class TestWhatNeverCounts:
    def test_an_access_after_the_contact(self) -> None:
        rows = [
            Access(name, call.policy, (call.contacted or 0.0) + wait)
            for call in world().calls
            for name, wait in ((actor(7), 0.0), ("complaints-desk", 3_600.0))
        ]

        found = traced(world().but(accesses=[*world().accesses, *rows]))

        assert "complaints-desk" not in figures(found)["suspects"]
        seven, before = (figures(one)["suspects"][actor(7)] for one in (found, plain()))
        assert seven["victims_touched"] == before["victims_touched"]

    def test_an_access_after_every_contact(self) -> None:
        names = [actor(j) for j in range(16)]
        rows = [Access(name, one, LATE) for name in names for one in list(world().book)[::2]]

        found = traced(world().but(accesses=[*world().accesses, *rows]))

        assert_same(plain(), found)

    @pytest.mark.parametrize("wait", [0.0, 3_600.0])
    def test_an_access_after_the_contact_within_tenths_of_access_counts(self, wait: float) -> None:
        """Staff who open the file of a customer who complains; the desk was in the log before."""
        called = {call.policy for call in world().calls}
        other = next(one for one in world().book if one not in called)
        before = [*world().accesses, Access("complaints-desk", other, 3.0 * DAY)]
        rows = [
            Access("complaints-desk", call.policy, (call.contacted or 0.0) + wait)
            for call in world().calls
        ]

        one = traced(world().but(accesses=before), strata=None)
        found = traced(world().but(accesses=[*before, *rows]), strata=None)

        assert "access_degree" in one.strata_used[0].label
        assert len(one.strata_used) > 2
        assert_same(one, found)

    def test_everybodys_accesses_after_the_contact_within_tenths_of_access_counts(self) -> None:
        """All that may move is what each actor had seen by the last contact, and what rests on it.

        A record has been reported, and is at risk no more, before the next one is contacted.
        """
        rows = [
            Access(actor(j), call.policy, (call.contacted or 0.0) + 60.0)
            for call in world().calls
            for j in range(16)
        ]

        one = traced(world(), strata=None)
        found = traced(world().but(accesses=[*world().accesses, *rows]), strata=None)

        assert found.strata_used == one.strata_used
        assert found.evidence.policies == one.evidence.policies
        for suspect, other in _by_actor(one, found):
            for key in ("log10_e_value", "victims_touched", "victims_expected"):
                assert getattr(other, key) == pytest.approx(getattr(suspect, key), abs=1e-9), key

    @pytest.mark.parametrize("strata", [["access_degree"], None])
    def test_an_access_after_every_contact_within_tenths_of_access_counts(
        self, strata: list[str] | None
    ) -> None:
        rows = [Access(actor(j), one, LATE) for j in range(16) for one in list(world().book)[::2]]

        found = traced(world().but(accesses=[*world().accesses, *rows]), strata=strata)

        assert_same(traced(world(), strata=strata), found)

    def test_an_access_a_microsecond_before_the_contact_does(self) -> None:
        call = world().calls[0]
        row = Access("complaints-desk", call.policy, (call.contacted or 0.0) - 1e-6)

        found = traced(world().but(accesses=[*world().accesses, row]))

        assert figures(found)["suspects"]["complaints-desk"]["victims_touched"] == 1

    def test_a_denied_access(self) -> None:
        rows = [
            Access(actor(7), call.policy, 1.0 * DAY, action)
            for call in world().calls
            for action in ("denied", "DENIED")
        ]

        found = traced(world().but(accesses=[*world().accesses, *rows]))

        assert_same(plain(), found)

    def test_an_event_already_there_under_a_record_nobody_called(self) -> None:
        row = Access(SOURCE, policy(0), 2.0 * DAY)
        both = [row._replace(at=90.0 * DAY), row]

        found = traced(world().but(accesses=[*world().accesses, *both]))

        assert_same(traced(world().but(accesses=[*world().accesses, row])), found)


class TestVictims:
    def test_reported_together_form_one_batch_in_any_order(self) -> None:
        calls = [
            call._replace(reported=(80.0 + i // 5) * DAY) for i, call in enumerate(world().calls)
        ]
        swapped = [calls[i // 5 * 5 + (i * 3 + 2) % 5] for i in range(len(calls))]

        one, other = traced(world().but(calls=calls)), traced(world().but(calls=swapped))

        assert_same(one, other, but=["policies", "curves"])
        assert sorted(one.evidence.policies) == sorted(other.evidence.policies)

    def test_without_report_times_come_in_the_order_of_the_file(self) -> None:
        calls = [call._replace(reported=None) for call in world().calls]
        backwards = calls[::-1]

        found = traced(world().but(calls=backwards))

        assert found.victims.ordered_by == "file"
        assert list(found.evidence.policies) == [call.policy for call in backwards]

    def test_repeated_count_once_and_their_earliest_contact_cuts(self) -> None:
        first = world().calls[0]
        repeat = first._replace(contacted=1.5 * DAY, reported=200.0 * DAY)

        found = traced(world().but(calls=[*world().calls, repeat, repeat]))

        assert found.victims.merged == 2
        assert found.victims.used == plain().victims.used
        before = {one.actor for one in world().accesses
                  if one.policy == first.policy and one.at < 1.5 * DAY}  # fmt: skip
        assert {
            name for name, (_, touched, _) in figures(found)["curves"].items() if touched[0]
        } == before & set(found.evidence.actors)

    def test_unknown_to_log_and_book_are_listed_in_order_of_arrival(self) -> None:
        unknown = [Call("Q2", 50.0 * DAY, 42.5 * DAY), Call("Q1", 50.0 * DAY, 41.5 * DAY)]

        found = traced(world().but(calls=[*world().calls, *unknown]))

        assert list(found.victims.unknown) == ["Q1", "Q2"]
        assert "unknown_victims" in found.cautions
        assert_same(plain(), found, but=["victims", "cautions"])

    def test_asked_because_of_an_actor_are_left_out_and_counted(self) -> None:
        asked = [
            Call(one.policy, 70.0 * DAY, 71.0 * DAY, asked_because=SOURCE)
            for one in world().accesses
            if one.actor == SOURCE
        ][:9]

        found = traced(world().but(calls=[*world().calls, *asked]))

        assert found.victims.chosen == 9
        assert "chosen_victims" in found.cautions
        assert_same(plain(), found, but=["victims", "cautions"])

    def test_asked_for_another_reason_count(self) -> None:
        calls = [call._replace(asked_because="yearly survey") for call in world().calls]

        found = traced(world().but(calls=calls))

        assert_same(plain(), found)

    def test_known_to_the_log_alone_are_used_where_there_is_no_book(self) -> None:
        found = trace(
            [world().access_table()], victims=world().victims_table(), strata=["access_degree"]
        )

        assert "no_policies_table" in found.cautions
        assert found.records == len({one.policy for one in world().accesses})
        assert found.victims.used + len(found.victims.unknown) == plain().victims.used
