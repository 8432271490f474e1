"""Second factors: when they are forgotten, so that what somebody had once opens nothing later."""

from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import transaction
from django.urls import reverse

from hubao.desk.core.actor import Role
from hubao.desk.people.models import Account
from hubao.desk.people.operations import make_account
from hubao.desk.people.queries import NoSuchPerson
from hubao.desk.people.steps import end_access, forget_second_factors
from tests.makers.desk import NOON, actor, make_branches, make_person, said
from tests.makers.served import code
from tests.makers.signing_in import browser, wire

ADMIN = actor("admin", Role.ADMIN, unit="HQ", units=None)


@pytest.fixture(autouse=True)
def _desk(database: str, tmp_path: Path) -> None:
    del database
    make_branches()
    wire(tmp_path)


def set_up(party: str = "li") -> str:
    """Somebody with a password, an authenticator and recovery codes; gives the former's secret."""
    make_person(party, roles=[Role.COMPLIANCE])
    make_account(party=party, actor=ADMIN, at=NOON)
    account = Account.objects.get(party=party)
    secret: str = generate_totp_secret()
    TOTP.activate(account, secret)
    RecoveryCodes.activate(account)
    return secret


class TestAreForgotten:
    def test_when_somebody_leaves(self) -> None:
        set_up("li")
        set_up("wu")

        with transaction.atomic():
            end_access(party="li", by="hr", at=NOON)

        assert not Authenticator.objects.filter(user__party="li").exists()
        assert Authenticator.objects.filter(user__party="wu").count() == 2
        assert said("people.left")[0]["fact.second_factors"] == 1

    def test_when_a_sign_in_is_made_anew(self) -> None:
        set_up()

        make_account(party="li", actor=ADMIN, at=NOON)

        assert not Authenticator.objects.exists()
        first, anew = said("people.sign_in_made")
        assert (first["fact.second_factors"], anew["fact.second_factors"]) == (0, 1)

    def test_so_that_who_comes_back_does_not_sign_in_with_an_old_one(self) -> None:
        secret = set_up()
        make_person("li", left="2026-11-25")
        make_person("li", roles=[Role.CLERK])
        password = make_account(party="li", actor=ADMIN, at=NOON)
        client = browser()

        answer = client.post(reverse("account_login"), {"login": "li", "password": password})
        client.post(reverse("mfa_authenticate"), {"code": code(secret)})

        assert answer.headers["Location"] == reverse("home")
        assert client.get(reverse("home")).headers["Location"] == reverse("mfa_activate_totp")

    def test_of_a_service_account_there_are_none_to_count(self) -> None:
        make_person("crm", unit="HQ", kind="service")

        with transaction.atomic():
            end_access(party="crm", by="hr", at=NOON)

        assert "fact.second_factors" not in said("people.left")[0]


def test_sign_ins_are_made_for_people_only() -> None:
    make_person("crm", unit="HQ", kind="service")

    with pytest.raises(NoSuchPerson):
        make_account(party="crm", actor=ADMIN, at=NOON)

    assert not Account.objects.exists()


def test_counts_no_recovery_codes() -> None:
    set_up()

    with transaction.atomic():
        assert forget_second_factors(party="li") == 1
