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
    rows = Item.objects.filter(owner=actor.id, closed_at=None).order_by("opened_at", "id")
    return _all_seen(rows.prefetch_related("records")[:most])


def waiting_items(*, actor: Actor) -> list[WorkItem]:
    """Give the team's open items that nobody has taken, the oldest first."""
    rows = Item.objects.filter(team=actor.unit, owner=None, closed_at=None)
    return _all_seen(rows.order_by("opened_at", "id").prefetch_related("records"))


def untaken_items(*, actor: Actor, most: int) -> list[WorkItem]:
    """Give the open items of the branch that nobody has taken, the oldest first.

    Raises:
        NotAllowed: the actor gives nobody work.
    """
    rows = _untaken(actor).order_by("opened_at", "id")
    return _all_seen(rows.prefetch_related("records")[:most])


def own_ages(*, actor: Actor, at: datetime) -> Ages:
    """Count the person's open items by age."""
    return _ages(Item.objects.filter(owner=actor.id, closed_at=None), at)


def waiting_ages(*, actor: Actor, at: datetime) -> Ages:
    """Count the team's open items that nobody has taken by age."""
    return _ages(Item.objects.filter(team=actor.unit, owner=None, closed_at=None), at)


def untaken_ages(*, actor: Actor, at: datetime) -> Ages:
    """Count the branch's open items that nobody has taken by age.

    Raises:
        NotAllowed: the actor gives nobody work.
    """
    return _ages(_untaken(actor), at)


def _untaken(actor: Actor) -> QuerySet[Item]:
    actor.require(Permission.OPEN_ITEMS)
    rows = Item.objects.filter(owner=None, closed_at=None)
    return rows if actor.units is None else rows.filter(team__in=actor.units)


def _ages(rows: QuerySet[Item], at: datetime) -> Ages:
    found = rows.aggregate(
        all=Count("id"),
        soon=Count("id", filter=Q(opened_at__lte=at - SOON, opened_at__gt=at - LATE)),
        late=Count("id", filter=Q(opened_at__lte=at - LATE)),
    )
    return Ages(**found)


def _theirs(actor: Actor) -> QuerySet[Item]:
    return Item.objects.filter(Q(owner=actor.id) | Q(team=actor.unit), closed_at=None)


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
