"""Who asks: the signed-in person as an Actor; ends idle sign-ins, wants a second factor."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Final

from allauth.account.authentication import get_authentication_records
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hubao.desk.core.actor import Actor
from hubao.desk.core.wired import wired
from hubao.desk.people.identity import NotSignedIn, known
from hubao.desk.people.models import Account
from hubao.desk.people.sign_ins import PROVIDER_FACTOR

_SEEN: Final = "seen"
_SEEN_EVERY: Final = 60  # seconds between notes that somebody is still there
_SIGN_IN: Final = "/sign-in/"
_POLICYHOLDERS: Final = "/mine/"  # nobody's sign-in counts there
_FREE: Final = (_SIGN_IN, "/static/", "/i18n/")


class WhoAsks:
    """Puts `actor` on every request, an Actor or None, and whether they have a second factor."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, once it is clear who asks."""
        request.actor = None  # type: ignore[attr-defined]
        if request.path.startswith(_POLICYHOLDERS):
            return self._get_response(request)
        user = request.user
        if isinstance(user, Account):
            now = timezone.now()
            if _was_idle(request, now):
                logout(request)
                messages.info(request, _("You were signed out because nothing happened."))
                return HttpResponseRedirect(reverse("account_login"))
            found = known(party=user.party_id, at=now)
            if found is None:
                logout(request)
                return HttpResponseRedirect(reverse("account_login"))
            actor = found.person(user.party_id, verified=_verified(request, user))
            request.has_second_factor = found.has_second_factor  # type: ignore[attr-defined]
            if _lacks_second_factor(request, actor) and not request.path.startswith(_FREE):
                return HttpResponseRedirect(reverse("mfa_activate_totp"))
            request.actor = actor  # type: ignore[attr-defined]
        return self._get_response(request)


def _was_idle(request: HttpRequest, now: datetime) -> bool:
    """Tell whether the sign-in went unused too long; note that it is used now."""
    seen = request.session.get(_SEEN)
    at = int(now.timestamp())
    if seen is not None and at - seen > wired().idle_seconds:
        return True
    if seen is None or at - seen >= _SEEN_EVERY:
        request.session[_SEEN] = at
    return False


def _verified(request: HttpRequest, user: Account) -> datetime | None:
    """Say when this sign-in last passed a second factor."""
    passed = [
        one["at"] for one in get_authentication_records(request, user) if one["method"] == "mfa"
    ]
    return datetime.fromtimestamp(max(passed), UTC) if passed else None


def _lacks_second_factor(request: HttpRequest, actor: Actor) -> bool:
    shown = has_second_factor(request) or request.session.get(PROVIDER_FACTOR, False)
    return actor.needs_second_factor and not shown


def has_second_factor(request: HttpRequest) -> bool:
    """Tell whether who asks has a second factor here, besides what a provider may ask for."""
    return bool(getattr(request, "has_second_factor", False))


def asking(request: HttpRequest) -> Actor:
    """Give who asks, on a page that only signed-in people reach."""
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None:
        raise NotSignedIn("Sign in first.")
    return actor


def signed_in(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Send whoever isn't signed in to the sign-in page, and back afterwards."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: object, **named: object) -> HttpResponse:
        if getattr(request, "actor", None) is None:
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **named)

    return wrapped
