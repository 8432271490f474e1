"""Hand messages to the rooms above: each consumer takes up each message once.

A consumer's work and the note that it was done commit together. One that fails is tried again,
later and later; it keeps none of the others waiting.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from hubao.desk.core.models import Delivery, Outbox
from hubao.desk.core.transactions import durable

AT_ONCE: Final = 500
FIRST_WAIT: Final = timedelta(seconds=10)
LONGEST_WAIT: Final = timedelta(hours=6)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Message:
    """A message from a room below: ids, words and counts."""

    topic: str
    key: str
    facts: dict[str, str | int]
    at: datetime


@dataclass(frozen=True)
class Consumer:
    """Who takes messages up.

    Attributes:
        name: for all time; a new name would take up all messages again.
        topics: those it wants.
        take: called within a transaction, in which it may call steps.
    """

    name: str
    topics: Sequence[str]
    take: Callable[[Message, datetime], None]


def deliver(consumers: Sequence[Consumer], *, at: datetime) -> int:
    """Hand over what waits; returns how many messages were taken up."""
    return sum(_deliver_to(one, at) for one in consumers)


def waiting_for(consumer: str, topics: Sequence[str], *, at: datetime) -> QuerySet[Outbox]:
    """Give the messages that wait for a consumer, the oldest first, AT_ONCE at most."""
    ours = Delivery.objects.filter(message=OuterRef("pk"), consumer=consumer)
    settled = ours.filter(Q(done_at__isnull=False) | Q(next_at__gt=at))
    return Outbox.objects.filter(topic__in=topics).exclude(Exists(settled)).order_by("id")[:AT_ONCE]


def _deliver_to(consumer: Consumer, at: datetime) -> int:
    waiting = waiting_for(consumer.name, consumer.topics, at=at)
    return sum(_hand_over(one, consumer, at) for one in waiting)


def _hand_over(row: Outbox, consumer: Consumer, at: datetime) -> bool:
    mine, _ = Delivery.objects.get_or_create(message=row, consumer=consumer.name)
    try:
        with durable():
            # Whoever sets the mark first does the work; a rival waits here and finds it set.
            if Delivery.objects.filter(id=mine.id, done_at=None).update(done_at=at) != 1:
                return False
            consumer.take(Message(row.topic, row.key, row.facts, row.at), at)
    # A consumer is a room's own code above: whatever is wrong with it, or with this one message,
    # keeps neither the other consumers nor the next messages from going on, and is logged.
    except Exception as error:  # noqa: BLE001 - see above
        facts = {"consumer": consumer.name, "message": row.id}
        _log.error("a message wasn't taken up", extra={"facts": facts}, exc_info=error)
        wait = min(FIRST_WAIT * 2 ** min(mine.tries, 20), LONGEST_WAIT)
        Delivery.objects.filter(id=mine.id).update(tries=mine.tries + 1, next_at=at + wait)
        return False
    return True
