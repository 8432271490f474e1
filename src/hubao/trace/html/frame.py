"""The frame charts are drawn in: sizes, colours, and the one door to the drawing engine.

Every chart is drawn twice, for wide pages and for phones, with margins that we set ourselves: the
engine measures text with whatever fonts the machine has, the reader's browser has others. Colours
are placeholders which the page's style sheet turns into those of the reader's light or dark mode.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import altair as alt
import vl_convert

from hubao.trace.wrapping import cells

PALETTE: Final = {
    "ink": "#1f2937",
    "muted": "#5b6472",
    "grid": "#e4e7ec",
    "rest": "#a9b1bd",
    "accent": "#0f766e",
    "band": "#cdd3dc",
    "bound": "#b42318",
}
Row = Mapping[str, float | str | None]
_LATIN: Final = 0.66  # ems that a bold letter takes in the widest system fonts; Chinese takes 1


@dataclass(frozen=True)
class Frame:
    """Where a chart is drawn: its whole width and letters in pixels, names in character cells."""

    name: str
    width: int
    letters: int
    name_cells: int

    def room(self, labels: Sequence[str]) -> int:
        """Pixels that the longest of the labels takes, whatever the reader's font."""
        ems = (sum(1.0 if cells(letter) == 2 else _LATIN for letter in label) for label in labels)
        return math.ceil(max(ems) * self.letters)


WIDE: Final = Frame("wide", 1000, 14, 26)
NARROW: Final = Frame("narrow", 344, 13, 11)
FRAMES: Final = (WIDE, NARROW)


@dataclass(frozen=True)
class Margins:
    """Room around a plot, in pixels."""

    left: int
    right: int
    top: int = 8
    bottom: int = 44


def draw(
    layers: Sequence[alt.Chart],
    data: Mapping[str, Sequence[Row]],
    *,
    frame: Frame,
    height: int,
    margins: Margins,
) -> str:
    """SVG of the layers over the named data; `height` is the plot's, without its margins."""
    chart = (
        alt.layer(*layers)
        .properties(
            width=frame.width - margins.left - margins.right,
            height=height,
            padding={
                "left": margins.left,
                "right": margins.right,
                "top": margins.top,
                "bottom": margins.bottom,
            },
            autosize=alt.AutoSizeParams(type="none"),
        )
        .configure(background="transparent", font="sans-serif", aria=False)
        .configure_view(stroke=None)
        .configure_axis(
            labelFontSize=frame.letters,
            titleFontSize=frame.letters,
            titleFontWeight="normal",
            labelColor=PALETTE["muted"],
            titleColor=PALETTE["muted"],
            gridColor=PALETTE["grid"],
            domainColor=PALETTE["rest"],
            ticks=False,
            labelPadding=6,
        )
        .configure_text(fontSize=frame.letters, color=PALETTE["ink"], limit=0)
    )
    spec = chart.to_dict() | {"datasets": {name: list(rows) for name, rows in data.items()}}
    return _inline(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]))


def _inline(svg: str) -> str:
    """The SVG as part of a page: sized by its container, silent to screen readers."""
    size = re.match(r'<svg [^>]*?width="([\d.]+)" height="([\d.]+)"[^>]*>', svg)
    if size is None:
        raise ValueError("the drawing engine returned no SVG")
    opening = f'<svg viewBox="0 0 {size[1]} {size[2]}" aria-hidden="true" focusable="false">'
    return opening + svg[size.end() :]
