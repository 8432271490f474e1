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
)

globals().update(django_settings(ENV))
