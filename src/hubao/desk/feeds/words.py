"""What the page calls things, and the measures of its small picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_lazy as _

from hubao.desk.feeds.profile import Day
from hubao.desk.feeds.rules import Way

WAY_WORDS: Final = {
    Way.FILE: _("one file"),
    Way.FOLDER: _("a folder"),
    Way.PUSH: _("pushed"),
}
WIDTH: Final = 10  # of a day in the picture, its distance included
HEIGHT: Final = 60
_LEAST: Final = 2  # of a day with any event, so that it is seen


@dataclass(frozen=True)
class Bar:
    """A day in the picture: a bar from the bottom line upwards, of units of the picture."""

    day: Day
    x: int
    y: int
    height: int


def bars(days: Sequence[Day]) -> list[Bar]:
    """Give a bar for each day, the fullest as high as the picture."""
    most = max((one.events for one in days), default=0) or 1
    heights = [max(round(HEIGHT * one.events / most), _LEAST * bool(one.events)) for one in days]
    return [
        Bar(day, WIDTH * place, HEIGHT - height, height)
        for place, (day, height) in enumerate(zip(days, heights, strict=True))
    ]
