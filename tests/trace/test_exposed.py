"""Who is to be warned, and how many contacts are still to come."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pyarrow import csv, parquet
from scipy import sparse

from hubao.kit.errors import BadInput
from hubao.lake.engines.duckdb import DuckDB
from hubao.trace import exposed, rates
from hubao.trace.copied import CopiedBetween
from hubao.trace.exposed import background_contacts, find_exposed, ranked, write_exposed
from hubao.trace.index import build_index
from hubao.trace.indexed import Indexed
from hubao.trace.leaking import Source, copied_rows
from hubao.trace.left import attributed, victims_left
from hubao.trace.openings import DAY
from hubao.trace.reduced import Reduced
from tests.makers.logs import messy_world
from tests.trace import slow_after

TIME = pa.timestamp("us")
LAST = 100 * DAY
PLACED = pa.table(
    {"policy": ["P1", "P2", "P3", "P4", "P5", "P6"], "stratum": pa.array([0, 0, 0, 1, 1, 1])}
)
BACKGROUND = np.array([0.01, 0.2])
ACCESS = [
    *(("a", policy, 10) for policy in ("P1", "P2", "P4")),
    *(("b", policy, 20) for policy in ("P2", "P5")),
    ("a", "P6", 101),  # after the last contact
    ("c", "P3", 5),
]
A = Source("a", chance=0.9, strength=5.0, left=6.0)
B = Source("b", chance=0.5, strength=2.0, left=1.0)


@pytest.fixture
def engine() -> Iterator[DuckDB]:
    with DuckDB(threads=1) as engine:
        engine.load(
            "access",
            pa.table(
                {
                    "actor": [actor for actor, _, _ in ACCESS],
                    "policy": [policy for _, policy, _ in ACCESS],
                    "at": pa.array([day * DAY for _, _, day in ACCESS]).cast(TIME),
                }
            ),
        )
        engine.load("placed", PLACED)
        engine.load("victims", pa.table({"policy": ["P4", "P4", "unknown"]}))
        yield engine


def listed(engine: DuckDB, *sources: Source) -> list[dict[str, Any]]:
    copied_rows(engine, sources, last=LAST)
    find_exposed(engine, sources, BACKGROUND)
    rows: list[dict[str, Any]] = ranked(engine).to_pylist()
    return rows


def dated(days: dict[int, float]) -> CopiedBetween:
    spans = np.array(list(days))
    chance = np.array(list(days.values()))
    return CopiedBetween(date(1970, 1, 1), date(1970, 1, 2), 2, 0.9, spans, spans, chance, 0)


class TestExposed:
    def test_are_ranked_by_the_contacts_they_may_expect(self, engine: DuckDB) -> None:
        found = listed(engine, A, B)

        # a has P1 and P2 unreported, 0.9 * 6 / 2 each; b has P2 and P5, 0.5 * 1 / 2 each.
        assert [row["policy"] for row in found] == ["P2", "P1", "P5", "P6", "P3"]
        assert [row["rank"] for row in found] == [1, 2, 3, 4, 5]
        assert [row["expected_contacts"] for row in found] == pytest.approx(
            [0.01 + 2.7 + 0.25, 0.01 + 2.7, 0.2 + 0.25, 0.2, 0.01]
        )
        assert [row["leaked_copy"] for row in found] == pytest.approx([0.95, 0.9, 0.5, 0.0, 0.0])
        assert [row["source"] for row in found] == ["a", "a", "b", None, None]
        assert [row["why"] for row in found] == ["source"] * 3 + ["stratum"] * 2

    def test_sum_to_what_is_left_of_every_source_and_of_the_background(
        self, engine: DuckDB
    ) -> None:
        found = listed(engine, A, B)

        total = sum(row["expected_contacts"] for row in found)
        assert total == pytest.approx(0.9 * 6.0 + 0.5 * 1.0 + 3 * 0.01 + 2 * 0.2)

    def test_count_by_how_likely_they_were_opened_while_copying_was_under_way(
        self, engine: DuckDB
    ) -> None:
        early = (("a", "P3", 3), ("a", "P1", 4))
        access = [*ACCESS, *early]
        engine.load(
            "access",
            pa.table(
                {
                    "actor": [actor for actor, _, _ in access],
                    "policy": [policy for _, policy, _ in access],
                    "at": pa.array([day * DAY for _, _, day in access]).cast(TIME),
                }
            ),
        )
        when = dated({3: 0.25, 4: 0.5, 10: 1.0})

        found = listed(engine, Source("a", 1.0, 5.0, left=9.0, copied=when))

        by_policy = {row["policy"]: row for row in found}
        assert by_policy["P3"]["leaked_copy"] == pytest.approx(0.25)
        assert by_policy["P1"]["leaked_copy"] == pytest.approx(1.0)  # opened on day 10 as well
        # The three unreported records share 9 as 0.25 : 1 : 1.
        assert by_policy["P3"]["expected_contacts"] == pytest.approx(0.01 + 1.0)
        assert by_policy["P2"]["expected_contacts"] == pytest.approx(0.01 + 4.0)

    def test_owe_nothing_to_the_account_of_somebody_gone(self, engine: DuckDB) -> None:
        gone = Source("a", 1.0, 5.0, left=9.0, gone=10 * DAY)

        found = listed(engine, gone)

        assert {row["leaked_copy"] for row in found} == {0.0}

    def test_are_the_background_alone_where_there_is_no_source(self, engine: DuckDB) -> None:
        found = listed(engine)

        assert [row["policy"] for row in found][:2] in (["P5", "P6"], ["P6", "P5"])
        assert {row["why"] for row in found} == {"stratum"}

    def test_are_the_same_over_an_index(self, tmp_path: Path) -> None:
        world = messy_world(2)
        access, policies = world.access_table(), world.policies_table()
        build_index([access], out=tmp_path / "i", policies=policies, strata=["branch"])
        sources = [Source("agent-003", 0.8, 5.0, 7.0), Source("agent-004", 0.3, 2.0, 3.0)]
        keep = pc.invert(pc.equal(pc.utf8_lower(access["action"]), "denied"))
        seen = access.filter(keep)
        last = int(pc.quantile(seen["at"].cast(pa.int64()), 0.8)[0].as_py())
        found = []

        for index in (False, True):
            with DuckDB(threads=1) as engine:
                engine.load("victims", world.victims_table())
                if index:
                    Indexed(engine, tmp_path / "i", asked=None)
                else:
                    engine.load("access", seen.set_column(2, "at", seen["at"].cast(TIME)))
                copied_rows(engine, sources, last=last, indexed=index)
                if not index:
                    one = {"policy": policies["policy"], "stratum": np.zeros(len(policies), "i8")}
                    engine.load("placed", pa.table(one))
                find_exposed(engine, sources, np.full(9, 0.01))
                found.append(ranked(engine))

        assert found[0].num_rows > 200
        assert found[0].equals(found[1])


class TestFile:
    @pytest.mark.parametrize("name", ["list.csv", "list.parquet", "LIST.CSV"])
    def test_holds_the_list_in_order(
        self, engine: DuckDB, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        listed(engine, A, B)
        monkeypatch.setattr(exposed, "BLOCK", 2)

        rows = write_exposed(engine, tmp_path / name)

        read = parquet.read_table if name.endswith("parquet") else csv.read_csv
        table = read(tmp_path / name)
        assert rows == table.num_rows == 5
        assert table.column("policy").to_pylist() == ["P2", "P1", "P5", "P6", "P3"]
        assert table.column("rank").to_pylist() == [1, 2, 3, 4, 5]
        assert table.column_names[2:] == ["expected_contacts", "leaked_copy", "source", "why"]

    @pytest.mark.parametrize("most", [0, 2, 3, 99])
    def test_holds_no_more_than_asked_for(
        self, engine: DuckDB, most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        listed(engine, A, B)
        monkeypatch.setattr(exposed, "BLOCK", 2)

        rows = write_exposed(engine, tmp_path / "list.parquet", most=most)

        assert rows == min(most, 5) == parquet.read_table(tmp_path / "list.parquet").num_rows

    def test_must_be_named_for_what_it_is(self, engine: DuckDB, tmp_path: Path) -> None:
        listed(engine, A)

        with pytest.raises(BadInput, match=r"\.csv or \.parquet"):
            write_exposed(engine, tmp_path / "list.xlsx")


def one_source() -> Reduced:
    """Nine victims of two strata; the first actor had seen five of them, the second two."""
    touched = np.zeros((9, 2), dtype=bool)
    touched[[0, 1, 2, 3, 4], 0] = touched[[3, 8], 1] = True
    return Reduced(
        actors=["a", "b"],
        family=50,
        records=2_000,
        policies=[f"P{t}" for t in range(9)],
        batch=np.arange(9),
        stratum=np.array([0, 0, 0, 0, 1, 1, 1, 1, 0]),
        stratum_records=np.array([1_200, 800]),
        stratum_labels=["0", "1"],
        stratum_codes=np.array([[0], [1]]),
        at_risk=np.array([1_200, 1_200, 1_200, 1_200, 800, 800, 800, 800, 1_200]),
        touched=sparse.csc_array(touched),
        share=sparse.csc_array(np.full((9, 2), 0.02)),
        seen=np.array([40, 30]),
    )


class TestAttributed:
    def test_is_the_sources_part_of_each_victims_rate(self) -> None:
        reduced = one_source()
        fit = rates.fit(reduced, np.array([0]), np.array([10.0]))

        found = attributed(reduced, fit, np.array([0]))

        gamma, background = fit.strengths[0], fit.background
        assert found[0, 0] == pytest.approx(gamma / (gamma + background[0]))
        assert found[5, 0] == 0.0
        assert found.sum() == pytest.approx(fit.shares[0] * 9, rel=1e-3)

    def test_leaves_the_background_its_victims(self) -> None:
        reduced = one_source()
        fit = rates.fit(reduced, np.array([0]), np.array([10.0]))

        found = background_contacts(reduced, fit, ahead=2.0)

        assert found.tolist() == pytest.approx((fit.background * 9 / 2_000 * 2.0).tolist())


class TestLeft:
    @pytest.mark.parametrize("seed", range(3))
    def test_is_what_loops_give(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        weight, watched = rng.random(12), rng.uniform(8.0, 30.0, 12)
        delay = rng.uniform(0.2, watched)

        found = victims_left(weight, delay, watched)

        expected, weeks = slow_after.left(weight.tolist(), delay.tolist(), watched.tolist())
        assert found.expected == pytest.approx(expected, rel=0.01)
        assert found.weeks == pytest.approx(weeks, rel=0.01)
        assert found.low <= found.expected <= found.high

    def test_is_nearly_all_early_and_next_to_nothing_late(self) -> None:
        ones, delay = np.ones(20), np.linspace(0.2, 3.8, 20)

        early = victims_left(ones, delay, np.full(20, 4.0))
        late = victims_left(ones, delay, np.full(20, 60.0))

        assert early.expected > 20
        assert late.expected < 1

    @pytest.mark.parametrize("shape", [1.0, 2.0])
    def test_holds_the_truth_nine_times_in_ten_whether_callers_start_slowly_or_not(
        self, shape: float
    ) -> None:
        hits = []
        for seed in range(60):
            rng = np.random.default_rng([3, seed])
            delay = rng.gamma(shape, 10.0 / shape, size=int(rng.poisson(60)))
            seen = delay < 12.0

            found = victims_left(np.ones(seen.sum()), delay[seen], np.full(seen.sum(), 12.0))

            hits.append(found.low <= int((~seen).sum()) <= found.high)
        assert np.mean(hits) >= 0.87

    def test_is_no_more_than_the_records_nobody_reported(self) -> None:
        found = victims_left(np.ones(30), np.full(30, 1.9), np.full(30, 2.0), most=5.0)

        assert found.expected <= found.high == 5

    @pytest.mark.parametrize("weight", [np.zeros(4), np.zeros(0)])
    def test_is_nothing_without_victims(self, weight: np.ndarray[Any, Any]) -> None:
        found = victims_left(weight, weight + 1.0, weight + 2.0)

        assert (found.expected, found.low, found.high) == (0.0, 0, 0)

    def test_bears_a_contact_on_the_day_of_the_copy(self) -> None:
        found = victims_left(np.ones(2), np.array([0.0, -1.0]), np.array([0.0, -1.0]))

        assert np.isfinite(found.expected)
