"""Pages that say how a sign-in with the provider went."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _


def refused(request: HttpRequest) -> HttpResponse:
    """Say no to whom the desk doesn't know, or doesn't know any more; never which."""
    why = _("You can't sign in to this desk with that account. Ask your administrator.")
    return render(request, "people/sorry.html", {"why": why}, status=403)


def failed(request: HttpRequest) -> HttpResponse:
    """Say that nothing was proved."""
    why = _("Signing in didn't work: try again, and tell whoever runs the server if it goes on.")
    return render(request, "people/sorry.html", {"why": why}, status=401)


def unreachable(request: HttpRequest) -> HttpResponse:
    """Say that the provider doesn't answer."""
    why = _("Your company's sign-in doesn't answer: try again in a minute.")
    return render(request, "people/sorry.html", {"why": why}, status=503)
