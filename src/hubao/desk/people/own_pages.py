"""Pages about one's own sign-in that allauth hasn't."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from hubao.desk.people.middleware import signed_in


@signed_in
def no_password(request: HttpRequest) -> HttpResponse:
    """Say where the password is of whom the provider signs in."""
    messages.info(request, _("You have no password here: your company's sign-in keeps it."))
    return redirect("mfa_index")
