"""Policies issued on the way: who swept the book before them had seen all there was."""

from pathlib import Path

import numpy as np
import pytest
from pyarrow import csv

from hubao.trace import Report, Verdict, trace
from hubao.trace.index import build_index
from hubao.trace.strata import UnknownStratum
from tests.makers.logs import DAY, Access, Call, World, actor, book, policy, traced

OLD, NEW = 400, 400
SWEEPER = "sweeper"


def growing_world() -> World:
    """Half the book is issued while the calls come; an account swept the other half before.

    The callers call anybody whose policy is issued, at random; nothing leaked.
    """
    rng = np.random.default_rng(5)
    issued = {policy(i): 100.0 * DAY + (i - OLD) * DAY / 2 for i in range(OLD, OLD + NEW)}
    day = np.sort(rng.uniform(100, 200, size=120))
    called: list[int] = []
    for at in day:
        there = OLD + int((at - 100) * 2)
        called.append(int(rng.choice(np.setdiff1d(np.arange(there), called))))
    accesses = [Access(SWEEPER, policy(i), (i % 90) * DAY) for i in range(OLD)]
    accesses += [
        Access(actor(j), policy(int(i)), float(rng.integers(200)) * DAY)
        for j in range(20)
        for i in rng.choice(OLD, size=30, replace=False)
    ]
    calls = [
        Call(policy(i), at * DAY, 201.0 * DAY + n)
        for n, (i, at) in enumerate(zip(called, day, strict=True))
    ]
    return World(accesses, calls, book(("north", OLD + NEW)), issued)


def evidence(report: Report) -> float:
    return next(one.log10_e_value for one in report.suspects if one.actor == SWEEPER)


class TestSweeper:
    def test_stands_out_where_nobody_tells_when_policies_were_issued(self) -> None:
        world = growing_world()

        assert evidence(traced(world.but(issued={}), alpha=0.05)) > 3

    def test_is_like_chance_where_dates_of_issue_are_told(self) -> None:
        report = traced(growing_world(), alpha=0.05)

        assert evidence(report) < 1
        assert report.verdict is not Verdict.SOURCE_NAMED

    def test_a_record_opened_before_its_issue_was_there_already(self) -> None:
        world = growing_world()
        early = [Access(SWEEPER, policy(i), 95.0 * DAY) for i in range(OLD, OLD + NEW)]

        report = traced(world.but(accesses=[*world.accesses, *early]), alpha=0.05)

        lead = next(one for one in report.suspects if one.actor == SWEEPER)
        assert lead.victims_expected == pytest.approx(lead.victims_touched)


class TestCaution:
    def test_is_given_where_many_reports_meet_a_table_without_dates(self) -> None:
        world = growing_world()

        assert "no_issue_dates" in traced(world.but(issued={})).cautions
        assert "no_issue_dates" not in traced(world).cautions
        assert "no_issue_dates" not in traced(world.but(issued={}, calls=world.calls[:50])).cautions

    def test_is_the_same_over_an_index(self, tmp_path: Path) -> None:
        world = growing_world()
        for name, one in (("told", world), ("untold", world.but(issued={}))):
            build_index([one.access_table()], out=tmp_path / name, policies=one.policies_table())

        told, untold = (
            trace(victims=world.victims_table(), index=tmp_path / name).cautions
            for name in ("told", "untold")
        )

        assert "no_issue_dates" in untold
        assert "no_issue_dates" not in told

    def test_naming_the_date_as_a_stratum_is_told_to_be_no_use(self) -> None:
        with pytest.raises(UnknownStratum, match="leave it out"):
            traced(growing_world(), strata=["issued"])


class TestFiles:
    @pytest.mark.parametrize("written", ["2025-04-20", "20250420", "2025/4/20", "2025年4月20日"])
    def test_dates_of_issue_are_read_however_they_are_written(
        self, written: str, tmp_path: Path
    ) -> None:
        world = growing_world()
        table = world.policies_table()
        rows = [f"{name},{written if i else ''},north" for i, name in enumerate(world.book)]
        path = tmp_path / "policies.csv"
        path.write_text("policy,issued,branch\n" + "\n".join(rows), encoding="utf-8")
        csv.write_csv(world.access_table(), tmp_path / "access.csv")

        report = trace([tmp_path / "access.csv"], victims=world.victims_table(), policies=path)

        assert report.inputs[-1].rejected == 0
        assert "issued" not in report.strata
        assert report.records == table.num_rows

    def test_a_row_whose_date_of_issue_is_none_is_set_aside_and_told(self, tmp_path: Path) -> None:
        world = growing_world()
        path, aside = tmp_path / "policies.csv", tmp_path / "aside.csv"
        rows = [f"{name},{'soon' if i == 3 else ''},north" for i, name in enumerate(world.book)]
        path.write_text("policy,issued,branch\n" + "\n".join(rows), encoding="utf-8")

        report = trace(
            [world.access_table()], victims=world.victims_table(), policies=path, rejects=aside
        )

        assert report.inputs[-1].rejected == 1
        assert "5" in aside.read_text(encoding="utf-8")
