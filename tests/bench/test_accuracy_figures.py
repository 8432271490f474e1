import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from accuracy_cells import Cell, Draw, World
from accuracy_figures import Board, figures, scores
from accuracy_intervals import calibration, crossing, share_interval, upper_limit
from accuracy_measures import covered, hardest, marginal, whole_ring, width
from accuracy_plots import calibration_plot, draw_plots, power_plot
from accuracy_runs import draws_digest, read, run, worlds_digest
from accuracy_tables import show
from hubao.world.scenarios import Scenario
from tests.bench.accuracy import a_line, a_source

WORLD = World("agency", 1, 60_000, 1_500, 3)


def a_board(*cells: tuple[str, Mapping[str, Any]], quick: bool = False) -> Board:
    """One draw for each given cell, with the given fields."""
    draws, lines = [], []
    for number, (name, given) in enumerate(cells):
        draws.append(Draw(WORLD, Cell(name, (Scenario.BULK_COPY,), 40, 0.5), number))
        lines.append(a_line(draws[-1].key, name, **given))
    return Board(lines, draws, quick=quick)


def test_an_interval_holds_the_share_and_is_wider_where_worlds_differ() -> None:
    worlds = [w for w in range(20) for _ in range(8)]
    alike = [float(i % 4 > 0) for i in range(160)]
    by_world = [float(w % 4 > 0) for w in worlds]

    narrow, wide = share_interval(alike, worlds), share_interval(by_world, worlds)

    assert narrow[0] <= 0.75 <= narrow[1]
    assert wide[1] - wide[0] > 2 * (narrow[1] - narrow[0])


@pytest.mark.parametrize(("count", "of", "limit"), [(0, 2_000, 0.0014967), (12, 2_000, 0.0097)])
def test_the_upper_limit_is_clopper_and_pearsons(count: int, of: int, limit: float) -> None:
    assert upper_limit(count, of) == pytest.approx(limit, rel=0.01)


def test_calibration_is_nought_where_chances_come_true() -> None:
    beliefs = np.repeat([0.25, 0.75], 4_000)
    true = np.concatenate([np.arange(4_000) % 4 == 0, np.arange(4_000) % 4 > 0]).astype(float)

    _, _, error = calibration(beliefs, true)
    _, _, off = calibration(beliefs, 1 - true)

    assert error == pytest.approx(0, abs=1e-9)
    assert off == pytest.approx(0.5)


def test_a_crossing_is_interpolated_and_none_where_power_stays_low() -> None:
    assert crossing({0.8: 0.7, 1.0: 0.9, 1.2: 1.0}) == pytest.approx(1.1)
    assert crossing({0.8: 0.96}) == 0.8
    assert crossing({0.8: 0.7, 1.0: 0.9}) is None


def test_a_source_counts_as_first_only_if_nobody_stands_before_it() -> None:
    board = a_board(("t1", {}), ("t1", {"sources": [a_source(rank=1)]}))

    found = {one.key: one for one in scores(board)}

    assert found["t1_first"].figure.value == 0.5
    assert found["t1_first"].figure.ok is False


def test_the_marginal_rule_wants_the_bound_and_the_first_place() -> None:
    over, under = a_line("a", "t5"), a_line("b", "t5", sources=[a_source(log10_e=4.9)])
    second = a_line("c", "t5", sources=[a_source(rank=1)])

    assert [marginal(one) for one in (over, under, second)] == [1.0, 0.0, 0.0]


def test_a_ring_is_exact_only_with_all_in_groups_of_their_own() -> None:
    four = [a_source() for _ in range(4)]
    exact = a_line("a", "ring", sources=four, groups=4)
    beside = a_line("b", "ring", sources=four, groups=5, wrong=1)
    three = a_line("c", "ring", sources=[*four[:3], a_source(named=False)], groups=3)

    assert [whole_ring(one) for one in (exact, beside, three)] == [1.0, 0.0, 0.0]


def test_the_hardest_source_is_the_one_that_needs_most() -> None:
    sources = [a_source(planned=20.0), a_source(planned=90.0, named=False), a_source(planned=30.0)]

    assert hardest(a_line("a", "t6 ring x1.0", sources=sources)) == 0.0


def test_a_window_covers_a_copy_that_lies_within_it_whole() -> None:
    whole = a_line("a", "t1", sources=[a_source(dated=["2024-03-03", "2024-03-12"])])
    part = a_line("b", "t1", sources=[a_source(dated=["2024-03-04", "2024-03-12"])])
    none = a_line("c", "t1")

    assert [covered(one) for one in (whole, part, none)] == [1.0, 0.0, 0.0]
    assert width(["2024-03-03", "2024-03-12"]) == 10


