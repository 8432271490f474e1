"""Show one field of one policy, for a stated purpose and work item, and write down that it was."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import DatabaseError, connection

from hubao.desk.core.actor import Actor, Permission
from hubao.desk.core.metrics import counted
from hubao.desk.core.rules import WorkItem, is_theirs, tie
from hubao.desk.core.transactions import durable
from hubao.desk.ledger.denials import Denials
from hubao.desk.ledger.rules import Entered, unit_of
from hubao.desk.ledger.steps import NotWritten, append_entry
from hubao.desk.policies.catalogue import FIELDS
from hubao.desk.policies.metrics import REVEALS, SHOWN
from hubao.desk.policies.queries import NoSuchPolicy, emergency_open
from hubao.desk.policies.rules import (
    EMERGENCY_FIELDS,
    Allowance,
    Purpose,
    allowance,
    check_purpose,
)
from hubao.desk.policies.steps import count_reveal
from hubao.kit.errors import BadInput, HubaoError, Kind
from hubao.seal.fields import Fields

SHOWN_FOR: Final = timedelta(seconds=60)
# One read of one row, in plain SQL: it stands on the way of every reveal. {} is a name of FIELDS.
_READ: Final = """
SELECT policies_policy.{}, policies_policy.unit,
       core_item.id, core_item.kind, core_item.owner, core_item.team, core_item.opened_by,
       core_item.opened_at, core_item_record.id
FROM policies_policy
LEFT JOIN core_item ON core_item.id = %s AND core_item.closed_at IS NULL
  AND (core_item.barred IS NULL OR core_item.barred <> %s)
LEFT JOIN core_item_record
  ON core_item_record.item = core_item.id AND core_item_record.record = policies_policy.record
WHERE policies_policy.record = %s
"""


class NoWorkItem(HubaoError):  # noqa: N818 - says what happened, as its base does
    """The work item is closed, unknown, or neither the person's nor their team's."""

    code = "policies.no_work_item"
    kind = Kind.FORBIDDEN


@dataclass(frozen=True)
class Revealed:
    """A field in clear, and until when it may be shown."""

    value: str
    until: datetime

    def __repr__(self) -> str:  # in no log and no traceback
        return f"Revealed(until={self.until.isoformat()})"


@counted(REVEALS, "purpose", done=SHOWN)
def reveal(
    *,
    record: str,
    field: str,
    purpose: Purpose,
    item: str | None,
    actor: Actor,
    at: datetime,
    fields: Fields,
    denials: Denials,
) -> Revealed:
    """Give one field in clear; the ledger's entry of it is committed before.

    Args:
        record: the policy's id.
        field: one of `catalogue.FIELDS`.
        purpose: why.
        item: the work item it is for; None in an emergency.
        actor: who asks.
        at: now.
        fields: what decrypts.
        denials: where a refusal is entered.

    Raises:
        BadInput: no such field.
        NotAllowed: the actor's roles reveal nothing.
        WrongPurpose: they don't have this purpose.
        NoSuchPolicy: no such record in the actor's branch, or the field is empty.
        NoWorkItem: the item isn't there, or not theirs.
        StepUp: it is outside their own work, and the second factor wasn't shown just now.
        QuotaUsed: the day's allowance outside one's own work is used up.
        NotWritten: the ledger can't be written.
    """
    if field not in FIELDS:
        raise BadInput(f"A policy has no field of this name: ask for one of {', '.join(FIELDS)}.")
    refused = denials.entered(
        action="policy.reveal", actor=actor, at=at, record=record, purpose=purpose, field=field
    )
    with refused:
        actor.require(Permission.REVEAL)
        sealed, granted = _read(record, field, purpose, item, actor, at)
        entered = Entered(
            action="policy.reveal",
            actor=actor.id,
            at=at,
            subject=record,
            purpose=purpose,
            item=item,
            facts={"fields": [field], "tie": granted.tie, **unit_of(actor)},
        )
        try:
            with durable():
                count_reveal(actor=actor, allowance=granted, at=at)
                append_entry(entered)
        except DatabaseError as error:
            raise NotWritten(
                "Nothing was shown, because the ledger can't be written just now."
            ) from error
    return Revealed(fields.decrypt(sealed, field=field, record=record), at + SHOWN_FOR)


def _read(
    record: str, field: str, purpose: Purpose, item: str | None, actor: Actor, at: datetime
) -> tuple[bytes, Allowance]:
    with connection.cursor() as cursor:
        cursor.execute(_READ.format(field), [item, actor.id, record])
        row = cursor.fetchone()
    if row is None or not actor.sees(row[1]):
        raise NoSuchPolicy("There is no such policy in your branch.", record=record)
    if purpose is Purpose.EMERGENCY:
        granted = _in_emergency(record, actor, at)
    else:
        check_purpose(actor, purpose)
        granted = _for_item(row[2:], record, actor, at)
    if row[0] is None:
        raise NoSuchPolicy("This field of the policy is empty.", record=record)
    return bytes(row[0]), granted


def _for_item(
    row: tuple[str, str, str, str, str, datetime, int | None],
    record: str,
    actor: Actor,
    at: datetime,
) -> Allowance:
    number, kind, owner, team, opened_by, opened_at, names_it = row
    if number is None:
        raise NoWorkItem("There is no such open work item: choose one of yours.")
    records = frozenset({record} if names_it is not None else ())
    found = WorkItem(number, kind, owner, team, opened_by, opened_at, None, records)
    if not is_theirs(found, actor):
        raise NoWorkItem("There is no such open work item: choose one of yours.")
    return allowance(actor, tie=tie(found, record=record, actor=actor), at=at)


def _in_emergency(record: str, actor: Actor, at: datetime) -> Allowance:
    actor.require(Permission.BREAK_GLASS)
    if not emergency_open(record=record, actor=actor, at=at):
        raise NoWorkItem(
            "No emergency is open for this policy: break the glass first, and say why."
        )
    return Allowance(Purpose.EMERGENCY, EMERGENCY_FIELDS)
