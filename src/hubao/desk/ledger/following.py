"""Go through the log behind the sequencer: each entry with a place is taken up once, in order."""

from collections.abc import Callable, Sequence
from typing import Final

from django.db import connection
from django.db.backends.utils import CursorWrapper

from hubao.desk.core.transactions import durable
from hubao.desk.ledger.models import Mark
from hubao.desk.ledger.places import Placed, read_archived, read_placed, read_size

AT_ONCE: Final = 10_000
Take = Callable[[CursorWrapper, Sequence[Placed]], None]


def follow(name: str, take: Take) -> None:
    """Hand entries to `take` that have got a place since the last time, many at a time.

    Args:
        name: of the mark; a new name begins at the first entry that isn't archived.
        take: writes what it makes of them, in the transaction in which the mark moves on.
    """
    while _follow_some(name, take):
        pass


def followed(name: str) -> int:
    """Give the number of entries, in the log's order, that were taken up under a name."""
    return Mark.objects.filter(name=name).values_list("place", flat=True).first() or 0


def _follow_some(name: str, take: Take) -> bool:
    with connection.cursor() as cursor:
        if read_size(cursor) == followed(name):  # no writer's turn for nothing
            return False
    with durable(), connection.cursor() as cursor:
        # The row is locked: rivals wait here, and go on where this one has come to.
        mark, _ = Mark.objects.select_for_update().get_or_create(name=name, defaults={"place": 0})
        begin = _first_here(cursor, mark.place)
        placed = read_placed(cursor, begin, begin + AT_ONCE)
        if placed:
            take(cursor, placed)
            begin = placed[-1].place + 1
        Mark.objects.filter(name=name).update(place=begin)
    return bool(placed)


def _first_here(cursor: CursorWrapper, place: int) -> int:
    """Give the first place from another on whose entry isn't archived."""
    if place == read_size(cursor) or read_placed(cursor, place, place + 1):
        return place
    return max(place, read_archived(cursor))
