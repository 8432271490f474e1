"""Counts of each day: of everybody, a branch and a person; each entry once, whatever happens."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.db import connection

from hubao.desk.core.actor import Actor, NotAllowed, Role
from hubao.desk.ledger.checking import check
from hubao.desk.ledger.counts import OUTSIDE, Whose, count_placed, counted, daily
from hubao.desk.ledger.models import Count
from hubao.desk.ledger.operations import sequence_pending
from hubao.desk.ledger.rules import Entered
from tests.makers.desk import NOON, actor, append_entries

TODAY = date(2026, 11, 26)
UNITS = {"li": "north", "wu": "north-1", "zhao": "south"}
AUDITOR = actor("k1", Role.COMPLIANCE)


def units(parties: object) -> dict[str, str]:
    return {who: UNITS[who] for who in parties if who in UNITS}  # type: ignore[attr-defined]


def enter(who: str, times: int = 1, *, hours: int = 0, tie: str = "own") -> None:
    append_entries(
        Entered(action="policy.reveal", actor=who, at=NOON + timedelta(hours=hours), subject="b1",
                facts={"tie": tie})
        for _ in range(times)
    )  # fmt: skip


def told(whose: Whose, who: Actor, what: str = "policy.reveal") -> dict[date, int]:
    found = daily(whose=whose, what=[what], since=TODAY - timedelta(days=13),
                  until=TODAY + timedelta(days=1), actor=who)  # fmt: skip
    return {day: number for (day, _), number in found.items()}


@pytest.mark.usefixtures("database")
class TestCounts:
    def test_are_of_oneself_the_branch_or_everybody(self) -> None:
        for who, times in (("li", 2), ("wu", 3), ("zhao", 5), ("system:core", 7)):
            enter(who, times)

        count_placed(units=units)

        assert told(Whose.OWN, actor("li")) == {TODAY: 2}
        assert told(Whose.BRANCH, actor("boss", Role.SUPERVISOR)) == {TODAY: 5}
        assert told(Whose.ALL, AUDITOR) == {TODAY: 17}

    def test_take_each_entry_once_whoever_counts(self) -> None:
        enter("li", 300)

        def work(_: int) -> None:
            try:
                count_placed(units=units)
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(work, range(4)))
        enter("li", 2)
        count_placed(units=units)

        assert told(Whose.ALL, AUDITOR) == {TODAY: 302}
        assert counted() == 302

    def test_go_by_the_days_that_people_have(self) -> None:
        enter("li", hours=11)  # 23:00 in Shanghai
        enter("li", hours=12)  # midnight

        count_placed(units=units)

        assert told(Whose.OWN, actor("li")) == {TODAY: 1, TODAY + timedelta(days=1): 1}

    def test_tell_what_was_outside_own_work(self) -> None:
        enter("li", 3)
        enter("li", 2, tie="outside")

        count_placed(units=units)

        assert told(Whose.OWN, actor("li"), f"policy.reveal{OUTSIDE}") == {TODAY: 2}
        assert told(Whose.OWN, actor("li")) == {TODAY: 5}

    def test_hold_only_what_has_a_place(self) -> None:
        count_placed(units=units)
        assert not Count.objects.exists()

        enter("li")
        sequence_pending()
        count_placed(units=units)

        assert told(Whose.ALL, AUDITOR) == {TODAY: 1}

    @pytest.mark.parametrize("role", [Role.CLERK, Role.CALLER, Role.OPERATIONS, Role.ADMIN])
    def test_of_others_are_not_for_everybody(self, role: Role) -> None:
        for whose in (Whose.BRANCH, Whose.ALL):
            with pytest.raises(NotAllowed):
                told(whose, actor("x", role))

    @pytest.mark.parametrize("change", [2, -1])
    def test_that_somebody_changed_are_found(self, change: int) -> None:
        enter("li", 3)
        sequence_pending()
        count_placed(units=units)
        assert check().faults == []

        for row in Count.objects.filter(of="all"):
            Count.objects.filter(of=row.of, day=row.day, what=row.what).update(
                number=row.number + change
            )

        assert check().faults == ["1 counts of a day aren't those of its entries"]

    def test_made_up_for_a_day_without_entries_are_found(self) -> None:
        Count.objects.create(of="all", day=TODAY, what="denied", number=1)

        assert len(check().faults) == 1
