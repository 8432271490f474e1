"""Search by exact identifiers: masked, in the branch, entered, slow for who walks numbers."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from hubao.desk.core.actor import Actor, NotAllowed, Role
from hubao.desk.core.models import Outbox
from hubao.desk.policies.operations.search import (
    MOST,
    Slowed,
    TooMany,
    forget_lookups,
    search,
    worklist,
)
from hubao.desk.policies.queries import Masked
from hubao.kit.errors import BadInput
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
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _branches(database: str) -> None:
    del database
    make_branches()


def find(
    field: str, value: str, folder: Path, who: Actor = CLERK, at: datetime = NOON
) -> Sequence[Masked]:
    return search(
        field=field, value=value, actor=who, at=at, fields=FIELDS, denials=denials(folder)
    )


class TestSearch:
    @pytest.mark.parametrize("field", ["policy_number", "holder_name", "identity_number", "phone"])
    def test_finds_by_each_identifier_and_shows_it_masked(self, field: str, tmp_path: Path) -> None:
        record = make_policy(policy_number=CLEAR["policy_number"])

        found = find(field, CLEAR[field], tmp_path)

        assert [one.record for one in found] == [record]
        assert not set(CLEAR.values()) & set(found[0].fields.values())

    def test_enters_every_record_that_it_shows(self, tmp_path: Path) -> None:
        records = [make_policy() for _ in range(3)]

        find("phone", CLEAR["phone"], tmp_path)

        shown = [one["subject"] for one in said("policy.search")]
        assert set(shown) == set(records)
        assert len(shown) == 3

    def test_shows_nothing_of_another_branch(self, tmp_path: Path) -> None:
        make_policy(unit="south")
        below = make_policy(unit="north-1")

        assert [one.record for one in find("phone", CLEAR["phone"], tmp_path)] == [below]

    def test_finds_no_part_of_a_value(self, tmp_path: Path) -> None:
        make_policy()

        assert find("phone", CLEAR["phone"][:-1], tmp_path) == []

    def test_lists_no_crowd(self, tmp_path: Path) -> None:
        for _ in range(MOST + 1):
            make_policy()

        with pytest.raises(TooMany):
            find("holder_name", CLEAR["holder_name"], tmp_path)

        assert not said("policy.search")

    @pytest.mark.parametrize("role", [Role.COMPLIANCE, Role.ADMIN])
    def test_is_refused_and_entered_for_roles_without_personal_data(
        self, role: Role, tmp_path: Path
    ) -> None:
        with pytest.raises(NotAllowed):
            find("phone", "1", tmp_path, who=actor("x", role))

        assert [one["actor"] for one in said("denied")] == ["x"]

    @pytest.mark.parametrize(("field", "value"), [("address", "x"), ("phone", " "), ("", "x")])
    def test_needs_an_identifier(self, field: str, value: str, tmp_path: Path) -> None:
        with pytest.raises(BadInput):
            find(field, value, tmp_path)


class TestWalking:
    def test_policy_numbers_in_order_is_slowed_and_raises_an_alert(self, tmp_path: Path) -> None:
        slowed = 0
        at = NOON
        for number in range(40):
            at += SECOND
            try:
                find("policy_number", f"PN{10_000 + number}", tmp_path, at=at)
            except Slowed:
                slowed += 1

        assert slowed > 25
        assert Outbox.objects.get(topic="access.alert").facts["why"] == "numbers_in_order"

    def test_a_familys_few_policies_are_not(self, tmp_path: Path) -> None:
        for number in range(4):
            find("policy_number", f"PN{10_000 + number}", tmp_path, at=NOON + number * SECOND)

        assert not Outbox.objects.exists()

    def test_is_forgotten_after_a_day(self, tmp_path: Path) -> None:
        find("policy_number", "PN10000", tmp_path)

        counts = [forget_lookups(at=NOON + timedelta(hours=hours)) for hours in (23, 24)]

        assert counts == [0, 1]

    def test_numbers_far_apart_are_not(self, tmp_path: Path) -> None:
        for number in range(40):
            find("policy_number", f"PN{10_000 + number * 97}", tmp_path, at=NOON)

        assert not Outbox.objects.exists()

    def test_with_gaps_and_backwards_is_walking_too(self, tmp_path: Path) -> None:
        for number in range(4):
            find("policy_number", f"PN{10_000 - number * 3}", tmp_path)

        with pytest.raises(Slowed):
            find("policy_number", f"PN{10_000 - 4 * 3}", tmp_path)


class TestWorklist:
    def test_shows_the_policies_of_ones_own_items(self) -> None:
        mine = make_policy()
        theirs = make_policy()
        make_item(mine)
        make_item(theirs, owner="wu")

        found = worklist(actor=CLERK, at=NOON, fields=FIELDS)

        assert [one.record for one in found] == [mine]
        assert [one["subject"] for one in said("policy.list")] == [mine]
