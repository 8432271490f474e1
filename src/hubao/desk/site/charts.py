"""Small charts as SVG that the server writes: days as bars from zero, the limit drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

WIDTH: Final = 280
HEIGHT: Final = 64
_TOP: Final = 14  # room for the labels above the bars
_GAP: Final = 4


@dataclass(frozen=True)
class Bar:
    """A day's bar: where it stands, and what is written above it."""

    day: date
    number: int
    x: float
    y: float
    width: float
    height: float
    label: str

    @property
    def middle(self) -> float:
        """Where its label is centred."""
        return round(self.x + self.width / 2, 1)

    @property
    def above(self) -> float:
        """Where its label stands."""
        return round(self.y - 3, 1)


@dataclass(frozen=True)
class Chart:
    """A chart, and the same as a table.

    Attributes:
        title: what it shows; what it says stands there first.
        note: what is counted.
        bars: a day each, the oldest first.
        limit: a day's limit, if there is one.
        limit_y: where that is drawn.
    """

    title: str
    note: str
    bars: Sequence[Bar]
    limit: int | None = None
    limit_y: float = 0

    width: int = WIDTH
    height: int = HEIGHT

    @property
    def limit_word_y(self) -> float:
        """Where the limit's word stands."""
        return round(self.limit_y - 3, 1)


def chart(
    numbers: Mapping[date, int],
    *,
    last: date,
    days: int,
    title: str,
    note: str,
    limit: int | None = None,
) -> Chart:
    """Draw so many days up to the last; days without a number are zero.

    Only the last day and the highest are labelled: more would hide the bars.
    """
    shown = [last - timedelta(days=back) for back in range(days - 1, -1, -1)]
    values = [numbers.get(day, 0) for day in shown]
    scale = (HEIGHT - _TOP) / max(*values, limit or 0, 1)
    highest = values.index(max(values))
    step = (WIDTH + _GAP) / days
    bars = [
        Bar(
            day=day,
            number=value,
            x=round(place * step, 1),
            y=round(HEIGHT - value * scale, 1),
            width=round(step - _GAP, 1),
            height=round(value * scale, 1),
            label=f"{value:,}" if place == days - 1 or (value and place == highest) else "",
        )
        for place, (day, value) in enumerate(zip(shown, values, strict=True))
    ]
    return Chart(title, note, bars, limit, round(HEIGHT - (limit or 0) * scale, 1))
