"""Django's settings, mapped from the environment and nothing else."""

from pathlib import Path
from typing import Any, Final

from hubao.desk.config.console import console
from hubao.desk.config.databases import database
from hubao.desk.config.env import Env
from hubao.desk.config.keys import key_encryption, log_of, reach_of
from hubao.desk.config.messages import sender_of
from hubao.desk.config.sign_in import provider_of, sign_in
from hubao.desk.core.days import ZONE
from hubao.desk.core.keys import KeysetFile
from hubao.desk.core.wired import Wired

_DESK: Final = Path(__file__).parents[1]
ROOMS: Final = (
    "hubao.desk.core.apps.Core",
    "hubao.desk.ledger.apps.Ledger",
    "hubao.desk.people.apps.People",
    "hubao.desk.policies.apps.Policies",
    "hubao.desk.feeds.apps.Feeds",
    "hubao.desk.site.apps.Site",
)
_LIBRARIES: Final = (
    "unfold",
    "django.contrib.admin",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",  # the list of sessions says "an hour ago"
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
)
_WITH_PROVIDER: Final = ("allauth.socialaccount",)
_MIDDLEWARE: Final = (
    "hubao.desk.core.middleware.Counted",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "hubao.desk.core.middleware.ContentPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "hubao.desk.people.middleware.WhoAsks",
)


def django_settings(env: Env) -> dict[str, Any]:
    """Give Django's settings for an environment."""
    return {
        "SECRET_KEY": env.secret_key.get_secret_value(),
        "DEBUG": False,
        "ALLOWED_HOSTS": [one.strip() for one in env.allowed_hosts.split(",")],
        "DATABASES": {"default": database(env.database)},
        "INSTALLED_APPS": [*ROOMS, *_LIBRARIES, *(_WITH_PROVIDER if env.oidc_issuer else ())],
        "MIDDLEWARE": list(_MIDDLEWARE),
        "ROOT_URLCONF": "hubao.desk.config.urls",
        "TEMPLATES": [_templates()],
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "HUBAO": Wired(
            keys=KeysetFile(env.keyset_path, key_encryption(env)),
            spool=env.data / "denied.jsonl",
            person_keys=env.person_keys_path,
            log=log_of(env),
            lake=env.lake_path,
            feeds=env.feeds_path,
            idle_seconds=env.idle_minutes * 60,
            demo=env.mode == "demo",
            reach=reach_of(env),
            metrics_token=env.metrics_token.get_secret_value() if env.metrics_token else None,
            insurer=env.insurer,
            sender=sender_of(env),
            reports_to=env.reports_to,
            provider=provider_of(env),
        ),
        **_language(env),
        "LOGGING": _logging(),
        **_files(),
        **_transport(env),
        **sign_in(env),
        **console(),
    }


def _templates() -> dict[str, Any]:
    processors = (
        "django.template.context_processors.request",
        "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
    )
    return {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": list(processors)},
    }


def _language(env: Env) -> dict[str, Any]:
    return {
        "LANGUAGE_CODE": env.language,
        "LANGUAGES": [("zh-hans", "简体中文"), ("en", "English")],
        "LOCALE_PATHS": [_DESK / "locale"],
        "USE_I18N": True,
        "USE_TZ": True,
        "TIME_ZONE": ZONE.key,
    }


def _logging() -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": "hubao.desk.core.logs.Lines"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {"django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False}},
    }


def _files() -> dict[str, Any]:
    return {
        "STATIC_URL": "/static/",
        "WHITENOISE_USE_FINDERS": True,
        "CACHES": {
            "default": {
                # In the database, so that every process counts the same failed sign-ins.
                "BACKEND": "django.core.cache.backends.db.DatabaseCache",
                "LOCATION": "core_cache",
            }
        },
    }


def _transport(env: Env) -> dict[str, Any]:
    """Encrypted transport only, except where somebody tries hubao on their own machine."""
    secure = env.mode == "production"
    return {
        "SECURE_SSL_REDIRECT": secure,
        # Asked by what stands beside the desk, where nothing encrypts.
        "SECURE_REDIRECT_EXEMPT": [r"^health/", r"^metrics$"],
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
        "SECURE_HSTS_SECONDS": 31_536_000 if secure else 0,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": secure,
        "SECURE_HSTS_PRELOAD": secure,
        "SECURE_REFERRER_POLICY": "same-origin",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_AGE": 12 * 3600,
        "SESSION_EXPIRE_AT_BROWSER_CLOSE": True,
        "CSRF_COOKIE_SECURE": secure,
        "CSRF_COOKIE_HTTPONLY": True,
        "X_FRAME_OPTIONS": "DENY",
        "LANGUAGE_COOKIE_SAMESITE": "Lax",
        "LANGUAGE_COOKIE_SECURE": secure,
    }
