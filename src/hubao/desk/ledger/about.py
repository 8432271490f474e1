"""What entries are found by: written after they have their places, off the way of what is entered.

Such rows lie all over the table, so each costs several times what its entry does. Nothing rests on
them: `checking` holds them to the entries, and they can be made again from these.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Final

from django.db.backends.utils import CursorWrapper

from hubao.desk.ledger.bulk import insert
from hubao.desk.ledger.following import follow, followed
from hubao.desk.ledger.places import Placed

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
    follow(MARK, _index)


def indexed() -> int:
    """Give the number of entries, in the log's order, that can be found."""
    return followed(MARK)


def _index(cursor: CursorWrapper, placed: Sequence[Placed]) -> None:
    # Sorted, since neighbours in the table cost less.
    insert(cursor, _INTO, sorted((key, one.entry) for one in placed for key in keys_of(one.body)))
