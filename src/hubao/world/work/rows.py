"""Access events put together, cut and numbered."""

from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np
from numpy.typing import NDArray

from hubao.world.model import EMPTY, NOBODY, Action, Bools, Cause, Events, Fields, Ints

Smalls = NDArray[np.int8]
_COLUMNS = tuple(field.name for field in fields(Events))


def rows(
    at: Ints,
    actor: Ints | int,
    policy: Ints,
    *,
    action: Action | Smalls,
    cause: Cause,
    fields: Fields | Smalls = Fields.C1_C2,
    ticket: Ints | int = NOBODY,
    batch: Ints | int = NOBODY,
) -> Events:
    """Make one event of each second; single values hold for all."""
    n = len(at)
    return Events(
        at=at,
        actor=_filled(actor, n),
        policy=policy,
        action=_small(action, n),
        cause=_small(cause, n),
        fields=_small(fields, n),
        ticket=_filled(ticket, n),
        batch=_filled(batch, n),
    )


def joined(parts: Sequence[Events]) -> Events:
    """Put events one behind the other, in the order given."""
    if not parts:
        return EMPTY
    return Events(*(np.concatenate([getattr(p, c) for p in parts]) for c in _COLUMNS))


def taken(events: Events, index: Ints | Bools) -> Events:
    """Take some events, by place or by mask."""
    return Events(*(getattr(events, c)[index] for c in _COLUMNS))


def _filled(value: Ints | int, n: int) -> Ints:
    return value if isinstance(value, np.ndarray) else np.full(n, value, dtype=np.int64)


def _small(value: Smalls | int, n: int) -> Smalls:
    return value if isinstance(value, np.ndarray) else np.full(n, value, dtype=np.int8)


def numbered(events: Events, tickets: int, batches: int) -> tuple[Events, int, int]:
    """Move a part's own ticket and batch numbers behind those given out already.

    Returns:
        The events, and the next free ticket and batch.
    """
    if len(events) == 0:
        return events, tickets, batches
    moved = replace(
        events,
        ticket=np.where(events.ticket >= 0, events.ticket + tickets, NOBODY),
        batch=np.where(events.batch >= 0, events.batch + batches, NOBODY),
    )
    return (
        moved,
        max(tickets, int(moved.ticket.max()) + 1),
        max(batches, int(moved.batch.max()) + 1),
    )
