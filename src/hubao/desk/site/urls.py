"""Every address of the desk."""

from typing import Final

from allauth.account import views as account
from django.apps import apps
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from hubao.desk.core.console import console
from hubao.desk.people.pages import no_password
from hubao.desk.policies import pages as policies
from hubao.desk.site import health, ledger, pages
from hubao.desk.site.api import api

_CONSOLE: Final[list[URLPattern | URLResolver]] = [
    path("", pages.home, name="home"),
    path("policies/", policies.find, name="policies"),
    path("policies/<str:record>/", policies.show, name="policy"),
    path("policies/<str:record>/reveal/", policies.reveal_field, name="reveal"),
    path("policies/<str:record>/emergency/", policies.emergency, name="emergency"),
    path("policies/<str:record>/give/", policies.give_work, name="give-work"),
    path("emergencies/", policies.emergencies, name="emergencies"),
    path("ledger/", ledger.ledger, name="ledger"),
    path("ledger/<str:event>/proof/", ledger.proof, name="proof"),
    path("items/", policies.items, name="items"),
]
# allauth's, without those for e-mail addresses and forgotten passwords: accounts have no e-mail.
_SIGN_IN: Final[list[URLPattern | URLResolver]] = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("signup/", account.signup, name="account_signup"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/none/", no_password, name="account_set_password"),
    path("2fa/", include("allauth.mfa.urls")),
    path("sessions/", include("allauth.usersessions.urls")),
]
if apps.is_installed("allauth.socialaccount"):  # only if settings name a provider
    _SIGN_IN.append(path("oidc/", include("hubao.desk.people.oidc.urls")))
urlpatterns: Final[list[URLPattern | URLResolver]] = [
    path("", RedirectView.as_view(pattern_name="home")),
    path("health/", health.health, name="health"),
    path("health/ready/", health.ready, name="ready"),
    path("api/v1/", api.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("sign-in/", include(_SIGN_IN)),
    path("console/", include(_CONSOLE)),
    path("console/lists/", console.urls),
]
