"""allauth, as this house has it: nobody signs up, and second factors show no e-mail."""

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest
from django.utils import timezone

from hubao.desk.core.wired import wired
from hubao.desk.people.models import Account
from hubao.desk.people.second_factors import opened, sealed


class Accounts(DefaultAccountAdapter):  # type: ignore[misc] # allauth ships no types
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


class SecondFactors(DefaultMFAAdapter):  # type: ignore[misc] # as above
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
