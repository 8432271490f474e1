"""Signing in with an OpenID provider: who comes in, who doesn't, and what is left behind."""

import html
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount.models import SocialAccount, SocialToken
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hubao.desk.core.actor import Role
from hubao.desk.core.wired import Provider, wired
from hubao.desk.people.imports import import_logins
from hubao.desk.people.models import Account, Party
from hubao.desk.people.steps import end_access
from tests.makers.desk import (
    NOON,
    SYSTEM,
    make_branches,
    make_item,
    make_person,
    make_policy,
    rows,
    said,
)
from tests.makers.openid import CLIENT, KEY, OTHER_KEY, SECRET, OpenId, openid, signed
from tests.makers.served import code
from tests.makers.signing_in import browser, wire

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])
PLACE = "/sign-in/oidc/"
UNUSABLE = "!"


@pytest.fixture(scope="module")
def running() -> Iterator[OpenId]:
    with openid() as provider:
        yield provider


@pytest.fixture
def provider(running: OpenId, database: str, tmp_path: Path) -> OpenId:
    del database
    vars(running).update(vars(OpenId(running.url)))  # as it came
    make_branches()
    wire(tmp_path)
    tell(running)
    return running


def tell(
    provider: OpenId,
    *,
    issuer: str = "",
    name: str = "",
    claim: str = "sub",
    trusted: frozenset[str] = frozenset(),
    fresh: timedelta | None = timedelta(minutes=5),
) -> None:
    """Name the provider in the settings."""
    told = Provider(
        issuer=issuer or provider.url,
        client=CLIENT,
        secret=SECRET,
        name=name,
        claim=claim,
        trusted=trusted,
        fresh=fresh,
    )
    wired_with(told)


def wired_with(provider: Provider | None) -> None:
    settings.HUBAO = replace(wired(), provider=provider)


def employed(party: str = "li", *roles: Role, account: bool = True) -> None:
    make_person(party, roles=roles or (Role.COMPLIANCE,))
    if account:
        Account.objects.create(party_id=party, username=party, password=UNUSABLE)


def led_to(client: Client, *, place: str = PLACE, **form: str) -> str:
    """Press the button; gives where the page leads on to."""
    page = client.post(place, form).content.decode()
    found = re.search(r'content="0;url=([^"]+)"', page)
    assert found, page
    return html.unescape(found[1])


def sent_back(there: str) -> str:
    """Ask the provider as a browser does; gives where it sends people back to."""
    parts = urlsplit(there)
    link = HTTPConnection(parts.netloc, timeout=10)
    link.request("GET", f"{parts.path}?{parts.query}")
    answer = link.getresponse()
    link.close()
    assert answer.status == 302
    return str(answer.headers["Location"]).removeprefix("http://localhost")


def came_back(client: Client, **form: str) -> Any:  # noqa: ANN401 - Django's test response
    return client.get(sent_back(led_to(client, **form)))


def is_in(client: Client) -> bool:
    return client.get(reverse("home")).status_code == 200


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


def login(provider: OpenId, name: str, party: str, system: str = "oidc") -> None:
    provider.login = name
    given = rows({"login": name, "actor": party, "system": system})
    assert not import_logins(given, actor=SYSTEM, at=NOON).rejects


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


def none(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, "", "none", {"kid": "one"})


def by_secret(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, SECRET * 2, "HS256", {"kid": "one"})


def otherwise(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, KEY, "RS512", {"kid": "one"})  # which its key isn't for


def torn(claims: dict[str, Any]) -> str:
    return signed(claims)[:-8] + "AAAAAAAA"


