"""Background rates by columns: against loops, and against rates that are known."""

from itertools import product

import numpy as np
import pytest
from scipy import sparse

from hubao.trace import rates
from hubao.trace.reduced import Floats, Ints, Reduced
from hubao.trace.waves import FOR_COLUMN, FOR_STRATUM, levels, smoothed
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
        touched=sparse.csc_array(seen),
        share=sparse.csc_array(seen * 0.1),
        seen=np.array([40]),
    )


def fitted(reduced: Reduced, sources: Ints) -> tuple[rates.Fit, Floats]:
    fit = rates.fit(reduced, sources, np.full(len(sources), 10.0))
    return fit, smoothed(reduced, fit, sources, CODES)


def drawn(rate: Floats, count: int, seed: int = 0) -> Ints:
    rng = np.random.default_rng(seed)
    return rng.choice(12, size=count, p=rate / rate.sum())


class TestSmoothed:
    @pytest.mark.parametrize("seed", range(2))
    def test_is_what_loops_give(self, seed: int) -> None:
        stratum = drawn(np.arange(1.0, 13.0), 15, seed)
        reduced = reduced_of(stratum, touched=np.arange(4))
        fit, found = fitted(reduced, np.array([0]))

        own = fit.background[stratum]
        cold = np.bincount(stratum, own / (own + reduced.touched_by(np.array([0])) @ fit.strengths))
        size = np.full(12, 200 * 15 / 2_400)
        whole = np.zeros(12)
        whole[: len(cold)] = cold
        slow = slow_after.shared_rates(
            whole.tolist(), size.tolist(), CODES.tolist(), FOR_COLUMN, FOR_STRATUM
        )
        assert found == pytest.approx(slow, rel=1e-3)

    def test_tells_of_a_wave_where_no_victim_came_yet(self) -> None:
        # Six victims of region 2, none of its third product, which has two elsewhere.
        reduced = reduced_of(np.array([6, 6, 7, 7, 6, 7, 2, 11]))

        fit, found = fitted(reduced, NOBODY)

        unseen = np.array([0, 1, 3, 4, 5, 8, 9, 10])
        assert unseen[found[unseen].argmax()] == 8
        assert fit.background[8] == pytest.approx(fit.background[0])  # which alone can't tell

    def test_comes_to_the_true_rates_with_many_victims(self) -> None:
        region, kind = np.array([1.0, 2.0, 9.0, 1.0]), np.array([1.0, 3.0, 0.5])
        rate = (region[:, None] * kind).ravel()

        _, found = fitted(reduced_of(drawn(rate, 6_000)), NOBODY)

        assert found / found.mean() == pytest.approx(rate / rate.mean(), rel=0.15)

    def test_brings_as_many_contacts_as_the_background_did(self) -> None:
        stratum = drawn(np.ones(12), 20)
        reduced = reduced_of(stratum, touched=np.arange(12))
        fit, found = fitted(reduced, np.array([0]))

        own = fit.background[stratum]
        cold = own / (own + reduced.touched_by(np.array([0])) @ fit.strengths)
        assert found @ np.full(12, 200 * 20 / 2_400) == pytest.approx(cold.sum())

    def test_is_even_where_no_column_is_given_and_victims_are(self) -> None:
        reduced = reduced_of(np.arange(12))
        fit = rates.fit(reduced, NOBODY, np.zeros(0))

        found = smoothed(reduced, fit, NOBODY, np.zeros((12, 0), dtype=np.int64))

        assert found == pytest.approx(np.ones(12), rel=1e-6)


class TestLevels:
    def test_are_the_columns_of_the_labels(self) -> None:
        labels = ["region=n, product=x", "region=n, product=y", "region=s, product=x"]

        found = levels(labels, ["region", "product"])

        assert found.tolist() == [[0, 0], [0, 1], [1, 0]]

    def test_pass_over_access_degrees_and_take_odd_values_as_they_are(self) -> None:
        labels = [
            "a b=x, y=1, c(d)=1, access_degree=2-7",
            "a b=x, y=1, c(d)=2, access_degree=8",
            "a b=*, c(d)=*, access_degree=0",
        ]

        found = levels(labels, ["a b", "c(d)"])

        assert found[0, 0] == found[1, 0] != found[2, 0]
        assert len(set(found[:, 1].tolist())) == 3

    @pytest.mark.parametrize("labels", [["all"], ["access_degree=1-3", "access_degree=4"]])
    def test_are_none_without_columns(self, labels: list[str]) -> None:
        assert levels(labels, []).shape == (len(labels), 0)
