"""The report's three pictures: evidence curve, seen against expected, victims x suspects."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import altair as alt
import numpy as np

from hubao.trace import reading
from hubao.trace.html.frame import PALETTE, WIDE, Frame, Margins, Row, draw
from hubao.trace.report import Evidence, Report
from hubao.trace.words import decimal, say, shown
from hubao.trace.wrapping import shortened

ROWS_SHOWN: Final = 12  # suspects drawn one under the other; the table has the rest
_REST_SHOWN: Final = 60
_LABEL_GAP: Final = 18
_FLOOR: Final = -2.0
_DASHES: Final = ([1, 0], [7, 3], [2, 3], [10, 3, 2, 3], [4, 2], [1, 2], [12, 4], [6, 2, 2, 2])


@dataclass(frozen=True)
class Lead:
    """A suspect drawn with its name: its row in the evidence, rank, name, and whether named."""

    row: int
    rank: int
    actor: str
    named: bool
    others: int = 0

    def label(self, cells: int) -> str:
        """Rank and name in at most `cells` cells and the rank's."""
        more = f" +{self.others}" if self.others else ""
        return f"{self.rank} {shortened(shown(self.actor), cells - len(more))}{more}"


def ranks(report: Report) -> dict[str, int]:
    """Each suspect's place in the table of suspects, from 1."""
    return {suspect.actor: rank for rank, suspect in enumerate(report.suspects, start=1)}


def drawn_rows(report: Report) -> list[Lead]:
    """The suspects drawn row by row: the best dozen, and the named wherever they stand."""
    places, named = ranks(report), reading.named_actors(report)
    return [
        Lead(row, places.get(actor, row + 1), actor, actor in named)
        for row, actor in enumerate(report.evidence.actors)
        if row < ROWS_SHOWN or actor in named
    ]


def drawn_lines(report: Report, most: int) -> list[Lead]:
    """The curves drawn with a name: one for each named group, then others that rose."""
    evidence, places = report.evidence, ranks(report)
    row_of = {actor: row for row, actor in enumerate(evidence.actors)}
    leads = []
    for group in report.named:
        actor = next((actor for actor in group if actor in row_of), None)
        if actor is not None:
            rank = places.get(actor, row_of[actor] + 1)
            leads.append(Lead(row_of[actor], rank, actor, named=True, others=len(group) - 1))
    named = reading.named_actors(report)
    least = 1.0 if named else 0.0  # beside a source, only what looks suspect itself gets a name
    others = [
        Lead(row, places.get(actor, row + 1), actor, named=False)
        for actor, row in row_of.items()
        if actor not in named and list(evidence.log10_e_values[row])[-1] > least
    ]
    leads = (leads + others)[: max(most, len(leads))][: len(_DASHES)]
    return leads or drawn_rows(report)[:1]


def curve(report: Report, lang: str, frame: Frame) -> str:
    """log10 e-value after each victim, the bound drawn; named lines in colour, the rest grey."""
    evidence = report.evidence
    leads = drawn_lines(report, most=5 if frame is WIDE else 4)
    height = 320 if frame is WIDE else 280
    names = [lead.label(frame.name_cells) for lead in leads]
    margins = Margins(left=44, right=frame.room(names) + 22, top=34)
    width = frame.width - margins.left - margins.right
    plot = _Plot(evidence, leads, width=width, height=height, title=say("curve.x", lang))
    data: dict[str, list[Row]] = {
        "rest": plot.rest(),
        "bound": [
            {
                "y": evidence.bound,
                "text": say("curve.bound", lang, bound=decimal(evidence.bound)),
            }
        ],
        "title": [{"text": say("curve.y", lang)}],
        "stalks": plot.stalks(),
        "crossings": plot.crossings(),
    }
    layers = [plot.line("rest", "rest", 1.0, _DASHES[0]), *plot.bound()]
    for number, lead in enumerate(leads):
        data[f"line{number}"] = plot.points(lead.row)
        colour, stroke = ("accent", 3.0) if lead.named else ("ink", 1.6)
        layers.append(plot.line(f"line{number}", colour, stroke, _DASHES[number]))
    layers += plot.marks()
    for named in (True, False):
        data[f"labels{named:d}"] = plot.labels(frame, named=named)
        layers.append(plot.label_layer(f"labels{named:d}", named=named))
    return draw(layers, data, frame=frame, height=height, margins=margins)


