"""What the desk is told from outside: `HUBAO_*` variables, secrets also as files."""

import logging
import os
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

RUN_SECRETS: Final = Path("/run/secrets")
_log = logging.getLogger(__name__)


class Env(BaseSettings):
    """`HUBAO_*` variables; a secret may instead be a file of that name in a folder of secrets.

    A variable counts before a file. Files are looked for in `HUBAO_SECRETS` alone if that is set;
    else in `/run/secrets`, and then in `secrets` in `HUBAO_DATA`, which `hubao desk init` fills.
    """

    model_config = SettingsConfigDict(env_prefix="HUBAO_", frozen=True, extra="ignore")
    mode: Literal["development", "demo", "production"] = Field(
        default="production", description="development and demo allow plain HTTP"
    )
    data: Path = Field(default=Path("var/desk"), description="folder for all that has no other")
    secret_key: SecretStr = Field(min_length=32, description="signs sessions and forms")
    key: SecretStr | None = Field(
        default=None, description="key-encryption key that opens the keyset, as suite:base64"
    )
    kms: str | None = Field(
        default=None,
        description="module:name of a function that gives what wraps and unwraps the keyset",
    )
    keyset: Path | None = Field(default=None, description="keyset file; data/keyset.json")
    database_url: str | None = Field(
        default=None, description="postgresql://… or sqlite:///…; data/hubao.sqlite3"
    )
    lake: Path | None = Field(default=None, description="folder of access events; data/lake")
    feeds: Path | None = Field(
        default=None, description="folder of what systems push and of rejects; data/feeds"
    )
    log_origin: str = Field(
        default="hubao.example/ledger", description="the log's name, for all time"
    )
    log_key: str | None = Field(default=None, description="the log's public key, base 64")
    signer: Path | None = Field(default=None, description="the signer's socket")
    person_keys: Path | None = Field(
        default=None,
        description="file of the keys that archived entries are read with;"
        " data/person-keys.sqlite3",
    )
    heads_to: str = Field(
        default="", description="places for heads: file:/folder,mail:address,tsa:https://…"
    )
    mail_server: str | None = Field(default=None, description="host:port that takes mail")
    tsa_roots: Path | None = Field(
        default=None, description="PEM file of the roots that time stamps are held to"
    )
    webhook_networks: str = Field(
        default="",
        description="private networks that webhooks may call: 10.20.0.0/16, with commas between",
    )
    metrics_token: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="whoever shows it reads /metrics; without it, this machine only",
    )
    insurer: str = Field(
        default="",
        max_length=30,
        description="name that policyholders know, on their pages",
    )
    messages: str | None = Field(
        default=None,
        description="what carries messages to policyholders: sms+https://…, wecom+https://…,"
        " smtp:host:port, and outside production console or file:FOLDER; there file:data/messages",
    )
    messages_from: str = Field(
        default="hubao@localhost", description="address that mail to policyholders comes from"
    )
    messages_to: str = Field(
        default="{to}",
        description="makes a mail address or a WeCom member of a phone: {to} with +86, {national}"
        " without",
    )
    messages_body: str = Field(
        default='{"to": "{to}", "text": "{text}"}', description="JSON that an SMS gateway is sent"
    )
    messages_user: str | None = Field(default=None, description="to sign in to the mail server")
    messages_secret: SecretStr | None = Field(
        default=None,
        description="password of the mail server, key of the SMS gateway, or secret of the WeCom"
        " application",
    )
    reports_to: str = Field(
        default="", description="unit that policyholders' reports go to; the top one"
    )
    proxies: int = Field(
        default=0,
        ge=0,
        le=10,
        description="proxies in front, whose X-Forwarded-For says where requests come from",
    )
    allowed_hosts: str = Field(default="localhost,127.0.0.1", description="with commas between")
    idle_minutes: int = Field(default=15, ge=1, le=720, description="until a sign-in ends")
    oidc_issuer: str | None = Field(
        default=None, description="OpenID Connect provider that people sign in with, as https://…"
    )
    oidc_client_id: str | None = Field(default=None, description="the desk's name there")
    oidc_client_secret: SecretStr | None = Field(
        default=None, description="the desk's secret there"
    )
    oidc_name: str = Field(default="", description="words on the button; its own by default")
    oidc_claim: str = Field(
        default="sub", description="claim that holds the login; nobody may choose it themselves"
    )
    oidc_mfa: str = Field(
        default="",
        description="values of acr or amr that count as a second factor, with commas between",
    )
    oidc_fresh_minutes: int = Field(
        default=5,
        ge=0,
        le=720,
        description="how long ago the provider may have asked; 0: it asks anew and needn't tell",
    )
    language: Literal["zh-hans", "en"] = Field(default="zh-hans", description="unless asked for")

    @classmethod
    def read(cls) -> Self:
        """Read the environment and the folders of secrets; says which counts if two have one."""
        folders = [folder for folder in secrets_folders() if folder.is_dir()]
        _say_which_counts(folders)
        return cls(_secrets_dir=folders[::-1] or None)  # to the library, the last one counts

    @property
    def keyset_path(self) -> Path:
        """Where the keyset is."""
        return self.keyset or self.data / "keyset.json"

    @property
    def person_keys_path(self) -> Path:
        """Where the keys are that archived entries are read with."""
        return self.person_keys or self.data / "person-keys.sqlite3"

    @property
    def lake_path(self) -> Path:
        """Where access events go."""
        return self.lake or self.data / "lake"

    @property
    def metrics_path(self) -> Path:
        """Where processes count."""
        return self.data / "metrics"

    @property
    def messages_by(self) -> str | None:
        """What carries messages, if anything does."""
        if self.messages is None and self.mode != "production":
            return f"file:{self.data / 'messages'}"
        return self.messages

    @property
    def feeds_path(self) -> Path:
        """Where pushed events wait, and rows that were set aside are listed."""
        return self.feeds or self.data / "feeds"

    @property
    def database(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite:///{self.data / 'hubao.sqlite3'}"


def secrets_folders() -> list[Path]:
    """Name the folders that secrets are looked for in; the first that has one counts."""
    told = os.environ.get("HUBAO_SECRETS")
    if told:
        return [Path(told)]
    data = Path(os.environ.get("HUBAO_DATA", Env.model_fields["data"].default))
    return [RUN_SECRETS, data / "secrets"]


def _say_which_counts(folders: list[Path]) -> None:
    found: dict[str, Path] = {}
    for folder in folders:
        for name in sorted({f"hubao_{field}" for field in Env.model_fields}):
            if (folder / name).is_file() and found.setdefault(name, folder) != folder:
                _log.warning(
                    "The secret %s lies in %s and in %s: that in %s counts.",
                    name, found[name], folder, found[name],
                )  # fmt: skip
