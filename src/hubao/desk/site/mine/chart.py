"""The picture of looks by month: bars that a template draws, so that no script is needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hubao.desk.policies.holder.rules import Month

WIDTH: Final = 340
HEIGHT: Final = 150
_TOP, _BOTTOM = 24, 122  # of the bars
_GAP: Final = 0.25  # of a month's width
_APART: Final = 48  # that a year's digits take under the bars


@dataclass(frozen=True)
class Bar:
    """One month, in the picture's units; `top` is where looks end and refusals begin."""

    month: str
    seen: int
    refused: int
    x: float
    width: float
    top: float
    height: float
    over: float
    over_height: float


@dataclass(frozen=True)
class Chart:
    """The whole picture.

    Attributes:
        title: what it shows, as a finding.
        bars: from the oldest month.
        most: number that the upper line stands for.
        years: where a year begins, and which.
    """

    title: str
    bars: Sequence[Bar]
    most: int
    years: Sequence[tuple[float, str]]
    width: int = WIDTH
    height: int = HEIGHT
    top: int = _TOP
    bottom: int = _BOTTOM


def chart(months: Sequence[Month]) -> Chart:
    """Draw months.

    Args:
        months: without gaps, the oldest first; one at least.
    """
    most = max(1, *(one.seen + one.refused for one in months))
    wide = WIDTH / len(months)
    bars = [_bar(one, place * wide, wide, most) for place, one in enumerate(months)]
    return Chart(_title(months), bars, most, _calendar(months, wide))


def _bar(one: Month, x: float, wide: float, most: int) -> Bar:
    unit = (_BOTTOM - _TOP) / most
    top = _BOTTOM - one.seen * unit
    over = top - one.refused * unit
    return Bar(
        month=_name(one),
        seen=one.seen,
        refused=one.refused,
        x=round(x + wide * _GAP / 2, 2),
        width=round(wide * (1 - _GAP), 2),
        top=round(top, 2),
        height=round(one.seen * unit, 2),
        over=round(over, 2),
        over_height=round(one.refused * unit, 2),
    )


def _calendar(months: Sequence[Month], wide: float) -> list[tuple[float, str]]:
    """Give where years are written: at each January, and at the first month if there is room."""
    begins = [place for place, one in enumerate(months) if one.month == 1]
    if not begins or begins[0] * wide >= _APART:
        begins = [0, *begins]
    return [(round(place * wide, 2), str(months[place].year)) for place in begins]


def _title(months: Sequence[Month]) -> str:
    seen = sum(one.seen for one in months)
    if not seen:
        return _("Nobody looked at your data in these months")
    most = max(months, key=lambda one: one.seen)
    told = ngettext(
        "Your data was looked at %(seen)s time, in %(month)s",
        "Your data was looked at %(seen)s times, most in %(month)s: %(most)s",
        seen,
    )
    return told % {"seen": seen, "month": _name(most), "most": most.seen}


def _name(one: Month) -> str:
    return date_format(date(one.year, one.month, 1), "YEAR_MONTH_FORMAT")
