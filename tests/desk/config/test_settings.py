"""Settings: safe as they come, and a wrong one is named."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from hubao.desk.config.env import Env
from hubao.desk.config.keys import BadSetting, Unset, key_encryption, reach_of
from hubao.desk.config.mapping import django_settings
from hubao.desk.config.messages import sender_of
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
