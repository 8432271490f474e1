"""Makers of what the desk keeps: units, people, policies. Imports Django's models, so late."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import transaction

from hubao.desk.core import steps
from hubao.desk.core.actor import Actor, Permission, Role
from hubao.desk.core.files import Row
from hubao.desk.ledger.denials import Denials
from hubao.desk.ledger.models import Entry
from hubao.desk.ledger.operations import append_placed
from hubao.desk.ledger.rules import Entered, body_of
from hubao.desk.people.imports import import_people, import_units
from hubao.desk.policies.models import Policy
from hubao.desk.policies.operations.imports import put_policies
from hubao.seal.fields import Fields
from hubao.seal.keyset import Keyset
from hubao.seal.suites import Suite

NOON: Final = datetime(2026, 11, 26, 4, tzinfo=UTC)
SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
SYSTEM: Final = Actor("system:core", units=None, scopes=frozenset(Permission))
KEYSET: Final = Keyset.new(Suite.INTERNATIONAL)
FIELDS: Final = Fields(KEYSET)
# Made-up people: numbers under area codes and networks that were never issued.
CLEAR: Final = {
    "policy_number": "PN20200000017788",
    "holder_name": "欧阳测试",
    "identity_number": "000123198001010011",
    "phone": "15400001234",
    "address": "某某市甲乙区丙丁路1号院2号楼303室",
    "bank_account": "0000001234567890129",
    "insured_name": "司马样例",
    "beneficiary": "诸葛示范",
    "premium": "1234550",
    "cash_value": "9876543",
}
_numbers = count(1)


def rows(*cells: dict[str, str]) -> list[Row]:
    """Rows as a file would give them."""
    return [Row(line, one) for line, one in enumerate(cells, start=2)]


def make_branches() -> None:
    """A head office with two branches, north and south, and a counter below each."""
    units = {"HQ": "", "north": "HQ", "south": "HQ", "north-1": "north", "south-1": "south"}
    given = rows(
        *({"unit": unit, "name": unit.title(), "parent": up} for unit, up in units.items())
    )
    import_units(given, actor=SYSTEM, at=NOON)


def make_person(party: str, unit: str = "north", roles: Iterable[Role] = (), **cells: str) -> None:
    """Somebody who works here."""
    row = {"actor": party, "name": f"名字{party}", "unit": unit, "roles": ";".join(roles)}
    outcome = import_people(rows(row | cells), zone=SHANGHAI, actor=SYSTEM, at=NOON)
    assert not outcome.rejects


def actor(
    party: str = "li",
    *roles: Role,
    unit: str = "north",
    units: Iterable[str] | None = ("north", "north-1"),
    fresh: bool = False,
    own: str | None = None,
) -> Actor:
    """Who asks; with `fresh`, the second factor was shown a minute before noon."""
    return Actor(
        id=party,
        roles=frozenset(roles),
        unit=unit,
        units=None if units is None else frozenset(units),
        verified=NOON - timedelta(minutes=1) if fresh else None,
        own=own,
    )


def make_policy(unit: str = "north", **clear: str) -> str:
    """A policy with everything in it, under a number of its own; gives its record's id."""
    # Far apart, as a test that searches for several doesn't walk them in order.
    number = f"PN2020{next(_numbers) * 7919:08d}"
    put_policies(
        [{**CLEAR, "policy_number": number, "unit": unit, "product": "endowment", **clear}],
        actor=SYSTEM,
        at=NOON,
        fields=FIELDS,
    )
    return Policy.objects.latest("id").record


def make_item(
    *records: str, owner: str | None = "li", team: str = "north", opened_by: str = "system:core"
) -> str:
    """An open work item about records."""
    with transaction.atomic():
        return steps.open_item(
            kind="service", team=team, records=records, owner=owner, opened_by=opened_by, at=NOON
        )


def append_entries(entered: Iterable[Entered]) -> int:
    """Append entries and give them their places; gives how many."""
    bodies = [body_of(one) for one in entered]
    append_placed(bodies)
    return len(bodies)


def said(action: str = "", **parts: str) -> list[dict[str, Any]]:
    """What the ledger's entries say, the oldest first; only those of an action, and these parts."""
    bodies = map(json.loads, Entry.objects.order_by("id").values_list("body", flat=True))
    wanted = parts | ({"action": action} if action else {})
    return [one for one in bodies if wanted.items() <= one.items()]


def denials(folder: Path) -> Denials:
    """Where refusals go when the ledger can't take them."""
    return Denials(folder / "denied.jsonl")
