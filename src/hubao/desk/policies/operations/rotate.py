"""Encrypt every record anew with the newest key, while others read and write."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from django.db import connection

from hubao.desk.core.actor import Actor, Permission
from hubao.desk.core.transactions import durable
from hubao.desk.ledger.rules import Entered
from hubao.desk.ledger.steps import append_entry
from hubao.desk.people.second_factors import are_second_factors_new, second_factors_anew
from hubao.desk.people.webhooks.sealing import are_secrets_new, secrets_anew
from hubao.desk.policies.catalogue import FIELDS, PLAIN
from hubao.desk.policies.models import BreakGlass, Policy
from hubao.desk.policies.sealing import COLUMNS, Clear, seal
from hubao.seal.fields import Fields

AT_ONCE: Final = 500
_SET: Final = ", ".join(f"{name} = %s" for name in COLUMNS[1:])
# Compare and set: a record that an import changes meanwhile is left as the import wrote it.
_UPDATE: Final = f"UPDATE policies_policy SET {_SET} WHERE record = %s AND said = %s"  # noqa: S608
Told = Callable[[int, int], None]


def rotate(*, actor: Actor, at: datetime, fields: Fields, told: Told | None = None) -> int:
    """Encrypt anew what isn't encrypted with the newest key; goes on where it was stopped.

    Args:
        actor: who asks for it.
        at: now.
        fields: the keyset with the new keys in front and the old ones behind them.
        told: hears records done and records in all.

    Returns:
        Records that were encrypted anew.

    Raises:
        NotAllowed: the actor may not.
    """
    actor.require(Permission.ROTATE_KEYS)
    total = Policy.objects.count()
    done = seen = 0
    for part in _parts():
        old = [one for one in part if not _is_new(one, fields)]
        with durable():
            for one in old:
                done += _anew(one, fields)
        seen += len(part)
        if told is not None:
            told(seen, total)
    _reasons_anew(fields)
    secrets_anew(fields=fields)
    second_factors_anew(fields=fields)
    with durable():
        facts = {"records": done}
        append_entry(Entered(action="keys.rotated", actor=actor.id, at=at, facts=facts))
    return done


def is_rotated(*, fields: Fields) -> bool:
    """Tell whether nothing is left that needs an older key than the newest."""
    reasons = (bytes(one.reason) for one in BreakGlass.objects.iterator())
    return (
        all(_is_new(one, fields) for part in _parts() for one in part)
        and all(one.startswith(fields.prefix) for one in reasons)
        and are_secrets_new(fields=fields)
        and are_second_factors_new(fields=fields)
    )


def _parts() -> Iterator[list[Policy]]:
    last = 0
    while part := list(Policy.objects.filter(id__gt=last).order_by("id")[:AT_ONCE]):
        yield part
        last = part[-1].id


def _is_new(row: Policy, fields: Fields) -> bool:
    sealed = [value for name in FIELDS if (value := getattr(row, name)) is not None]
    return all(bytes(value).startswith(fields.prefix) for value in sealed)


def _anew(row: Policy, fields: Fields) -> bool:
    columns = seal(_clear(row, fields), record=row.record, fields=fields).columns
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE, [*columns[1:], row.record, bytes(row.said)])
        return bool(cursor.rowcount)


def _clear(row: Policy, fields: Fields) -> Clear:
    plain = {
        **{name: str(getattr(row, name)) for name in PLAIN if name not in ("unit", "issued_on")},
        "unit": row.unit_id,
        **({"issued_on": row.issued_on.isoformat()} if row.issued_on else {}),
    }
    sealed = {
        name: fields.decrypt(bytes(value), field=name, record=row.record)
        for name in FIELDS
        if (value := getattr(row, name)) is not None
    }
    return {name: text for name, text in plain.items() if text} | sealed


def _reasons_anew(fields: Fields) -> None:
    for row in BreakGlass.objects.iterator():
        if bytes(row.reason).startswith(fields.prefix):
            continue
        clear = fields.decrypt(bytes(row.reason), field="reason", record=row.id)
        BreakGlass.objects.filter(id=row.id).update(
            reason=fields.encrypt(clear, field="reason", record=row.id)
        )
