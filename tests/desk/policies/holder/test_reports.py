"""Objections and reports: once a visit, taken back, answered by another, encrypted at rest."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from django.db import IntegrityError, connection

from hubao.desk.core.actor import NotAllowed, Role
from hubao.desk.core.models import Item
from hubao.desk.core.queries import find_item, waiting_items
from hubao.desk.core.steps import ItemMovedOn
from hubao.desk.core.transactions import durable
from hubao.desk.ledger.operations import sequence_pending
from hubao.desk.ledger.rules import Entered
from hubao.desk.policies.holder.looking_into import answer, open_report, reports, take_report
from hubao.desk.policies.holder.operations import Visit
from hubao.desk.policies.holder.queries import own_looks, own_reports
from hubao.desk.policies.holder.reports import (
    AlreadyReported,
    NoSuchLook,
    NoSuchReport,
    report,
    withdraw,
)
from hubao.desk.policies.holder.rules import FINDINGS, LONGEST, Finding, Sort, State
from hubao.desk.policies.models import Report
from hubao.desk.policies.operations.items import take_item
from hubao.desk.policies.operations.rotate import is_rotated, rotate
from hubao.kit.errors import BadInput
from hubao.seal.fields import Fields
from hubao.seal.suites import Suite
from tests.makers.desk import (
    FIELDS,
    KEYSET,
    NOON,
    SYSTEM,
    actor,
    append_entries,
    make_branches,
    make_person,
    make_policy,
    said,
)
from tests.makers.holders import come_in

OURS = "PN90000001"
TEXT = "有人说是公司的，要我退保，电话 15411112222"
ANSWER = "经核实，联系您的人不是我们公司的人。"
GUARD = actor("guard", Role.SECURITY, unit="HQ", units=None)


@pytest.fixture(autouse=True)
def record(database: str) -> str:
    del database
    make_branches()
    make_person("li", roles=[Role.CLERK])
    return make_policy(policy_number=OURS)


@pytest.fixture
def visit(record: str, tmp_path: Path) -> Visit:
    del record
    return come_in(OURS, tmp_path)


def look_by(who: str, record: str) -> str:
    append_entries([Entered(action="policy.open", actor=who, at=NOON, subject=record)])
    sequence_pending()
    return own_looks(actor=actor("policyholder", own=record), at=NOON)[0].event


def object_to(visit: Visit, event: str, text: str = "") -> str:
    return report(visit=visit, sort=Sort.LOOK, event=event, text=text, at=NOON, fields=FIELDS)


def call(visit: Visit, text: str = TEXT, *, team: str = "") -> str:
    return report(visit=visit, sort=Sort.CALL, event="", text=text, at=NOON, fields=FIELDS,
                  team=team)  # fmt: skip


def settle(number: str, who: object = GUARD, finding: Finding = Finding.NOT_US) -> None:
    answer(report=number, finding=finding, text=ANSWER, actor=who, at=NOON, fields=FIELDS)  # type: ignore[arg-type]


class TestReport:
    def test_opens_a_work_item_and_an_entry_without_what_was_written(
        self, visit: Visit, record: str
    ) -> None:
        number = call(visit)

        item = Item.objects.get()
        (entry,) = said("report.made")
        assert (item.kind, item.team, item.opened_by) == ("holder_report", "HQ", "policyholder")
        assert [one.record for one in item.records.all()] == [record]
        assert (entry["subject"], entry["fact.report"], entry["item"]) == (record, number, item.id)
        kept = repr(list(Report.objects.values())) + repr(said())
        assert "退保" not in kept
        assert "15411112222" not in kept

    def test_goes_to_the_team_that_the_setting_names(self, visit: Visit) -> None:
        call(visit, team="north")

        assert Item.objects.get().team == "north"

    def test_has_a_receipt_that_the_policyholder_sees_again(self, visit: Visit) -> None:
        call(visit)

        (mine,) = own_reports(actor=visit.actor, fields=FIELDS)

        assert mine.receipt == Report.objects.get().receipt
        assert len(mine.receipt) == len("1234-5678")
        assert (mine.sort, mine.state) == (Sort.CALL, State.OPEN)

    def test_names_a_look_at_ones_own_data(self, visit: Visit, record: str) -> None:
        event = look_by("li", record)

        object_to(visit, event)

        row = Report.objects.get()
        assert (row.event, row.looked) == (event, "li")

    def test_names_no_look_at_anothers_data_and_none_of_ones_own(
        self, visit: Visit, record: str
    ) -> None:
        theirs = look_by("li", make_policy())
        look_by("li", record)
        own = next(one for one in said("policyholder.code"))["event"]

        for event in (theirs, own, "", "e1", "e" + "0" * 32, "x\0"):
            with pytest.raises(NoSuchLook):
                object_to(visit, event)
        assert not Report.objects.exists()

    def test_twice_in_a_visit_is_once(self, visit: Visit, record: str) -> None:
        event = look_by("li", record)

        numbers = {object_to(visit, event) for _ in range(2)} | {call(visit) for _ in range(2)}

        assert len(numbers) == Report.objects.count() == Item.objects.count() == 2

    def test_from_two_tabs_at_once_is_once(self, visit: Visit) -> None:
        start = Barrier(4)

        def one(_: int) -> str:
            start.wait()
            try:
                return call(visit)
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            numbers = set(pool.map(one, range(4)))

        assert len(numbers) == Report.objects.count() == Item.objects.count() == 1
        assert len(said("report.made")) == 1

    def test_is_not_longer_than_anybody_reads(self, visit: Visit) -> None:
        with pytest.raises(BadInput):
            call(visit, "长" * (LONGEST + 1))

    def test_in_other_words_says_under_what_it_is(self, visit: Visit) -> None:
        call(visit)
        receipt = Report.objects.get().receipt

        with pytest.raises(AlreadyReported, match=receipt):
            call(visit, "还有另一个电话")

        assert Report.objects.count() == 1

    def test_counts_line_ends_as_the_browser_does(self, visit: Visit) -> None:
        call(visit, "\r\n".join("行" * (LONGEST // 2)))

        assert Report.objects.count() == 1

    def test_may_say_nothing(self, visit: Visit) -> None:
        number = call(visit, "  ")

        assert open_report(report=number, actor=GUARD, at=NOON, fields=FIELDS).said == ""


class TestWithdraw:
    def test_closes_what_was_opened(self, visit: Visit) -> None:
        number = call(visit)

        withdraw(report=number, visit=visit, at=NOON)

        (mine,) = own_reports(actor=visit.actor, fields=FIELDS)
        assert mine.state is State.WITHDRAWN
        assert Item.objects.get().closed_at == NOON
        assert len(said("report.withdrawn")) == 1

    def test_can_be_followed_by_the_same_again(self, visit: Visit) -> None:
        first = call(visit)
        withdraw(report=first, visit=visit, at=NOON)

        assert call(visit) != first

    def test_is_for_the_visit_that_made_it(self, visit: Visit, tmp_path: Path) -> None:
        number = call(visit)
        later = come_in(OURS, tmp_path, at=NOON + timedelta(minutes=40))

        with pytest.raises(NoSuchReport):
            withdraw(report=number, visit=later, at=NOON)

    def test_comes_too_late_after_the_answer(self, visit: Visit) -> None:
        number = call(visit)
        settle(number)

        with pytest.raises(NoSuchReport):
            withdraw(report=number, visit=visit, at=NOON)


class TestAnswer:
    def test_is_read_by_the_policyholder(self, visit: Visit, tmp_path: Path) -> None:
        settle(call(visit))
        later = come_in(OURS, tmp_path, at=NOON + timedelta(minutes=40))

        (mine,) = own_reports(actor=later.actor, fields=FIELDS)

        assert (mine.state, mine.finding, mine.answer) == (
            State.ANSWERED, Finding.NOT_US, ANSWER)  # fmt: skip
        assert Item.objects.get().closed_at == NOON
        assert ANSWER not in repr(list(Report.objects.values())) + repr(said())

    def test_is_given_once(self, visit: Visit) -> None:
        number = call(visit)
        start = Barrier(2)

        def one(who: str) -> bool:
            start.wait()
            try:
                settle(number, actor(who, Role.SECURITY, unit="HQ", units=None))
            except NoSuchReport:
                return False
            finally:
                connection.close()
            return True

        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(one, ["guard", "boss"]))

        assert sorted(done) == [False, True]
        assert len(said("report.answered")) == 1

    def test_is_given_though_somebody_closed_the_item_by_hand(self, visit: Visit) -> None:
        number = call(visit)
        Item.objects.update(closed_at=NOON)

        settle(number)

        assert Report.objects.get().answered_by == "guard"

    def test_is_not_given_by_who_looked(self, visit: Visit, record: str) -> None:
        number = object_to(visit, look_by("guard", record))

        with pytest.raises(NoSuchReport):
            settle(number, finding=Finding.JUSTIFIED)
        with pytest.raises(NoSuchReport):
            open_report(report=number, actor=GUARD, at=NOON, fields=FIELDS)
        assert reports(actor=GUARD) == []
        settle(number, actor("boss", Role.SECURITY, unit="HQ", units=None), Finding.JUSTIFIED)

    def test_is_no_work_of_who_looked(self, visit: Visit, record: str) -> None:
        make_person("li", unit="HQ", roles=[Role.OPERATIONS])
        number = object_to(visit, look_by("li", record))
        item = Item.objects.get().id
        looked, other = (
            actor(one, Role.OPERATIONS, unit="HQ", units=None) for one in ("li", "guard")
        )

        assert [one.id for one in waiting_items(actor=other)] == [item]
        assert waiting_items(actor=looked) == []
        assert find_item(item=item, actor=looked) is None
        with pytest.raises(ItemMovedOn):
            take_item(item=item, actor=looked, at=NOON)
        with pytest.raises(IntegrityError), durable():
            Item.objects.update(owner="li")
        take_report(report=number, actor=other, at=NOON)
        assert Item.objects.get().owner == "guard"

    def test_takes_no_other_reports_item(self, visit: Visit, record: str) -> None:
        own = object_to(visit, look_by("li", record))
        call(visit)

        with pytest.raises(NoSuchReport):
            take_report(report=own, actor=actor("li", Role.OPERATIONS, unit="HQ"), at=NOON)

        assert not Item.objects.exclude(owner=None).exists()

    @pytest.mark.parametrize("finding", [one for one in Finding if one not in FINDINGS[Sort.CALL]])
    def test_says_what_such_a_report_can_lead_to(self, finding: Finding, visit: Visit) -> None:
        with pytest.raises(BadInput):
            settle(call(visit), finding=finding)

    @pytest.mark.parametrize("text", ["", "短", "长" * (LONGEST + 1)])
    def test_is_neither_too_short_nor_too_long(self, text: str, visit: Visit) -> None:
        number = call(visit)

        with pytest.raises(BadInput):
            answer(report=number, finding=Finding.NOT_US, text=text, actor=GUARD, at=NOON,
                   fields=FIELDS)  # fmt: skip


class TestStaff:
    def test_see_what_was_written_after_an_entry(self, visit: Visit) -> None:
        number = call(visit)

        opened = open_report(report=number, actor=GUARD, at=NOON, fields=FIELDS)

        (entry,) = said("report.opened")
        assert opened.said == TEXT
        assert entry["actor"] == "guard"
        assert TEXT not in repr(opened)

    def test_are_those_who_answer_in_their_branch(self, visit: Visit) -> None:
        number = call(visit)

        for role in (Role.CLERK, Role.CALLER, Role.SUPERVISOR, Role.COMPLIANCE, Role.ADMIN):
            with pytest.raises(NotAllowed):
                reports(actor=actor("x", role))
        south = actor("x", Role.SECURITY, unit="south", units=["south"])
        assert reports(actor=south) == []
        with pytest.raises(NoSuchReport):
            open_report(report=number, actor=south, at=NOON, fields=FIELDS)
        assert [one.id for one in reports(actor=actor("x", Role.OPERATIONS))] == [number]

    def test_see_open_reports_before_settled_ones(self, visit: Visit, record: str) -> None:
        first = call(visit)
        settle(first)
        second = object_to(visit, look_by("li", record))

        assert [(one.id, one.state) for one in reports(actor=GUARD)] == [
            (second, State.OPEN), (first, State.ANSWERED)]  # fmt: skip


@pytest.mark.parametrize("suite", Suite)
def test_rotation_takes_what_was_written_along(suite: Suite, visit: Visit) -> None:
    number = call(visit)
    settle(number)
    rotated = KEYSET.rotated(suite)

    before = is_rotated(fields=Fields(rotated))
    rotate(actor=SYSTEM, at=NOON, fields=Fields(rotated))

    alone = Fields(rotated.retired())
    opened = open_report(report=number, actor=GUARD, at=NOON, fields=alone)
    assert (before, is_rotated(fields=alone)) == (False, True)
    assert (opened.said, opened.answer) == (TEXT, ANSWER)
