"""Where secrets are looked for, which one counts, and what `hubao desk init` makes of them."""

import logging
from pathlib import Path

import pytest

from hubao.desk.config import env as env_module
from hubao.desk.config.env import Env
from hubao.desk.config.init import init
from hubao.desk.config.keys import BadSetting, key_encryption
from hubao.seal.keyset import Key, Keyset
from hubao.seal.suites import Suite
from tests.makers.disk import watch_disk

RUN, DATA, OTHER = "run", "data", "other"


@pytest.fixture(autouse=True)
def _folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env_module, "RUN_SECRETS", tmp_path / RUN)
    monkeypatch.setenv("HUBAO_DATA", str(tmp_path / DATA))
    for name in ("SECRETS", "SECRET_KEY", "KEY", "KMS", "KEYSET"):
        monkeypatch.delenv(f"HUBAO_{name}", raising=False)


def put(folder: Path, **secrets: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in secrets.items():
        (folder / f"hubao_{name}").write_text(text)


def told() -> list[str | None]:
    """The secret key's and the metrics token's first letters."""
    env = Env.read()
    token = env.metrics_token.get_secret_value()[0] if env.metrics_token else None
    return [env.secret_key.get_secret_value()[0], token]


class TestOrder:
    def test_is_the_orchestrators_folder_before_that_of_init(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        put(tmp_path / RUN, secret_key="r" * 40)
        put(tmp_path / DATA / "secrets", secret_key="d" * 40)

        with caplog.at_level(logging.WARNING):
            assert told() == ["r", None]

        (said,) = caplog.messages
        assert said == (
            f"The secret hubao_secret_key lies in {tmp_path / RUN} and in"
            f" {tmp_path / DATA / 'secrets'}: that in {tmp_path / RUN} counts."
        )

    def test_is_looked_through_for_each_secret_by_itself(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        put(tmp_path / RUN, metrics_token="r" * 40)
        put(tmp_path / DATA / "secrets", secret_key="d" * 40)

        assert told() == ["d", "r"]
        assert caplog.messages == []

    def test_ends_with_the_folder_that_is_told_if_one_is(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        put(tmp_path / RUN, secret_key="r" * 40, metrics_token="r" * 40)
        put(tmp_path / OTHER, secret_key="o" * 40)
        monkeypatch.setenv("HUBAO_SECRETS", str(tmp_path / OTHER))

        assert told() == ["o", None]
        assert caplog.messages == []

    def test_begins_with_the_variable(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put(tmp_path / RUN, secret_key="r" * 40)
        monkeypatch.setenv("HUBAO_SECRET_KEY", "v" * 40)

        assert told() == ["v", None]


class TestInit:
    def made(self, folder: Path) -> list[str]:
        return sorted(path.name for path in folder.glob("hubao_*"))

    def test_makes_what_is_lacking_on_disk_for_its_owner(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        steps = watch_disk(monkeypatch, tmp_path)

        init()

        secrets = tmp_path / DATA / "secrets"
        assert self.made(secrets) == ["hubao_key", "hubao_secret_key"]
        assert steps == [
            "sync hubao_secret_key", "sync secrets", "sync hubao_key", "sync secrets",
            "sync keyset.json", "sync data",
        ]  # fmt: skip
        made = [*secrets.iterdir(), tmp_path / DATA / "keyset.json"]
        assert {path.stat().st_mode & 0o777 for path in made} == {0o600}

    @pytest.mark.parametrize("by", ["file", "variable"])
    def test_makes_a_keyset_that_opens_with_the_key_that_counts(
        self, by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = Key.new(Suite.NATIONAL).text
        if by == "file":
            put(tmp_path / RUN, key=key)
        else:
            monkeypatch.setenv("HUBAO_KEY", key)
        monkeypatch.setenv("HUBAO_KEYSET", str(tmp_path / "elsewhere" / "k.json"))

        init()
        init()

        env = Env.read()
        assert Keyset.opened(env.keyset_path.read_text(), key_encryption(env)).keys
        assert self.made(tmp_path / DATA / "secrets") == ["hubao_secret_key"]
        assert [path.name for path in (tmp_path / DATA).iterdir()] == ["secrets"]

    def test_names_a_setting_that_cannot_be_used(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HUBAO_SECRET_KEY", "short")

        with pytest.raises(BadSetting, match="HUBAO_SECRET_KEY"):
            init()
