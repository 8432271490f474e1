"""Pictures of a world beside the real logs, as SVG on white, so that dark pages show them too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import pyarrow as pa
import vl_convert

from hubao.world.model import Floats
from realism_accesses import Accesses
from realism_measures import SAMPLED, Compared, hours, weekdays

INK, GRID = "#1f2937", "#e4e7ec"
LINES = (  # colour and dashes; the world's first, then as many real logs as there are
    ("#0f766e", [1, 0]),
    ("#b54708", [7, 3]),
    ("#175cd3", [2, 3]),
    ("#5b6472", [9, 3, 2, 3]),
)
POINTS = 160  # of a curve
PANELS = {
    "record": "a record, all years",
    "quarter": "a record, three months",
    "work": "a piece of work",
}
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DURATION = (
    "datum.value < 60 ? datum.value + ' s' : datum.value < 3600 ? datum.value / 60 + ' min' : "
    "datum.value < 86400 ? datum.value / 3600 + ' h' : datum.value / 86400 + ' d'"
)
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class _Curve:
    """How one measure is drawn.

    Attributes:
        lowest: smaller values are drawn here, as a log axis has no zero.
        highest: where the axis ends; ticks: where it is marked.
        axis: what it says. label: how a mark is written.
    """

    lowest: float
    highest: float
    ticks: Sequence[float]
    axis: str
    label: str = "datum.label"


CURVES = {
    "cases_per_person": _Curve(
        0.01, 30, (0.01, 0.1, 1, 10), "cases per person, in times the log's mean (log scale)"
    ),
    "people_per_case": _Curve(1, 40, (1, 2, 5, 10, 20, 40), "people who opened a case (log scale)"),
    "gaps": _Curve(
        1,
        4e7,
        (1, 60, 3_600, 86_400, 2_592_000, 31_536_000),
        "from one access of a case to the next (log scale)",
        DURATION,
    ),
}


def image_of(measure: str) -> str:
    """Give the file name of a measure's picture."""
    return f"world-{measure.replace('_', '-')}.svg"


def draw_plots(
    readings: Mapping[str, Accesses],
    logs: Sequence[Accesses],
    found: Mapping[str, Mapping[str, Compared]],
    folder: Path,
) -> None:
    """Write a picture of each measure with a curve, and one of the clock."""
    folder.mkdir(parents=True, exist_ok=True)
    charts: dict[str, alt.FacetChart | alt.HConcatChart] = {
        measure: _curves(measure, readings, logs, found[measure]) for measure in CURVES
    }
    charts["clock"] = _clock([readings["record"], *logs], found)
    for measure, chart in charts.items():
        svg = vl_convert.vegalite_to_svg(_framed(chart).to_dict())
        (folder / image_of(measure)).write_text(svg, encoding="utf-8")


def _curves(
    measure: str,
    readings: Mapping[str, Accesses],
    logs: Sequence[Accesses],
    found: Mapping[str, Compared],
) -> alt.FacetChart:
    """Draw distribution functions, a panel for each reading of the world."""
    curve, of = CURVES[measure], SAMPLED[measure].of
    theirs = [row for log in logs for row in _steps(of(log), log.name, curve)]
    rows: Rows = []
    for reading, log in readings.items():
        panel = f"{PANELS[reading]}: {_verdict(found[reading])}"
        rows += [{**row, "panel": panel} for row in (*theirs, *_steps(of(log), "world", curve))]
    axis = alt.Axis(values=list(curve.ticks), title=curve.axis, labelExpr=curve.label)
    scale = alt.Scale(type="log", domain=[curve.lowest, curve.highest], nice=False, clamp=True)
    x = alt.X("x:Q", scale=scale, axis=axis)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%", title="at most"))
    step = alt.Chart(_data(rows)).mark_line(interpolate="step-after", strokeWidth=2)
    order = list(dict.fromkeys(row["panel"] for row in rows))
    faceted = (
        step.encode(x, y, *_told_apart(["world", *(log.name for log in logs)]))
        .properties(width=260, height=220)
        .facet(facet=alt.Facet("panel:N", title=None, sort=order), columns=3)
    )
    titled: alt.FacetChart = faceted.properties(
        title=f"{SAMPLED[measure].title}: {_finding(found)}"
    )
    return titled


