"""Writes of this room within others' transactions: counts of reveals, alerts."""

from datetime import datetime
from typing import Final

from django.db import connection

from hubao.desk.core.actor import Actor
from hubao.desk.core.days import day_of
from hubao.desk.core.ids import ALERT, new_id
from hubao.desk.core.transactions import require_open
from hubao.desk.people.queries import units_of
from hubao.desk.policies.models import Alert
from hubao.desk.policies.rules import Allowance, QuotaUsed

TOPIC: Final = "access.alert"
BROKEN: Final = "glass_broken"  # settled by the emergency's review
# One statement: two reveals that race can't both take the last place.
_COUNT: Final = """
INSERT INTO policies_quota (actor, day, tie, used) VALUES (%s, %s, %s, 1)
ON CONFLICT (actor, day, tie) DO UPDATE SET used = policies_quota.used + 1
WHERE policies_quota.used < %s
RETURNING used
"""


def count_reveal(*, actor: Actor, allowance: Allowance, at: datetime) -> None:
    """Count one revealed field.

    Raises:
        QuotaUsed: that would be more than a day's allowance; nothing is counted.
    """
    require_open("count_reveal")
    row = None
    if allowance.most > 0:
        with connection.cursor() as cursor:
            day = connection.ops.adapt_datefield_value(day_of(at))
            cursor.execute(_COUNT, [actor.id, day, allowance.tie, allowance.most])
            row = cursor.fetchone()
    if row is None:
        raise QuotaUsed(
            "You have revealed as much outside your own work today as your role may:"
            " ask for a work item of your own.",
            most=allowance.most,
        )


def raise_alert(*, key: str, why: str, at: datetime, who: str | None = None) -> None:
    """Tell of something once; the same key again is the same alert.

    Args:
        key: what tells it from all others.
        why: a code, for which `words` has the sentence.
        at: when it happened.
        who: whose doing it is, if somebody's; those of their branch see it.
    """
    require_open("raise_alert")
    unit = units_of({who}).get(who) if who else None
    alert = Alert(id=new_id(ALERT), key=key, why=why, who=who, unit_id=unit, raised_at=at)
    Alert.objects.bulk_create([alert], ignore_conflicts=True)


def settle_alert(*, key: str, by: str, at: datetime) -> None:
    """Close an alert that something else has answered, if it is there and open."""
    require_open("settle_alert")
    Alert.objects.filter(key=key, answered_at=None).update(answered_at=at, answered_by=by)
