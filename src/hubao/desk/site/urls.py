"""Every address of the desk."""

from typing import Final

from allauth.account import views as account
from django.apps import apps
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from hubao.desk.core.console import console
from hubao.desk.feeds import pages as feeds
from hubao.desk.people import pages as people
from hubao.desk.people.own_pages import no_password
from hubao.desk.policies import pages as policies
from hubao.desk.policies.holder import pages as reports
from hubao.desk.site import health, ledger, pages
from hubao.desk.site.api import api
from hubao.desk.site.mine import pages as mine

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
    path("feeds/", feeds.feeds, name="feeds"),
    path("feeds/<str:name>/rejects/<int:number>/", feeds.feed_rejects, name="feed-rejects"),
    path("items/", policies.items, name="items"),
    path("alerts/", policies.alerts, name="alerts"),
    path("people/<path:party>/roles/", people.roles, name="person-roles"),
    path("people/<path:party>/roles/undo/", people.undo_roles, name="person-undo"),
    path("people/<path:party>/sign-ins/", people.sign_ins, name="person-sign-ins"),
    path("people/<path:party>/token/", people.token, name="person-token"),
    path("people/<path:party>/", people.person, name="person"),
    path("reports/", reports.waiting, name="reports"),
    path("reports/<str:report>/", reports.show, name="report"),
]
_MINE: Final[list[URLPattern | URLResolver]] = [
    path("", mine.start, name="mine"),
    path("code/", mine.code, name="mine-code"),
    path("looks/", mine.looks, name="mine-looks"),
    path("object/", mine.object_to, name="mine-object"),
    path("call/", mine.call, name="mine-call"),
    path("made/<str:number>/", mine.made, name="mine-made"),
    path("made/<str:number>/undo/", mine.undo, name="mine-undo"),
    path("leave/", mine.away, name="mine-leave"),
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
    path("mine/", include(_MINE)),
    path("console/", include(_CONSOLE)),
    path("console/lists/", console.urls),
]
