"""What entries are found by: written after they have their places, off the way of what is entered.

Such rows lie all over the table, so each costs several times what its entry does. Nothing rests on
them: `checking` holds them to the entries, and they can be made again from these.
"""

import json
from collections.abc import Iterator
from typing import Final

from django.db import connection

from hubao.desk.core.transactions import durable
from hubao.desk.ledger.bulk import insert
from hubao.desk.ledger.models import Mark
from hubao.desk.ledger.places import read_placed

AT_ONCE: Final = 10_000
MARK: Final = "about"
_INTO: Final = "ledger_about (key, entry)"


def key_of(*, event: str = "", actor: str = "", subject: str = "") -> str:
    """Give the key that entries of an event, or by an actor, or about a subject are found by."""
    return f"e:{event}" if event else f"a:{actor}" if actor else f"s:{subject}"


def keys_of(body: str) -> Iterator[str]:
    """Give every key that an entry is found by."""
    said = json.loads(body)
    for part in ("event", "actor", "subject"):
        if part in said:
            yield key_of(**{part: said[part]})


def index_placed() -> None:
    """Write down what the entries are about that have got a place since the last time."""
    while _index_some():
        pass


def indexed() -> int:
    """Give the number of entries, in the log's order, that can be found."""
    return Mark.objects.filter(name=MARK).values_list("place", flat=True).first() or 0


def _index_some() -> bool:
    with durable(), connection.cursor() as cursor:
        # The row is locked: rivals wait here, and go on where this one has come to.
        mark, _ = Mark.objects.select_for_update().get_or_create(name=MARK, defaults={"place": 0})
        placed = read_placed(cursor, mark.place, mark.place + AT_ONCE)
        rows = sorted((key, one.entry) for one in placed for key in keys_of(one.body))
        insert(cursor, _INTO, rows)
        Mark.objects.filter(name=MARK).update(place=mark.place + len(placed))
    return len(placed) == AT_ONCE
