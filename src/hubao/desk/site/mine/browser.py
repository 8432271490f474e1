"""What a policyholder's browser keeps: a cookie for ten minutes, apart from staff's sign-in."""

from collections.abc import Callable
from functools import wraps
from typing import Final

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from hubao.desk.policies.holder.operations import NoVisit, Visit, visit_of
from hubao.desk.policies.holder.rules import CODE_LASTS, VISIT_LASTS

COOKIE: Final = "hubao_mine"
PATH: Final = "/mine/"


def token_of(request: HttpRequest) -> str:
    """Give what the browser keeps; empty if nothing."""
    return request.COOKIES.get(COOKIE, "")


def keep(answer: HttpResponse, token: str) -> HttpResponse:
    """Let the browser keep something until it is of no use any more."""
    answer.set_cookie(
        COOKIE,
        token,
        max_age=max(CODE_LASTS, VISIT_LASTS),
        path=PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
    return answer


def drop(answer: HttpResponse) -> HttpResponse:
    """Let the browser forget it."""
    answer.delete_cookie(COOKIE, path=PATH, samesite="Strict")
    return answer


def address_of(request: HttpRequest) -> str:
    """Give the address that a request comes from, as sign-in counts it too."""
    address: str = get_adapter(request).get_client_ip(request)
    return address


def in_visit(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Hand a page the visit; send whoever has none, or none any more, to ask for a code."""

    @wraps(view)
    def wrapped(request: HttpRequest, **named: str) -> HttpResponse:
        try:
            visit = visit_of(token=token_of(request), at=timezone.now())
        except NoVisit:
            return HttpResponseRedirect(f"{reverse('mine')}?ended=1")
        return view(request, visit, **named)

    return wrapped


def has_visit(request: HttpRequest) -> Visit | None:
    """Give the browser's visit, if it has one."""
    try:
        return visit_of(token=token_of(request), at=timezone.now())
    except NoVisit:
        return None
