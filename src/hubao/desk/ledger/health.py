"""Whether the ledger does what all else rests on: takes entries, gives places, shows heads."""

from datetime import datetime, timedelta
from typing import Final

from django.db import DatabaseError, connection, transaction

from hubao.desk.core.transactions import durable
from hubao.desk.ledger.queries import State

SEALED_WITHIN: Final = timedelta(minutes=1)
PUBLISHED_WITHIN: Final = timedelta(hours=2)  # house rule: published hourly, and one may fail

# An id of its own: one from the sequence would leave a gap, and gaps cost a row each.
_TRY: Final = "INSERT INTO ledger_entry (id, body) VALUES (-1, '{}')"


def is_writable() -> bool:
    """Tell whether an entry could be appended just now: one is, and taken back."""
    try:
        with durable(), connection.cursor() as cursor:
            cursor.execute(_TRY)
            transaction.set_rollback(True)
    except DatabaseError:
        return False
    return True


def waiting(state: State, *, at: datetime) -> timedelta:
    """Say how long the oldest entry has waited for its place; 0 if each has one."""
    return at - state.oldest if state.oldest is not None else timedelta(0)


def uncovered(state: State, *, at: datetime) -> timedelta:
    """Say how long the oldest entry has waited for a head outside; 0 if each is under one."""
    return at - state.uncovered if state.uncovered is not None else timedelta(0)


def is_late(state: State, *, at: datetime) -> bool:
    """Tell whether entries have waited too long for their place: no worker runs."""
    return waiting(state, at=at) > SEALED_WITHIN


def is_unpublished(state: State, *, at: datetime) -> bool:
    """Tell whether an entry has waited too long for a head outside: it could still be changed."""
    return uncovered(state, at=at) > PUBLISHED_WITHIN
