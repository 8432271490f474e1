from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest

from hubao.kit.errors import BadInput
from hubao.lake.engines.duckdb import DuckDB
from hubao.lake.steps import step
from hubao.trace.leaked.columns import columns_of
from hubao.trace.leaked.likeness import compete
from hubao.trace.leaked.matching import Matcher
from hubao.trace.leaked.report import Match, Rows
from tests.trace.leaked.files import Row, mistyped, person, table


def book(records: int = 300, seed: int = 1) -> list[Row]:
    rng = np.random.default_rng(seed)
    return [person(rng, number) for number in range(records)]


def without_id(rows: Sequence[Row], *columns: str) -> list[Row]:
    kept = columns or ("name", "identity_number", "phone", "address", "branch")
    return [{name: row[name] for name in kept} for row in rows]


def matched(
    rows: Sequence[Row],
    known: Sequence[Row],
    how: Match = Match.AUTO,
    changing: Sequence[str] = (),
) -> tuple[Rows, dict[int, str]]:
    """What became of the rows; line (from 0) -> policy."""
    lines = pa.array(range(len(rows)), pa.int64())
    with DuckDB() as engine:
        engine.load("leaked", table(rows).append_column("line", lines))
        engine.load("known", table(known))
        paired = columns_of(list(rows[0]), list(known[0]))
        found = Matcher(engine, paired, changing).run(how)
        pairs = engine.fetch(step("SELECT line, policy FROM matched")).to_pylist()
    return found, {pair["line"]: pair["policy"] for pair in pairs}


class TestExactly:
    def test_takes_the_policy_id_where_the_file_has_one(self) -> None:
        known = book()

        rows, pairs = matched([{"policy": one["policy"]} for one in known[:9]], known)

        assert rows.by_id == rows.matched == rows.records == 9
        assert pairs[4] == known[4]["policy"]

    def test_takes_shared_columns_where_there_is_no_id(self) -> None:
        known = book()

        rows, pairs = matched(without_id(known[:50]), known, Match.EXACT)

        assert rows.by_columns == 50
        assert pairs == {i: known[i]["policy"] for i in range(50)}

    def test_is_not_misled_by_width_case_and_spacing(self) -> None:
        known = book()
        rows = without_id(known[:20], "name", "phone", "address")
        for row in rows:
            row["name"] = row["name"].upper().replace(" ", "\u3000")
            row["phone"] = "".join(chr(ord(digit) + 0xFEE0) for digit in row["phone"])
            row["address"] = f" {row['address']}, "

        found, pairs = matched(rows, known, Match.EXACT)

        assert found.by_columns == 20
        assert pairs[7] == known[7]["policy"]

    def test_leaves_a_row_alone_that_a_firm_column_contradicts(self) -> None:
        known = book()
        rows = without_id(known[:30])
        rows[3]["phone"] = "00099999999"

        found, pairs = matched(rows, known, Match.EXACT)

        assert found.unmatched == 1
        assert 3 not in pairs

    def test_lets_a_changing_column_differ(self) -> None:
        known = book()
        rows = without_id(known[:30])
        rows[3]["phone"] = "00099999999"

        found, pairs = matched(rows, known, Match.EXACT, changing=["phone"])

        assert found.by_columns == 30
        assert pairs[3] == known[3]["policy"]

    def test_calls_a_row_ambiguous_that_fits_two_policies_of_one_customer(self) -> None:
        known = book()
        known.append(known[5] | {"policy": "second"})

        found, pairs = matched(without_id(known[:10]), known)

        assert (found.ambiguous, found.by_columns) == (1, 9)
        assert 5 not in pairs

    def test_leaves_out_a_column_that_the_tables_write_differently(self) -> None:
        known = book()
        rows = [row | {"branch": f"code-{row['branch'][0]}9"} for row in without_id(known[:40])]

        found, _ = matched(rows, known, Match.EXACT)

        assert found.coded_otherwise == ["branch"]
        assert found.by_columns == 40

    def test_takes_columns_together_where_none_identifies_alone(self) -> None:
        known = [
            {"policy": f"P{i}", "name": f"name {i % 20}", "address": f"road {i // 20}"}
            for i in range(200)
        ]

        found, pairs = matched(without_id(known[:30], "name", "address"), known, Match.EXACT)

        assert found.by_columns == 30
        assert pairs[11] == "P11"


class TestLikely:
    def test_matches_mistyped_rows_and_no_stranger(self) -> None:
        rng = np.random.default_rng(3)
        known = book(600)
        rows = without_id(known[:60])
        for row in rows:
            for name in rng.choice(["name", "phone", "identity_number", "address"], 2):
                row[name] = mistyped(rng, row[name])
        strangers = without_id([person(rng, 0) for _ in range(15)])

        found, pairs = matched([*rows, *strangers], known)

        right = sum(pairs.get(i) == known[i]["policy"] for i in range(60))
        assert right >= 57
        assert right == found.matched
        assert found.unmatched >= 15

    def test_says_ambiguous_where_two_records_are_as_likely(self) -> None:
        known = book(400)
        known.append(known[5] | {"policy": "second"})
        rows = without_id(known[:20])
        rows[5]["phone"] = mistyped(np.random.default_rng(1), rows[5]["phone"][:-1]) + "x"

        found, pairs = matched(rows, known, Match.FUZZY)

        assert found.ambiguous == 1
        assert found.by_columns == 0
        assert 5 not in pairs
        assert pairs[6] == known[6]["policy"]

    def test_finds_the_same_whatever_the_order_of_the_rows(self) -> None:
        rng = np.random.default_rng(3)
        known = book(150)
        rows = without_id(known[:30], "name", "phone", "identity_number")
        for row in rows:
            row["phone"] = mistyped(rng, row["phone"])

        _, forth = matched(rows, known, Match.FUZZY)
        _, back = matched(rows[::-1], known[::-1], Match.FUZZY)

        assert forth == {29 - line: policy for line, policy in back.items()}


class TestCompete:
    def test_shares_a_row_among_candidates_that_fit_equally(self) -> None:
        best, whole = compete(np.array([0, 0, 4]), np.array([20.0, 20.0, -1.0]))

        assert best[:2] == pytest.approx([0.5, 0.5], abs=1e-5)
        assert whole[0] == pytest.approx(1.0, abs=1e-5)
        assert best[2] == pytest.approx(1 / 3)

    def test_stands_weights_of_any_size(self) -> None:
        best, _ = compete(np.array([0, 0]), np.array([5_000.0, 4_000.0]))

        assert best == pytest.approx([1.0, 0.0])


class TestRefusals:
    def test_says_that_no_column_is_shared(self) -> None:
        with pytest.raises(BadInput, match="--leaked-columns"):
            matched([{"colour": "red"}], book())

    def test_never_quotes_a_first_row_that_is_data(self) -> None:
        with pytest.raises(BadInput, match="looks like data") as refused:
            matched([{"name 17": "name 3", "00012345678": "00087654321"}], book())

        assert "0001" not in refused.value.message

    def test_says_that_nothing_matched(self) -> None:
        with pytest.raises(BadInput, match=r"None of the 1 rows.*--policies"):
            matched([{"policy": "elsewhere"}], book())

    def test_needs_more_than_an_id_to_match_by_likeness(self) -> None:
        with pytest.raises(BadInput, match="share no column"):
            matched([{"policy": "P00001"}], book(), Match.FUZZY)
