"""Alerts: one alert once, for those of the branch, answered by somebody else with a note."""

import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from hubao.desk.core.actor import Actor, NotAllowed, Role
from hubao.desk.core.delivery import deliver
from hubao.desk.core.steps import send_later
from hubao.desk.policies.models import Alert, AlertAnswer, BreakGlass
from hubao.desk.policies.operations.alerts import (
    NoSuchAlert,
    answer_alert,
    raise_alerts,
    reopen_alert,
)
from hubao.desk.policies.operations.emergency import break_glass, review
from hubao.desk.policies.operations.reasons import BadReason
from hubao.desk.policies.operations.rotate import is_rotated, rotate
from hubao.desk.policies.queries import SeenAlert, answered_alerts, open_alerts
from hubao.desk.policies.tasks import ALERTS
from hubao.desk.policies.words import ALERT_STEPS, ALERT_WORDS
from hubao.seal.fields import Fields
from hubao.seal.suites import Suite
from tests.makers.desk import (
    FIELDS,
    KEYSET,
    NOON,
    SYSTEM,
    actor,
    denials,
    make_branches,
    make_person,
    make_policy,
    said,
)

BOSS = actor("boss", Role.SUPERVISOR)
FAR = actor("far", Role.SUPERVISOR, unit="south", units=["south", "south-1"])
SECURITY = actor("x1", Role.SECURITY, unit="HQ", units=None)
NOTE = "与本人核对：客户一家三口的保单，属正常业务"


@pytest.fixture(autouse=True)
def _branches(database: str) -> None:
    del database
    make_branches()
    make_person("li", unit="north", roles=[Role.CLERK])


def tell(key: str = "1", why: str = "numbers_in_order", who: str = "li") -> None:
    with transaction.atomic():
        send_later(topic="access.alert", key=key, facts={"why": why, "actor": who}, at=NOON)


def waiting(who: Actor = BOSS) -> Sequence[SeenAlert]:
    return open_alerts(actor=who, most=9)[0]


def told(who: Actor = BOSS, **parts: str) -> str:
    tell(**parts)
    deliver([ALERTS], at=NOON)
    return waiting(who)[0].id


def answer(alert: str, who: Actor = BOSS, note: str = NOTE) -> None:
    answer_alert(alert=alert, note=note, actor=who, at=NOON, fields=FIELDS)


class TestRaised:
    def test_a_message_becomes_one_alert(self) -> None:
        tell()
        tell()

        for _ in range(2):
            deliver([ALERTS], at=NOON)

        assert [(one.why, one.who, one.unit) for one in waiting()] == [
            ("numbers_in_order", "li", "North")
        ]

    def test_is_seen_by_the_branch_and_head_office(self) -> None:
        told()

        assert [len(waiting(who)) for who in (BOSS, FAR, SECURITY)] == [1, 0, 1]

    def test_of_the_ledger_is_the_whole_insurers_and_once_each_time(self) -> None:
        for once in ("a", "a", "b"):
            raise_alerts(of_ledger=[("no_head", once)], at=NOON)

        assert [len(waiting(who)) for who in (BOSS, SECURITY)] == [0, 2]

    @pytest.mark.parametrize("role", [r for r in Role if r not in (Role.SUPERVISOR, Role.SECURITY)])
    def test_is_for_supervisors_and_security(self, role: Role) -> None:
        with pytest.raises(NotAllowed):
            waiting(actor("x", role))

    def test_has_words_for_every_reason_that_the_code_gives(self) -> None:
        desk = Path(__file__).parents[3] / "src" / "hubao" / "desk"
        sources = "".join(path.read_text(encoding="utf-8") for path in desk.rglob("*.py"))
        given = set(re.findall(r'_alert\("([a-z_]+)"', sources))
        given |= set(re.findall(r'"why": "([a-z_]+)"', sources))
        given |= set(re.findall(r'told\.append\(\("([a-z_]+)"', sources))
        given |= set(re.findall(r'BROKEN: Final = "([a-z_]+)"', sources))

        assert given == set(ALERT_WORDS) == set(ALERT_STEPS)
        assert len(given) == 6


