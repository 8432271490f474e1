"""The certificate against brute force: a dense grid of strengths, climbed from its best point."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import minimize

from hubao.trace.certify import proven
from hubao.trace.decide import decide
from hubao.trace.reduced import Floats
from hubao.trace.sets import HIGHEST, LOWEST
from tests.makers.logs import Seen, drawn
from tests.trace import slow

BACKGROUNDS_DIFFER = 9  # a world where far less can be explained under the fitted rates
GRID = np.linspace(np.log(LOWEST), np.log(HIGHEST), 13)


def world(seed: int, *, victims: int = 12, actors: int = 5) -> tuple[Floats, Floats, list[Floats]]:
    """Touched, share and two backgrounds; victims fall in strata that share shares."""
    rng = np.random.default_rng(seed)
    stratum = rng.integers(0, 4, victims)
    share = rng.choice([0.0, 0.02, 0.1, 0.3, 0.9], (4, actors))[stratum]
    touched = (rng.random(share.shape) < np.where(share > 0, share + 0.15, 0.0)).astype(float)
    fitted = np.exp(rng.normal(0.0, 1.0, 4))[stratum]
    return touched, share, [np.ones(victims), fitted / fitted.mean()]


def highest(
    touched: Floats, share: Floats, backgrounds: list[Floats], without: list[int], largest: int
) -> float:
    """The best F over sets and strengths that brute force finds."""
    others = [j for j in range(touched.shape[1]) if j not in without and touched[:, j].any()]
    best = 0.0
    for background in backgrounds:
        for size in range(1, min(largest, len(others)) + 1):
            for one in combinations(others, size):
                x, a = touched[:, one] / background[:, None], share[:, one] / background[:, None]
                best = max(best, climbed(x, a))
    return best


def climbed(x: Floats, a: Floats) -> float:
    def value(t: Floats) -> Floats:
        gamma = np.exp(t)
        total = np.log1p(gamma @ x.T).sum(-1) - np.log1p(gamma @ a.T).sum(-1)
        return np.asarray(total)

    def loss(t: Floats) -> float:
        return -float(value(t))

    points = np.array(list(product(GRID, repeat=x.shape[1])))
    values = value(points)
    start = points[values.argmax()]
    bounds = [(GRID[0], GRID[-1])] * len(start)
    found = minimize(loss, start, bounds=bounds)
    return max(float(values.max()), -float(found.fun))


def ask(seed: int, threshold: float, *, largest: int = 2, nodes: int = 3000) -> bool:
    touched, share, backgrounds = world(seed)
    return proven(
        sparse.csc_array(touched > 0), sparse.csc_array(share), backgrounds,
        without=[0], threshold=threshold, largest=largest, nodes=nodes,
    )  # fmt: skip


@settings(max_examples=12, deadline=None, derandomize=True)
@given(st.integers(0, 10_000))
def test_never_proves_what_a_set_refutes(seed: int) -> None:
    top = highest(*world(seed), [0], 2)

    claimed = ask(seed, top - 1e-6)

    assert not claimed


def test_never_proves_what_a_set_of_three_refutes() -> None:
    top = highest(*world(3), [0], 3)

    claimed = ask(3, top - 1e-6, largest=3)

    assert not claimed


def test_proves_what_holds_with_room_to_spare_in_most_worlds() -> None:
    tops = [highest(*world(seed), [0], 2) for seed in range(12)]

    claimed = [ask(seed, top + 2.0) for seed, top in enumerate(tops)]

    assert sum(claimed) >= 11


def test_looks_at_sets_of_three_too() -> None:
    top = highest(*world(5), [0], 3)

    claimed = ask(5, top + 2.0, largest=3)

    assert claimed


def test_a_set_refutes_under_any_one_background() -> None:
    touched, share, (even, fitted) = world(BACKGROUNDS_DIFFER)
    refuted = highest(touched, share, [even], [0], 2) - 0.05

    claimed = [
        proven(
            sparse.csc_array(touched > 0), sparse.csc_array(share), backgrounds,
            without=[0], threshold=refuted, largest=2, nodes=3000,
        )
        for backgrounds in ([fitted], [even, fitted], [fitted, even])
    ]  # fmt: skip

    assert claimed == [True, False, False]


def test_gives_up_when_its_work_is_used_up() -> None:
    top = highest(*world(5), [0], 3)

    claimed = ask(5, top + 2.0, largest=3, nodes=2)

    assert not claimed


def test_nobody_else_explains_nothing() -> None:
    touched, share, backgrounds = world(1)
    everyone = list(range(touched.shape[1]))

    claimed = proven(
        sparse.csc_array(touched > 0), sparse.csc_array(share), backgrounds,
        without=everyone, threshold=0.1, largest=4, nodes=10,
    )  # fmt: skip

    assert claimed


class TestDecision:
    @pytest.mark.parametrize("hits", range(5, 10))
    def test_is_called_certified_only_where_every_set_is_rejected_by_q_alone(
        self, hits: int
    ) -> None:
        rng = np.random.default_rng([hits, 6])
        seen = rng.random((5, 600)) < 0.05
        reduced = Seen(
            seen, np.zeros(600, dtype=np.int64), drawn(rng, seen, {0: hits}, 6)
        ).reduced()

        decision = decide(reduced, alpha=0.01, same_records=lambda _: [])

        columns = np.arange(len(reduced.actors))
        x, a = reduced.touched_by(columns), reduced.share_of(columns)
        any_one = 0.1 + 0.9 * sum(np.exp(slow.log_e(x[:, j], a[:, j])) for j in columns) / 5
        for column in decision.proven:
            others = [j for j in columns.tolist() if j != column]
            sets = [one for size in range(4) for one in combinations(others, size)]
            best = max(
                slow.best_strengths(x, a, one, (LOWEST, HIGHEST), (10.0,))[1] for one in sets
            )
            assert np.log(0.1 * any_one) - best >= np.log(100) - 1e-6
        assert decision.proven or hits < 7
