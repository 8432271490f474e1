"""How people sign in: allauth's settings."""

from typing import Any

from hubao.desk.config.env import Env


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
    }
