"""Pictures with one row for each suspect: seen against expected, and victim by victim."""

import math
from collections.abc import Sequence
from typing import Final

import altair as alt

from hubao.trace.html.charts import Lead, drawn_rows
from hubao.trace.html.frame import PALETTE, WIDE, Frame, Margins, Row, draw
from hubao.trace.reading import Range, work_alone
from hubao.trace.report import Report
from hubao.trace.words import count, decimal, say

_CELLS: Final = {"wide": 120, "narrow": 60}  # most cells a row of the strip is cut into
_HALF: Final = 0.36  # half the height of a strip's cell, in rows


def forest(report: Report, lang: str, frame: Frame) -> str:
    """For each suspect the victims it had seen, over the range that its work alone explains."""
    leads = drawn_rows(report)
    rows = [(lead, *_seen_and_range(report, lead.row)) for lead in leads]
    most = max(max(seen, alone.high) for _, seen, alone in rows) + 1
    data: dict[str, list[Row]] = {
        "bands": [
            {"y": place, "x": max(0.0, alone.low - 0.4), "x2": alone.high + 0.4}
            for place, (_, _, alone) in enumerate(rows)
        ],
        "expected": [{"y": place, "x": alone.mean} for place, (_, _, alone) in enumerate(rows)],
        "seen": [{"y": place, "x": seen} for place, (_, seen, _) in enumerate(rows)],
        "named": [{"y": i, "x": seen} for i, (lead, seen, _) in enumerate(rows) if lead.named],
        "values": [
            {"y": place, "text": f"{count(seen)} / {decimal(alone.mean, 1)}"}
            for place, (_, seen, alone) in enumerate(rows)
        ],
        "heading": [{"text": say("short.seen", lang)}],
    }
    x = alt.X(
        "x:Q",
        scale=alt.Scale(domain=[0, most], nice=False),
        axis=alt.Axis(
            title=say("forest.x", lang), tickMinStep=1, tickCount=_ticks(frame), format="d"
        ),
    )
    return _draw_rows(_forest_layers(x, _down(len(rows))), data, leads, frame=frame, right=96)


def _seen_and_range(report: Report, row: int) -> tuple[int, Range]:
    return sum(report.evidence.touched[row]), work_alone(report.evidence.expected[row])


def _forest_layers(x: alt.X, y: alt.Y) -> list[alt.Chart]:
    bands = alt.Chart(alt.NamedData("bands")).mark_rule(color=PALETTE["band"], strokeWidth=13)
    ticks = alt.Chart(alt.NamedData("expected")).mark_tick(
        color=PALETTE["muted"], thickness=2, size=17, orient="vertical"
    )
    dots = [
        alt.Chart(alt.NamedData(name)).mark_point(
            filled=True, opacity=1, size=size, color=PALETTE[colour]
        )
        for name, size, colour in (("seen", 80, "ink"), ("named", 130, "accent"))
    ]
    return [
        bands.encode(x=x, x2="x2:Q", y=y),
        ticks.encode(x=x, y=y),
        *(dot.encode(x=x, y=y) for dot in dots),
    ]


def strip(report: Report, lang: str, frame: Frame) -> str:
    """Victims across, suspects down: which victim's record each had seen before the contact."""
    leads = drawn_rows(report)
    touched = [report.evidence.touched[lead.row] for lead in leads]
    victims, per_cell = len(report.evidence.policies), cell_size(report, frame)
    filled = [_row_cells(row, place, per_cell) for place, row in enumerate(touched)]
    data: dict[str, list[Row]] = {
        "track": [
            {"x": 0, "x2": victims, "y": place - _HALF, "y2": place + _HALF}
            for place in range(len(leads))
        ],
        "plain": [
            c for lead, row in zip(leads, filled, strict=True) if not lead.named for c in row
        ],
        "source": [c for lead, row in zip(leads, filled, strict=True) if lead.named for c in row],
        "values": [{"y": place, "text": count(sum(row))} for place, row in enumerate(touched)],
        "heading": [{"text": say("forest.key.seen", lang)}],
    }
    x = alt.X(
        "x:Q",
        scale=alt.Scale(domain=[0, victims], nice=False),
        axis=alt.Axis(
            title=say("curve.x", lang),
            tickMinStep=1,
            tickCount=_ticks(frame),
            format="d",
            grid=False,
        ),
    )
    y = _down(len(leads))
    layers = [
        alt.Chart(alt.NamedData(name))
        .mark_rect(color=PALETTE[colour], strokeWidth=0)
        .encode(x=x, x2="x2:Q", y=y, y2="y2:Q")
        for name, colour in (("track", "grid"), ("plain", "ink"), ("source", "accent"))
    ]
    return _draw_rows(layers, data, leads, frame=frame, right=72)


def cell_size(report: Report, frame: Frame) -> int:
    """Victims that one cell of the strip stands for."""
    return max(1, math.ceil(len(report.evidence.policies) / _CELLS[frame.name]))


def _row_cells(touched: Sequence[bool], place: int, size: int) -> list[Row]:
    """One bar a cell, as high as the share of its victims that were seen; none where nobody was."""
    gap = 0.08 if size == 1 else 0.0
    cells: list[Row] = []
    for start in range(0, len(touched), size):
        part = touched[start : start + size]
        share = sum(part) / len(part)
        if share:
            top = place + _HALF - 2 * _HALF * share
            across = {"x": start + gap, "x2": start + len(part) - gap}
            cells.append(across | {"y": top, "y2": place + _HALF})
    return cells


def _ticks(frame: Frame) -> int:
    return 8 if frame is WIDE else 3


def _down(rows: int) -> alt.Y:
    scale = alt.Scale(domain=[rows - 0.5, -0.5], nice=False)
    return alt.Y("y:Q", scale=scale, axis=None)


def _draw_rows(
    layers: list[alt.Chart],
    data: dict[str, list[Row]],
    leads: Sequence[Lead],
    *,
    frame: Frame,
    right: int,
) -> str:
    names = [lead.label(frame.name_cells) for lead in leads]
    margins = Margins(left=frame.room(names) + 18, right=right, top=26)
    width = frame.width - margins.left - margins.right
    y = _down(len(leads))
    for named in (True, False):
        data[f"names{named:d}"] = [
            {"y": place, "text": names[place]}
            for place, lead in enumerate(leads)
            if lead.named is named
        ]
        layers.append(_text(f"names{named:d}", -14, y, named=named))
    layers.append(_text("values", width + 10, y))
    heading = alt.Chart(alt.NamedData("heading")).mark_text(align="left", color=PALETTE["muted"])
    layers.append(heading.encode(x=alt.value(width + 10), y=alt.value(-14), text="text:N"))
    height = len(leads) * (30 if frame is WIDE else 28)
    return draw(layers, data, frame=frame, height=height, margins=margins)


def _text(name: str, x: int, y: alt.Y, *, named: bool = False) -> alt.Chart:
    mark = alt.Chart(alt.NamedData(name)).mark_text(
        align="right" if x < 0 else "left",
        baseline="middle",
        fontWeight="bold" if named else "normal",
        color=PALETTE["accent" if named else "ink"],
    )
    layer: alt.Chart = mark.encode(x=alt.value(x), y=y, text="text:N")
    return layer
