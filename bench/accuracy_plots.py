"""The scoreboard's pictures: power by victims, rings by noise, calibration, with their limits."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import pyarrow as pa
import vl_convert

from accuracy_cells import BELIEF_SIZES, RING_NOISES
from accuracy_figures import Board, beliefs
from accuracy_intervals import calibration, share_interval
from accuracy_measures import Line, ceiling, mean, named

INK, MUTED, ACCENT, GRID = "#1f2937", "#5b6472", "#0f766e", "#e4e7ec"
KINDS = ("hubao", "oracle that knows every rate")
Rows = list[dict[str, Any]]


def draw_plots(board: Board, folder: Path) -> dict[str, str]:
    """Write the pictures that the draws allow, as SVG on white: dark pages show them too.

    Returns:
        The title of each picture by its name.
    """
    drawn = {}
    for name, plot in PLOTS.items():
        chart = plot(board)
        if chart is not None:
            folder.mkdir(parents=True, exist_ok=True)
            svg = vl_convert.vegalite_to_svg(_framed(chart).to_dict())
            (folder / f"{name}.svg").write_text(svg, encoding="utf-8")
            drawn[name] = str(chart.title)
    return drawn


def power_plot(board: Board) -> alt.Chart | None:
    """Draw the share of single sources named, by victims at 50 % noise, beside the oracle's."""
    rows: Rows = []
    for family in board.families:
        for n in BELIEF_SIZES:
            lines = board.cells(family, f"belief {n}")
            rows += _pair(lines, {"family": family, "x": n})
    scale = alt.Scale(type="log", base=2, domain=[18, 180])
    x = alt.X("x:Q", scale=scale, axis=alt.Axis(values=list(BELIEF_SIZES), title="victims"))
    return _lines(rows, x, "named", "Single sources named at 50 % noise", KINDS)


def ring_plot(board: Board) -> alt.Chart | None:
    """Draw the share of a ring's four members named, by noise, beside the oracle's."""
    rows: Rows = []
    for family in board.families:
        for noise in RING_NOISES:
            lines = board.cells(family, f"ring-equal 400 {noise:.0%}")
            rows += _pair(lines, {"family": family, "x": round(100 * noise)})
    axis = alt.Axis(values=[round(100 * noise) for noise in RING_NOISES], title="noise, %")
    x = alt.X("x:Q", scale=alt.Scale(domain=[25, 85]), axis=axis)
    return _lines(rows, x, "named", "Members of a ring of four, 400 victims, equal shares", KINDS)


def calibration_plot(board: Board) -> alt.Chart | None:
    """Draw how often a stated chance came true."""
    rows: Rows = []
    ours, exact = "stated chances", "as often as stated"
    for family in board.families:
        pairs = beliefs(board, family)[1]
        if pairs:
            chances, true = np.array(pairs, dtype=float).T
            stated, came, _ = calibration(chances, true)
            points = [(ours, s, c) for s, c in zip(stated.tolist(), came.tolist(), strict=True)]
            ends = [(exact, v, v) for v in (0.0, 1.0)]
            rows += [
                {"family": family, "kind": kind, "x": s, "y": c, "low": None, "high": None}
                for kind, s, c in [*points, *ends]
            ]
    x = alt.X("x:Q", title="stated chance of being a source", axis=alt.Axis(format="%"))
    return _lines(rows, x, "were a source", "Stated chances and what came true", (ours, exact))


def _pair(lines: list[Line], at: dict[str, Any]) -> Rows:
    """hubao's share named with its interval, and the oracle's power; nothing without draws."""
    if not lines:
        return []
    shares = [named(one) for one in lines]
    low, high = share_interval(shares, [one["world"] for one in lines])
    ours, theirs = KINDS
    return [
        {**at, "kind": ours, "y": mean(shares), "low": low, "high": high},
        {**at, "kind": theirs, "y": mean(ceiling(one) for one in lines), "low": None, "high": None},
    ]


def _lines(
    rows: Rows, x: alt.X, y_title: str, title: str, kinds: Sequence[str]
) -> alt.Chart | None:
    """Draw a full line and the dashed limit beside it, a panel for each family."""
    if not rows:
        return None
    colour = alt.Color(
        "kind:N",
        scale=alt.Scale(domain=list(kinds), range=[ACCENT, MUTED]),
        legend=alt.Legend(title=None, orient="bottom", symbolType="stroke", labelLimit=300),
    )
    dashes = alt.Scale(domain=list(kinds), range=[[1, 0], [6, 4]])
    dash = alt.StrokeDash("kind:N", scale=dashes, legend=None)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%", title=y_title))
    base = alt.Chart(pa.Table.from_pylist(rows)).properties(width=300, height=240)
    lines = base.mark_line(point=True, strokeWidth=2).encode(x, y, colour, dash)
    bars = base.mark_rule(color=ACCENT).encode(x, y="low:Q", y2="high:Q")
    families = list(dict.fromkeys(row["family"] for row in rows))
    panel = alt.Facet("family:N", title=None, sort=families)
    framed: alt.Chart = (bars + lines).facet(facet=panel).properties(title=title)
    return framed


def _framed(chart: alt.Chart) -> alt.Chart:
    framed: alt.Chart = (
        chart.properties(background="white", padding=12)
        .configure_axis(gridColor=GRID, labelColor=INK, titleColor=INK, labelFontSize=12)
        .configure_title(anchor="start", color=INK, fontSize=15)
        .configure_header(labelColor=INK, labelFontSize=13)
        .configure_legend(labelColor=INK, labelFontSize=12)
    )
    return framed


PLOTS: dict[str, Callable[[Board], alt.Chart | None]] = {
    "accuracy-power": power_plot,
    "accuracy-rings": ring_plot,
    "accuracy-calibration": calibration_plot,
}
