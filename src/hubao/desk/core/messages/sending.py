"""Send what the outbox asks to be sent: at least once, and never within a transaction.

First a transaction claims the message for a while, and has the letter written together with the
ledger's entry of it. Only when both are committed does the letter leave. Whoever is killed after
that leaves a claim that ends, and another sends again: a letter may arrive twice, and an entry may
tell of one that never left, but none leaves without its entry.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import DatabaseError
from django.db.models import F, Q

from hubao.desk.core.delivery import AT_ONCE, Message, waiting_for
from hubao.desk.core.messages.letters import Letter, Sender
from hubao.desk.core.models import Delivery, Outbox
from hubao.desk.core.transactions import durable
from hubao.kit.errors import HubaoError

CLAIMED_FOR: Final = timedelta(minutes=1)  # longer than any call lasts
ROUND: Final = timedelta(seconds=5)  # the worker has other things to do as well
_log = logging.getLogger(__name__)
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Courier:
    """Who writes letters for messages in the outbox.

    Attributes:
        name: for all time; a new name would take up all messages again.
        topics: those it wants.
        write: called within a transaction, in which it enters what it is about to send; gives the
            letter, or None if there is nothing to send, or not any more.
    """

    name: str
    topics: Sequence[str]
    write: Callable[[Message, datetime], Letter | None]


@dataclass
class Round:
    """What became of a round of sending: how many letters left, and how many failed."""

    sent: int = 0
    failed: int = 0


def send_due(courier: Courier, sender: Sender, *, clock: Clock) -> Round:
    """Send what waits, for ROUND at most.

    One that fails is tried again when its claim has ended; the others don't wait for it.
    """
    began, found = clock(), Round()
    for row in waiting_for(courier.name, courier.topics, at=began):
        if clock() - began > ROUND:
            break
        try:
            found.sent += _send(row, courier, sender, clock)
        except (HubaoError, DatabaseError) as error:  # not sent, or can't be written
            found.failed += 1
            facts = {"courier": courier.name, "message": row.id}
            _log.error("a message wasn't sent", extra={"facts": facts}, exc_info=error)
    return found


def forget_sent(courier: Courier, *, before: datetime) -> int:
    """Delete messages of a courier's topics that are settled and older; returns how many."""
    old = Outbox.objects.filter(
        topic__in=courier.topics,
        at__lt=before,
        delivery__consumer=courier.name,
        delivery__done_at__isnull=False,
    )
    count = 0
    while some := list(old.values_list("id", flat=True)[:AT_ONCE]):
        with durable():
            Delivery.objects.filter(message__in=some).delete()
            Outbox.objects.filter(id__in=some).delete()
        count += len(some)
    return count


def _send(row: Outbox, courier: Courier, sender: Sender, clock: Clock) -> bool:
    mine, _ = Delivery.objects.get_or_create(message=row, consumer=courier.name)
    if not _claimed(mine.id, clock()):
        return False
    with durable():
        letter = courier.write(Message(row.topic, row.key, row.facts, row.at), clock())
        if letter is None:
            _settle(mine.id, clock())
            return False
    sender.send(to=letter.to, text=letter.text, kind=letter.kind)
    with durable():
        _settle(mine.id, clock())
    return True


def _claimed(delivery: int, at: datetime) -> bool:
    """Claim a message, by compare and set: of two workers one has it."""
    with durable():
        free = Delivery.objects.filter(Q(next_at=None) | Q(next_at__lte=at), done_at=None)
        mine = free.filter(id=delivery)
        return mine.update(tries=F("tries") + 1, next_at=at + CLAIMED_FOR) == 1


def _settle(delivery: int, at: datetime) -> None:
    Delivery.objects.filter(id=delivery).update(done_at=at)
