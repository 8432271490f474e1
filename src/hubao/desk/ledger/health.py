"""Whether the ledger does what all else rests on: takes entries, gives places, shows heads."""

from datetime import datetime, timedelta
from typing import Final

from hubao.desk.ledger.queries import State

SEALED_WITHIN: Final = timedelta(minutes=1)
PUBLISHED_WITHIN: Final = timedelta(hours=2)  # house rule: published hourly, and one may fail


def is_late(state: State, *, at: datetime) -> bool:
    """Tell whether entries have waited too long for their place: no worker runs."""
    return state.oldest is not None and at - state.oldest > SEALED_WITHIN


def is_unpublished(state: State, *, at: datetime) -> bool:
    """Tell whether an entry has waited too long for a head outside: it could still be changed."""
    return state.uncovered is not None and at - state.uncovered > PUBLISHED_WITHIN
