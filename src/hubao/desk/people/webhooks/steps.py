"""Writes that belong into others' transactions: give messages to endpoints, end an endpoint."""

from datetime import datetime

from django.db.models import QuerySet

from hubao.desk.core.delivery import Message
from hubao.desk.core.ids import SENDING, new_id
from hubao.desk.core.models import Outbox
from hubao.desk.core.steps import send_later
from hubao.desk.core.transactions import require_open
from hubao.desk.ledger.rules import Entered
from hubao.desk.ledger.steps import append_entry
from hubao.desk.people.models import Endpoint, Sending
from hubao.desk.people.webhooks.rules import body_of


def fan_out(message: Message, at: datetime) -> None:
    """Put a message on its way to every endpoint that wants it and was there when it was written.

    Raises:
        NotForOutside: it holds something other than ids, words and counts.
    """
    require_open("fan_out")
    body_of(topic=message.topic, at=message.at, facts=message.facts)  # refused here, seen in logs
    there = of_all().filter(disabled_at=None, added_at__lte=message.at)
    wanted = [one for one in there if message.topic in one.topics]
    if wanted:
        row = Outbox.objects.get(key=message.key)
        queue([(one, row) for one in wanted], at=at)


def of_all() -> QuerySet[Endpoint]:
    """Give the endpoints of clients of the top unit.

    Messages name no unit that they could be kept to: a client that HR has moved into a branch gets
    none until it is back.
    """
    return Endpoint.objects.filter(party__unit__parent=None)


def queue(pairs: list[tuple[Endpoint, Outbox]], *, at: datetime) -> None:
    """Put messages on their way to endpoints, where they aren't or weren't yet."""
    require_open("queue")
    Sending.objects.bulk_create(
        (
            Sending(id=new_id(SENDING), endpoint=endpoint, message=message, next_at=at)
            for endpoint, message in pairs
        ),
        ignore_conflicts=True,
    )


def end_endpoint(*, endpoint: str, why: str, by: str, at: datetime) -> bool:
    """Send an endpoint nothing more and forget its secrets; tells whether it wasn't so before."""
    require_open("end_endpoint")
    live = Endpoint.objects.filter(id=endpoint, disabled_at=None)
    if live.update(disabled_at=at, secret=None, old_secret=None, old_until=None) != 1:
        return False
    waiting = Sending.objects.filter(endpoint=endpoint, next_at__isnull=False)
    waiting.update(next_at=None, given_up_at=at)
    party = Endpoint.objects.values_list("party", flat=True).get(id=endpoint)
    facts = {"endpoint": endpoint, "why": why}
    append_entry(Entered(action="webhook.disabled", actor=by, subject=party, at=at, facts=facts))
    return True


def end_endpoints_of(*, party: str, by: str, at: datetime) -> None:
    """End every endpoint of somebody who left."""
    require_open("end_endpoints_of")
    live = Endpoint.objects.filter(party=party, disabled_at=None).values_list("id", flat=True)
    for endpoint in list(live):
        end_endpoint(endpoint=endpoint, why="left", by=by, at=at)


def tell_failing(*, endpoint: str, why: str, at: datetime) -> None:
    """Tell the rooms above, and other endpoints, that one gets nothing."""
    send_later(
        topic="webhook.failing",
        key=f"{endpoint}:{at.isoformat()}",
        facts={"endpoint": endpoint, "why": why},
        at=at,
    )
