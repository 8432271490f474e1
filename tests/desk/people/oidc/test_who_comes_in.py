"""Signing in with an OpenID provider: who comes in, who doesn't, and with which second factor."""

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from hubao.desk.core.actor import Role
from hubao.desk.people.models import Account, Party
from hubao.desk.people.steps import end_access
from tests.makers.desk import NOON, make_item, make_person, make_policy, said
from tests.makers.openid import OpenId
from tests.makers.openid_sign_in import PLACE, came_back, employed, is_in, login, tell
from tests.makers.served import code
from tests.makers.signing_in import browser

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


@pytest.mark.usefixtures("provider")
class TestWhoComesIn:
    def test_somebody_whose_account_has_the_name_of_the_claim(self) -> None:
        employed()
        client = browser()

        answer = came_back(client)

        assert answer.headers["Location"] == "/console/"
        assert is_in(client)
        (entry,) = said("people.signed_in")
        told = entry["actor"], entry["fact.by"], entry["fact.second_factor"]
        assert told == ("li", "provider", "none")

    def test_somebody_whose_login_there_was_imported_and_who_has_no_account_yet(
        self, provider: OpenId
    ) -> None:
        employed(account=False)
        login(provider, "z-4711", "li")
        client = browser()

        came_back(client)

        assert is_in(client)
        account = Account.objects.get()
        assert (account.party_id, account.has_usable_password()) == ("li", False)
        assert said("people.sign_in_made", subject="li")

    def test_an_imported_login_counts_before_an_account_of_that_name(
        self, provider: OpenId
    ) -> None:
        employed("li")
        employed("wu")
        login(provider, "li", "wu")
        client = browser()

        came_back(client)

        assert said("people.signed_in")[0]["actor"] == "wu"

    def test_by_another_claim_if_settings_name_one(self, provider: OpenId) -> None:
        employed()
        tell(provider, claim="staff")
        provider.login, provider.more = "b7f1", {"staff": "li"}
        client = browser()

        came_back(client)

        assert is_in(client)

    def test_goes_on_where_they_were(self) -> None:
        employed()

        assert came_back(browser(), next="/console/ledger/").headers["Location"] == (
            "/console/ledger/"
        )
        elsewhere = came_back(browser(), next="https://elsewhere.example/")
        assert elsewhere.headers["Location"] == "/console/"


@pytest.mark.usefixtures("provider")
class TestWhoDoesNot:
    def unknown(self, _provider: OpenId) -> None:
        pass

    def known_without_account_or_login(self, _provider: OpenId) -> None:
        employed(account=False)

    def left(self, _provider: OpenId) -> None:
        employed()
        with transaction.atomic():
            end_access(party="li", by="hr", at=NOON)

    def leaves_today(self, _provider: OpenId) -> None:
        employed()
        Party.objects.update(left_at=timezone.now() - timedelta(seconds=1))

    def back_again_without_a_sign_in(self, _provider: OpenId) -> None:
        employed()
        with transaction.atomic():
            end_access(party="li", by="hr", at=NOON)
        Party.objects.update(ended_at=None)

    def left_with_a_login(self, provider: OpenId) -> None:
        employed(account=False)
        login(provider, "li", "li")
        with transaction.atomic():
            end_access(party="li", by="hr", at=NOON)

    def another_systems_login(self, provider: OpenId) -> None:
        employed(account=False)
        login(provider, "mainframe-1", "li", system="any")

    def service_account(self, provider: OpenId) -> None:
        make_person("crm", kind="service")
        login(provider, "crm", "crm")

    def a_login_that_is_no_id(self, provider: OpenId) -> None:
        provider.login = "李 li@insurer.example\0"

    CASES = (
        "unknown", "known_without_account_or_login", "left", "leaves_today", "left_with_a_login",
        "back_again_without_a_sign_in", "another_systems_login", "service_account",
        "a_login_that_is_no_id",
    )  # fmt: skip

    @pytest.mark.parametrize("case", CASES)
    def test_is_turned_away_by_one_page_and_nothing_is_made(
        self, provider: OpenId, case: str
    ) -> None:
        getattr(self, case)(provider)
        before = Account.objects.count()
        client = browser()

        answer = came_back(client)

        assert answer.status_code == 403
        assert "请联系管理员" in answer.content.decode()
        assert not is_in(client)
        assert Account.objects.count() == before
        (entry,) = said("denied")
        assert entry["fact.of"] == "people.signed_in"
        assert not said("people.signed_in")

    def test_sees_the_same_page_whether_unknown_or_left(self, provider: OpenId) -> None:
        pages = []
        for case in ("unknown", "left"):
            getattr(self, case)(provider)
            pages.append(came_back(browser()).content.decode())

        unmarked = {re.sub(r'value="[A-Za-z0-9]{64}"|code=[^"]*', "", page) for page in pages}
        assert len(unmarked) == 1

    def test_is_named_in_the_ledger_if_hr_knows_them(self, provider: OpenId) -> None:
        self.left(provider)

        came_back(browser())

        assert said("denied")[0]["subject"] == "li"


