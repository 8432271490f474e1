"""When each actor first opened each record: the log as a tracer keeps it."""

from collections.abc import Iterable

import numpy as np

from hubao.world.leaks import Seen
from hubao.world.model import Bools, Events, Ints

_POLICIES = 1 << 40  # more than there can be; actors times this still fits an int64


def first_seen(events: Iterable[Events]) -> Seen:
    """Keep the first access of each actor to each policy.

    Args:
        events: in parts, of any size and order.

    Returns:
        Seen; memory holds about twice as many pairs as it has, never all events.
    """
    key, at = _empty()
    fresh: list[tuple[Ints, Ints]] = []
    waiting = 0
    for part in events:
        fresh.append(_first(part.actor * _POLICIES + part.policy, part.at))
        waiting += len(fresh[-1][0])
        if waiting >= len(key):  # merged as they double, so each pair is sorted a few times only
            key, at = _merged([(key, at), *fresh])
            fresh, waiting = [], 0
    key, at = _merged([(key, at), *fresh])
    actor, policy = np.divmod(key, _POLICIES)
    return Seen(actor, policy, at)


def _merged(runs: list[tuple[Ints, Ints]]) -> tuple[Ints, Ints]:
    return _first(np.concatenate([key for key, _ in runs]), np.concatenate([at for _, at in runs]))


def _first(key: Ints, at: Ints) -> tuple[Ints, Ints]:
    """The earliest second of each key, by key."""
    order = np.lexsort((at, key))
    key = key[order]
    new: Bools = np.diff(key, prepend=-1) != 0
    return key[new], at[order[new]]


def _empty() -> tuple[Ints, Ints]:
    return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
