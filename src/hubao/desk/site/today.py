"""What the home page shows in several places, read once: they can't disagree."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hubao.desk.core.actor import Actor, Permission
from hubao.desk.core.days import day_of
from hubao.desk.ledger.queries import State, state
from hubao.desk.policies.queries import SeenAlert, open_alerts, used_outside

ALERTS_SHOWN: Final = 5


@dataclass(frozen=True)
class Today:
    """What is so now; None where the person's roles don't reach.

    Attributes:
        actor: who asks.
        at: now.
        ledger: how it is.
        alerts: the newest that are open, ALERTS_SHOWN at most.
        open_alerts: how many are open.
        outside: fields that the person revealed today outside their own work.
    """

    actor: Actor
    at: datetime
    ledger: State | None
    alerts: Sequence[SeenAlert] | None
    open_alerts: int
    outside: int | None


def look(*, actor: Actor, at: datetime) -> Today:
    """Read it, as far as somebody's roles go."""
    alerts, count = None, 0
    if actor.may(Permission.ANSWER_ALERTS):
        alerts, count = open_alerts(actor=actor, most=ALERTS_SHOWN)
    return Today(
        actor=actor,
        at=at,
        ledger=state(actor=actor) if actor.may(Permission.READ_LEDGER) else None,
        alerts=alerts,
        open_alerts=count,
        outside=(
            used_outside(actor=actor, day=day_of(at)) if actor.may(Permission.SEARCH) else None
        ),
    )
