"""Settings: safe as they come, and a wrong one is named."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import SecretStr

from hubao.desk.config.env import Env
from hubao.desk.config.keys import BadSetting, Unset, key_encryption, reach_of
from hubao.desk.config.mapping import django_settings
from hubao.desk.config.messages import sender_of
from hubao.desk.config.sign_in import provider_of
from hubao.desk.core.messages.gateway import Gateway
from hubao.desk.core.messages.letters import Unset as NothingSends
from hubao.desk.core.messages.local import Folder
from hubao.desk.core.messages.web import BadPlace
from hubao.seal.keyset import BadKey, Key, LocalKey
from hubao.seal.suites import Suite

SECRET = SecretStr("s" * 50)


def kms() -> LocalKey:
    """What a key management service's adapter would give."""
    return LocalKey(Key.new(Suite.INTERNATIONAL))


class TestProduction:
    def test_passes_djangos_own_check(self, tmp_path: Path) -> None:
        env = {
            "HUBAO_DATA": str(tmp_path),
            "HUBAO_SECRET_KEY": "".join(map(chr, range(40, 100))),
            "DJANGO_SETTINGS_MODULE": "hubao.desk.config.settings",
        }

        checked = subprocess.run(
            [sys.executable, "-m", "django", "check", "--deploy", "--fail-level", "WARNING"],
            env=os.environ | env, capture_output=True, text=True, check=False,
        )  # fmt: skip

        assert checked.returncode == 0, checked.stderr

    def test_is_the_default(self) -> None:
        made = django_settings(Env(secret_key=SECRET))

        assert made["SESSION_COOKIE_SECURE"]
        assert made["SECURE_SSL_REDIRECT"]
        assert not made["DEBUG"]


class TestProvider:
    KNOWN: ClassVar[dict[str, Any]] = {"oidc_client_id": "hubao", "oidc_client_secret": "x"}

    def test_is_none_by_default_neither_installed_nor_routed(self, tmp_path: Path) -> None:
        told = (
            "import django; django.setup()\n"
            "from django.apps import apps; from django.urls import get_resolver\n"
            "names = get_resolver().reverse_dict\n"
            "print(apps.is_installed('allauth.socialaccount'), 'oidc_login' in names,"
            " 'account_login' in names)"
        )

        said = self.run(tmp_path, told)

        assert said == "False False True\n"

    def test_is_there_if_settings_name_it_with_its_secret_in_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "secrets").mkdir()
        (tmp_path / "secrets" / "hubao_oidc_client_secret").write_text("from a file")
        told = (
            "import django; django.setup()\n"
            "from django.urls import reverse; from hubao.desk.core.wired import wired\n"
            "print(reverse('oidc_callback'), wired().provider.secret, wired().provider)"
        )

        said = self.run(tmp_path, told, oidc_issuer="https://sso.example", oidc_client_id="hubao")

        assert said.startswith("/sign-in/oidc/callback/ from a file Provider(")
        assert said.count("from a file") == 1

    def run(self, folder: Path, code: str, **more: str) -> str:
        env = {
            "HUBAO_DATA": str(folder),
            "HUBAO_SECRET_KEY": "s" * 50,
            "DJANGO_SETTINGS_MODULE": "hubao.desk.config.settings",
        } | {f"HUBAO_{name.upper()}": value for name, value in more.items()}
        return subprocess.run(
            [sys.executable, "-c", code], env=os.environ | env, capture_output=True, text=True,
            check=True,
        ).stdout  # fmt: skip

    @pytest.mark.parametrize(
        "issuer", ["http://sso.example", "sso.example", "https://", "https://sso.example/?a=b"]
    )
    def test_that_is_no_issuer_is_refused(self, issuer: str) -> None:
        env = Env(secret_key=SECRET, oidc_issuer=issuer, **self.KNOWN)

        with pytest.raises(BadSetting, match="HUBAO_OIDC_ISSUER"):
            provider_of(env)

    @pytest.mark.parametrize("name", KNOWN)
    def test_without_the_desks_name_and_secret_there_is_refused(self, name: str) -> None:
        known = {one: value for one, value in self.KNOWN.items() if one != name}

        with pytest.raises(BadSetting, match="CLIENT_ID"):
            provider_of(Env(secret_key=SECRET, oidc_issuer="https://sso.example", **known))

    def test_trusts_no_second_factor_and_asks_freshly_by_default(self) -> None:
        made = provider_of(Env(secret_key=SECRET, oidc_issuer="https://sso.example", **self.KNOWN))

        assert made is not None
        assert (made.trusted, made.fresh, made.claim) == (frozenset(), timedelta(minutes=5), "sub")

    def test_trusts_what_is_named(self) -> None:
        env = Env(
            secret_key=SECRET, oidc_issuer="https://sso.example", oidc_mfa="mfa, urn:x:2fa,",
            oidc_fresh_minutes=0, **self.KNOWN,
        )  # fmt: skip

        made = provider_of(env)

        assert made is not None
        assert (made.trusted, made.fresh) == (frozenset({"mfa", "urn:x:2fa"}), None)


