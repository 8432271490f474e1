"""Django's settings, mapped from the environment and nothing else."""

from typing import Any, Final

from hubao.desk.config.databases import database
from hubao.desk.config.env import Env

ROOMS: Final = ("hubao.desk.ledger.apps.Ledger",)


def django_settings(env: Env) -> dict[str, Any]:
    """Give Django's settings for an environment."""
    return {
        "SECRET_KEY": env.secret_key.get_secret_value(),
        "DEBUG": False,
        "DATABASES": {"default": database(env.database_url)},
        "INSTALLED_APPS": list(ROOMS),
        "USE_TZ": True,
        "TIME_ZONE": "Asia/Shanghai",
        "LANGUAGE_CODE": "zh-hans",
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
    }
