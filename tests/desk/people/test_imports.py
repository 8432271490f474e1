"""What the HR system says is taken over once, however often said; leaving takes effect at once."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore

from hubao.desk.core.actor import POLICYHOLDER, NotAllowed, Permission, Role
from hubao.desk.core.models import Outbox
from hubao.desk.people.identity import Known, NotSignedIn, known
from hubao.desk.people.imports import import_logins, import_people, import_units
from hubao.desk.people.models import Account, Grant, Identity, Party, Unit
from hubao.desk.people.operations import (
    end_those_who_left,
    give_roles,
    issue_token,
    make_account,
    revoke_tokens,
)
from hubao.desk.people.queries import actor_of_token, people
from hubao.desk.people.rules import Why
from tests.makers.desk import NOON, SHANGHAI, SYSTEM, actor, make_branches, make_person, rows, said

ADMIN = actor("admin", Role.ADMIN, unit="HQ", units=None)


def there(party: str) -> Known:
    found = known(party=party, at=NOON)
    assert found is not None
    return found


@pytest.fixture(autouse=True)
def _branches(database: str) -> None:
    del database
    make_branches()


class TestImportUnits:
    def test_builds_the_tree_whatever_the_order(self) -> None:
        outcome = import_units(
            rows(
                {"unit": "c", "name": "C", "parent": "b"},
                {"unit": "b", "name": "B", "parent": "north"},
            ),
            actor=SYSTEM,
            at=NOON,
        )

        assert (outcome.added, outcome.rejects) == (2, [])
        assert Unit.objects.get(id="c").path == "HQ/north/b/c/"

    def test_moves_what_lies_below(self) -> None:
        import_units(
            rows({"unit": "north", "name": "North", "parent": "south"}), actor=SYSTEM, at=NOON
        )

        assert Unit.objects.get(id="north-1").path == "HQ/south/north/north-1/"

    def test_sets_rings_aside(self) -> None:
        outcome = import_units(
            rows(
                {"unit": "HQ", "name": "HQ", "parent": "north-1"},
                {"unit": "x", "name": "X", "parent": "y"},
                {"unit": "y", "name": "Y", "parent": "x"},
            ),
            actor=SYSTEM,
            at=NOON,
        )

        assert sorted(line for line, _ in outcome.rejects) == [2, 3, 4]
        assert Unit.objects.get(id="HQ").path == "HQ/"


class TestImportPeople:
    def test_twice_is_the_same_as_once(self) -> None:
        told = rows({"actor": "li", "name": "李", "unit": "north", "roles": "clerk;caller"})

        first, again = (import_people(told, zone=SHANGHAI, actor=SYSTEM, at=NOON) for _ in range(2))

        assert (first.added, first.same) == (1, 0)
        assert (again.added, again.changed, again.same) == (0, 0, 1)
        assert len(said("people.added", subject="li")) == 1

    @pytest.mark.parametrize(
        ("cells", "reason"),
        [
            ({"actor": "000123198001010011"}, "an id must be"),
            ({"actor": "李四"}, "an id must be"),
            ({"actor": "system:desk"}, "ids that begin with system: or cli:"),
            ({"actor": "cli:root"}, "ids that begin with system: or cli:"),
            ({"unit": "nowhere"}, "its unit isn't known"),
            ({"kind": "robot"}, "its kind is none of"),
            ({"roles": "boss"}, "its roles are not of"),
            ({"left": "31/12/2026"}, "a date isn't written"),
            ({"kind": "partner", "roles": "clerk"}, "only people have roles"),
            ({"name": "名" * 201}, "a name has more than"),
        ],
    )
    def test_sets_a_bad_row_aside_without_quoting_it(
        self, cells: dict[str, str], reason: str
    ) -> None:
        row = {"actor": "li", "name": "李", "unit": "north"} | cells

        outcome = import_people(rows(row), zone=SHANGHAI, actor=SYSTEM, at=NOON)

        assert outcome.rejects[0][0] == 2
        assert outcome.rejects[0][1].startswith(reason)
        assert not Party.objects.exists()
        assert not any(value in outcome.rejects[0][1] for value in cells.values() if value != "li")

    def test_gives_nobody_the_id_that_policyholders_act_under(self) -> None:
        row = {"actor": POLICYHOLDER, "name": "李", "unit": "north"}

        outcome = import_people(rows(row), zone=SHANGHAI, actor=SYSTEM, at=NOON)

        assert [line for line, _ in outcome.rejects] == [2]
        assert not Party.objects.exists()

    def test_needs_the_scope(self) -> None:
        with pytest.raises(NotAllowed):
            import_people([], zone=SHANGHAI, actor=ADMIN, at=NOON)

    def test_takes_everything_from_who_left(self) -> None:
        make_person("li", roles=[Role.CLERK])
        make_account(party="li", actor=ADMIN, at=NOON)
        session = SessionStore()
        session.create()
        account = Account.objects.get()
        UserSession.objects.create(user=account, session_key=session.session_key, ip="::1")
        gone = {"actor": "li", "name": "李", "unit": "north", "left": "2026-11-25"}

        outcome = import_people(
            rows(gone | {"roles": "clerk"}), zone=SHANGHAI, actor=SYSTEM, at=NOON
        )

        assert outcome.left == 1
        assert not Grant.objects.exists()
        assert not SessionStore().exists(session.session_key or "")
        assert not Account.objects.get().is_active
        assert Outbox.objects.get(topic="person.left").facts == {"party": "li"}
        assert known(party="li", at=NOON) is None

    def test_says_once_that_somebody_left(self) -> None:
        gone = rows({"actor": "li", "name": "李", "unit": "north", "left": "2026-11-25"})

        lefts = [import_people(gone, zone=SHANGHAI, actor=SYSTEM, at=NOON).left for _ in range(2)]

        assert lefts == [1, 0]

    def test_who_comes_back_has_no_roles(self) -> None:
        make_person("li", roles=[Role.CLERK], left="2026-11-25")

        make_person("li")

        assert there("li").roles == frozenset()

    def test_roles_that_are_taken_end_the_sessions(self) -> None:
        make_person("li", roles=[Role.CLERK, Role.SUPERVISOR])
        make_account(party="li", actor=ADMIN, at=NOON)
        UserSession.objects.create(user=Account.objects.get(), session_key="k", ip="::1")

        make_person("li", roles=[Role.CLERK])

        assert not UserSession.objects.exists()
        assert there("li").roles == {Role.CLERK}


class TestLeaving:
    def test_counts_from_the_end_of_the_last_day_even_before_a_worker_ran(self) -> None:
        make_person("li", roles=[Role.CLERK], left="2026-11-26")
        evening = NOON + timedelta(hours=11)

        assert known(party="li", at=evening) is not None
        assert known(party="li", at=evening + timedelta(hours=2)) is None

    def test_is_carried_out_by_the_worker(self) -> None:
        make_person("li", roles=[Role.CLERK], left="2026-11-26")
        make_person("wu", roles=[Role.CLERK])

        ended = [
            end_those_who_left(by="system:desk", at=NOON + timedelta(days=days))
            for days in (0, 1, 1)
        ]

        assert ended == [0, 1, 0]
        assert list(Grant.objects.values_list("party", flat=True)) == ["wu"]


class TestImportLogins:
    def test_says_whose_a_login_is(self) -> None:
        make_person("li")

        outcome = import_logins(
            rows(
                {"login": "ZS01", "actor": "li", "system": "crm"},
                {"login": "ZS02", "actor": "nobody", "system": "crm"},
            ),
            actor=SYSTEM,
            at=NOON,
        )

        assert (outcome.added, [line for line, _ in outcome.rejects]) == (1, [3])
        assert Identity.objects.get().party_id == "li"


class TestActorOf:
    def test_sees_the_units_below_its_own(self) -> None:
        make_person("li", unit="north", roles=[Role.CLERK])
        make_person("wang", unit="HQ", roles=[Role.OPERATIONS])

        assert there("li").units == frozenset({"north", "north-1"})
        assert there("wang").units is None

    def test_lists_people_of_the_branch_only(self) -> None:
        make_person("li", unit="north")
        make_person("zhao", unit="south")
        boss = actor("boss", Role.SUPERVISOR)

        assert [one.id for one in people(actor=boss)] == ["li"]

    def test_a_clerk_lists_nobody(self) -> None:
        with pytest.raises(NotAllowed):
            people(actor=actor("li", Role.CLERK))


class TestTokens:
    def test_open_what_their_scopes_say_until_revoked(self) -> None:
        make_person("crm", unit="HQ", kind="service")
        token = issue_token(party="crm", scopes=[Permission.OPEN_ITEMS], actor=ADMIN, at=NOON)

        found = actor_of_token(token=token, at=NOON)
        revoke_tokens(party="crm", actor=ADMIN, at=NOON)

        assert (found.id, found.scopes) == ("crm", frozenset({Permission.OPEN_ITEMS}))
        with pytest.raises(NotSignedIn):
            actor_of_token(token=token, at=NOON)

    def test_that_nobody_issued_open_nothing(self) -> None:
        with pytest.raises(NotSignedIn):
            actor_of_token(token="hubao_x", at=NOON)  # noqa: S106 - that is the point


class TestGiveRoles:
    def test_is_not_for_oneself(self) -> None:
        make_person("admin", unit="HQ", roles=[Role.ADMIN])

        with pytest.raises(NotAllowed):
            give_roles(party="admin", roles=[Role.CLERK], actor=ADMIN, at=NOON, why=Why.NEW_TASK)

    def test_replaces_what_somebody_had(self) -> None:
        make_person("li", roles=[Role.CLERK])

        give_roles(party="li", roles=[Role.CALLER], actor=ADMIN, at=NOON, why=Why.NEW_TASK)

        assert there("li").roles == {Role.CALLER}

    @pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
    def test_is_for_administrators(self, role: Role) -> None:
        make_person("li")

        with pytest.raises(NotAllowed):
            give_roles(
                party="li",
                roles=[role],
                actor=actor("x", role, units=None),
                at=NOON,
                why=Why.NEW_TASK,
            )