class TestReach:
    def test_is_of_this_machine_only_where_somebody_tries_hubao_out(self) -> None:
        modes = ("development", "demo", "production")

        found = {mode: reach_of(Env(secret_key=SECRET, mode=mode)).loopback for mode in modes}

        assert found == {"development": True, "demo": True, "production": False}

    def test_is_of_the_networks_that_are_told(self) -> None:
        told = Env(secret_key=SECRET, webhook_networks="10.20.0.0/16, fd00:20::/32")

        assert list(map(str, reach_of(told).networks)) == ["10.20.0.0/16", "fd00:20::/32"]
        assert django_settings(told)["HUBAO"].reach == reach_of(told)

    @pytest.mark.parametrize("told", ["10.20.0.1/16", "inside", "10.0.0.0/33"])
    def test_refuses_what_is_no_network(self, told: str) -> None:
        with pytest.raises(BadSetting, match="HUBAO_WEBHOOK_NETWORKS"):
            reach_of(Env(secret_key=SECRET, webhook_networks=told))


class TestKeyEncryption:
    def test_comes_from_a_key(self) -> None:
        key = Key.new(Suite.NATIONAL)

        found = key_encryption(Env(secret_key=SECRET, key=SecretStr(key.text)))

        assert found.unwrap(LocalKey(key).wrap(b"x")) == b"x"

    def test_comes_from_an_adapter(self) -> None:
        found = key_encryption(Env(secret_key=SECRET, kms=f"{__name__}:kms"))

        assert found.unwrap(found.wrap(b"x")) == b"x"

    @pytest.mark.parametrize("named", ["no.such.module:x", "os:no_such", "", ":"])
    def test_refuses_an_adapter_that_is_not_there(self, named: str) -> None:
        with pytest.raises(BadSetting, match="HUBAO_KMS"):
            key_encryption(Env(secret_key=SECRET, kms=named))

    def test_refuses_a_text_that_is_no_key(self) -> None:
        with pytest.raises(BadKey):
            key_encryption(Env(secret_key=SECRET, key=SecretStr("secret")))

    def test_that_nobody_told_opens_nothing(self) -> None:
        found = key_encryption(Env(secret_key=SECRET))

        assert isinstance(found, Unset)
        with pytest.raises(BadSetting, match="hubao desk init"):
            found.unwrap(b"x")


class TestMessages:
    def test_in_production_are_sent_by_nobody_unless_told(self) -> None:
        assert isinstance(sender_of(Env(secret_key=SECRET)), NothingSends)

    @pytest.mark.parametrize("messages", ["console", "file:/tmp/x"])
    def test_in_production_do_not_lie_about_in_clear(self, messages: str) -> None:
        with pytest.raises(BadSetting, match="in clear"):
            sender_of(Env(secret_key=SECRET, messages=messages))

    def test_elsewhere_go_into_the_data_folder(self) -> None:
        env = Env(secret_key=SECRET, mode="development", data=Path("d"))

        assert sender_of(env) == Folder(Path("d/messages"))

    def test_have_their_secret_from_the_settings(self) -> None:
        env = Env(secret_key=SECRET, messages="sms+https://sms.example", messages_secret=SECRET)

        sender = sender_of(env)

        assert isinstance(sender, Gateway)
        assert sender.secret == SECRET.get_secret_value()
        assert SECRET.get_secret_value() not in repr(sender)

    def test_stop_the_start_if_they_can_not_be_read(self) -> None:
        with pytest.raises(BadPlace, match="HUBAO_MESSAGES"):
            django_settings(Env(secret_key=SECRET, messages="pigeon:home"))
