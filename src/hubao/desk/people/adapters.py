"""allauth, as this house has it: nobody signs up, and second factors show no e-mail."""

from typing import Final

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from hubao.desk.core.wired import wired
from hubao.desk.people.metrics import FAILED, LOCKED, SIGN_INS
from hubao.desk.people.models import Account
from hubao.desk.people.second_factors import opened, sealed

# What allauth says of a wrong password or code, and of too many of them.
_REFUSED: Final = {
    "username_password_mismatch": FAILED,
    "incorrect_code": FAILED,
    "too_many_login_attempts": LOCKED,
}


class _Counting:
    """Counts refused sign-ins, where their sentence is made."""

    def validation_error(self, code: str, *args: object) -> ValidationError:
        """Give the sentence of a refusal."""
        if code in _REFUSED:
            SIGN_INS.labels(_REFUSED[code]).inc()
        made: ValidationError = super().validation_error(code, *args)  # type: ignore[misc]
        return made


class Accounts(_Counting, DefaultAccountAdapter):  # type: ignore[misc] # allauth ships no types
    """Accounts are made by administrators."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up."""
        del request
        return False

    def is_reauthentication_required(self, *, app: str, **kwargs: object) -> bool:
        """Ask for the password again, unless it was given a few minutes ago."""
        del app, kwargs
        request: HttpRequest = self.request
        given = [one["at"] for one in get_authentication_records(request, request.user)]
        since: float = timezone.now().timestamp() - max(given, default=0)
        return bool(since > app_settings.REAUTHENTICATION_TIMEOUT)


class SecondFactors(_Counting, DefaultMFAAdapter):  # type: ignore[misc] # as above
    """Second factors are named after the person's id, and kept encrypted."""

    def encrypt(self, text: str) -> str:
        """Give what is stored of a secret."""
        return sealed(text, fields=wired().keys.fields())

    def decrypt(self, encrypted_text: str) -> str:
        """Give a stored secret."""
        return opened(encrypted_text, fields=wired().keys.fields())

    def get_totp_label(self, user: Account) -> str:
        """What an authenticator app shows."""
        return user.username

    def get_public_key_credential_user_entity(self, user: Account) -> dict[str, object]:
        """What a passkey shows."""
        return {
            "id": str(user.pk).encode(),
            "name": user.username,
            "display_name": user.username,
        }
