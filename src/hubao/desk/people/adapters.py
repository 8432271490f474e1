"""allauth, as this house has it: nobody signs up, and second factors show no e-mail."""

from typing import Any, Final, cast

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.stages import AuthenticateStage
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hubao.desk.core.told import status, told
from hubao.desk.core.wired import wired
from hubao.desk.ledger.steps import NotWritten
from hubao.desk.people.metrics import FAILED, LOCKED, SIGN_INS
from hubao.desk.people.middleware import has_second_factor
from hubao.desk.people.models import Account
from hubao.desk.people.second_factors import opened, sealed
from hubao.desk.people.sign_ins import PROVIDER, PROVIDER_FACTOR, enter_sign_in
from hubao.desk.people.stages import SecondFactor, provider_factor

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

    def get_login_stages(self) -> list[str]:
        """Ask for the second factor as `stages` has it."""
        stages = AuthenticateStage, SecondFactor
        theirs, ours = (f"{one.__module__}.{one.__name__}" for one in stages)
        return [ours if one == theirs else one for one in super().get_login_stages()]

    def post_login(
        self,
        request: HttpRequest,
        user: Account,
        *,
        signal_kwargs: dict[str, Any] | None = None,
        **hooks: object,
    ) -> HttpResponse:
        """Enter the sign-in; who can't be entered isn't signed in."""
        asked = provider_factor(signal_kwargs)
        records = get_authentication_records(request, user)
        try:
            enter_sign_in(
                party=user.party_id, records=records, provider_factor=asked, at=timezone.now()
            )
        except NotWritten as error:
            self.logout(request)
            return render(request, "people/sorry.html", {"why": told(error)}, status=status(error))
        request.session[PROVIDER_FACTOR] = asked
        answer = super().post_login(request, user, signal_kwargs=signal_kwargs, **hooks)
        return cast(HttpResponse, answer)

    def get_reauthentication_methods(self, user: Account) -> list[dict[str, Any]]:
        """Send those to the provider who have neither a password nor a second factor here."""
        found: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if not found and wired().provider:
            there = reverse("oidc_login")
            return [{"id": PROVIDER, "description": _("Sign in again"), "url": there}]
        return found

    def is_reauthentication_required(self, *, app: str, **kwargs: object) -> bool:
        """Ask for the password again, unless it was given a few minutes ago.

        The provider's word is good for the first second factor here, not for further ones: else
        whoever is at an unlocked desk could add their own.
        """
        del app, kwargs
        request: HttpRequest = self.request
        has_factor = has_second_factor(request)
        given = [
            one["at"]
            for one in get_authentication_records(request, request.user)
            if not (has_factor and one["method"] == PROVIDER)
        ]
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
