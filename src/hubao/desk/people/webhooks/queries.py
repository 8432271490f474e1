"""Read endpoints and how they do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from hubao.desk.core.actor import Actor, Permission
from hubao.desk.people.models import Endpoint
from hubao.desk.people.webhooks.rules import Standing, standing
from hubao.kit.errors import HubaoError, Kind


class NoSuchEndpoint(HubaoError):  # noqa: N818 - says what happened, as its base does
    """No endpoint of this id is within the actor's branch, or it is disabled."""

    code = "people.no_such_endpoint"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True)
class SeenEndpoint:
    """An endpoint as lists show it.

    Attributes:
        id: its id.
        party: whose.
        url: where.
        topics: what it wants.
        standing: how it does.
        added_at: since when.
        waiting: messages on their way to it.
        given_up: messages that didn't arrive at any try.
    """

    id: str
    party: str
    url: str
    topics: Sequence[str]
    standing: Standing
    added_at: datetime
    waiting: int
    given_up: int


def endpoints(*, actor: Actor) -> list[SeenEndpoint]:
    """Give the endpoints of the actor's branch, the oldest first.

    Raises:
        NotAllowed: the actor may not.
    """
    rows = _within(actor).annotate(
        waiting=Count("sendings", Q(sendings__next_at__isnull=False)),
        given_up=Count("sendings", Q(sendings__given_up_at__isnull=False)),
    )
    return [
        SeenEndpoint(
            id=row.id,
            party=row.party_id,
            url=row.url,
            topics=row.topics,
            standing=standing(failing_at=row.failing_at, disabled_at=row.disabled_at),
            added_at=row.added_at,
            waiting=row.waiting,
            given_up=row.given_up,
        )
        for row in rows.order_by("added_at", "id")
    ]


def live_endpoint(*, endpoint: str, actor: Actor) -> Endpoint:
    """Give an endpoint that isn't disabled.

    Raises:
        NotAllowed: the actor may not.
        NoSuchEndpoint: none of this id, within the actor's branch.
    """
    found = _within(actor).filter(id=endpoint, disabled_at=None).first()
    if found is None:
        raise NoSuchEndpoint("There is no such endpoint, or it is disabled.", endpoint=endpoint)
    return found


def _within(actor: Actor) -> QuerySet[Endpoint]:
    actor.require(Permission.WRITE_WEBHOOKS)
    rows = Endpoint.objects.all()
    return rows if actor.units is None else rows.filter(party__unit__in=actor.units)
