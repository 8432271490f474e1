"""Read policy records, masked; every one takes who asks, and gives what lies in their branch."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from hubao.desk.core.actor import Actor, Permission
from hubao.desk.policies.catalogue import FIELDS, masked, normal
from hubao.desk.policies.models import BreakGlass, Policy
from hubao.kit.errors import HubaoError, Kind
from hubao.seal.fields import Fields


class NoSuchPolicy(HubaoError):  # noqa: N818 - says what happened, as its base does
    """No policy of this id lies in the actor's branch, or it lacks this field."""

    code = "policies.no_such_policy"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True)
class Masked:
    """A policy as lists and pages show it.

    Attributes:
        record: its id.
        unit: name of the unit that it belongs to.
        product: as the insurer calls it.
        channel: through which it was sold.
        status: in force, lapsed, …
        issued_on: first day, if known.
        fields: the encrypted ones by name, masked; those that are empty are left out.
    """

    record: str
    unit: str
    product: str
    channel: str
    status: str
    issued_on: date | None
    fields: dict[str, str]


@dataclass(frozen=True)
class Emergency:
    """A broken glass that waits for its review."""

    id: str
    actor: str
    record: str
    reason: str
    opened_at: datetime
    review_by: datetime


def visible(*, actor: Actor) -> QuerySet[Policy]:
    """Give the policies of the actor's branch, for those who may look any up.

    Raises:
        NotAllowed: the actor may not.
    """
    actor.require(Permission.SEARCH)
    rows = Policy.objects.select_related("unit")
    return rows if actor.units is None else rows.filter(unit__in=actor.units)


def by_records(*, records: Iterable[str], actor: Actor, fields: Fields) -> Sequence[Masked]:
    """Give those of the records that lie in the actor's branch, in the order of their ids."""
    rows = visible(actor=actor).filter(record__in=list(records)).order_by("record")
    return [seen(row, fields=fields) for row in rows]


def records_of(*, numbers: Sequence[str], actor: Actor, fields: Fields) -> Sequence[str]:
    """Give the records of policies in the actor's branch by their numbers, for who opens work.

    Raises:
        NotAllowed: the actor may open no work items.
        NoSuchPolicy: one isn't in the actor's branch.
    """
    actor.require(Permission.OPEN_ITEMS)
    records = []
    for number in dict.fromkeys(numbers):
        indexes = list(fields.indexes(normal("policy_number", number), field="policy_number"))
        row = Policy.objects.filter(policy_number_index__in=indexes).first()
        if row is None or not actor.sees(row.unit_id):
            raise NoSuchPolicy("One of these policies isn't in your branch.")
        records.append(row.record)
    return records


def emergencies_to_review(*, actor: Actor, fields: Fields) -> Sequence[Emergency]:
    """Give the broken glasses that wait for a review which the actor may do, the oldest first.

    Raises:
        NotAllowed: the actor reviews none.
    """
    actor.require(Permission.REVIEW)
    rows = BreakGlass.objects.filter(reviewed_at=None).exclude(actor=actor.id)
    if actor.units is not None:
        rows = rows.filter(unit__in=actor.units)
    return [
        Emergency(
            id=row.id,
            actor=row.actor,
            record=row.record,
            reason=fields.decrypt(bytes(row.reason), field="reason", record=row.id),
            opened_at=row.opened_at,
            review_by=row.review_by,
        )
        for row in rows.order_by("opened_at")
    ]


def emergency_open(*, record: str, actor: Actor, at: datetime) -> bool:
    """Tell whether the actor has broken the glass of a record and may still look."""
    return BreakGlass.objects.filter(
        actor=actor.id, record=record, ends_at__gt=at, reviewed_at=None
    ).exists()


def seen(row: Policy, *, fields: Fields) -> Masked:
    """Mask a policy."""
    return Masked(
        record=row.record,
        unit=row.unit.name,
        product=row.product,
        channel=row.channel,
        status=row.status,
        issued_on=row.issued_on,
        fields={
            name: masked(name, fields.decrypt(bytes(value), field=name, record=row.record))
            for name in FIELDS
            if (value := getattr(row, name)) is not None
        },
    )
