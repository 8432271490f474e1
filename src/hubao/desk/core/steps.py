"""Writes that rooms' operations share: open, take and close work items; send messages upwards."""

from collections.abc import Collection, Mapping
from datetime import datetime

from hubao.desk.core.ids import ITEM, new_id
from hubao.desk.core.models import Item, ItemRecord, Outbox
from hubao.desk.core.transactions import require_open
from hubao.kit.errors import HubaoError, Kind


class ItemMovedOn(HubaoError):  # noqa: N818 - says what happened, as its base does
    """A work item is closed, or somebody else's by now."""

    code = "core.item_moved_on"
    kind = Kind.CONFLICT


def open_item(
    *,
    kind: str,
    team: str,
    records: Collection[str],
    opened_by: str,
    at: datetime,
    owner: str | None = None,
    outside_ref: str | None = None,
    barred: str | None = None,
) -> str:
    """Open a work item; one that a system opened before under the same `outside_ref` stays.

    Whoever is `barred`, as it is about what they did, neither sees nor takes it.

    Returns:
        Its id.
    """
    require_open("open_item")
    if outside_ref is not None:
        known = Item.objects.filter(opened_by=opened_by, outside_ref=outside_ref).first()
        if known is not None:
            return known.id
    item = Item.objects.create(
        id=new_id(ITEM),
        kind=kind,
        team=team,
        owner=owner,
        opened_by=opened_by,
        opened_at=at,
        outside_ref=outside_ref,
        barred=barred,
    )
    ItemRecord.objects.bulk_create(ItemRecord(item=item, record=one) for one in sorted(records))
    return item.id


def take_item(*, item: str, owner: str, team: str) -> None:
    """Make somebody of its team the owner of an item that nobody has.

    Raises:
        ItemMovedOn: somebody has it, it is closed, or it is about them.
    """
    require_open("take_item")
    free = Item.objects.filter(id=item, team=team, owner=None, closed_at=None)
    _one_moved(free.exclude(barred=owner).update(owner=owner), item)


def close_item(*, item: str, at: datetime) -> None:
    """Close an item.

    Raises:
        ItemMovedOn: it is closed already.
    """
    require_open("close_item")
    _one_moved(Item.objects.filter(id=item, closed_at=None).update(closed_at=at), item)


def send_later(*, topic: str, key: str, facts: Mapping[str, str | int], at: datetime) -> None:
    """Write a message to the rooms above; the same key twice is one message."""
    require_open("send_later")
    Outbox.objects.bulk_create(
        [Outbox(topic=topic, key=f"{topic}:{key}", facts=dict(facts), at=at)],
        ignore_conflicts=True,
    )


def _one_moved(moved: int, item: str) -> None:
    if moved != 1:
        raise ItemMovedOn("This work item is closed, or somebody else has it now.", item=item)
