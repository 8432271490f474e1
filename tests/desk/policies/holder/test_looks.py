"""Who looked, as the policyholder is told: departments and purposes, no names of anybody."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hubao.desk.core.actor import NotAllowed, Role
from hubao.desk.ledger.history import MOST, history
from hubao.desk.ledger.operations import sequence_pending
from hubao.desk.ledger.rules import Entered
from hubao.desk.people.models import Party
from hubao.desk.policies.accesses import ACTIONS
from hubao.desk.policies.catalogue import FIELDS as NAMES
from hubao.desk.policies.holder.operations import enter_view
from hubao.desk.policies.holder.queries import own_data, own_looks
from hubao.desk.policies.holder.rules import (
    DATA_OF,
    HOW,
    Data,
    How,
    Look,
    Looker,
    by_month,
    grouped,
    years_before,
)
from hubao.desk.policies.operations.reveal import NoWorkItem, reveal
from hubao.desk.policies.operations.search import open_record, search
from hubao.desk.policies.queries import NoSuchPolicy
from hubao.desk.policies.rules import Purpose
from tests.makers.desk import (
    CLEAR,
    FIELDS,
    NOON,
    actor,
    append_entries,
    denials,
    make_branches,
    make_item,
    make_person,
    make_policy,
)
from tests.makers.holders import come_in

OURS = "PN90000001"
HOLDER = "policyholder"
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def record(database: str) -> str:
    del database
    make_branches()
    make_person("li", roles=[Role.CLERK])
    return make_policy(policy_number=OURS)


def looks_of(record: str, *, at: datetime = NOON + timedelta(hours=1)) -> list[Look]:
    sequence_pending()
    return own_looks(actor=actor(HOLDER, own=record), at=at)


def show(record: str, folder: Path, *fields: str, at: datetime = NOON, **changes: object) -> None:
    item = make_item(record)
    for field in fields:
        told = {
            "record": record, "field": field, "purpose": Purpose.CLAIM, "item": item, "at": at,
            "actor": actor("li", Role.CLERK), "fields": FIELDS, "denials": denials(folder),
        }  # fmt: skip
        reveal(**told | changes)  # type: ignore[arg-type]


class TestLooks:
    def test_tell_department_purpose_hour_and_kinds_of_data(
        self, record: str, tmp_path: Path
    ) -> None:
        show(record, tmp_path, "phone", "address", "premium")

        (one,) = grouped(looks_of(record))

        assert (one.last.looker, one.last.unit, one.last.purpose) == (
            Looker.STAFF, "North", "claim")  # fmt: skip
        assert (one.last.how, one.last.refused, one.times) == (How.REVEALED, False, 3)
        assert one.data == {Data.CONTACT, Data.MONEY}
        assert one.last.at == NOON
        assert one.last.at.utcoffset() == timedelta(hours=8)

    def test_name_nobody_who_works_here(self, record: str, tmp_path: Path) -> None:
        show(record, tmp_path, "phone")
        name = Party.objects.get(id="li").name

        told = repr(looks_of(record))

        assert name not in told
        assert "'li'" not in told

    def test_say_where_somebody_worked_then(self, record: str, tmp_path: Path) -> None:
        show(record, tmp_path, "phone")
        make_person("li", unit="south", roles=[Role.CLERK])

        assert looks_of(record)[0].unit == "North"

    def test_of_older_entries_say_where_somebody_works_now(self, record: str) -> None:
        append_entries([Entered(action="policy.open", actor="li", at=NOON, subject=record)])

        assert looks_of(record)[0].unit == "North"

    def test_show_who_was_refused(self, record: str, tmp_path: Path) -> None:
        with pytest.raises(NoWorkItem):
            show(record, tmp_path, "phone", item="d0")

        (one,) = looks_of(record)

        assert (one.refused, one.how, one.unit) == (True, How.REVEALED, "North")

    def test_show_searches_and_openings_as_masked(self, record: str, tmp_path: Path) -> None:
        told = {"actor": actor("li", Role.CLERK), "at": NOON, "fields": FIELDS,
                "denials": denials(tmp_path)}  # fmt: skip
        search(field="phone", value=CLEAR["phone"], **told)  # type: ignore[arg-type]
        open_record(record=record, **told)  # type: ignore[arg-type]

        found = looks_of(record)

        assert [one.how for one in found] == [How.OPENED, How.FOUND]
        assert all(one.data == frozenset() for one in found)

    def test_show_systems_and_partners_as_such(self, record: str) -> None:
        make_person("crm", kind="service")
        make_person("acme", unit="south", kind="partner", name="某某经纪")
        append_entries(
            Entered(action="policy.open", actor=who, at=NOON, subject=record)
            for who in ("crm", "acme", "system:desk", "cli:root")
        )

        found = looks_of(record)

        assert [one.looker for one in found] == [
            Looker.SYSTEM, Looker.SYSTEM, Looker.PARTNER, Looker.SYSTEM]  # fmt: skip
        assert found[2].unit == "某某经纪"

    def test_show_ones_own_visits_and_codes(self, record: str, tmp_path: Path) -> None:
        enter_view(visit=come_in(OURS, tmp_path), at=NOON)

        found = looks_of(record)

        assert [one.how for one in found] == [How.VIEWED, How.CODE]

    def test_show_nothing_of_another_policy(self, record: str, tmp_path: Path) -> None:
        other = make_policy()
        show(other, tmp_path, "phone")

        assert looks_of(record) == []

    def test_show_nothing_that_is_no_look(self, record: str) -> None:
        make_item(record)
        append_entries(
            [Entered(action="item.opened", actor="li", at=NOON, subject=record, item="d1")]
        )

        assert looks_of(record) == []

    def test_go_back_three_years(self, record: str) -> None:
        since = years_before(NOON, 3)
        append_entries(
            Entered(action="policy.open", actor="li", at=at, subject=record)
            for at in (since - MINUTE, since, NOON)
        )

        assert [one.at for one in looks_of(record, at=NOON)] == [NOON, since]

    def test_of_a_record_with_very_many_are_the_newest(self, record: str) -> None:
        append_entries(
            Entered(action="policy.open", actor="li", at=NOON + number * timedelta(seconds=1),
                    subject=record)
            for number in range(MOST + 5)
        )  # fmt: skip

        found = looks_of(record, at=NOON + timedelta(days=1))

        assert len(found) == MOST
        assert found[0].at == NOON + timedelta(seconds=MOST + 4)

    def test_are_read_by_the_policyholder_alone(self, record: str) -> None:
        for other in (
            actor("li", Role.CLERK), actor(HOLDER), actor(HOLDER, own=make_policy()),
            actor("admin", Role.ADMIN), actor("k", Role.COMPLIANCE),
        ):  # fmt: skip
            with pytest.raises(NotAllowed):
                history(subject=record, since=NOON, actor=other)


class TestOwnData:
    def test_is_masked(self, record: str) -> None:
        mine = own_data(actor=actor(HOLDER, own=record), fields=FIELDS)

        assert mine.fields["phone"] == "154****1234"
        assert not set(CLEAR.values()) & set(mine.fields.values())

    def test_is_nobodys_without_a_policy(self) -> None:
        with pytest.raises(NoSuchPolicy):
            own_data(actor=actor("li", Role.CLERK), fields=FIELDS)


class TestRules:
    def test_every_field_and_every_access_has_a_word_of_its_own(self) -> None:
        assert set(DATA_OF) == set(NAMES)
        assert set(ACTIONS) <= set(HOW)

    def test_months_have_no_gaps_and_leave_ones_own_visits_out(self) -> None:
        def look(month: int, how: How = How.OPENED, *, refused: bool = False) -> Look:
            at = datetime(2026, month, 3, tzinfo=UTC)
            return Look("e1", "li", at, Looker.STAFF, "North", how, refused, None, frozenset())

        some = [look(11), look(11), look(8, refused=True), look(11, How.VIEWED)]

        months = by_month(some, until=NOON, least=2)

        assert [(one.month, one.seen, one.refused) for one in months] == [
            (8, 0, 1), (9, 0, 0), (10, 0, 0), (11, 2, 0)]  # fmt: skip

    def test_months_go_over_the_turn_of_the_year(self) -> None:
        months = by_month([], until=datetime(2026, 1, 5, tzinfo=UTC), least=3)

        assert [(one.year, one.month) for one in months] == [(2025, 11), (2025, 12), (2026, 1)]

    def test_three_years_before_a_leap_day_is_a_day(self) -> None:
        leap = datetime(2028, 2, 29, tzinfo=UTC)

        assert years_before(leap, 3) == datetime(2025, 2, 28, tzinfo=UTC)

    def test_groups_keep_hours_apart_and_refusals(self) -> None:
        def look(minute: int, *, who: str = "li", refused: bool = False) -> Look:
            at = NOON + minute * MINUTE
            return Look(f"e{minute}", who, at, Looker.STAFF, "North", How.OPENED, refused, None,
                        frozenset())  # fmt: skip

        found = grouped([look(61), look(59), look(5), look(1, refused=True)])

        assert [(one.last.event, one.times) for one in found] == [("e61", 1), ("e59", 2), ("e1", 1)]

    def test_groups_keep_people_apart_without_a_word_of_who(self) -> None:
        some = [
            Look(f"e{n}", who, NOON, Looker.STAFF, "North", How.OPENED, False, None, frozenset())
            for n, who in enumerate(("li", "wang", "li"))
        ]

        found = grouped(some)

        assert [(one.last.event, one.times) for one in found] == [("e0", 2), ("e1", 1)]
        assert "wang" not in repr(found)
