from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from hubao.lake.schema import ACCESS, ACTORS, VICTIMS
from hubao.world.insurer import make_world
from hubao.world.leaks import plan_leak
from hubao.world.leaks.accesses import LEAK_BATCH, LEAK_TICKET
from hubao.world.model import (
    DAY,
    NEVER,
    NOBODY,
    Action,
    Campaign,
    Cause,
    Contacts,
    Events,
    Role,
    Scale,
    World,
)
from hubao.world.scam import draw_contacts
from hubao.world.scenarios import Scenario
from hubao.world.tables import (
    Spelling,
    access_table,
    actors_table,
    policies_table,
    values_table,
    victims_table,
)
from hubao.world.work import work
from hubao.world.work.rows import joined, rows
from hubao.world.work.seen import first_seen

LOCAL = timedelta(hours=8)
WHOLE = slice(0, 2_000)


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(Scale(policies=2_000, years=1))


@pytest.fixture(scope="module")
def spelling(world: World) -> Spelling:
    return Spelling(world)


@pytest.fixture(scope="module")
def events(world: World) -> Events:
    return joined(list(work(world)))


@pytest.fixture(scope="module")
def access(world: World, spelling: Spelling, events: Events) -> pa.Table:
    return access_table(world, spelling, events, np.arange(len(events)))


@pytest.fixture(scope="module")
def contacts(world: World, events: Events) -> Contacts:
    leak = plan_leak(world, Scenario.SCRAPE, first_seen([events]), seed=7)
    return draw_contacts(world, leak, Campaign(reports=40), seed=7)


class TestAccess:
    def test_has_the_columns_of_the_lake_and_nulls_only_where_they_may_be(
        self, access: pa.Table
    ) -> None:
        assert access.schema.equals(ACCESS)
        assert access.num_rows > 15_000
        nullable = {"purpose", "ticket", "batch"}
        assert [f.name for f in ACCESS if access[f.name].null_count] == sorted(
            nullable, key=ACCESS.names.index
        )

    def test_numbers_each_access_once(self, access: pa.Table) -> None:
        assert pc.count_distinct(access["event"]).as_py() == access.num_rows
        assert access["event"][0].as_py() == "E0000000000"

    def test_tells_utc_where_the_world_tells_local_time(
        self, access: pa.Table, events: Events
    ) -> None:
        at = datetime(2023, 1, 1, tzinfo=UTC) - LOCAL + timedelta(seconds=int(events.at[-1]))

        assert access["at"][-1].as_py() == at

    def test_gives_a_purpose_to_all_but_what_nobody_can_explain(
        self, access: pa.Table, events: Events
    ) -> None:
        unexplained = events.cause == Cause.UNEXPLAINED

        assert np.array_equal(access["purpose"].is_null().to_numpy(), unexplained)
        assert set(access["purpose"].to_pylist()) - {None} == {
            cause.name.lower() for cause in Cause if cause is not Cause.UNEXPLAINED
        }

    def test_says_from_where_by_batch_then_action_then_role(
        self, world: World, access: pa.Table, events: Events
    ) -> None:
        source = np.array(access["source"].to_pylist())
        agents = np.isin(world.staff.role[events.actor], (Role.AGENT, Role.TEAM_LEADER))
        alone = events.batch == NOBODY
        machine = alone & (events.action == Action.API)

        assert (source[~alone] == "feed").all()
        assert (source[machine] == "api").all()
        assert (source[alone & ~machine & agents] == "app").all()
        assert (source[alone & ~machine & ~agents] == "desk").all()
        assert set(source) == {"app", "desk", "api", "feed"}

    def test_keeps_one_ticket_for_each_ticket_and_none_for_none(
        self, access: pa.Table, events: Events
    ) -> None:
        ticket = access["ticket"]

        assert np.array_equal(ticket.is_null().to_numpy(), events.ticket == NOBODY)
        assert pc.count_distinct(ticket).as_py() == len(np.unique(events.ticket)) - 1

    def test_no_number_tells_which_ticket_or_batch_is_the_leak_s(
        self, world: World, spelling: Spelling
    ) -> None:
        at = np.arange(400)
        leak = np.arange(400) < 100
        mixed = rows(
            at, 0, at, action=Action.VIEW, cause=Cause.CAMPAIGN,
            ticket=np.where(leak, LEAK_TICKET, 0) + at,
            batch=np.where(leak, LEAK_BATCH, 0) + at,
        )  # fmt: skip

        spelled = access_table(world, spelling, mixed, at)

        for column in ("ticket", "batch"):
            number = np.array([int(word[1:]) for word in spelled[column].to_pylist()])
            assert len(np.unique(number)) == len(number)
            middle = np.median(number[~leak])
            assert 20 < (number[leak] < middle).sum() < 80


