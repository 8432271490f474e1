"""From the results file's lines to the figures of the scoreboard, each against its goal."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from accuracy_cells import BELIEF_SIZES, CLEAN_SIZES, RING_NOISES, TEAM_SIZES, TIMES, Draw
from accuracy_family import TUNED_ON
from accuracy_intervals import calibration, crossing, share_interval, upper_limit
from accuracy_measures import (
    Line,
    Measure,
    best_other,
    ceiling,
    covered,
    first,
    hardest,
    innocent,
    marginal,
    mean,
    named,
    others_wrong,
    whole_ring,
    width,
)
from figures import Figure, at_least, at_most

TEAMS = [f"{scenario} {n}" for scenario in ("team-50", "team-90") for n in TEAM_SIZES]
CLEAN = [f"clean {n}" for n in CLEAN_SIZES]
ENOUGH_CLEAN = 1_000
DATED = ("bulk-copy", "leaver", "partner-export")  # what is copied within days, not over months
EQUAL_GOALS = dict(zip(RING_NOISES, (0.97, 0.95, 0.75), strict=True))


class Board:
    """All lines that belong to a plan.

    Args:
        lines: of the results file; those of other plans are left out.
        draws: the plan.
        quick: whether only innocents named may fail the run.
    """

    def __init__(
        self, lines: Sequence[Line], draws: Sequence[Draw], *, quick: bool = False
    ) -> None:
        planned = {draw.key for draw in draws}
        mine = [one for one in lines if one["key"] in planned]
        self.outcomes = sorted(mine, key=lambda one: str(one["key"]))  # not as they were done
        self.planned = Counter((draw.world.family, draw.cell.name) for draw in draws)
        self.quick = quick
        self.families = list(dict.fromkeys(draw.world.family for draw in draws))

    def cells(self, family: str, *names: str) -> list[Line]:
        """Traced draws of these cells."""
        found = [self._by_cell.get((family, name), []) for name in names]
        return [one for lines in found for one in lines]

    @cached_property
    def failed(self) -> list[Line]:
        """Draws that could not be made."""
        return [one for one in self.outcomes if one["failed"]]

    @cached_property
    def _by_cell(self) -> dict[tuple[str, str], list[Line]]:
        found: dict[tuple[str, str], list[Line]] = {}
        for one in self.outcomes:
            if not one["failed"]:
                found.setdefault((one["family"], one["cell"]), []).append(one)
        return found


@dataclass(frozen=True)
class Score:
    """One figure of the board.

    Attributes:
        key: its name in the JSON line. title: in words.
        figure: value and goal. low, high: 95 % interval; None where there is none.
        ceiling: what an oracle would reach, or "".
        best: the best of the other methods, or "".
        draws: how many it rests on.
        family: of the worlds; "" for the one that the tracer was tuned on.
    """

    key: str
    title: str
    figure: Figure
    draws: int
    low: float | None = None
    high: float | None = None
    ceiling: float | None = None
    best: str = ""
    family: str = ""


def figures(board: Board) -> dict[str, Figure]:
    """Give every figure of every family; a quick run gates on innocents named alone."""
    found = {score.key: score.figure for score in scores(board)}
    if board.quick:
        found = {
            key: Figure(one.value, f"{one.goal}, on the full board", one.ok, gates=False)
            for key, one in found.items()
            if one.value is not None
        }
    wrong = sum(one["wrong"] > 0 for one in board.outcomes if _counts(one["cell"]))
    draws_naming = at_most(float(wrong), 0, unit="draws", gates=board.quick)
    return {**found, "innocents_named": draws_naming}


def _counts(cell: str) -> bool:
    """Whether the tracer is as shipped there, and the world as its bound supposes."""
    return "G=" not in cell and ", " not in cell


def scores(board: Board) -> list[Score]:
    """Give every score of every family, in order."""
    return [score for family in board.families for score in _of_family(board, family)]


def _of_family(board: Board, family: str) -> list[Score]:
    found = [
        *_ranked(board, family),
        *_clean(board, family),
        *_teams(board, family),
        *_power(board, family),
        *_minimum(board, family),
        *_rings(board, family),
        *_dated(board, family),
        *_warned(board, family),
        *_outside(board, family),
        *_believed(board, family),
    ]
    if family == TUNED_ON.name:
        return found
    return [replace(one, key=f"{one.key}_{family}", family=family) for one in found]


def score(
    key: str,
    title: str,
    lines: Sequence[Line],
    measure: Measure,
    limit: float,
    *,
    most: bool = False,
    over: Measure | None = None,
    best: str = "",
) -> Score:
    """Average a measure over draws, with its interval, against a goal."""
    values = [measure(one) for one in lines]
    value = mean(values) if values else None
    low, high = _interval(values, lines)
    figure = at_most(value, limit) if most else at_least(value, limit)
    ceiled = mean(over(one) for one in lines) if over and lines else None
    return Score(key, title, figure, len(lines), low, high, ceiled, best)


def _interval(
    values: Sequence[float], lines: Sequence[Line]
) -> tuple[float, float] | tuple[None, None]:
    return share_interval(values, [one["world"] for one in lines]) if values else (None, None)


def _ranked(board: Board, family: str) -> list[Score]:
    goals = (("t1", "T1 source first, 50 % noise, 40 victims", 0.99),
             ("t2", "T2 source first, 80 % noise, 80 victims", 0.97))  # fmt: skip
    return [
        score(f"{c}_first", title, lines, first, goal, best=best_other(lines))
        for c, title, goal in goals
        for lines in [board.cells(family, c)]
    ]


def _clean(board: Board, family: str) -> list[Score]:
    lines = board.cells(family, *CLEAN)
    count = sum(one["groups"] > 0 for one in lines)
    limit = upper_limit(count, len(lines)) if lines else None
    title = f"T3 anyone named in a clean world: {count} times, upper 95 % limit"
    # The limit of few draws is high whatever the tracer does: it gates once there are enough.
    figure = at_most(limit, 0.01, gates=len(lines) >= ENOUGH_CLEAN)
    return [Score("t3_clean_named", title, figure, len(lines), best=others_wrong(lines))]


def _teams(board: Board, family: str) -> list[Score]:
    lines = board.cells(family, *TEAMS)
    title = "T4 an innocent team-mate named"
    wrong = others_wrong(lines)
    return [
        score("t4_team_mate_named", title, lines, innocent, 0.01, most=True, best=wrong),
    ]


def _power(board: Board, family: str) -> list[Score]:
    lines = board.cells(family, "t5")
    where = "80 % noise, 160 victims"
    return [
        score("t5_marginal", f"T5 source over the bound, {where}", lines, marginal, 0.95,
              over=ceiling),
        score("t5_named", f"T5 source named, {where}", lines, named, 0.90, over=ceiling),
    ]  # fmt: skip


def by_times(
    board: Board, family: str, *prefixes: str, measure: Measure = hardest
) -> dict[float, float]:
    """Power to name the hardest source at each multiple of the theoretical minimum."""
    found = {k: board.cells(family, *(f"{p} x{k}" for p in prefixes)) for k in TIMES}
    return {k: mean(measure(one) for one in lines) for k, lines in found.items() if lines}


def _minimum(board: Board, family: str) -> list[Score]:
    kinds = (("single", 1.2, ("t6 single 50%", "t6 single 80%")), ("ring", 1.5, ("t6 ring",)))
    found = []
    for kind, goal, prefixes in kinds:
        power = by_times(board, family, *prefixes)
        times = crossing(power) if power else None
        figure = at_most(times, goal, unit="times")
        if power and times is None:
            figure = Figure(math.inf, figure.goal, ok=False)
        draws = sum(len(board.cells(family, f"{p} x{k}")) for p in prefixes for k in TIMES)
        title = f"T6 victims for 95 % power ÷ the theoretical n95, {kind}"
        found.append(Score(f"t6_{kind}", title, figure, draws, ceiling=1.0))
    return found


def _rings(board: Board, family: str) -> list[Score]:
    found = []
    for name, shares in (("ring-equal", "equal shares"), ("ring", "40/30/20/10")):
        for noise in RING_NOISES:
            lines = board.cells(family, f"{name} 400 {noise:.0%}")
            key, about = f"t7_{name}_{noise * 100:.0f}", f"{shares}, {noise:.0%} noise"
            most = mean(ceiling(one) for one in lines) if lines else math.nan
            goal = round(0.95 * most, 3) if lines else 0.95
            goal = max(goal, EQUAL_GOALS[noise]) if name == "ring-equal" else goal
            wrong = f"T7 an innocent named, {about}"
            found += [
                score(f"{key}_found", f"T7 found of 4, {about}", lines, named, goal,
                      over=ceiling),
                score(f"{key}_innocent", wrong, lines, innocent, 0.01, most=True),
            ]  # fmt: skip
    lines = board.cells(family, "ring-equal 800")
    title = "T8 exactly the 4 named, 800 victims, 60 % noise"
    return [*found, score("t8_ring_exact", title, lines, whole_ring, 0.8)]


def _dated(board: Board, family: str) -> list[Score]:
    lines = [
        one
        for one in board.cells(family, "t1", "t5")
        if one["scenario"] in DATED and named(one) == 1.0
    ]
    dated = [one for one in lines if one["sources"][0]["dated"]]
    widths = [width(one["sources"][0]["dated"]) for one in dated]
    figure = at_most(float(np.median(widths)) if widths else None, 14, unit="days")
    cover = score("t9_covered", "T9 copy within its window, of sources named", lines, covered, 0.9)
    if not dated:  # the tracer dates nothing yet
        cover = Score(cover.key, cover.title, Figure(None, cover.figure.goal, None), len(lines))
    return [cover, Score("t9_width", "T9 median width of the window", figure, len(widths))]


def _warned(board: Board, family: str) -> list[Score]:
    lines = [one for one in board.cells(family, "t1") if one["warned"]]
    title = "T10 next 1,000 contacts inside a list of 5 % of the book"
    return [
        score("t10_warned", title, lines, lambda one: float(one["warned"][0]), 0.8,
              over=lambda one: float(one["warned"][1]))
    ]  # fmt: skip


def _outside(board: Board, family: str) -> list[Score]:
    lines = board.cells(family, "outside")
    return [
        score("t11_says_outside", "T11 unlogged source: says so", lines,
              lambda one: float(one["verdict"] == "outside_log"), 0.9),
        score("t11_names_nobody", "T11 unlogged source: names nobody", lines,
              lambda one: float(not one["groups"]), 0.99),
    ]  # fmt: skip


def beliefs(board: Board, family: str) -> tuple[list[Line], list[tuple[float, bool]]]:
    """Stated chances of half clean, half single-source draws of each size, with the truth."""
    used: list[Line] = []
    for n in BELIEF_SIZES:
        clean, leaks = board.cells(family, f"clean {n}"), board.cells(family, f"belief {n}")
        half = min(len(clean), len(leaks))
        used += clean[:half] + leaks[:half]
    return used, [(chance, true) for one in used for chance, true in one["believed"]]


def _believed(board: Board, family: str) -> list[Score]:
    lines, pairs = beliefs(board, family)
    error = None
    if pairs:
        stated, true = np.array(pairs, dtype=float).T
        error = calibration(stated, true)[2]
    title = "T13 calibration error of the posterior"
    return [Score("t13_calibration", title, at_most(error, 0.03), len(lines))]
