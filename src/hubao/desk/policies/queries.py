"""Read policy records, masked; every one takes who asks, and gives what lies in their branch."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db.models import Max, QuerySet

from hubao.desk.core.actor import Actor, Permission
from hubao.desk.core.rules import Tie
from hubao.desk.people.queries import ids_within, roles_of
from hubao.desk.policies.catalogue import FIELDS, masked, normal
from hubao.desk.policies.models import Alert, AlertAnswer, BreakGlass, Import, Policy, Quota
from hubao.desk.policies.rules import outside_a_day
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


@dataclass(frozen=True)
class SeenAlert:
    """An alert as pages show it.

    Attributes:
        id: its id.
        why: code of what happened.
        who: whose doing it is, if somebody's.
        unit: where they belong; empty for the whole insurer.
        raised_at: when it happened.
        answered_at: when somebody answered it, if so.
        answered_by: who.
        note: what they wrote.
    """

    id: str
    why: str
    who: str | None
    unit: str
    raised_at: datetime
    answered_at: datetime | None = None
    answered_by: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Used:
    """How many fields somebody revealed on a day outside their own work, of how many."""

    actor: str
    used: int
    most: int


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
    return [
        Emergency(
            id=row.id,
            actor=row.actor,
            record=row.record,
            reason=fields.decrypt(bytes(row.reason), field="reason", record=row.id),
            opened_at=row.opened_at,
            review_by=row.review_by,
        )
        for row in _to_review(actor).order_by("opened_at")
    ]


def reviews_due(*, actor: Actor) -> Sequence[datetime]:
    """Give the times by which emergencies are to be reviewed that the actor may, the next first.

    Raises:
        NotAllowed: the actor reviews none.
    """
    return list(_to_review(actor).order_by("review_by").values_list("review_by", flat=True))


def open_alerts(*, actor: Actor, most: int) -> tuple[Sequence[SeenAlert], int]:
    """Give the open alerts of the actor's branch, the newest first, and how many there are.

    Raises:
        NotAllowed: the actor answers none.
    """
    rows = _alerts(actor).filter(answered_at=None)
    return [_seen_alert(row) for row in rows.order_by("-raised_at", "id")[:most]], rows.count()


def answered_alerts(*, actor: Actor, fields: Fields, most: int) -> Sequence[SeenAlert]:
    """Give the alerts of the actor's branch that were answered last, with what was written.

    Raises:
        NotAllowed: the actor answers none.
    """
    rows = _alerts(actor).filter(answered_at__isnull=False).order_by("-answered_at", "id")
    found = []
    for row in rows[:most]:
        last = AlertAnswer.objects.filter(alert=row).order_by("-id").first()
        sealed = bytes(last.note) if last and last.note is not None else None
        note = fields.decrypt(sealed, field="note", record=row.id) if sealed else ""
        found.append(replace(_seen_alert(row), note=note))
    return found


def last_import(*, actor: Actor) -> datetime | None:
    """Say when a file of policies was taken in last, to the end; None if never.

    Raises:
        NotAllowed: what comes from other systems isn't the actor's business.
    """
    actor.require(Permission.READ_FEEDS)
    last: datetime | None = Import.objects.aggregate(last=Max("done_at"))["last"]
    return last


def used_outside(*, actor: Actor, day: date) -> int:
    """Say how many fields the actor has revealed on a day outside their own work."""
    found = Quota.objects.filter(actor=actor.id, day=day, tie=Tie.OUTSIDE)
    return found.values_list("used", flat=True).first() or 0


def most_outside(*, actor: Actor, day: date, most: int) -> Sequence[Used]:
    """Give who of the actor's branch revealed most on a day outside their own work.

    Raises:
        NotAllowed: the actor may not review others' looks.
    """
    actor.require(Permission.REVIEW)
    rows = Quota.objects.filter(day=day, tie=Tie.OUTSIDE, used__gt=0)
    if actor.units is not None:
        rows = rows.filter(actor__in=ids_within(actor=actor))
    found = list(rows.order_by("-used", "actor").values_list("actor", "used")[:most])
    roles = roles_of([who for who, _ in found])
    return [Used(who, used, outside_a_day(roles.get(who, ()))) for who, used in found]


def is_reviewed(emergency: str) -> bool:
    """Tell whether somebody has reviewed an emergency; for this room's own tasks."""
    return BreakGlass.objects.filter(id=emergency, reviewed_at__isnull=False).exists()


def _to_review(actor: Actor) -> QuerySet[BreakGlass]:
    actor.require(Permission.REVIEW)
    rows = BreakGlass.objects.filter(reviewed_at=None).exclude(actor=actor.id)
    return rows if actor.units is None else rows.filter(unit__in=actor.units)


def _alerts(actor: Actor) -> QuerySet[Alert]:
    actor.require(Permission.ANSWER_ALERTS)
    rows = Alert.objects.select_related("unit")
    return rows if actor.units is None else rows.filter(unit__in=actor.units)


def _seen_alert(row: Alert) -> SeenAlert:
    return SeenAlert(
        id=row.id,
        why=row.why,
        who=row.who,
        unit=row.unit.name if row.unit else "",
        raised_at=row.raised_at,
        answered_at=row.answered_at,
        answered_by=row.answered_by,
    )


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