class TestAnswer:
    def test_closes_it_and_stands_in_the_ledger_without_the_note(self) -> None:
        alert = told()

        answer(alert)

        assert waiting() == []
        (entry,) = said("alert.answered")
        assert (entry["actor"], entry["subject"], entry["fact.alert"]) == ("boss", "li", alert)
        assert NOTE.encode() not in bytes(AlertAnswer.objects.get().note or b"")
        (seen,) = answered_alerts(actor=BOSS, fields=FIELDS, most=9)
        assert (seen.note, seen.answered_by) == (NOTE, "boss")

    def test_is_given_once(self) -> None:
        alert = told()
        answer(alert)

        with pytest.raises(NoSuchAlert):
            answer(alert, SECURITY)

        assert Alert.objects.get().answered_by == "boss"

    def test_can_be_undone_and_keeps_what_was_written(self) -> None:
        alert = told()
        answer(alert)

        reopen_alert(alert=alert, actor=BOSS, at=NOON)

        assert [one.id for one in waiting()] == [alert]
        assert [one["action"] for one in said()[-2:]] == ["alert.answered", "alert.reopened"]
        assert AlertAnswer.objects.count() == 2
        with pytest.raises(NoSuchAlert):
            reopen_alert(alert=alert, actor=BOSS, at=NOON)

    @pytest.mark.parametrize("note", ["", "ok", "长" * 2_001])
    def test_wants_a_note(self, note: str) -> None:
        alert = told()

        with pytest.raises(BadReason):
            answer(alert, note=note)

        assert len(waiting()) == 1

    def test_is_by_somebody_else(self) -> None:
        make_person("boss", unit="north", roles=[Role.SUPERVISOR])
        tell(who="boss")
        deliver([ALERTS], at=NOON)
        alert = waiting()[0].id

        with pytest.raises(NotAllowed):
            answer(alert)
        with pytest.raises(IntegrityError):  # nor past our code
            Alert.objects.update(answered_by="boss", answered_at=NOON)

    def test_of_another_branch_is_not_there(self) -> None:
        alert = told()

        with pytest.raises(NoSuchAlert):
            answer(alert, FAR)

    def test_stays_readable_when_keys_are_rotated(self) -> None:
        answer(told())
        rotated = KEYSET.rotated(Suite.INTERNATIONAL)
        assert not is_rotated(fields=Fields(rotated.retired()))

        rotate(actor=SYSTEM, at=NOON, fields=Fields(rotated))

        alone = Fields(rotated.retired())
        assert is_rotated(fields=alone)
        assert answered_alerts(actor=BOSS, fields=alone, most=9)[0].note == NOTE


class TestEmergency:
    def broken(self, folder: Path) -> str:
        return break_glass(
            record=make_policy(), reason="客户在柜台晕倒，需联系家人",
            actor=actor("li", Role.CLERK), at=NOON, fields=FIELDS, denials=denials(folder),
        )  # fmt: skip

    def test_is_answered_by_its_review(self, tmp_path: Path) -> None:
        emergency = self.broken(tmp_path)
        deliver([ALERTS], at=NOON)
        assert len(waiting()) == 1

        review(emergency=emergency, justified=True, actor=BOSS, at=NOON)

        assert waiting() == []
        assert Alert.objects.get().answered_by == "boss"

    def test_reviewed_before_it_is_told_of_raises_none(self, tmp_path: Path) -> None:
        emergency = self.broken(tmp_path)
        review(emergency=emergency, justified=True, actor=BOSS, at=NOON)

        deliver([ALERTS], at=NOON + timedelta(minutes=1))

        assert BreakGlass.objects.get().reviewed_at
        assert not Alert.objects.exists()