@pytest.mark.usefixtures("provider")
class TestSecondFactor:
    TRUSTED = frozenset({"mfa"})

    def test_is_asked_for_here_as_for_passwords(self, provider: OpenId) -> None:
        employed("li", Role.CLERK)
        secret = generate_totp_secret()
        TOTP.activate(Account.objects.get(), secret)
        provider.more = {"amr": ["pwd", "mfa"]}  # which settings don't trust
        client = browser()

        answer = came_back(client)
        assert answer.headers["Location"] == reverse("mfa_authenticate")
        assert not is_in(client)
        client.post(reverse("mfa_authenticate"), {"code": code(secret)})

        assert is_in(client)
        assert said("people.signed_in")[0]["fact.second_factor"] == "local"

    def test_is_set_up_first_by_who_needs_one(self) -> None:
        employed("li", Role.CLERK)
        client = browser()
        came_back(client)

        assert client.get(reverse("home")).headers["Location"] == reverse("mfa_activate_totp")
        assert client.get(reverse("mfa_activate_totp")).status_code == 200

    @pytest.mark.parametrize("more", [{"amr": ["pwd", "mfa"]}, {"acr": "mfa"}])
    def test_of_the_provider_counts_where_settings_trust_it(
        self, provider: OpenId, more: dict[str, Any]
    ) -> None:
        employed("li", Role.CLERK)
        tell(provider, trusted=self.TRUSTED)
        provider.more = more
        client = browser()

        came_back(client)

        assert is_in(client)
        assert said("people.signed_in")[0]["fact.second_factor"] == "provider"

    @pytest.mark.parametrize("more", [{"amr": ["pwd"]}, {"amr": "mfa"}, {"acr": ["mfa"]}, {}])
    def test_of_the_provider_is_not_guessed(self, provider: OpenId, more: dict[str, Any]) -> None:
        employed("li", Role.CLERK)
        tell(provider, trusted=self.TRUSTED)
        provider.more = more
        client = browser()

        came_back(client)

        assert not is_in(client)

    def test_of_the_provider_reveals_nothing_outside_own_work(self, provider: OpenId) -> None:
        employed("li", Role.CLERK)
        tell(provider, trusted=self.TRUSTED)
        provider.more = {"amr": ["mfa"]}
        record = make_policy()
        item = make_item(record, owner="wu")
        client = browser()
        came_back(client)

        told = {"field": "phone", "purpose": "service", "item": item}
        answer = client.post(reverse("reveal", args=[record]), told)

        assert answer.json()["code"] == "policies.step_up"
        page = client.get(reverse("policy", args=[record])).content.decode()
        assert reverse("mfa_index") in page

    def test_of_the_provider_does_not_let_anybody_add_one_here_besides_their_own(
        self, provider: OpenId
    ) -> None:
        employed("li", Role.CLERK)
        TOTP.activate(Account.objects.get(), generate_totp_secret())
        tell(provider, trusted=self.TRUSTED)
        provider.more = {"amr": ["mfa"]}
        client = browser()
        came_back(client)
        assert is_in(client)

        answer = client.get(reverse("mfa_add_webauthn"))

        assert answer.headers["Location"].startswith(reverse("mfa_reauthenticate"))

    def test_is_set_up_later_only_after_signing_in_again(self) -> None:
        employed()
        client = browser()
        came_back(client)
        session = client.session
        session["account_authentication_methods"][0]["at"] -= 600
        session.save()

        answer = client.get(reverse("mfa_activate_totp"))

        assert answer.headers["Location"].startswith(f"{PLACE}?next=")
        assert "再次确认" in client.get(answer.headers["Location"]).content.decode()
        back = came_back(client, next=reverse("mfa_activate_totp"))
        assert client.get(back.headers["Location"]).status_code == 200
