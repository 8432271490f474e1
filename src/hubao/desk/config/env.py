"""What the desk is told from outside: `HUBAO_*` variables, secrets also as files."""

from pathlib import Path
from typing import Final

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

_SECRETS: Final = Path("/run/secrets")


class Env(BaseSettings):
    """`HUBAO_*` variables; a secret may instead be a file of that name in `/run/secrets`."""

    model_config = SettingsConfigDict(
        env_prefix="HUBAO_", secrets_dir=_SECRETS if _SECRETS.is_dir() else None, frozen=True
    )
    secret_key: SecretStr = Field(min_length=32)
    database_url: str = "sqlite:///var/hubao.sqlite3"