class _Plot:
    """The evidence curve's coordinates: victims across, log10 e-value up."""

    def __init__(
        self, evidence: Evidence, leads: Sequence[Lead], *, width: int, height: int, title: str
    ) -> None:
        self.evidence, self.leads, self.title = evidence, leads, title
        self.width, self.height = width, height
        self.victims = len(evidence.policies)
        self.curves = np.array([evidence.log10_e_values[lead.row] for lead in leads])
        self.high = max(evidence.bound * 1.15, float(self.curves.max()) * 1.06)
        self.low = min(_FLOOR, -0.12 * self.high)
        self.steps = np.unique(
            np.linspace(0, self.victims, min(self.victims, width // 3) + 1, dtype=int)
        )

    def x(self) -> alt.X:
        ticks = max(3, self.width // 100)
        axis = alt.Axis(title=self.title, grid=False, tickMinStep=1, tickCount=ticks, format="d")
        return alt.X("x:Q", scale=alt.Scale(domain=[0, self.victims], nice=False), axis=axis)

    def y(self) -> alt.Y:
        scale = alt.Scale(domain=[self.low, self.high], nice=False)
        return alt.Y("y:Q", scale=scale, axis=alt.Axis(title=None, tickCount=6))

    def points(self, row: int) -> list[Row]:
        """The curve from evidence 0 before any victim; below the picture's floor it breaks off."""
        values = np.concatenate([[0.0], self.evidence.log10_e_values[row]])
        return [
            {"x": int(x), "y": float(values[x]) if values[x] >= self.low else None, "k": row}
            for x in self.steps
        ]

    def rest(self) -> list[Row]:
        drawn = {lead.row for lead in self.leads}
        rows = [row for row in range(len(self.evidence.actors)) if row not in drawn]
        return [point for row in rows[:_REST_SHOWN] for point in self.points(row)]

    def ends(self) -> list[tuple[float, float]]:
        """For each lead, where its curve ends and where its label goes (log10 e-value)."""
        ends = [max(self.evidence.log10_e_values[lead.row][-1], self.low) for lead in self.leads]
        scale = self.height / (self.high - self.low)
        places = spread([(self.high - end) * scale for end in ends], _LABEL_GAP, self.height)
        return [(end, self.high - place / scale) for end, place in zip(ends, places, strict=True)]

    def labels(self, frame: Frame, *, named: bool) -> list[Row]:
        pairs = zip(self.leads, self.ends(), strict=True)
        return [
            {"x": self.victims, "y": place, "text": lead.label(frame.name_cells)}
            for lead, (_, place) in pairs
            if lead.named is named
        ]

    def stalks(self) -> list[Row]:
        reach = self.victims * (1 + 10 / self.width)
        return [
            {"x": self.victims, "x2": reach, "y": end, "y2": place} for end, place in self.ends()
        ]

    def crossings(self) -> list[Row]:
        found = [
            (lead, reading.crossing(self.evidence, lead.actor)) for lead in self.leads if lead.named
        ]
        return [
            {"x": victim, "y": self.evidence.log10_e_values[lead.row][victim - 1]}
            for lead, victim in found
            if victim is not None
        ]

    def line(self, name: str, colour: str, width: float, dash: list[int]) -> alt.Chart:
        mark = alt.Chart(alt.NamedData(name)).mark_line(
            color=PALETTE[colour], strokeWidth=width, strokeDash=dash
        )
        layer: alt.Chart = mark.encode(x=self.x(), y=self.y(), detail="k:N")
        return layer

    def bound(self) -> list[alt.Chart]:
        base = alt.Chart(alt.NamedData("bound"))
        rule = base.mark_rule(color=PALETTE["bound"], strokeWidth=1.5, strokeDash=[6, 4])
        passed = self.curves.max() >= self.evidence.bound  # then lines cross it on the left
        text = base.mark_text(
            align="right" if passed else "left",
            dy=-10,
            color=PALETTE["bound"],
            fontWeight="bold",
        )
        x = self.width - 4 if passed else 6
        return [
            rule.encode(y=self.y()),
            text.encode(x=alt.value(x), y=self.y(), text="text:N"),
        ]

    def label_layer(self, name: str, *, named: bool) -> alt.Chart:
        mark = alt.Chart(alt.NamedData(name)).mark_text(
            align="left",
            baseline="middle",
            dx=14,
            color=PALETTE["accent" if named else "ink"],
            fontWeight="bold" if named else "normal",
        )
        layer: alt.Chart = mark.encode(x=self.x(), y=self.y(), text="text:N")
        return layer

    def marks(self) -> list[alt.Chart]:
        stalks = alt.Chart(alt.NamedData("stalks")).mark_rule(color=PALETTE["rest"])
        crossings = alt.Chart(alt.NamedData("crossings")).mark_point(
            filled=True, opacity=1, size=70, color=PALETTE["accent"]
        )
        heading = alt.Chart(alt.NamedData("title")).mark_text(
            align="left", baseline="top", color=PALETTE["muted"]
        )
        return [
            stalks.encode(x=self.x(), x2="x2:Q", y=self.y(), y2="y2:Q"),
            crossings.encode(x=self.x(), y=self.y()),
            heading.encode(x=alt.value(-40), y=alt.value(-28), text="text:N"),
        ]


def spread(places: Sequence[float], gap: float, height: float) -> list[float]:
    """Labels' places, in pixels from the top, moved apart to `gap` and kept within `height`."""
    order = sorted(range(len(places)), key=lambda index: places[index])
    moved = [places[index] for index in order]
    for i in range(1, len(moved)):
        moved[i] = max(moved[i], moved[i - 1] + gap)
    ceiling = height
    for i in reversed(range(len(moved))):
        moved[i] = min(moved[i], ceiling)
        ceiling = moved[i] - gap
    result = [0.0] * len(places)
    for index, place in zip(order, moved, strict=True):
        result[index] = place
    return result
