"""Try a message: claim it for a while, and note what became of it; the call is in between.

No transaction is open during the call, which may take long. Whoever crashes in between leaves the
message to be tried again when the claim runs out: it may arrive twice, under the same id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Exists, F, OuterRef, QuerySet

from hubao.desk.core.transactions import durable
from hubao.desk.people.models import Endpoint, Sending
from hubao.desk.people.webhooks.rules import LEASE, Fault, body_of, wait_after
from hubao.desk.people.webhooks.steps import end_endpoint, of_all, tell_failing

_LOOKED_AT: Final = 20  # messages that rivals may have taken before one is left for us


@dataclass(frozen=True)
class Claimed:
    """A message that nobody else tries until the claim runs out.

    Attributes:
        id: the webhook's.
        endpoint: whereto.
        body: what is sent.
        tries: how many there were, with this one.
        until: when the claim runs out.
    """

    id: str
    endpoint: str
    body: bytes
    tries: int
    until: datetime


def due_endpoints(*, at: datetime) -> Sequence[Endpoint]:
    """Give the endpoints that something is due for."""
    due = Sending.objects.filter(endpoint=OuterRef("pk"), next_at__lte=at)
    return list(of_all().filter(Exists(due), disabled_at=None).order_by("id"))


def claim(*, endpoint: str, at: datetime) -> Claimed | None:
    """Claim the message of an endpoint that has waited longest; None if nothing is due."""
    due = Sending.objects.filter(endpoint=endpoint, next_at__lte=at).select_related("message")
    for row in due.order_by("next_at", "message")[:_LOOKED_AT]:
        until = at + LEASE
        # Compare and set: of two who claim it, one finds it changed.
        same = Sending.objects.filter(id=row.id, next_at=row.next_at, tries=row.tries)
        if same.update(next_at=until, tries=F("tries") + 1) == 1:
            told = row.message
            body = body_of(topic=told.topic, at=told.at, facts=told.facts)
            return Claimed(row.id, endpoint, body, row.tries + 1, until)
    return None


def note_sent(claimed: Claimed, *, at: datetime) -> None:
    """Note that a message arrived."""
    with durable():
        if _ours(claimed).update(next_at=None, sent_at=at, fault=None) == 1:
            failing = Endpoint.objects.filter(id=claimed.endpoint, failing_at__isnull=False)
            failing.update(failing_at=None)


def note_failed(claimed: Claimed, *, fault: Fault, chance: float, at: datetime) -> None:
    """Note that a message didn't arrive: it is tried later, or given up and an alert goes up."""
    wait = wait_after(claimed.tries, chance=chance)
    with durable():
        if wait is not None:
            _ours(claimed).update(next_at=at + wait, fault=fault)
        elif _ours(claimed).update(next_at=None, given_up_at=at, fault=fault) == 1:
            _fails(claimed.endpoint, at)


def note_gone(claimed: Claimed, *, by: str, at: datetime) -> None:
    """End an endpoint that says it is gone, and tell so."""
    with durable():
        _ours(claimed).update(fault=Fault.GONE)
        if end_endpoint(endpoint=claimed.endpoint, why=Fault.GONE, by=by, at=at):
            tell_failing(endpoint=claimed.endpoint, why=Fault.GONE, at=at)


def _ours(claimed: Claimed) -> QuerySet[Sending]:
    """Give the message, unless the claim ran out and another has it."""
    return Sending.objects.filter(id=claimed.id, next_at=claimed.until, tries=claimed.tries)


def _fails(endpoint: str, at: datetime) -> None:
    well = Endpoint.objects.filter(id=endpoint, failing_at=None, disabled_at=None)
    if well.update(failing_at=at) == 1:  # told once, until something arrives again
        tell_failing(endpoint=endpoint, why="given_up", at=at)
