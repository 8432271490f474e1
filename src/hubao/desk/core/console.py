"""The console's shell: unfold's site, for whoever is signed in."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from unfold.sites import UnfoldAdminSite

from hubao.desk.core.told import status, told
from hubao.desk.core.wired import wired
from hubao.kit.errors import HubaoError, Kind


class Console(UnfoldAdminSite):  # type: ignore[misc] # unfold ships no types
    """The site that rooms put their lists and pages into."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Let everybody in who works here; what they may do, their roles say."""
        return getattr(request, "actor", None) is not None

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Send people to the one place where they sign in."""
        del extra_context
        return HttpResponseRedirect(f"{reverse('account_login')}?next={request.path}")

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Send people home: the menu says which lists there are."""
        del request, extra_context
        return HttpResponseRedirect(reverse("home"))

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """As `index`: a room's tables aren't what people look for."""
        del app_label
        return self.index(request, extra_context)


console = Console(name="admin")


def page(
    request: HttpRequest, template: str, *, title: str, status: int = 200, **context: object
) -> HttpResponse:
    """Show a page of ours within the shell."""
    shell = console.each_context(request)
    return render(request, template, {**shell, "title": title, **context}, status=status)


def sorry(request: HttpRequest, error: HubaoError) -> HttpResponse:
    """Say instead of a page why it isn't shown."""
    match error.kind:
        case Kind.FORBIDDEN:
            title = _("Not allowed")
        case Kind.UNAVAILABLE:
            title = _("Not just now")
        case _:
            title = _("Not found")
    return page(request, "core/sorry.html", title=title, why=told(error), status=status(error))


def environment(_request: HttpRequest) -> list[str] | None:
    """Say on every page that the data is made up, in the demo."""
    return [_("Demo: all people are made up"), "warning"] if wired().demo else None