def _clock(
    logs: Sequence[Accesses], found: Mapping[str, Mapping[str, Compared]]
) -> alt.HConcatChart:
    """Draw the share of the accesses by hour and by day of the week."""
    by_hour = [
        {"series": log.name, "x": hour, "y": share}
        for log in logs
        for hour, share in enumerate(hours(log).tolist())
    ]
    by_day = [
        {"series": log.name, "x": day, "y": share}
        for log in logs
        for day, share in zip(DAYS, weekdays(log).tolist(), strict=True)
    ]
    y = alt.Y("y:Q", axis=alt.Axis(format="%", title="share of the accesses"))
    hour = alt.X("x:Q", axis=alt.Axis(title="hour of the day", values=list(range(0, 24, 3))))
    day = alt.X("x:N", sort=list(DAYS), axis=alt.Axis(title="day of the week", labelAngle=0))
    told_apart = _told_apart([log.name for log in logs])
    left = alt.Chart(_data(by_hour)).mark_line(strokeWidth=2).encode(hour, y, *told_apart)
    right = alt.Chart(_data(by_day)).mark_line(strokeWidth=2).encode(day, y, *told_apart)
    return alt.hconcat(
        left.properties(width=400, height=220, title=_near(found["hour_of_day"]["record"])),
        right.properties(width=400, height=220, title=_near(found["weekday"]["record"])),
        title="When records are opened, by the hour of the place and the day of the week",
    )


def _steps(sample: Floats, series: str, curve: _Curve) -> Rows:
    """Give the corners of a sample's distribution function, or `POINTS` of its values if many."""
    values, counts = np.unique(np.maximum(sample, curve.lowest), return_counts=True)
    share = np.cumsum(counts) / counts.sum()
    if len(values) > POINTS:
        marks = np.geomspace(curve.lowest, curve.highest, POINTS)
        place = np.searchsorted(values, marks, side="right") - 1
        values, share = marks, np.where(place < 0, 0.0, share[np.maximum(place, 0)])
    return [
        {"series": series, "x": x, "y": y}
        for x, y in zip(
            [curve.lowest, *values.tolist(), curve.highest],
            [0.0, *share.tolist(), 1.0],
            strict=True,
        )
    ]


def _near(compared: Compared) -> alt.TitleParams:
    text = f"{_verdict(compared)}; the logs are {compared.spread:.2f} apart"
    return alt.TitleParams(text, fontSize=13, fontWeight="normal", anchor="middle")


def _verdict(compared: Compared) -> str:
    return f"{compared.nearest:.2f} from the nearest"


def _finding(found: Mapping[str, Compared]) -> str:
    spread = next(iter(found.values())).spread
    inside = sum(compared.within for compared in found.values())
    return f"{inside} of {len(found)} readings as near to a log as the logs are, {spread:.2f}"


def _told_apart(names: Sequence[str]) -> tuple[alt.Color, alt.StrokeDash]:
    """Give each log its colour and its dashes, for black and white too."""
    lines = (LINES * len(names))[: len(names)]
    legend = alt.Legend(title=None, orient="bottom", symbolType="stroke", symbolSize=600)
    colours = alt.Scale(domain=list(names), range=[colour for colour, _ in lines])
    dashes = alt.Scale(domain=list(names), range=[dash for _, dash in lines])
    return (
        alt.Color("series:N", scale=colours, legend=legend),
        alt.StrokeDash("series:N", scale=dashes, legend=legend),
    )


def _data(rows: Rows) -> "pa.Table":
    return pa.Table.from_pylist(rows)


def _framed(chart: alt.FacetChart | alt.HConcatChart) -> alt.FacetChart | alt.HConcatChart:
    framed: alt.FacetChart | alt.HConcatChart = (
        chart.properties(background="white", padding=12)
        .configure_axis(gridColor=GRID, labelColor=INK, titleColor=INK, labelFontSize=12)
        .configure_title(anchor="start", color=INK, fontSize=15)
        .configure_header(labelColor=INK, labelFontSize=13)
        .configure_legend(labelColor=INK, labelFontSize=13)
    )
    return framed
