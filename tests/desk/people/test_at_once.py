"""Two who change one party at once: nobody leaves with roles, and no key opens again by it."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, Final

import pytest
from django.db import connection

from hubao.desk.core.actor import Permission, Role
from hubao.desk.people import imports, operations, steps
from hubao.desk.people.models import Account, Grant, Party, Token
from hubao.desk.people.operations import (
    end_those_who_left,
    give_roles,
    issue_token,
    make_account,
    restore_token,
    revoke_token,
)
from hubao.desk.people.queries import NoSuchPerson
from hubao.desk.people.rules import Why
from tests.makers.desk import NOON, actor, make_branches, make_person, said

ADMIN: Final = actor("admin", Role.ADMIN, unit="HQ", units=None)
LAST_DAY: Final = "2026-11-26"  # is over at LATER
LATER: Final = NOON.replace(day=27)
HEAD_START: Final = 0.5  # seconds in which the second would be done, if it didn't wait
Do = Callable[[], Any]
Meanwhile = Callable[..., BaseException | None]


@pytest.fixture(autouse=True)
def _branches(database: str) -> None:
    del database
    make_branches()


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Do something, and something else when the first comes to a place; gives the other's fault."""

    def run(first: Do, second: Do, *, place: tuple[Any, str]) -> BaseException | None:
        module, name = place
        before = getattr(module, name)
        racing = list[Future[None]]()

        def on_the_way(*told: Any, **named: Any) -> Any:  # noqa: ANN401 - what is stood in for
            if not racing:
                racing.append(pool.submit(_apart, second))
                wait(racing, timeout=HEAD_START)
            return before(*told, **named)

        with ThreadPoolExecutor(1) as pool:
            monkeypatch.setattr(module, name, on_the_way)
            first()
            return racing[0].exception(timeout=30)

    return run


def _apart(do: Do) -> None:
    try:
        do()
    finally:
        connection.close()


def give(*roles: Role) -> None:
    give_roles(party="li", roles=roles, actor=ADMIN, at=LATER, why=Why.COVER)


def end() -> None:
    end_those_who_left(by="system:desk", at=LATER)


def roles() -> set[str]:
    return set(Grant.objects.filter(party="li").values_list("role", flat=True))


class TestRoles:
    def test_given_while_somebody_leaves_go_too(self, meanwhile: Meanwhile) -> None:
        make_person("li", left=LAST_DAY)

        meanwhile(lambda: give(Role.CLERK), end, place=(operations, "append_entry"))

        assert roles() == set()
        assert Party.objects.get(id="li").ended_at == LATER

    def test_are_not_given_to_who_is_just_leaving(self, meanwhile: Meanwhile) -> None:
        make_person("li", left=LAST_DAY)

        fault = meanwhile(end, lambda: give(Role.CLERK), place=(steps, "append_entry"))

        assert isinstance(fault, NoSuchPerson)
        assert roles() == set()

    def test_given_by_two_are_those_of_the_second(self, meanwhile: Meanwhile) -> None:
        make_person("li", roles=[Role.CLERK])

        place = operations, "close_sessions"
        fault = meanwhile(lambda: give(Role.CALLER), lambda: give(Role.SECURITY), place=place)

        assert fault is None
        assert roles() == {"security"}
        assert [one["fact.had"] for one in said("people.roles", actor="admin")] == [
            ["clerk"],
            ["caller"],
        ]

    def test_of_a_file_that_is_older_do_not_stay_with_who_left(self, meanwhile: Meanwhile) -> None:
        make_person("li", left=LAST_DAY)

        def read_file() -> None:
            make_person("li", name="李", roles=[Role.CLERK], left=LAST_DAY)

        meanwhile(read_file, end, place=(imports, "_count"))

        assert Party.objects.get(id="li").ended_at == LATER
        assert roles() == set()


class TestLeaving:
    def test_is_said_once_by_two_workers(self, meanwhile: Meanwhile) -> None:
        make_person("li", left=LAST_DAY)

        meanwhile(end, end, place=(steps, "append_entry"))

        assert len(said("people.left")) == 1

    def test_leaves_no_sign_in_that_was_just_made(self, meanwhile: Meanwhile) -> None:
        make_person("li", left=LAST_DAY)

        def make() -> None:
            make_account(party="li", actor=ADMIN, at=LATER)

        meanwhile(make, end, place=(operations, "append_entry"))

        assert not Account.objects.get(party="li").is_active


class TestTokens:
    def made(self) -> int:
        make_person("crm", unit="HQ", kind="service", left=LAST_DAY)
        issue_token(party="crm", scopes=[Permission.OPEN_ITEMS], actor=ADMIN, at=NOON)
        return Token.objects.get().id

    def restore(self, token: int) -> Do:
        return lambda: restore_token(token=token, actor=ADMIN, at=LATER)

    def test_are_not_taken_back_while_their_account_leaves(self, meanwhile: Meanwhile) -> None:
        number = self.made()
        revoke_token(token=number, actor=ADMIN, at=LATER)

        meanwhile(self.restore(number), end, place=(operations, "may_come_back"))

        assert not Token.objects.filter(revoked_at=None).exists()

    def test_just_taken_back_are_revoked_when_their_account_leaves(
        self, meanwhile: Meanwhile
    ) -> None:
        number = self.made()
        revoke_token(token=number, actor=ADMIN, at=LATER)

        meanwhile(self.restore(number), end, place=(operations, "append_entry"))

        assert not Token.objects.filter(revoked_at=None).exists()

    def test_are_issued_to_nobody_who_is_just_leaving(self, meanwhile: Meanwhile) -> None:
        self.made()

        def issue() -> None:
            issue_token(party="crm", scopes=[], actor=ADMIN, at=LATER)

        meanwhile(issue, end, place=(operations, "token_digest"))

        assert not Token.objects.filter(revoked_at=None).exists()
