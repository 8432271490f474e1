"""What is done about endpoints: add, rotate the secret, disable, test, send again."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.db.models import Q

from hubao.desk.core.actor import Actor, NotAllowed, Permission
from hubao.desk.core.ids import ENDPOINT, SENDING, new_id
from hubao.desk.core.models import Outbox
from hubao.desk.core.reach import Reach
from hubao.desk.core.transactions import durable
from hubao.desk.ledger.rules import Entered, is_plain
from hubao.desk.ledger.steps import append_entry
from hubao.desk.people.holding import hold
from hubao.desk.people.models import Endpoint, Party, Sending
from hubao.desk.people.queries import NoSuchPerson, present
from hubao.desk.people.rules import Sort
from hubao.desk.people.webhooks.calling import Reply, post
from hubao.desk.people.webhooks.queries import NoSuchEndpoint, live_endpoint
from hubao.desk.people.webhooks.rules import (
    TEST,
    body_of,
    checked_topics,
    headers_of,
    is_for_outside,
    new_secret,
)
from hubao.desk.people.webhooks.sealing import sealed, secrets_of
from hubao.desk.people.webhooks.steps import end_endpoint, queue
from hubao.kit.errors import BadInput
from hubao.seal.fields import Fields

LONGEST_OVERLAP: Final = timedelta(days=7)


class Added(NamedTuple):
    """A new endpoint and its secret, which is said only now."""

    endpoint: str
    secret: str


def add_endpoint(
    *,
    url: str,
    topics: Collection[str],
    party: str,
    actor: Actor,
    at: datetime,
    fields: Fields,
    reach: Reach,
) -> Added:
    """Send a client, from now on, the messages of some topics.

    Args:
        url: where.
        topics: of `core.topics`.
        party: a service account or partner of the top unit.
        actor: who adds it.
        at: now.
        fields: what encrypts the secret.
        reach: what may be called.

    Raises:
        NotAllowed: the actor may not, or the client belongs to a branch.
        NoSuchPerson: no such client works here, within the actor's branch.
        OutOfReach: the address can't be called.
        BadInput: a topic isn't known.
    """
    actor.require(Permission.WRITE_WEBHOOKS)
    wanted, place = checked_topics(topics), reach.place(url)
    made = Added(new_id(ENDPOINT), new_secret())
    with durable():
        hold(party)
        _check(present(party=party, actor=actor))
        Endpoint.objects.create(
            id=made.endpoint,
            party_id=party,
            url=url,
            topics=wanted,
            secret=sealed(made.secret, endpoint=made.endpoint, fields=fields),
            added_at=at,
        )
        host = {"host": place.host} if is_plain(place.host) else {}
        _append("webhook.added", made.endpoint, party, actor, at, topics=wanted, **host)
    return made


def rotate_secret(
    *, endpoint: str, overlap: timedelta, actor: Actor, at: datetime, fields: Fields
) -> str:
    """Sign with a new secret, and for a while with the old one too; returns the new one.

    Raises:
        BadInput: the overlap is below zero or above LONGEST_OVERLAP.
        NotAllowed: the actor may not.
        NoSuchEndpoint: none of this id, or it is disabled.
    """
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        raise BadInput(f"The old secret is kept for 0 to {LONGEST_OVERLAP.days * 24} hours.")
    secret = new_secret()
    with durable():
        row = live_endpoint(endpoint=endpoint, actor=actor)
        changed = {"secret": sealed(secret, endpoint=endpoint, fields=fields)} | _old(
            row, overlap, at
        )
        same = Endpoint.objects.filter(id=endpoint, secret=bytes(row.secret or b""))
        if same.update(**changed) != 1:
            raise NoSuchEndpoint("Somebody else changed it meanwhile.", endpoint=endpoint)
        hours = int(overlap.total_seconds() // 3600)
        _append("webhook.secret_rotated", endpoint, row.party_id, actor, at, overlap_hours=hours)
    return secret


def disable_endpoint(*, endpoint: str, actor: Actor, at: datetime) -> None:
    """Send an endpoint nothing more, for good.

    Raises:
        NotAllowed: the actor may not.
        NoSuchEndpoint: none of this id, or it is disabled already.
    """
    with durable():
        live_endpoint(endpoint=endpoint, actor=actor)
        end_endpoint(endpoint=endpoint, why="asked", by=actor.id, at=at)


def replay(*, endpoint: str, since: datetime, actor: Actor, at: datetime) -> int:
    """Send again what was written since a time; returns how many messages.

    What was sent or given up before keeps its webhook's id; what is on its way is left alone.

    Raises:
        NotAllowed: the actor may not, or the client belongs to a branch by now.
        NoSuchEndpoint: none of this id, or it is disabled.
    """
    with durable():
        row = live_endpoint(endpoint=endpoint, actor=actor)
        _check(present(party=row.party_id, actor=actor))
        messages = Outbox.objects.filter(topic__in=row.topics, at__gte=since).order_by("id")
        known = Sending.objects.filter(endpoint=endpoint, message__in=messages)
        ended = known.filter(Q(sent_at__isnull=False) | Q(given_up_at__isnull=False))
        again = ended.update(next_at=at, tries=0, sent_at=None, given_up_at=None, fault=None)
        fresh = messages.exclude(id__in=known.values("message"))
        pairs = [(row, one) for one in fresh if is_for_outside(one.facts)]
        queue(pairs, at=at)
        total = again + len(pairs)
        _append("webhook.replayed", endpoint, row.party_id, actor, at, messages=total)
    return total


def try_endpoint(
    *, endpoint: str, actor: Actor, at: datetime, fields: Fields, reach: Reach
) -> Reply:
    """Send an endpoint a message that tells nothing, once; says what became of it.

    Raises:
        NotAllowed: the actor may not.
        NoSuchEndpoint: none of this id, or it is disabled.
    """
    row = live_endpoint(endpoint=endpoint, actor=actor)
    body = body_of(topic=TEST, at=at, facts={"endpoint": endpoint})
    keys = secrets_of(row, at=at, fields=fields)
    headers = headers_of(number=new_id(SENDING), at=at, body=body, keys=keys)
    return post(row.url, body=body, headers=headers, reach=reach)


def forget_old_secrets(*, at: datetime) -> int:
    """Delete secrets that nothing is signed with any more; returns how many."""
    over = Endpoint.objects.filter(old_until__lte=at)
    return over.update(old_secret=None, old_until=None)


def _check(client: Party) -> None:
    if client.kind == Sort.PERSON:
        raise NoSuchPerson("Webhooks are for service accounts and partners.", party=client.id)
    if client.unit.parent_id is not None:
        # Messages name no unit that they could be kept to.
        raise NotAllowed(
            "Webhooks tell of every branch: name a client of the top unit.", party=client.id
        )


def _old(row: Endpoint, overlap: timedelta, at: datetime) -> dict[str, object]:
    if not overlap:
        return {"old_secret": None, "old_until": None}
    return {"old_secret": row.secret, "old_until": at + overlap}


def _append(
    action: str,
    endpoint: str,
    party: str,
    actor: Actor,
    at: datetime,
    **facts: str | int | list[str],
) -> None:
    told = {"endpoint": endpoint} | facts
    append_entry(Entered(action=action, actor=actor.id, subject=party, at=at, facts=told))