class TestPolicies:
    def test_holds_few_values_a_column_and_every_policy_once(
        self, world: World, spelling: Spelling
    ) -> None:
        table = policies_table(world, spelling, WHOLE)

        assert pc.count_distinct(table["policy"]).as_py() == table.num_rows == 2_000
        for name in table.column_names[2:]:
            assert 2 <= pc.count_distinct(table[name]).as_py() <= 64, name
            assert table[name].null_count == 0

    def test_bands_bound_what_they_say(self, world: World, spelling: Spelling) -> None:
        table, book = policies_table(world, spelling, WHOLE), world.book
        tenure = np.array(table["tenure_band"].to_pylist())
        premium = np.array(table["premium_band"].to_pylist())

        assert (book.issued[tenure == "new"] > 0).all()
        assert (book.issued[tenure == "10+"] <= -3650).all()
        assert (book.premium[premium == "2-5k"] >= 200_000).all()
        assert (book.premium[premium == "2-5k"] < 500_000).all()

    def test_slices_are_those_of_the_whole(self, world: World, spelling: Spelling) -> None:
        for table in (policies_table, values_table):
            whole = table(world, spelling, WHOLE)

            assert table(world, spelling, slice(500, 700)).equals(whole.slice(500, 200))

    def test_values_are_money_in_fen_and_whose_it_is(
        self, world: World, spelling: Spelling
    ) -> None:
        table = values_table(world, spelling, WHOLE)

        assert np.array_equal(table["premium_fen"].to_numpy(), world.book.premium)
        assert np.array_equal(table["cash_value_fen"].to_numpy(), world.book.cash_value)
        assert np.array_equal(table["agent"].is_null().to_numpy(), world.book.agent == NOBODY)
        assert table["customer"][3].as_py() == f"C{world.book.customer[3]:07d}"


class TestActors:
    def test_says_what_kind_each_is(self, world: World, spelling: Spelling) -> None:
        table = actors_table(world, spelling)

        assert table.schema.equals(ACTORS)
        pairs = set(zip(table["kind"].to_pylist(), table["role"].to_pylist(), strict=True))
        assert {("person", "agent"), ("partner", "bank"), ("job", "job")} <= pairs
        assert all(kind == role for kind, role in pairs if role in ("system", "job"))

    def test_tells_of_an_exit_by_the_last_day_and_not_of_later_ones(
        self, world: World, spelling: Spelling
    ) -> None:
        table, staff = actors_table(world, spelling), world.staff

        gone = staff.left <= world.days
        assert 0 < gone.sum() < len(gone)
        assert np.array_equal(table["left"].is_valid().to_numpy(), gone)
        assert np.array_equal(table["notice"].is_valid().to_numpy(), staff.notice < world.days)
        assert table["hired"].null_count == 0

    def test_freezes_leavers_after_their_last_day_of_work(
        self, world: World, spelling: Spelling, access: pa.Table
    ) -> None:
        seen = access.select(["actor", "at"])
        both = seen.join(actors_table(world, spelling).select(["actor", "left"]), "actor")
        gone = both.filter(pc.is_valid(both["left"]))

        assert gone.num_rows > 100
        assert pc.all(pc.less(gone["at"], gone["left"])).as_py()

    def test_seats_agents_in_teams_and_head_office_at_head_office(
        self, world: World, spelling: Spelling
    ) -> None:
        unit = np.array(actors_table(world, spelling)["unit"].to_pylist())

        assert set(unit[world.staff.of(Role.AGENT)]) <= set(world.units.teams)
        assert set(unit[world.staff.of(Role.CALL_CENTRE, Role.BANK)]) == {"head office"}
        assert set(unit[world.staff.of(Role.BACK_OFFICE)]) <= set(world.units.branches)


class TestVictims:
    def test_are_the_reported_contacts_in_order_of_the_reports(
        self, world: World, spelling: Spelling, contacts: Contacts
    ) -> None:
        table = victims_table(world, spelling, contacts)

        assert table.num_rows == 40
        for name in table.column_names:
            assert table[name].type == VICTIMS.field(name).type
        reported = table["reported_at"].to_pylist()
        assert reported == sorted(reported)
        named = {f"P{p:07d}" for p in contacts.policy[contacts.reported < NEVER]}
        assert set(table["policy"].to_pylist()) == named

    def test_tell_the_time_that_was_stated_and_what_was_quoted(
        self, world: World, spelling: Spelling, contacts: Contacts
    ) -> None:
        table = victims_table(world, spelling, contacts)
        first = int(np.argmin(contacts.reported))
        at = datetime(2023, 1, 1, tzinfo=UTC) - LOCAL
        at += timedelta(seconds=int(contacts.stated[first]))

        assert table["contacted_at"][0].as_py() == at
        assert set(table["fields_quoted"].to_pylist()) <= {None, "C1", "C1;C2", "C1;C2;C3"}
        silent = (contacts.quoted == NOBODY) & (contacts.reported < NEVER)
        assert table["fields_quoted"].null_count == silent.sum()
        assert contacts.stated[first] < world.days * DAY
