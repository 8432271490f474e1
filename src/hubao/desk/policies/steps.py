"""Writes of this room within others' transactions: counts of reveals."""

from datetime import datetime
from typing import Final

from django.db import connection

from hubao.desk.core.actor import Actor
from hubao.desk.core.transactions import require_open
from hubao.desk.policies.rules import Allowance, QuotaUsed

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
            day = connection.ops.adapt_datefield_value(at.date())
            cursor.execute(_COUNT, [actor.id, day, allowance.tie, allowance.most])
            row = cursor.fetchone()
    if row is None:
        raise QuotaUsed(
            "You have revealed as much outside your own work today as your role may:"
            " ask for a work item of your own.",
            most=allowance.most,
        )
