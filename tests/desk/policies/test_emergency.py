"""Break-glass: a reason in writing, one at a time, reviewed by somebody else."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError

from hubao.desk.core.actor import Actor, NotAllowed, Role
from hubao.desk.core.models import Outbox
from hubao.desk.ledger.models import Entry
from hubao.desk.policies.models import BreakGlass
from hubao.desk.policies.operations.emergency import (
    NothingToReview,
    ReviewFirst,
    break_glass,
    review,
)
from hubao.desk.policies.operations.reveal import NoWorkItem, reveal
from hubao.desk.policies.queries import NoSuchPolicy, emergencies_to_review
from hubao.desk.policies.rules import EMERGENCY_FIELDS, REVIEW_WITHIN, Purpose, QuotaUsed
from hubao.kit.errors import BadInput
from hubao.kit.parameters import all_parameters, parameter
from tests.makers.desk import CLEAR, FIELDS, NOON, actor, denials, make_branches, make_policy, said

CLERK = actor("li", Role.CLERK)
BOSS = actor("boss", Role.SUPERVISOR)
REASON = "客户在柜台晕倒，需联系家人"


@pytest.fixture(autouse=True)
def _branches(database: str) -> None:
    del database
    make_branches()


def broken(record: str, folder: Path, who: Actor = CLERK, reason: str = REASON) -> str:
    return break_glass(
        record=record, reason=reason, actor=who, at=NOON, fields=FIELDS, denials=denials(folder)
    )


def look(record: str, folder: Path, minutes: int = 1) -> str:
    return reveal(
        record=record,
        field="phone",
        purpose=Purpose.EMERGENCY,
        item=None,
        actor=CLERK,
        at=NOON + timedelta(minutes=minutes),
        fields=FIELDS,
        denials=denials(folder),
    ).value


class TestBreakGlass:
    def test_opens_the_record_for_an_hour(self, tmp_path: Path) -> None:
        record = make_policy()

        broken(record, tmp_path)

        assert look(record, tmp_path, minutes=59) == CLEAR["phone"]
        with pytest.raises(NoWorkItem):
            look(record, tmp_path, minutes=60)

    def test_opens_no_other_record(self, tmp_path: Path) -> None:
        broken(make_policy(), tmp_path)

        with pytest.raises(NoWorkItem):
            look(make_policy(), tmp_path)

    def test_keeps_the_reason_encrypted_and_out_of_the_ledger(self, tmp_path: Path) -> None:
        broken(make_policy(), tmp_path)

        assert REASON.encode() not in bytes(BreakGlass.objects.get().reason)
        assert not Entry.objects.filter(body__contains="客户").exists()
        assert Outbox.objects.get(topic="access.alert").facts["why"] == "glass_broken"

    def test_waits_for_the_review_of_the_last(self, tmp_path: Path) -> None:
        first = broken(make_policy(), tmp_path)
        with pytest.raises(ReviewFirst):
            broken(make_policy(), tmp_path)

        review(emergency=first, justified=True, actor=BOSS, at=NOON)

        assert broken(make_policy(), tmp_path)

    def test_ends_with_its_review(self, tmp_path: Path) -> None:
        record = make_policy()
        first = broken(record, tmp_path)

        review(emergency=first, justified=True, actor=BOSS, at=NOON)

        with pytest.raises(NoWorkItem):
            look(record, tmp_path)

    def test_shows_no_more_than_an_emergency_needs(self, tmp_path: Path) -> None:
        record = make_policy()
        broken(record, tmp_path)
        for _ in range(EMERGENCY_FIELDS):
            look(record, tmp_path)

        with pytest.raises(QuotaUsed):
            look(record, tmp_path)

    @pytest.mark.parametrize("reason", ["", "急", " " * 40, "长" * 2_001])
    def test_wants_a_reason(self, reason: str, tmp_path: Path) -> None:
        with pytest.raises(BadInput):
            broken(make_policy(), tmp_path, reason=reason)

    def test_of_another_branch_is_refused_and_entered(self, tmp_path: Path) -> None:
        with pytest.raises(NoSuchPolicy):
            broken(make_policy(unit="south"), tmp_path)

        assert len(said("denied")) == 1

    @pytest.mark.parametrize("role", [Role.OPERATIONS, Role.SECURITY, Role.COMPLIANCE, Role.ADMIN])
    def test_is_for_those_who_meet_customers(self, role: Role, tmp_path: Path) -> None:
        with pytest.raises(NotAllowed):
            broken(make_policy(), tmp_path, who=actor("x", role))


class TestReview:
    def test_is_by_somebody_else(self, tmp_path: Path) -> None:
        first = broken(make_policy(), tmp_path, who=BOSS)

        with pytest.raises(NotAllowed):
            review(emergency=first, justified=True, actor=BOSS, at=NOON)
        with pytest.raises(IntegrityError):  # nor past our code
            BreakGlass.objects.update(reviewer="boss", reviewed_at=NOON)

    def test_is_of_ones_branch(self, tmp_path: Path) -> None:
        first = broken(make_policy(), tmp_path)
        far = actor("far", Role.SUPERVISOR, unit="south", units=["south", "south-1"])

        assert emergencies_to_review(actor=far, fields=FIELDS) == []
        with pytest.raises(NothingToReview):
            review(emergency=first, justified=True, actor=far, at=NOON)

    def test_reads_the_reason(self, tmp_path: Path) -> None:
        broken(make_policy(), tmp_path)

        waiting = emergencies_to_review(actor=BOSS, fields=FIELDS)

        assert [(one.actor, one.reason) for one in waiting] == [("li", REASON)]
        assert waiting[0].review_by == NOON + timedelta(days=1)

    def test_that_finds_no_emergency_raises_an_alert(self, tmp_path: Path) -> None:
        first = broken(make_policy(), tmp_path)

        review(emergency=first, justified=False, actor=BOSS, at=NOON)

        whys = [one.facts["why"] for one in Outbox.objects.filter(topic="access.alert")]
        assert whys == ["glass_broken", "not_an_emergency"]

    @pytest.mark.parametrize("role", [r for r in Role if r not in (Role.SUPERVISOR, Role.SECURITY)])
    def test_is_for_supervisors_and_security(self, role: Role) -> None:
        with pytest.raises(NotAllowed):
            emergencies_to_review(actor=actor("x", role), fields=FIELDS)


def test_emergencies_are_reviewed_sooner_than_the_law_wants_access_looked_over() -> None:
    for version in all_parameters()["audit.access_months"]:
        months = parameter("audit.access_months", on=version.first)
        assert timedelta(days=28 * months) > REVIEW_WITHIN
