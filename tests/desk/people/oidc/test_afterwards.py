"""After a sign-in with an OpenID provider: what is left behind, how it ends, and passwords."""

from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount.models import SocialAccount, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from hubao.desk.core.actor import Role
from hubao.desk.people.models import Account
from hubao.desk.people.steps import end_access
from tests.makers.desk import said
from tests.makers.openid import OpenId
from tests.makers.openid_sign_in import PLACE, came_back, employed, is_in, login, tell, wired_with
from tests.makers.signing_in import browser

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


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
