import math

import pytest

from real_logs import Planted
from real_logs_results import (
    METHODS,
    NAMERS,
    Naming,
    Outcome,
    Placed,
    best_baseline,
    blames,
    by_cell,
    firsts,
    in_errors,
    share,
)


def make_outcome(*, first_by: tuple[str, ...], innocents: int = 0, noise: float = 0.5) -> Outcome:
    return Outcome(
        planted=Planted("bpi2012", 3, 40, noise, 0),
        placed={m: Placed(m in first_by, 1.0 if m in first_by else 2.0) for m in METHODS},
        named={m: Naming(True, innocents) for m in ("hubao", *NAMERS)},
    )


def test_even_methods_are_no_errors_apart() -> None:
    outcomes = [make_outcome(first_by=("hubao", "Fisher"))] * 5

    assert best_baseline(outcomes) == "Fisher"
    assert in_errors(outcomes) == 0.0


def test_deficit_is_told_in_standard_errors_of_the_paired_difference() -> None:
    lost, even = make_outcome(first_by=("Fisher",)), make_outcome(first_by=("hubao", "Fisher"))

    deficit = in_errors([lost] * 4 + [even] * 21)

    spread = math.sqrt((4 * (1 - 0.16) ** 2 + 21 * 0.16**2) / 24)
    assert deficit == pytest.approx(-0.16 / (spread / 5))


def test_losing_every_list_is_a_large_deficit() -> None:
    assert in_errors([make_outcome(first_by=("Fisher",))] * 10) == pytest.approx(-10)


def test_cells_are_sorted_by_log_victims_and_noise() -> None:
    cells = by_cell([make_outcome(first_by=(), noise=0.8), make_outcome(first_by=(), noise=0.0)])

    assert list(cells) == [("bpi2012", 40, 0.0), ("bpi2012", 40, 0.8)]


def test_table_of_firsts_ends_with_all_cells_together() -> None:
    cells = by_cell([make_outcome(first_by=("hubao",)), make_outcome(first_by=("Fisher",))])

    last = firsts(cells).splitlines()[-1]

    assert last.split("|")[1:5] == [" all     ", " all   ", " 2     ", " 0.5   "]


def test_innocents_and_shares_are_counted() -> None:
    outcomes = [make_outcome(first_by=(), innocents=2), make_outcome(first_by=())]

    assert share(blames(o) for o in outcomes) == 0.5
    assert math.isnan(share([]))
