"""To the provider and back."""

import logging
from typing import cast

from allauth.core import ratelimit
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods

from hubao.desk.core.wired import wired
from hubao.desk.people.oidc.answers import failed, unreachable
from hubao.desk.people.oidc.provider import Conversation
from hubao.desk.people.oidc.tokens import NotProved

_log = logging.getLogger(__name__)


@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Send somebody to the provider, once they have pressed the button.

    A page of ours leads on: our content policy lets no form end at another place.
    """
    if request.method == "GET":
        return render(request, "people/provider.html")
    limited = ratelimit.consume_or_429(request, action="login")
    if limited:
        return cast(HttpResponse, limited)
    answer = _talk(request, OAuth2LoginView)
    if isinstance(answer, HttpResponseRedirect):
        return render(request, "people/lead_on.html", {"url": answer.url})
    return answer


@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Take in whom the provider sends back."""
    return _talk(request, OAuth2CallbackView)


def _talk(
    request: HttpRequest, view: type[OAuth2LoginView] | type[OAuth2CallbackView]
) -> HttpResponse:
    told = wired().provider
    if told is None:
        raise Http404
    try:
        return cast(HttpResponse, view.adapter_view(Conversation(request, told=told))(request))
    except NotProved as error:
        # The message is a sentence of ours, with nothing in it that came from outside.
        facts = {"code": error.code, "why": error.message}
        _log.warning("a sign-in with the provider proved nothing", extra={"facts": facts})
        return failed(request)
    except OSError as error:  # the library's errors of transport and of bad JSON are such
        facts = {"why": type(error).__name__}
        _log.warning("the sign-in provider doesn't answer", extra={"facts": facts})
        return unreachable(request)
