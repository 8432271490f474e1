"""Django's settings, mapped from the environment and nothing else."""

from typing import Any, Final

from hubao.desk.config.databases import database
from hubao.desk.config.env import Env

ROOMS: Final = (
    "hubao.desk.core.apps.Core",
    "hubao.desk.ledger.apps.Ledger",
    "hubao.desk.people.apps.People",
    "hubao.desk.policies.apps.Policies",
)
_LIBRARIES: Final = (
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "allauth",
    "allauth.account",
    "allauth.usersessions",
)
_MIDDLEWARE: Final = (
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
)


def django_settings(env: Env) -> dict[str, Any]:
    """Give Django's settings for an environment."""
    return {
        "SECRET_KEY": env.secret_key.get_secret_value(),
        "DEBUG": False,
        "DATABASES": {"default": database(env.database_url)},
        "INSTALLED_APPS": [*_LIBRARIES, *ROOMS],
        "MIDDLEWARE": list(_MIDDLEWARE),
        "USE_TZ": True,
        "TIME_ZONE": "Asia/Shanghai",
        "LANGUAGE_CODE": "zh-hans",
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        **_sign_in(),
    }


def _sign_in() -> dict[str, Any]:
    return {
        "AUTH_USER_MODEL": "people.Account",
        "AUTHENTICATION_BACKENDS": ["allauth.account.auth_backends.AuthenticationBackend"],
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.Argon2PasswordHasher"],
        # Our accounts have no e-mail: whoever forgets a password asks an administrator.
        "ACCOUNT_USER_MODEL_EMAIL_FIELD": None,
        "ACCOUNT_LOGIN_METHODS": {"username"},
        "ACCOUNT_SIGNUP_FIELDS": ["username*", "password1*"],
        "ACCOUNT_EMAIL_VERIFICATION": "none",
    }