@pytest.mark.usefixtures("provider")
class TestTokens:
    @pytest.mark.parametrize(
        "changes",
        [
            {"nonce": "another"},
            {"aud": "another"},
            {"aud": [CLIENT, "another"]},
            {"azp": "another"},
            {"iss": "https://elsewhere.example"},
            {"exp": -120},
            {"iat": 600},
            {"auth_time": -3600},
            {"sub": ["li"]},
            *({name: None} for name in ("nonce", "aud", "iss", "exp", "iat", "sub", "auth_time")),
        ],
        ids=str,
    )
    def test_that_are_not_for_this_desk_this_browser_and_now_are_refused(
        self, provider: OpenId, changes: dict[str, Any]
    ) -> None:
        employed()
        now = int(time.time())  # times are told in seconds from now
        bent = {name: now + one if isinstance(one, int) else one for name, one in changes.items()}
        provider.bend = lambda claims: {
            name: value for name, value in (claims | bent).items() if value is not None
        }

        self.check_refused()

    @pytest.mark.parametrize(
        "sign",
        [
            none,
            by_secret,
            otherwise,
            torn,
            lambda claims: signed(claims, key=OTHER_KEY),
            lambda _: "x",
        ],
    )
    def test_without_the_providers_signature_are_refused(
        self,
        provider: OpenId,
        sign: Any,  # noqa: ANN401 - a function of the maker's
    ) -> None:
        employed()
        provider.sign = sign

        self.check_refused()

    @pytest.mark.parametrize(
        "config",
        [{"issuer": "https://elsewhere.example"}, {"jwks_uri": None}, {"jwks_uri": "ftp:x"}],
    )
    def test_are_not_even_asked_for_if_the_provider_says_other_things_of_itself(
        self, provider: OpenId, config: dict[str, Any]
    ) -> None:
        employed()
        provider.config = config

        answer = browser().post(PLACE)

        assert answer.status_code == 401
        assert "refresh" not in answer.content.decode()

    def check_refused(self) -> None:
        client = browser()

        answer = came_back(client)

        assert answer.status_code == 401
        assert not is_in(client)
        assert not said("people.signed_in")


@pytest.mark.usefixtures("provider")
class TestTheWayThere:
    def test_carries_state_nonce_challenge_and_freshness_and_nothing_of_the_request(self) -> None:
        there = led_to(
            browser(), place=f"{PLACE}?scope=email&auth_params=prompt%3Dnone&action=reauthenticate"
        )

        asked = {name: value[0] for name, value in parse_qs(urlsplit(there).query).items()}
        assert asked.keys() == {
            "client_id", "redirect_uri", "scope", "response_type", "state", "code_challenge_method",
            "code_challenge", "nonce", "max_age",
        }  # fmt: skip
        assert (asked["scope"], asked["max_age"]) == ("openid", "300")
        assert asked["redirect_uri"] == f"http://localhost{PLACE}callback/"

    def test_asks_to_be_asked_anew_where_the_provider_need_not_tell_when(
        self, provider: OpenId
    ) -> None:
        employed()
        tell(provider, fresh=None)
        provider.bend = lambda claims: {**claims, "auth_time": "unknown"}
        client = browser()

        there = led_to(client)
        client.get(sent_back(there))

        asked = parse_qs(urlsplit(there).query)
        assert asked["prompt"] == ["login"]
        assert "max_age" not in asked
        assert is_in(client)

    def test_is_another_each_time(self) -> None:
        client = browser()

        ways = [parse_qs(urlsplit(led_to(client)).query) for _ in range(2)]

        for name in ("state", "nonce", "code_challenge"):
            assert ways[0][name] != ways[1][name]

    def test_begins_with_a_button_and_not_with_a_link(self, provider: OpenId) -> None:
        answer = browser().get(PLACE, {"next": "/console/"})

        assert answer.status_code == 200
        assert 'method="post"' in answer.content.decode()
        assert provider.asked == {}

    def test_is_not_begun_by_another_site(self) -> None:
        assert browser(enforce_csrf_checks=True).post(PLACE).status_code == 403

    def test_says_so_when_the_provider_does_not_answer(self, provider: OpenId) -> None:
        tell(provider, issuer="http://127.0.0.1:9")

        assert browser().post(PLACE).status_code == 503


@pytest.mark.usefixtures("provider")
class TestTheWayBack:
    def test_is_for_the_browser_that_went(self) -> None:
        employed()
        back = sent_back(led_to(browser()))
        other = browser()

        assert other.get(back).status_code == 401
        assert not is_in(other)

    def test_is_gone_once(self) -> None:
        employed()
        client = browser()
        back = sent_back(led_to(client))
        client.get(back)
        client.post(reverse("account_logout"))

        assert client.get(back).status_code == 401
        assert not is_in(client)

    def test_needs_its_own_state(self) -> None:
        employed()
        client = browser()
        first, second = (urlsplit(sent_back(led_to(client))) for _ in range(2))
        mixed = {"code": parse_qs(first.query)["code"], "state": parse_qs(second.query)["state"]}

        assert client.get(first.path, mixed).status_code == 401  # PKCE: another verifier
        assert not is_in(client)

    @pytest.mark.parametrize("query", [{}, {"code": "x"}, {"state": "x"}, {"error": "<script>"}])
    def test_without_either_leads_nowhere(self, query: dict[str, str]) -> None:
        answer = browser().get(f"{PLACE}callback/", query)

        assert answer.status_code == 401
        assert "<script>" not in answer.content.decode()


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


