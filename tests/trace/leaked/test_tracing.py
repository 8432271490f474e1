from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest
from numpy.random import default_rng

from hubao.kit.errors import BadInput
from hubao.trace import Verdict
from hubao.trace.leaked import leaked
from hubao.trace.leaked.naming import sampled
from hubao.trace.leaked.report import Kind, Match
from tests.trace.leaked.files import BEGIN, FOUND, Row, office, person, table

OFFICE = office()
ACCESS, POLICIES = OFFICE.access, OFFICE.policies


def history() -> list[Row]:
    """Every record had another phone until some day of the first hundred."""
    rng = default_rng(7)
    days = rng.uniform(0, 100, len(OFFICE.book))
    return [
        {"policy": one["policy"], "field": "phone", "value": value, "valid_from": since}
        for i, one in enumerate(OFFICE.book)
        for value, since in (
            (f"111{i:08d}", BEGIN - timedelta(days=30)),
            (one["phone"], BEGIN + timedelta(days=float(days[i]))),
        )
    ]


class TestLeaked:
    def test_names_the_actor_whose_records_a_file_holds(self) -> None:
        rows = OFFICE.copied(default_rng(1).permutation(OFFICE.seen["agent-05"]), "policy")

        report = leaked(table(rows), [ACCESS], policies=POLICIES, found_at=FOUND)

        assert report.verdict is Verdict.SOURCE_NAMED
        assert report.named == [["agent-05"]]
        assert [one.origin for one in report.origins] == ["agent-05"]
        assert report.origins[0].inside == report.rows.records == 60
        assert report.cautions == []

    def test_tells_an_export_from_the_actor_who_made_it(self) -> None:
        rows = OFFICE.copied(OFFICE.batches["agent-03", "export-3"], "policy")

        report = leaked(table(rows), [ACCESS], policies=POLICIES, found_at=FOUND)

        assert report.named == [["batch:export-3"]]
        origin = report.origins[0]
        assert (origin.origin, origin.kind, origin.actor) == ("export-3", Kind.BATCH, "agent-03")
        assert origin.seen_from is not None
        assert origin.seen_from.startswith("2025-04-06")

    def test_matches_rows_by_their_dates_of_issue_however_these_are_written(self) -> None:
        book = [{**one, "issued": f"20{i % 30:02d}-0{1 + i % 9}-1{i % 10}"}
                for i, one in enumerate(OFFICE.book)]  # fmt: skip
        places = OFFICE.seen["agent-05"]
        rows = [
            {"承保日期": book[int(i)]["issued"].replace("-", "/"), "phone": book[int(i)]["phone"]}
            for i in places
        ]

        report = leaked(table(rows), [ACCESS], policies=pa.Table.from_pylist(book), found_at=FOUND)

        assert report.named == [["agent-05"]]
        assert "issued" in report.rows.columns

    def test_finds_both_parts_of_a_merge_put_in_another_order(self) -> None:
        both = np.union1d(OFFICE.seen["agent-05"], OFFICE.batches["agent-07", "export-7"])
        rows = OFFICE.copied(both, "name", "phone", "address")

        report = leaked(table(rows), [ACCESS], policies=POLICIES, found_at=FOUND)

        assert sorted(one.origin for one in report.origins) == ["agent-05", "export-7"]
        assert {name for group in report.named for name in group} <= {"agent-05", "batch:export-7"}
        assert report.elsewhere < 0.05

    def test_dates_the_copy_within_the_changes_around_it(self) -> None:
        told = history()
        copied = BEGIN + timedelta(days=60)
        at = {
            one["policy"]: one["value"] for one in told if one["valid_from"] <= copied
        }  # the last version by then
        rng = default_rng(5)
        rows = OFFICE.copied(OFFICE.seen["agent-05"], "policy")
        for row in rows:
            spoilt = rng.random() < 0.02
            row["phone"] = "22200000000" if spoilt else at[row["policy"]]

        report = leaked(
            table(rows), [ACCESS], policies=POLICIES, history=table(told), found_at=FOUND
        )

        assert report.dating is not None
        moment = copied.isoformat()
        assert report.dating.best_from <= moment <= report.dating.best_until
        assert report.dating.likely_from <= moment <= report.dating.likely_until
        assert report.origins[0].dating == report.dating
        assert "not_one_moment" not in report.cautions

    def test_says_that_a_history_of_other_records_dates_nothing(self) -> None:
        rows = OFFICE.copied(OFFICE.seen["agent-05"], "policy", "phone")
        other = [row | {"policy": f"other {row['policy']}"} for row in history()[:20]]

        report = leaked(
            table(rows), [ACCESS], policies=POLICIES, history=table(other), found_at=FOUND
        )

        assert report.dating is None
        assert report.cautions == ["history_shares_nothing"]

    def test_names_nobody_for_a_file_of_random_records(self) -> None:
        rows = OFFICE.copied(default_rng(1).choice(900, 150, replace=False), "policy")

        report = leaked(table(rows), [ACCESS], policies=POLICIES)

        assert report.named == []
        assert report.origins == []
        assert report.elsewhere == 1.0
        assert "no_found_at" in report.cautions

    def test_counts_strangers_apart(self) -> None:
        rng = default_rng(3)
        rows = OFFICE.copied(OFFICE.seen["agent-05"], "policy", "name", "phone")
        rows += [
            {"policy": "X", "name": one["name"], "phone": one["phone"]}
            for one in (person(rng, 0) for _ in range(30))
        ]

        report = leaked(table(rows), [ACCESS], policies=POLICIES, found_at=FOUND, match=Match.EXACT)

        assert (report.rows.matched, report.rows.unmatched) == (60, 30)
        assert report.named == [["agent-05"]]
        assert report.cautions == ["strangers"]

    def test_ignores_what_was_opened_after_the_file_was_found(self) -> None:
        rows = OFFICE.copied(OFFICE.batches["agent-03", "export-3"], "policy")
        early = BEGIN + timedelta(days=92)  # the export was made on day 95

        report = leaked(table(rows), [ACCESS], policies=POLICIES, found_at=early)

        assert "batch:export-3" not in {name for group in report.named for name in group}
        assert all(one.origin != "export-3" for one in report.origins)

    def test_refuses_a_time_before_the_log(self) -> None:
        with pytest.raises(BadInput, match="--found-at"):
            leaked(
                table(OFFICE.copied(OFFICE.seen["agent-05"], "policy")),
                [ACCESS],
                policies=POLICIES,
                found_at=BEGIN - timedelta(days=5),
            )


class TestSampled:
    def test_is_the_same_whatever_the_order(self) -> None:
        every = [f"P{i}" for i in range(50)]

        assert sampled(every, 20) == sampled(every[::-1], 20)
        assert len(set(sampled(every, 20))) == 20

    def test_takes_all_of_a_small_file(self) -> None:
        assert sorted(sampled(["a", "b"], 20)) == ["a", "b"]
