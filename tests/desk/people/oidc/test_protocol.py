"""What is sent to an OpenID provider and taken from it: tokens, the way there, the way back."""

import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from django.urls import reverse

from tests.makers.desk import said
from tests.makers.openid import CLIENT, KEY, OTHER_KEY, SECRET, OpenId, signed
from tests.makers.openid_sign_in import PLACE, came_back, employed, is_in, led_to, sent_back, tell
from tests.makers.signing_in import browser

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


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
