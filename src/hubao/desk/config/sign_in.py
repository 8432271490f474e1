"""How people sign in: allauth's settings."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from hubao.desk.config.env import Env
from hubao.desk.config.keys import BadSetting
from hubao.desk.core.wired import Provider


def sign_in(env: Env) -> dict[str, Any]:
    """Give Django's and allauth's settings of signing in."""
    return {
        "AUTH_USER_MODEL": "people.Account",
        "SESSION_ENGINE": "hubao.desk.people.sessions",
        "AUTHENTICATION_BACKENDS": ["hubao.desk.people.sessions.SignIns"],
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.Argon2PasswordHasher"],
        "AUTH_PASSWORD_VALIDATORS": [
            {
                "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
                "OPTIONS": {"min_length": 10},
            },
            {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
            {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
        ],
        "LOGIN_URL": "account_login",
        "LOGIN_REDIRECT_URL": "/console/",
        "ACCOUNT_ADAPTER": "hubao.desk.people.adapters.Accounts",
        # Our accounts have no e-mail: whoever forgets a password asks an administrator.
        "ACCOUNT_USER_MODEL_EMAIL_FIELD": None,
        "ACCOUNT_LOGIN_METHODS": {"username"},
        "ACCOUNT_SIGNUP_FIELDS": ["username*", "password1*"],
        "ACCOUNT_EMAIL_VERIFICATION": "none",
        "ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE": True,
        "ACCOUNT_SESSION_REMEMBER": False,
        # Five wrong passwords lock a name out for a quarter of an hour, twenty an address.
        "ACCOUNT_RATE_LIMITS": {"login_failed": "5/15m/key,20/15m/ip", "login": "60/m/ip"},
        "ALLAUTH_TRUSTED_PROXY_COUNT": env.proxies,
        "ACCOUNT_REAUTHENTICATION_TIMEOUT": 300,
        "MFA_ADAPTER": "hubao.desk.people.adapters.SecondFactors",
        "MFA_SUPPORTED_TYPES": ["totp", "webauthn", "recovery_codes"],
        "MFA_PASSKEY_LOGIN_ENABLED": True,
        "MFA_TOTP_ISSUER": "hubao",
        "MFA_TOTP_TOLERANCE": 1,
        "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN": env.mode != "production",
        "MFA_ALLOW_UNVERIFIED_EMAIL": True,
        "USERSESSIONS_TRACK_ACTIVITY": False,
        "SOCIALACCOUNT_ADAPTER": "hubao.desk.people.oidc.adapter.Claims",
        "SOCIALACCOUNT_AUTO_SIGNUP": False,
        "SOCIALACCOUNT_EMAIL_AUTHENTICATION": False,
        "SOCIALACCOUNT_STORE_TOKENS": False,
    }


def provider_of(env: Env) -> Provider | None:
    """Give the OpenID Connect provider that people may sign in with, if one is told.

    Raises:
        BadSetting: its address isn't one, or the desk's name or secret there is missing.
    """
    if not env.oidc_issuer:
        return None
    if not env.oidc_client_id or env.oidc_client_secret is None:
        raise BadSetting(
            "HUBAO_OIDC_ISSUER needs HUBAO_OIDC_CLIENT_ID and HUBAO_OIDC_CLIENT_SECRET beside it."
        )
    return Provider(
        issuer=_checked_issuer(env.oidc_issuer, secure=env.mode == "production"),
        client=env.oidc_client_id,
        secret=env.oidc_client_secret.get_secret_value(),
        name=env.oidc_name,
        claim=env.oidc_claim,
        trusted=frozenset(one.strip() for one in env.oidc_mfa.split(",") if one.strip()),
        fresh=timedelta(minutes=env.oidc_fresh_minutes) if env.oidc_fresh_minutes else None,
    )


def _checked_issuer(issuer: str, *, secure: bool) -> str:
    parts = urlsplit(issuer)
    schemes = ("https",) if secure else ("https", "http")
    if parts.scheme not in schemes or not parts.netloc or parts.query or parts.fragment:
        raise BadSetting(
            "HUBAO_OIDC_ISSUER is no issuer: write it as https://…, without ? and #, exactly as"
            " the provider calls itself."
        )
    return issuer
