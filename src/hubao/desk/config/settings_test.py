"""Settings for tests and the type checker: nothing from the environment."""

from pathlib import Path
from typing import Final

from pydantic import SecretStr

from hubao.desk.config.env import Env
from hubao.desk.config.mapping import django_settings

ENV: Final = Env.model_construct(
    mode="development",
    data=Path("var/test"),
    secret_key=SecretStr("t" * 40),
    database_url="sqlite:///:memory:",
    # So that its modules can be imported; tests wire a provider of their own.
    oidc_issuer="https://127.0.0.1:1",
    oidc_client_id="hubao",
    oidc_client_secret=SecretStr("not a secret"),
)

globals().update(django_settings(ENV))
