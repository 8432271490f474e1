"""Background rates by columns: against loops, and against rates that are known."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import pyarrow as pa
import pytest
from scipy import sparse

from hubao.lake.engines.duckdb import DuckDB
from hubao.trace import rates
from hubao.trace.placing import Places, place
from hubao.trace.reduced import Floats, Ints, Reduced
from hubao.trace.strata import Strata
from hubao.trace.waves import FOR_COLUMN, means
from tests.trace import slow_after

CODES = np.array(list(product(range(4), range(3))), dtype=np.int64)  # region, product
NOBODY: Ints = np.zeros(0, dtype=np.int64)


def reduced_of(stratum: Ints, touched: Ints | None = None) -> Reduced:
    """Victims of twelve strata of 200 records; one actor with forty records."""
    seen = np.zeros((len(stratum), 1), dtype=bool)
    seen[NOBODY if touched is None else touched, 0] = True
    return Reduced(
        actors=["a"],
        family=50,
        records=2_400,
        policies=[f"P{t}" for t in range(len(stratum))],
        batch=np.arange(len(stratum)),
        stratum=stratum,
        stratum_records=np.full(12, 200),
        stratum_labels=[""] * 12,
        stratum_codes=CODES,
        at_risk=np.full(len(stratum), 200),
        touched=sparse.csc_array(seen),
        share=sparse.csc_array(seen * 0.1),
        seen=np.array([40]),
    )


def drawn(rate: Floats, count: int, seed: int = 0) -> Ints:
    rng = np.random.default_rng(seed)
    return rng.choice(12, size=count, p=rate / rate.sum())


def placed(values: Sequence[tuple[str, ...]], *columns: str) -> Places:
    ones = np.ones(len(values), dtype=np.int64)
    return Places(Strata(columns, by_degree=True), ones, [""] * len(values), values, len(values))


def sizes(victims: int) -> Floats:
    return np.full(12, victims / 12)


class TestMeans:
    @pytest.mark.parametrize("seed", range(2))
    def test_are_what_loops_give(self, seed: int) -> None:
        cold = np.bincount(drawn(np.arange(1.0, 13.0), 15, seed), minlength=12).astype(float)

        found = means(cold, sizes(15), CODES).mean

        slow = slow_after.shared_rates(
            cold.tolist(), sizes(15).tolist(), CODES.tolist(), FOR_COLUMN
        )
        assert found == pytest.approx(slow, rel=1e-4)

    def test_tell_of_a_wave_where_no_victim_came_yet(self) -> None:
        # Six victims of region 2, none of its third product, which has two elsewhere.
        cold = np.bincount([6, 6, 7, 7, 6, 7, 2, 11], minlength=12).astype(float)

        found = means(cold, sizes(8), CODES).mean

        unseen = np.array([0, 1, 3, 4, 5, 8, 9, 10])
        assert unseen[found[unseen].argmax()] == 8

    def test_come_to_the_true_rates_with_many_victims(self) -> None:
        region, kind = np.array([1.0, 2.0, 9.0, 1.0]), np.array([1.0, 3.0, 0.5])
        rate = (region[:, None] * kind).ravel()
        cold = np.bincount(drawn(rate, 6_000), minlength=12).astype(float)

        found = means(cold, sizes(6_000), CODES).mean

        assert found / found.mean() == pytest.approx(rate / rate.mean(), rel=0.15)

    def test_bring_as_many_contacts_as_came(self) -> None:
        cold: Floats = np.bincount(drawn(np.ones(12), 20), minlength=12).astype(float) * 0.7

        assert means(cold, sizes(20), CODES).mean @ sizes(20) == pytest.approx(cold.sum())

    def test_are_even_where_no_column_is_given(self) -> None:
        found = means(np.arange(12.0), sizes(66), np.zeros((12, 0), dtype=np.int64)).mean

        assert found == pytest.approx(np.ones(12))


class TestFit:
    def test_does_not_take_a_sources_victims_in_a_quiet_region_for_the_regions_own(self) -> None:
        # Thirty cold calls in region 2; the source's five victims lie in five quiet strata.
        stratum = np.append(np.repeat([6, 7, 8], 10), [0, 1, 3, 4, 9])
        reduced = reduced_of(stratum, touched=np.arange(30, 35))

        fit = rates.fit(reduced, np.array([0]), np.array([10.0]))

        assert fit.shares[0] == pytest.approx(5 / 35, abs=0.03)
        assert fit.background[[0, 1, 3, 4, 9]].max() < 0.25
        assert fit.background[6] > 2.0


class TestCodes:
    def test_number_the_values_of_each_column(self) -> None:
        found = placed([("n", "x"), ("n", "y"), ("s", "x"), ("*", "*")], "region", "product").codes

        assert found[:, 0].tolist() == [0, 0, 1, 2]
        assert found[0, 1] == found[2, 1] != found[1, 1]

    @pytest.mark.parametrize("strata", [1, 3])
    def test_are_none_without_columns(self, strata: int) -> None:
        assert placed([()] * strata).codes.shape == (strata, 0)

    def test_of_a_book_do_not_tell_strata_apart_by_how_often_records_were_opened(self) -> None:
        rng = np.random.default_rng(3)
        names = [f"P{i}" for i in range(1_200)]
        region, age = ([str(one) for one in rng.integers(k, size=1_200)] for k in (3, 2))
        opened = np.repeat(np.arange(1_200), rng.integers(9, size=1_200))
        accesses = {
            "actor": [f"a{j}" for j in rng.integers(20, size=len(opened))],
            "policy": [names[i] for i in opened],
            "at": pa.array(range(len(opened)), pa.timestamp("us")),
        }
        with DuckDB() as engine:
            engine.load("first_seen", pa.table(accesses))
            engine.load("policies", pa.table({"policy": names, "region": region, "age": age}))
            found = place(engine, asked=None, cuts=np.array([9_999]), known=["region", "age"])

        assert len(found.labels) > 6
        assert [len(set(column)) for column in found.codes.T.tolist()] == [3, 2]
