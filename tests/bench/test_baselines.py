import math

import numpy as np
import pytest
from scipy.stats import fisher_exact, hypergeom

from baselines import (
    RANKERS,
    Seen,
    breach_radar,
    fisher,
    guilt_model,
    lift,
    mantel_haenszel,
    named_by_fisher,
    named_by_fisher_bh,
    named_by_mantel_haenszel,
    odds_ratio,
    overlap,
)


def make_seen(
    touched: list[list[int]],
    sizes: list[int] | list[list[int]],
    *,
    totals: list[int],
    stratum: list[int] | None = None,
) -> Seen:
    """One row of `touched` per victim; one entry of `sizes` per actor (and stratum)."""
    return Seen(
        touched=np.array(touched, dtype=np.bool_),
        stratum=np.array(stratum or [0] * len(touched)),
        sizes=np.array(sizes).reshape(len(sizes), len(totals)),
        totals=np.array(totals),
    )


# Four victims; the first actor saw three of them, the second two, the third everything.
FOUR = make_seen([[1, 0, 1], [1, 1, 1], [1, 0, 1], [0, 1, 1]], sizes=[10, 40, 100], totals=[100])


def test_overlap_counts_victims_and_leaves_out_who_saw_everything() -> None:
    scores = overlap(FOUR)

    assert scores.tolist() == [3, 2, 0]


def test_lift_is_share_of_victims_over_share_of_records() -> None:
    scores = lift(FOUR)

    assert scores == pytest.approx([(3 / 4) / (10 / 100), (2 / 4) / (40 / 100), 1])


def test_lift_wants_two_victims() -> None:
    one = make_seen([[1], [0]], sizes=[1], totals=[100])

    assert lift(one).tolist() == [0]


def test_odds_ratio_adds_a_half_to_each_cell() -> None:
    scores = odds_ratio(FOUR)

    assert scores[0] == pytest.approx(math.log(3.5 * 89.5 / (1.5 * 7.5)))


def test_fisher_agrees_with_the_exact_test() -> None:
    scores = fisher(FOUR)

    exact = fisher_exact(np.array([[3, 1], [7, 89]]), alternative="greater").pvalue
    assert scores[0] == pytest.approx(-math.log(exact))
    assert scores[1] == pytest.approx(-hypergeom.logsf(1, 100, 40, 4))
    assert scores[2] == 0


def test_mantel_haenszel_with_one_stratum_is_the_hypergeometric_z() -> None:
    scores = mantel_haenszel(FOUR)

    law = hypergeom(100, 10, 4)
    assert scores[0] == pytest.approx((3 - law.mean()) / law.std())
    assert scores[2] == 0


def test_mantel_haenszel_does_not_blame_who_only_works_in_the_hit_region() -> None:
    # All victims are in region 0, of which the first actor saw all and the second half.
    regional = make_seen(
        [[1, 1], [1, 1], [1, 1]], sizes=[[50, 0], [25, 0]], totals=[50, 500], stratum=[0, 0, 0]
    )

    scores = mantel_haenszel(regional)

    assert scores[0] == 0
    assert scores[1] > 1
    assert fisher(regional)[0] > 5


def test_breach_radar_settles_where_blame_follows_guilt() -> None:
    # Both actors saw both victims, so the one with fewer records takes all the blame in the end.
    twins = make_seen([[1, 1], [1, 1]], sizes=[5, 15], totals=[100])

    scores = breach_radar(twins)

    assert scores[0] == pytest.approx(2 / (5 + 5))
    assert scores[1] == pytest.approx(0, abs=1e-9)


def test_breach_radar_wants_two_victims() -> None:
    scores = breach_radar(make_seen([[1, 1], [1, 0]], sizes=[10, 1], totals=[100]))

    assert scores.tolist() == [2 / 15, 0]


def test_guilt_model_shares_each_record_among_its_holders() -> None:
    scores = guilt_model(FOUR, guessed=0.5)

    alone, shared = -math.log(0.5), -math.log(0.75)
    assert scores == pytest.approx([2 * alone + shared, alone + shared, 0])


def test_naming_keeps_to_the_level() -> None:
    strong = make_seen([[1, 0, 1]] * 6 + [[0, 1, 1]], sizes=[10, 40, 100], totals=[100])

    assert named_by_fisher(strong, alpha=0.01).tolist() == [True, False, False]
    assert named_by_fisher_bh(strong, alpha=0.01).tolist() == [True, False, False]
    assert named_by_mantel_haenszel(strong, alpha=0.01).tolist() == [True, False, False]
    assert not named_by_fisher(FOUR, alpha=1e-9).any()


def test_step_up_names_at_least_whom_bonferroni_names() -> None:
    rng = np.random.default_rng(5)
    touched = rng.random((30, 40)) < 0.2
    touched[:12, :6] = True
    many = make_seen(touched.tolist(), sizes=[60] * 40, totals=[500])

    bonferroni, step_up = named_by_fisher(many, alpha=0.05), named_by_fisher_bh(many, alpha=0.05)

    assert bonferroni.any()
    assert (step_up | ~bonferroni).all()


@pytest.mark.parametrize("method", RANKERS)
def test_every_ranker_puts_a_plain_source_first(method: str) -> None:
    rng = np.random.default_rng(11)
    touched = rng.random((40, 20)) < 0.05
    touched[:, 7] = True
    plain = make_seen(touched.tolist(), sizes=[50] * 20, totals=[1000])

    scores = RANKERS[method](plain)

    assert scores.argmax() == 7
    assert np.isfinite(scores).all()
