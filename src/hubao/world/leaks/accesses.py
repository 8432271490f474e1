"""The accesses that a leak adds to the log, spread over its days."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from hubao.world.leaks.draft import Draft
from hubao.world.model import (
    DAY,
    EMPTY,
    HOUR,
    NOBODY,
    Action,
    Cause,
    Copy,
    Events,
    Fields,
    Ints,
)

# Numbers that no ordinary ticket or batch reaches, so that nothing is mixed up with these.
LEAK_TICKET = 90_000_000
LEAK_BATCH = 900_000

COPYING = (Action.PRINT, Action.EXPORT, Action.VIEW)


@dataclass(frozen=True)
class Copied:
    """A copy and the accesses by which it was made."""

    copy: Copy
    events: Events


def by_hand(draft: Draft, actor: int, policies: Ints, days: Ints, opens: int) -> Copied:
    """Copy on these days in the two hours from `opens` o'clock, in no order."""
    rng, count = draft.rng, len(policies)
    at = rng.choice(days, size=count) * DAY + opens * HOUR + rng.integers(2 * HOUR, size=count)
    return copied(draft, actor, policies, at, action=Action(int(rng.choice(COPYING))))


def copied(
    draft: Draft,
    actor: int,
    policies: Ints,
    at: Ints,
    *,
    action: Action,
    cause: Cause = Cause.UNEXPLAINED,
    batch: int = NOBODY,
) -> Copied:
    """Make the copy and its accesses; its field classes are drawn once, C3 among them mostly."""
    shown = Fields.C1_C2_C3 if draft.rng.random() < 0.6 else Fields.C1_C2
    copy = Copy(actor, np.sort(policies), int(at.min()), int(at.max()), 1.0)
    events = accesses(actor, policies, at, action=action, cause=cause, shown=shown, batch=batch)
    return Copied(copy, events)


def accesses(
    actor: int,
    policies: Ints,
    at: Ints,
    *,
    action: Action,
    cause: Cause,
    shown: Fields,
    ticket: int = NOBODY,
    batch: int = NOBODY,
) -> Events:
    """Give one actor's accesses, one for each policy, in order of time."""
    order, count = np.argsort(at, kind="stable"), len(at)
    return Events(
        at=at[order],
        actor=np.full(count, actor),
        policy=policies[order],
        action=np.full(count, action, dtype=np.int8),
        cause=np.full(count, cause, dtype=np.int8),
        fields=np.full(count, shown, dtype=np.int8),
        ticket=np.full(count, ticket),
        batch=np.full(count, batch),
    )


def in_order(parts: Sequence[Events]) -> Events:
    """Join accesses in order of time."""
    if not parts:
        return EMPTY
    order = np.argsort(np.concatenate([part.at for part in parts]), kind="stable")
    names = [field.name for field in fields(Events)]
    return Events(
        **{name: np.concatenate([getattr(p, name) for p in parts])[order] for name in names}
    )
