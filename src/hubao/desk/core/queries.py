"""Read what rooms share: work items."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from hubao.desk.core.actor import Actor, Permission
from hubao.desk.core.models import Item
from hubao.desk.core.rules import LATE, SOON, Ages, WorkItem


def find_item(*, item: str, actor: Actor) -> WorkItem | None:
    """Give an open item that is the person's or their team's."""
    found = _theirs(actor).filter(id=item).first()
    return _seen(found) if found else None


def own_items(*, actor: Actor, most: int | None = None) -> list[WorkItem]:
    """Give the person's open items, the oldest first; at most so many."""
    rows = _open(actor).filter(owner=actor.id).order_by("opened_at", "id")
    return _all_seen(rows.prefetch_related("records")[:most])


def waiting_items(*, actor: Actor) -> list[WorkItem]:
    """Give the team's open items that nobody has taken, the oldest first."""
    return _all_seen(_waiting(actor).order_by("opened_at", "id").prefetch_related("records"))


def untaken_items(*, actor: Actor, most: int) -> list[WorkItem]:
    """Give the open items of the branch that nobody has taken, the oldest first.

    Raises:
        NotAllowed: the actor gives nobody work.
    """
    rows = _untaken(actor).order_by("opened_at", "id")
    return _all_seen(rows.prefetch_related("records")[:most])


def own_ages(*, actor: Actor, at: datetime) -> Ages:
    """Count the person's open items by age."""
    return _ages(_open(actor).filter(owner=actor.id), at)


def waiting_ages(*, actor: Actor, at: datetime) -> Ages:
    """Count the team's open items that nobody has taken by age."""
    return _ages(_waiting(actor), at)


def untaken_ages(*, actor: Actor, at: datetime) -> Ages:
    """Count the branch's open items that nobody has taken by age.

    Raises:
        NotAllowed: the actor gives nobody work.
    """
    return _ages(_untaken(actor), at)


def _open(actor: Actor) -> QuerySet[Item]:
    """Give open items, but for those that are about the person who asks."""
    return Item.objects.filter(closed_at=None).exclude(barred=actor.id)


def _waiting(actor: Actor) -> QuerySet[Item]:
    return _open(actor).filter(team=actor.unit, owner=None)


def _untaken(actor: Actor) -> QuerySet[Item]:
    actor.require(Permission.OPEN_ITEMS)
    rows = _open(actor).filter(owner=None)
    return rows if actor.units is None else rows.filter(team__in=actor.units)


def _ages(rows: QuerySet[Item], at: datetime) -> Ages:
    found = rows.aggregate(
        all=Count("id"),
        soon=Count("id", filter=Q(opened_at__lte=at - SOON, opened_at__gt=at - LATE)),
        late=Count("id", filter=Q(opened_at__lte=at - LATE)),
    )
    return Ages(**found)


def _theirs(actor: Actor) -> QuerySet[Item]:
    return _open(actor).filter(Q(owner=actor.id) | Q(team=actor.unit))


def _all_seen(rows: Iterable[Item]) -> list[WorkItem]:
    return [_seen(row) for row in rows]


def _seen(row: Item) -> WorkItem:
    return WorkItem(
        id=row.id,
        kind=row.kind,
        owner=row.owner,
        team=row.team,
        opened_by=row.opened_by,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        records=frozenset(one.record for one in row.records.all()),
    )
