"""Work items: whose they are, and that one of two who take the same gets it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction

from hubao.desk.core import steps
from hubao.desk.core.actor import ALLOWED, Permission, Role
from hubao.desk.core.models import Item
from hubao.desk.core.queries import find_item, own_items, waiting_items
from hubao.desk.core.rules import Tie, WorkItem, tie
from hubao.desk.core.steps import ItemMovedOn
from hubao.desk.core.transactions import OutsideTransaction
from tests.makers.desk import NOON, actor, make_item


def item(**changes: object) -> WorkItem:
    return WorkItem(
        **{
            "id": "d1",
            "kind": "service",
            "owner": "li",
            "team": "north",
            "opened_by": "system:core",
            "opened_at": NOON,
            "records": frozenset({"b1"}),
            **changes,
        }  # type: ignore[arg-type]
    )


class TestTie:
    def test_ones_own_item_about_the_record_is_own_work(self) -> None:
        assert tie(item(), record="b1", actor=actor()) is Tie.OWN

    @pytest.mark.parametrize(
        "changes",
        [{"owner": "wu"}, {"owner": None}, {"records": frozenset()}, {"opened_by": "li"}],
        ids=["a colleague's", "nobody's yet", "another record", "opened by oneself"],
    )
    def test_anything_else_is_outside(self, changes: dict[str, object]) -> None:
        assert tie(item(**changes), record="b1", actor=actor()) is Tie.OUTSIDE


@pytest.mark.usefixtures("database")
class TestItems:
    def test_are_seen_by_their_owner_and_team_only(self) -> None:
        mine = make_item("b1", team="south")
        teams = make_item("b1", owner="wu", team="north")
        others = make_item("b1", owner="wu", team="south")

        found = [find_item(item=one, actor=actor()) for one in (mine, teams, others)]

        assert [one.id if one else None for one in found] == [mine, teams, None]

    def test_that_are_closed_are_not_found(self) -> None:
        closed = make_item("b1")
        with transaction.atomic():
            steps.close_item(item=closed, at=NOON)

        assert find_item(item=closed, actor=actor()) is None
        assert own_items(actor=actor()) == []

    def test_name_their_records(self) -> None:
        make_item("b1", "b2")

        assert own_items(actor=actor())[0].records == {"b1", "b2"}

    def test_nobody_has_wait_for_their_team(self) -> None:
        waiting = make_item("b1", owner=None)
        make_item("b1", owner=None, team="south")

        assert [one.id for one in waiting_items(actor=actor())] == [waiting]

    def test_opened_twice_by_a_system_are_one(self) -> None:
        told = {"kind": "service", "team": "north", "records": ["b1"], "opened_by": "system:core"}
        with transaction.atomic():
            ids = {steps.open_item(**told, at=NOON, outside_ref="CRM-1") for _ in range(2)}  # type: ignore[arg-type]

        assert len(ids) == 1

    def test_taken_by_two_at_once_are_one_persons(self) -> None:
        free = make_item("b1", owner=None)
        start = Barrier(2)

        def take(owner: str) -> str | None:
            start.wait()
            try:
                with transaction.atomic(durable=True):
                    steps.take_item(item=free, owner=owner, team="north")
            except ItemMovedOn:
                return None
            finally:
                connection.close()
            return owner

        with ThreadPoolExecutor(2) as pool:
            took = list(pool.map(take, ["li", "wu"]))

        assert sum(one is not None for one in took) == 1
        assert Item.objects.get().owner in took

    def test_can_not_be_taken_by_another_team(self) -> None:
        free = make_item("b1", owner=None)

        with pytest.raises(ItemMovedOn), transaction.atomic():
            steps.take_item(item=free, owner="wu", team="south")

    def test_are_not_opened_on_their_own(self) -> None:
        with pytest.raises(OutsideTransaction):
            steps.open_item(kind="service", team="north", records=[], opened_by="x", at=NOON)


class TestPermissions:
    def test_every_one_says_who_has_it(self) -> None:
        assert set(ALLOWED) == set(Permission)

    @pytest.mark.parametrize("role", [Role.COMPLIANCE, Role.ADMIN])
    def test_those_without_personal_data_neither_search_nor_reveal(self, role: Role) -> None:
        barred = {Permission.SEARCH, Permission.REVEAL, Permission.BREAK_GLASS, Permission.REVIEW}

        assert not any(actor("x", role).may(one) for one in barred)
