"""Read what rooms share: work items."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from hubao.desk.core.actor import Actor
from hubao.desk.core.models import Item
from hubao.desk.core.rules import WorkItem


def find_item(*, item: str, actor: Actor) -> WorkItem | None:
    """Give an open item that is the person's or their team's."""
    found = _theirs(actor).filter(id=item).first()
    return _seen(found) if found else None


def own_items(*, actor: Actor) -> list[WorkItem]:
    """Give the person's open items, the oldest first."""
    rows = Item.objects.filter(owner=actor.id, closed_at=None).order_by("opened_at", "id")
    return _all_seen(rows.prefetch_related("records"))


def waiting_items(*, actor: Actor) -> list[WorkItem]:
    """Give the team's open items that nobody has taken, the oldest first."""
    rows = Item.objects.filter(team=actor.unit, owner=None, closed_at=None)
    return _all_seen(rows.order_by("opened_at", "id").prefetch_related("records"))


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