@pytest.mark.usefixtures("provider")
class TestAfterwards:
    def test_nothing_of_the_token_is_kept(self, provider: OpenId) -> None:
        employed(account=False)
        login(provider, "z-4711", "li")
        provider.more = {"email": "li@insurer.example", "email_verified": True, "name": "欧阳测试"}
        client = browser()

        came_back(client)

        held = str([Session(session_data=one.session_data).get_decoded()
                    for one in Session.objects.all()])  # fmt: skip
        assert "li" in held
        assert not any(word in held for word in ("insurer.example", "欧阳", "z-4711", "eyJ"))
        for table in (SocialAccount, SocialToken, EmailAddress):
            assert not table.objects.exists()

    def test_nothing_of_the_token_is_kept_while_the_second_factor_is_asked_for(
        self, provider: OpenId
    ) -> None:
        employed("li", Role.CLERK)
        account = Account.objects.get()
        TOTP.activate(account, generate_totp_secret())
        account.set_password("the right words")
        account.save()
        login(provider, "z-4711", "li")
        client = browser()

        answer = came_back(client)

        assert answer.headers["Location"] == reverse("mfa_authenticate")
        held = str([Session(session_data=one.session_data).get_decoded()
                    for one in Session.objects.all()])  # fmt: skip
        assert "second_factor" in held
        assert not any(word in held for word in ("z-4711", "argon2", "eyJ"))
        assert provider.access not in held

    def test_who_can_not_be_entered_in_the_ledger_is_not_in(self) -> None:
        employed()
        client = browser()
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE ledger_entry RENAME TO gone")

        answer = came_back(client)

        assert answer.status_code == 503
        assert not is_in(client)

    def test_nobody_ties_the_provider_to_an_account_themselves(self) -> None:
        employed()
        client = browser()
        came_back(client)

        came_back(client, process="connect")

        assert not SocialAccount.objects.exists()

    def test_an_unused_sign_in_ends(self) -> None:
        employed()
        client = browser()
        came_back(client)
        session = client.session
        session["seen"] = int(timezone.now().timestamp()) - 16 * 60
        session.save()

        assert client.get(reverse("home")).headers["Location"] == reverse("account_login")
        assert not is_in(client)

    def test_it_is_listed_and_a_leavers_ends_at_once(self) -> None:
        employed()
        client = browser()
        came_back(client)
        assert is_in(client)
        assert UserSession.objects.filter(user__party="li").count() == 1

        with transaction.atomic():
            end_access(party="li", by="hr", at=timezone.now())

        assert not is_in(client)
        assert not UserSession.objects.exists()

    def test_signing_out_is_for_this_desk_alone(self) -> None:
        employed()
        client = browser()
        came_back(client)

        answer = client.post(reverse("account_logout"))

        assert urlsplit(answer.headers["Location"]).netloc == ""
        assert not is_in(client)

    def test_who_has_no_password_is_told_where_it_is(self) -> None:
        employed()
        client = browser()
        came_back(client)

        page = client.get(reverse("account_change_password"), follow=True).content.decode()

        assert "密码由公司统一登录保管" in page

    def test_somebody_else_takes_the_place_of_who_was_signed_in(self, provider: OpenId) -> None:
        employed("li")
        employed("wu")
        client = browser()
        came_back(client)
        provider.login = "wu"

        came_back(client)

        page = client.get(reverse("home")).content.decode()
        assert is_in(client)
        assert said("people.signed_in")[-1]["actor"] == "wu"
        assert "名字li" not in page


@pytest.mark.usefixtures("provider")
class TestPasswords:
    def test_are_entered_in_the_ledger_too(self) -> None:
        employed()
        account = Account.objects.get()
        account.set_password("the right words")
        account.save()
        client = browser()

        client.post(reverse("account_login"), {"login": "li", "password": "the right words"})

        assert is_in(client)
        (entry,) = said("people.signed_in")
        assert (entry["fact.by"], entry["fact.second_factor"]) == ("password", "none")

    def test_page_offers_the_provider_by_its_name(self, provider: OpenId) -> None:
        tell(provider, name="集团统一登录")

        assert "集团统一登录" in browser().get(reverse("account_login")).content.decode()

    def test_page_offers_nothing_where_there_is_no_provider(self) -> None:
        wired_with(None)

        assert PLACE not in browser().get(reverse("account_login")).content.decode()
        assert browser().post(PLACE).status_code == 404
