"""Whose login a token proves; nobody who isn't known here already comes in by it."""

import logging
from typing import Any, Final

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base.constants import AuthError
from django.db.models import Model
from django.http import Http404, HttpRequest
from django.utils import timezone
from requests import Session

from hubao.desk.core.actor import Actor
from hubao.desk.core.calls import trusted_roots
from hubao.desk.core.wired import wired
from hubao.desk.ledger.denials import Denials
from hubao.desk.people.identity import NotSignedIn
from hubao.desk.people.oidc.answers import failed, refused
from hubao.desk.people.oidc.provider import OpenIdProvider
from hubao.desk.people.operations import sign_in_account
from hubao.desk.people.queries import party_of_login
from hubao.desk.people.sign_ins import SIGNED_IN

NOBODY: Final = "oidc:unknown"
_log = logging.getLogger(__name__)


class Claims(DefaultSocialAccountAdapter):  # type: ignore[misc] # allauth ships no types
    """Settings name the one provider; people are made by HR, and accounts by administrators."""

    def get_provider(
        self, request: HttpRequest, provider: str, client_id: str | None = None
    ) -> OpenIdProvider:
        """Give the provider of the settings; the database's table of others isn't looked at."""
        del provider, client_id
        told = wired().provider
        if told is None:
            raise Http404
        return OpenIdProvider(request, told=told)

    def get_requests_session(self) -> Session:
        """Talk to the provider as settings name it, and to nobody it would send on to."""
        session: Session = super().get_requests_session()
        session.max_redirects = 0
        session.trust_env = False  # no proxy, no password file
        session.verify = trusted_roots()
        return session

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Nobody signs up."""
        del request, sociallogin
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find the account that the login is for, or turn away; both cases look the same."""
        claimed, now = sociallogin.account.extra_data, timezone.now()
        party = party_of_login(login=claimed["login"])
        denials = Denials(wired().spool)
        try:
            with denials.entered(action=SIGNED_IN, actor=Actor(NOBODY), at=now, record=party):
                account = sign_in_account(party=party, at=now)
        except NotSignedIn:
            raise ImmediateHttpResponse(refused(request)) from None
        sociallogin.user = account
        # This goes into the session: the person's id, and not how they are called elsewhere.
        sociallogin.account.uid = account.username
        sociallogin.account.extra_data = {"second_factor": claimed["second_factor"]}

    def serialize_instance(self, instance: Model) -> dict[str, Any]:
        """Leave out the password's hash, while a session waits for the second factor."""
        told: dict[str, Any] = super().serialize_instance(instance)
        return {name: value for name, value in told.items() if name != "password"}

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: OpenIdProvider,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: object = None,
    ) -> None:
        """Say that it didn't work; what the provider or the browser sent is shown to nobody."""
        del provider, extra_context
        facts = {"why": type(exception).__name__ if exception else str(error)}
        if error != AuthError.CANCELLED:
            _log.warning("a sign-in with the provider failed", extra={"facts": facts})
        raise ImmediateHttpResponse(failed(request))