def test_an_undated_copy_counts_as_not_covered_once_any_is_dated() -> None:
    dated = [a_source(dated=["2024-03-03", "2024-03-12"])]
    board = a_board(("t1", {"sources": dated}), ("t1", {}))

    found = {one.key: one.figure for one in scores(board)}

    assert found["t9_covered"].value == 0.5
    assert found["t9_width"].value == 10


def test_a_quick_board_gates_on_innocents_named_alone() -> None:
    board = a_board(("t1", {"sources": [a_source(rank=3)]}), ("clean 40", {}), quick=True)

    found = figures(board)

    assert [name for name, one in found.items() if one.gates] == ["innocents_named"]
    assert found["innocents_named"].ok is True


def test_a_quick_board_fails_on_one_innocent() -> None:
    board = a_board(("t1", {"wrong": 1}), quick=True)

    figure = figures(board)["innocents_named"]

    assert figure.ok is False
    assert figure.value == 1


def test_innocents_named_under_hidden_targeting_are_shown_but_do_not_count() -> None:
    board = a_board(("clean G=4", {"wrong": 1, "sources": []}))

    assert figures(board)["innocents_named"].value == 0


def test_lines_of_another_plan_are_left_out() -> None:
    draw = Draw(WORLD, Cell("t1", (Scenario.BULK_COPY,), 40, 0.5), 0)

    board = Board([a_line(draw.key, "t1"), a_line("agency/9/9/t1/0", "t1")], [draw])

    assert len(board.outcomes) == 1


def test_victims_never_enough_miss_the_goal_by_infinity() -> None:
    cells = [(f"t6 ring x{k}", {"sources": [a_source(named=False)]}) for k in (0.8, 2.0)]

    figure = figures(a_board(*cells))["t6_ring"]

    assert figure.value == math.inf
    assert figure.ok is False


def test_tables_show_what_was_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    other = {"others": {"Fisher": [True, 1, 2]}, "sources": []}
    board = a_board(("t1", {}), ("clean 40", other), ("ring-equal 400 30%", {}), ("t2", {}))

    show(board)

    shown = capsys.readouterr().out
    assert "4 of 4 draws" in shown
    assert "1.00 Fisher" in shown
    assert "nan" not in shown


def test_pictures_are_drawn_of_what_there_is(tmp_path: Path) -> None:
    drawn = draw_plots(a_board(("ring-equal 400 30%", {})), tmp_path)

    assert list(drawn) == ["accuracy-rings"]
    assert (tmp_path / "accuracy-rings.svg").read_text(encoding="utf-8").startswith("<svg")


def test_a_calibration_curve_stands_beside_the_line_of_exact_chances() -> None:
    clean = {"sources": [], "believed": [[0.02, False]]}
    board = a_board(("belief 20", {}), ("clean 20", clean))

    chart = calibration_plot(board)

    assert chart is not None
    rows = next(iter(chart.to_dict()["datasets"].values()))
    assert {row["kind"]: row["y"] for row in rows if row["x"] == 1} == {"as often as stated": 1}
    assert {row["x"]: row["y"] for row in rows if row["kind"] == "stated chances"} == {
        0.02: 0,
        0.99: 1,
    }


def test_no_picture_is_drawn_of_nothing() -> None:
    board = a_board(("t1", {}))

    assert power_plot(board) is None
    assert calibration_plot(board) is None


def test_a_line_that_a_kill_cut_off_is_passed_over(tmp_path: Path) -> None:
    results = tmp_path / "results.jsonl"
    results.write_text('{"key": "a"}\n{"key": "a"}\n{"key": "b", "n', encoding="utf-8")

    assert read(results) == [{"key": "a"}]
    assert read(tmp_path / "none.jsonl") == []


def test_a_run_makes_no_draw_that_is_there(tmp_path: Path) -> None:
    results = tmp_path / "results.jsonl"
    draw = Draw(WORLD, Cell("t1", (Scenario.BULK_COPY,), 40, 0.5), 0)
    results.write_text(json.dumps(a_line(draw.key, "t1")) + "\n", encoding="utf-8")

    run([draw], results, tmp_path / "worlds")

    assert len(read(results)) == 1
    assert not (tmp_path / "worlds").exists()


def test_digests_stay_while_the_code_does() -> None:
    assert draws_digest() == draws_digest() != worlds_digest()
