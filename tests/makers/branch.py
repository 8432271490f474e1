"""A branch with one of everything in it, to ask for. Imports Django's models, so late."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction

from hubao.desk.core.actor import Role
from hubao.desk.core.days import day_of
from hubao.desk.core.reach import Reach
from hubao.desk.ledger import counts
from hubao.desk.ledger import queries as ledger
from hubao.desk.ledger.models import Head
from hubao.desk.ledger.operations import sequence_pending
from hubao.desk.people import queries as people
from hubao.desk.people.models import Account, Token
from hubao.desk.people.webhooks import operations as webhooks
from hubao.desk.policies.holder import reports
from hubao.desk.policies.holder.rules import Sort
from hubao.desk.policies.models import Alert, Import, Quota
from hubao.desk.policies.operations import alerts, emergency
from hubao.desk.policies.steps import raise_alert
from hubao.seal import heads as seal
from tests.makers.desk import (
    FIELDS,
    NOON,
    SYSTEM,
    actor,
    denials,
    make_item,
    make_person,
    make_policy,
)
from tests.makers.feeds import make_source
from tests.makers.holders import come_in

ASKER: Final = "asker"  # whoever asks; has work of their own in the branch that the place is in
DAY: Final = day_of(NOON)
URL: Final = "https://crm.example/hooks"
REASON: Final = "客户在柜台晕倒，需联系家人"


@dataclass(frozen=True)
class Place:
    """A branch with one of everything in it."""

    unit: str
    record: str
    number: str
    clerk: str
    service: str
    own: str
    free: str
    glass: str
    alert: str
    answered: str
    token: int
    revoked: int
    endpoint: str
    report: str
    source: str
    folder: Path


def make_place(unit: str, folder: Path) -> Place:
    """Fill a branch."""
    clerk, service = f"clerk-{unit}", f"svc-{unit}"
    make_person(clerk, unit=unit, roles=[Role.CLERK], notice="2026-11-01", left="2026-11-28")
    make_person(service, unit=unit, kind="service")
    number = f"PN{unit}1"
    record = make_policy(unit=unit, policy_number=number)
    account = Account.objects.create(party_id=clerk, username=clerk)
    session = SessionStore()
    session.create()
    UserSession.objects.create(user=account, session_key=session.session_key, ip="::1")
    token, revoked = (
        Token.objects.create(
            party_id=service, digest=f"{unit}{at}".encode(), scopes=[], made_at=NOON, revoked_at=at
        )
        for at in (None, NOON)
    )
    Quota.objects.create(actor=clerk, day=DAY, tie="outside", used=3)
    who = actor(clerk, Role.CLERK, unit=unit, units=[unit])
    glass = emergency.break_glass(record=record, reason=REASON, actor=who, at=NOON, fields=FIELDS,
                                  denials=denials(folder))  # fmt: skip
    place = Place(
        unit=unit,
        record=record,
        number=number,
        clerk=clerk,
        service=service,
        own=make_item(record, owner=ASKER, team=unit),
        free=make_item(record, owner=None, team=unit),
        glass=glass,
        alert=_alert(clerk, unit, "open"),
        answered=_alert(clerk, unit, "answered"),
        token=token.id,
        revoked=revoked.id,
        endpoint=_endpoint(unit),
        report=_report(number, unit, folder),
        source=f"core-{unit}",
        folder=folder,
    )
    make_source(folder, place.source)
    boss = actor("boss", Role.SUPERVISOR, unit=unit, units=[unit])
    alerts.answer_alert(alert=place.answered, note=REASON, actor=boss, at=NOON, fields=FIELDS)
    return place


def settle() -> None:
    """Give entries their places, count them, sign a head that proofs can stand under."""
    Import.objects.get_or_create(
        sha256="0" * 64,
        defaults={"rows": 0, "added": 0, "changed": 0, "same": 0, "rejected": 0,
                  "began_at": NOON, "done_at": NOON},
    )  # fmt: skip
    sequence_pending()
    counts.count_placed(units=people.units_of)
    size = ledger.size()
    text = seal.Head("test/ledger", size, ledger.root_at(size), NOON).text()
    Head.objects.create(size=size, at=NOON, note=f"{text}\n")


def _alert(who: str, unit: str, name: str) -> str:
    key = f"{name}-{unit}"
    with transaction.atomic():
        raise_alert(key=key, why="numbers_in_order", who=who, at=NOON)
    return Alert.objects.get(key=key).id


def _endpoint(unit: str) -> str:
    make_person(f"client-{unit}", unit="HQ", kind="service")
    return webhooks.add_endpoint(
        url=URL, topics=["person.left"], party=f"client-{unit}", actor=SYSTEM, at=NOON,
        fields=FIELDS, reach=Reach(),
    ).endpoint  # fmt: skip


def _report(number: str, unit: str, folder: Path) -> str:
    (folder / unit).mkdir()
    visit = come_in(number, folder / unit)
    return reports.report(visit=visit, sort=Sort.CALL, event="", text="", at=NOON, fields=FIELDS,
                          team=unit)  # fmt: skip
