"""A reveal: for a purpose and a work item, within a quota, and never without an entry."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction

from hubao.desk.core import steps
from hubao.desk.core.actor import ALLOWED, Actor, NotAllowed, Permission, Role
from hubao.desk.ledger.steps import NotWritten
from hubao.desk.policies.catalogue import FIELDS as NAMES
from hubao.desk.policies.models import Quota
from hubao.desk.policies.operations.reveal import NoWorkItem, Revealed, reveal
from hubao.desk.policies.queries import NoSuchPolicy
from hubao.desk.policies.rules import (
    EMERGENCY_FIELDS,
    OUTSIDE_A_DAY,
    PURPOSES,
    Purpose,
    QuotaUsed,
    StepUp,
    WrongPurpose,
)
from hubao.kit.errors import BadInput
from hubao.kit.parameters import all_parameters, parameter
from tests.makers.desk import (
    CLEAR,
    FIELDS,
    NOON,
    actor,
    denials,
    make_branches,
    make_item,
    make_policy,
    said,
)

CLERK = actor("li", Role.CLERK)
FRESH = actor("li", Role.CLERK, fresh=True)


@pytest.fixture(autouse=True)
def _branches(database: str) -> None:
    del database
    make_branches()


def ask(
    record: str,
    folder: Path,
    *,
    item: str | None = None,
    who: Actor = CLERK,
    purpose: Purpose = Purpose.SERVICE,
    field: str = "phone",
) -> Revealed:
    return reveal(
        record=record,
        field=field,
        purpose=purpose,
        item=item,
        actor=who,
        at=NOON,
        fields=FIELDS,
        denials=denials(folder),
    )


def last_entry() -> dict[str, object]:
    return said()[-1]


class TestReveal:
    @pytest.mark.parametrize("field", sorted(NAMES))
    def test_of_ones_own_work_gives_the_field_and_enters_it(
        self, field: str, tmp_path: Path
    ) -> None:
        record = make_policy(policy_number=CLEAR["policy_number"])
        item = make_item(record)

        shown = ask(record, tmp_path, item=item, field=field)

        assert shown.value == CLEAR[field]
        assert shown.until == NOON + timedelta(seconds=60)
        entry = last_entry()
        assert (entry["action"], entry["actor"], entry["subject"], entry["item"]) == (
            "policy.reveal", "li", record, item)  # fmt: skip
        assert (entry["fact.fields"], entry["fact.tie"]) == ([field], "own")
        assert shown.value not in json.dumps(entry)

    def test_says_nothing_of_the_value_when_printed(self, tmp_path: Path) -> None:
        record = make_policy()

        shown = ask(record, tmp_path, item=make_item(record))

        assert CLEAR["phone"] not in repr(shown)

    def test_of_own_work_is_counted_and_not_limited(self, tmp_path: Path) -> None:
        record = make_policy()
        item = make_item(record)

        for _ in range(OUTSIDE_A_DAY[Role.CLERK] * 3):
            ask(record, tmp_path, item=item)

        assert Quota.objects.get().used == OUTSIDE_A_DAY[Role.CLERK] * 3

    def test_outside_own_work_wants_the_second_factor_just_shown(self, tmp_path: Path) -> None:
        record = make_policy()
        item = make_item(record, owner="wu")

        with pytest.raises(StepUp):
            ask(record, tmp_path, item=item)

        assert ask(record, tmp_path, item=item, who=FRESH).value == CLEAR["phone"]

    def test_outside_own_work_ends_at_the_roles_tier(self, tmp_path: Path) -> None:
        record = make_policy()
        item = make_item(record, owner="wu")
        for _ in range(OUTSIDE_A_DAY[Role.CLERK]):
            ask(record, tmp_path, item=item, who=FRESH)

        with pytest.raises(QuotaUsed):
            ask(record, tmp_path, item=item, who=FRESH)

        assert last_entry()["fact.why"] == "policies.quota_used"

    def test_an_item_that_one_opened_for_oneself_is_no_own_work(self, tmp_path: Path) -> None:
        record = make_policy()

        with pytest.raises(StepUp):
            ask(record, tmp_path, item=make_item(record, opened_by="li"))

    def test_racing_for_the_last_place_one_wins(self, tmp_path: Path) -> None:
        record = make_policy()
        item = make_item(record, owner="wu")
        most = OUTSIDE_A_DAY[Role.CLERK]

        def one(_: int) -> bool:
            try:
                ask(record, tmp_path, item=item, who=FRESH)
            except QuotaUsed:
                return False
            finally:
                connection.close()
            return True

        with ThreadPoolExecutor(8) as pool:
            shown = sum(pool.map(one, range(most + 11)))

        assert shown == most == Quota.objects.get().used
        assert len(said("policy.reveal")) == most
        assert len(said("denied")) == 11

    @pytest.mark.parametrize("item", ["closed", "another team's", "unknown", None])
    def test_needs_an_open_item_of_theirs(self, item: str | None, tmp_path: Path) -> None:
        record = make_policy()
        made = {
            "closed": make_item(record),
            "another team's": make_item(record, owner="wu", team="south"),
            "unknown": "d0",
        }
        with transaction.atomic():
            steps.close_item(item=made["closed"], at=NOON)

        with pytest.raises(NoWorkItem):
            ask(record, tmp_path, item=made[item] if item else None)

        entry = last_entry()
        assert (entry["action"], entry["subject"]) == ("denied", record)
        assert (entry["fact.of"], entry["fact.fields"]) == ("policy.reveal", ["phone"])

    def test_of_another_branch_is_as_if_it_were_not_there(self, tmp_path: Path) -> None:
        theirs = make_policy(unit="south")

        with pytest.raises(NoSuchPolicy) as hidden:
            ask(theirs, tmp_path, item=make_item(theirs))
        with pytest.raises(NoSuchPolicy) as missing:
            ask("b0", tmp_path, item=make_item("b0"))

        assert hidden.value.message == missing.value.message

    def test_of_a_field_that_no_policy_has_is_bad_input(self, tmp_path: Path) -> None:
        with pytest.raises(BadInput):
            ask(make_policy(), tmp_path, field="record; DROP TABLE policies_policy")

    def test_gives_nothing_when_the_ledger_can_not_be_written(self, tmp_path: Path) -> None:
        record = make_policy()
        item = make_item(record)
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE ledger_entry RENAME TO gone")

        with pytest.raises(NotWritten):
            ask(record, tmp_path, item=item)

        assert not Quota.objects.exists()  # neither shown nor counted

    def test_refused_while_the_ledger_is_down_is_kept_in_the_spool(self, tmp_path: Path) -> None:
        record = make_policy()
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE ledger_entry RENAME TO gone")

        with pytest.raises(NoWorkItem):
            ask(record, tmp_path, item="d0")

        kept = json.loads((tmp_path / "denied.jsonl").read_text())
        assert (kept["action"], kept["subject"], kept["actor"]) == ("denied", record, "li")


class TestRolesAndPurposes:
    @pytest.mark.parametrize("role", Role)
    def test_nobody_reaches_what_the_law_calls_a_crime_in_a_day(self, role: Role) -> None:
        in_emergencies = EMERGENCY_FIELDS if role in ALLOWED[Permission.BREAK_GLASS] else 0
        most = OUTSIDE_A_DAY[role] + in_emergencies

        # The kind with the lowest number, as it was, is and is known to become.
        for version in all_parameters()["crime.staff.property_records"]:
            assert most < parameter("crime.staff.property_records", on=version.first)

    @pytest.mark.parametrize("role", Role)
    @pytest.mark.parametrize("purpose", [one for one in Purpose if one is not Purpose.EMERGENCY])
    def test_every_pair_is_allowed_or_refused_as_the_table_says(
        self, role: Role, purpose: Purpose, tmp_path: Path
    ) -> None:
        record = make_policy()
        item = make_item(record)
        who = actor("li", role)

        if purpose in PURPOSES[role]:
            assert ask(record, tmp_path, item=item, who=who, purpose=purpose).value
        else:
            with pytest.raises((NotAllowed, WrongPurpose)):
                ask(record, tmp_path, item=item, who=who, purpose=purpose)

    @pytest.mark.parametrize("role", Role)
    def test_an_emergency_that_nobody_declared_is_none(self, role: Role, tmp_path: Path) -> None:
        with pytest.raises((NotAllowed, NoWorkItem)):
            ask(make_policy(), tmp_path, who=actor("li", role), purpose=Purpose.EMERGENCY)
