"""Lists of people, roles, sign-ins and tokens; each row opens the person's own page."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from allauth.usersessions.models import UserSession
from django.contrib.admin import SimpleListFilter, display, register
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import date as written
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from hubao.desk.core.actor import Actor, Permission, Role
from hubao.desk.core.console import console
from hubao.desk.core.lists import ReadOnlyList
from hubao.desk.people.models import Grant, Party, Token
from hubao.desk.people.queries import grants, people, seen, sessions, tokens
from hubao.desk.people.rules import Employment, Sort
from hubao.desk.people.words import EMPLOYMENT_WORDS, ROLE_WORDS, SORT_WORDS, browser_word

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

Choices = Iterable[tuple[str, Any]]
_BY = _("A whole id, or a unit: names don't belong into addresses")


class ByEmployment(SimpleListFilter):
    """Where people stand with the insurer now."""

    title = _("Employment")
    parameter_name = "employment"

    def lookups(self, request: HttpRequest, model_admin: object) -> Choices:
        """Give the choices."""
        del request, model_admin
        return list(EMPLOYMENT_WORDS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep those of the chosen one."""
        del request
        now = timezone.now()
        left = Q(left_at__lte=now)
        noticed = Q(notice_at__lte=now) & (Q(left_at=None) | Q(left_at__gt=now))
        match self.value():
            case Employment.LEFT:
                return queryset.filter(left)
            case Employment.ON_NOTICE:
                return queryset.filter(noticed)
            case Employment.HIRED:
                return queryset.filter(~noticed, Q(left_at=None) | Q(left_at__gt=now)).filter(
                    Q(notice_at=None) | Q(notice_at__gt=now)
                )
        return queryset


class ByKind(SimpleListFilter):
    """What parties are."""

    title = _("Kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: object) -> Choices:
        """Give the choices."""
        del request, model_admin
        return list(SORT_WORDS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep those of the chosen one."""
        del request
        chosen = self.value()
        return queryset.filter(kind=chosen) if chosen in set(Sort) else queryset


class ByRole(SimpleListFilter):
    """What people work as; the rows are people or grants."""

    title = _("Role")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: object) -> Choices:
        """Give the choices."""
        del request, model_admin
        return list(ROLE_WORDS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep those of the chosen one."""
        del request
        chosen = self.value()
        if chosen not in set(Role):
            return queryset
        column = "role" if queryset.model is Grant else "grants__role"
        return queryset.filter(**{column: chosen})


class ByFactor(SimpleListFilter):
    """Whether those who can sign in have set a second factor up."""

    title = _("Second factor")
    parameter_name = "factor"

    def lookups(self, request: HttpRequest, model_admin: object) -> Choices:
        """Give the choices."""
        del request, model_admin
        return [("yes", _("set up")), ("no", _("none"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep those of the chosen one."""
        del request
        chosen = self.value()
        if chosen not in ("yes", "no"):
            return queryset
        return queryset.filter(has_factor=chosen == "yes", account__is_active=True)


class ByRevoked(SimpleListFilter):
    """Whether tokens still open anything."""

    title = _("State")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> Choices:
        """Give the choices."""
        del request, model_admin
        return [("live", _("in use")), ("revoked", _("revoked"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep those of the chosen one."""
        del request
        match self.value():
            case "live":
                return queryset.filter(revoked_at=None)
            case "revoked":
                return queryset.filter(revoked_at__isnull=False)
        return queryset


@register(Party, site=console)
class PeopleList(ReadOnlyList):
    """Who works here, with what."""

    needs = Permission.READ_PEOPLE
    heading = _("People")
    empty = _("People come from the personnel system: hubao desk import people.")
    list_display = (
        "page",
        "full_name",
        "team",
        "sort",
        "stands",
        "works_as",
        "factor",
        "signed_in",
    )
    list_filter = (ByEmployment, ByRole, ByFactor, ByKind)
    search_fields = ("=id", "=unit__id", "unit__name")
    search_help_text = _BY

    def rows(self, actor: Actor, at: datetime) -> QuerySet[Party]:
        """Give the parties of the branch."""
        del at
        return people(actor=actor)

    @display(description=_("Id"), ordering="id")
    def page(self, row: Party) -> "SafeString":
        """Link to their page."""
        return _page(row.id)

    @display(description=_("Full name"), ordering="name")
    def full_name(self, row: Party) -> str:
        """Name them."""
        return row.name

    @display(description=_("Unit"), ordering="unit__name")
    def team(self, row: Party) -> str:
        """Name their unit."""
        return row.unit.name

    @display(description=_("Kind"), ordering="kind")
    def sort(self, row: Party) -> object:
        """Say what they are."""
        return SORT_WORDS[Sort(row.kind)]

    @display(description=_("Employment"), ordering="left_at")
    def stands(self, row: Party) -> object:
        """Say where they stand."""
        return EMPLOYMENT_WORDS[seen(row, at=timezone.now()).employment]

    @display(description=_("Roles"))
    def works_as(self, row: Party) -> str:
        """Name their roles."""
        roles = seen(row, at=timezone.now()).roles
        return " · ".join(str(ROLE_WORDS[role]) for role in roles) or "–"

    @display(description=_("Second factor"), ordering="has_factor")
    def factor(self, row: Party) -> object:
        """Say whether one is set up."""
        if getattr(row, "account", None) is None:
            return "–"
        return _("set up") if getattr(row, "has_factor", False) else _("none")

    @display(description=_("Last sign-in"), ordering="account__last_login")
    def signed_in(self, row: Party) -> str:
        """Say when they signed in last."""
        account = getattr(row, "account", None)
        return _time(account.last_login) if account and account.last_login else "–"


@register(Grant, site=console)
class RoleList(ReadOnlyList):
    """Who has which role."""

    needs = Permission.READ_PEOPLE
    heading = _("Roles")
    empty = _("Nobody of your branch has a role yet: administrators give them on a person's page.")
    list_display = ("page", "full_name", "team", "works_as")
    list_filter = (ByRole,)
    search_fields = ("=party__id", "=party__unit__id", "party__unit__name")
    search_help_text = _BY

    def rows(self, actor: Actor, at: datetime) -> QuerySet[Grant]:
        """Give the roles of the branch."""
        del at
        return grants(actor=actor)

    @display(description=_("Id"), ordering="party")
    def page(self, row: Grant) -> "SafeString":
        """Link to the person's page."""
        return _page(row.party_id)

    @display(description=_("Full name"), ordering="party__name")
    def full_name(self, row: Grant) -> str:
        """Name the person."""
        return row.party.name

    @display(description=_("Unit"), ordering="party__unit__name")
    def team(self, row: Grant) -> str:
        """Name their unit."""
        return row.party.unit.name

    @display(description=_("Role"), ordering="role")
    def works_as(self, row: Grant) -> object:
        """Name the role."""
        return ROLE_WORDS[Role(row.role)]


@register(UserSession, site=console)
class SessionList(ReadOnlyList):
    """Sign-ins that last."""

    needs = Permission.END_ACCESS
    heading = _("Sign-ins")
    empty = _("Nobody of your branch is signed in.")
    list_display = ("page", "team", "since", "ip", "by")
    search_fields = ("=user__party__id", "=user__party__unit__id", "user__party__unit__name")
    search_help_text = _BY

    def rows(self, actor: Actor, at: datetime) -> QuerySet[Any]:
        """Give the sign-ins of the branch."""
        return sessions(actor=actor, at=at)

    @display(description=_("Id"), ordering="user__party")
    def page(self, row: Any) -> "SafeString":  # noqa: ANN401 - allauth ships no types
        """Link to the person's page."""
        return _page(row.user.party_id)

    @display(description=_("Unit"), ordering="user__party__unit__name")
    def team(self, row: Any) -> str:  # noqa: ANN401 - as above
        """Name their unit."""
        return str(row.user.party.unit.name)

    @display(description=_("Since"), ordering="created_at")
    def since(self, row: Any) -> str:  # noqa: ANN401 - as above
        """Say since when."""
        return _time(row.created_at)

    @display(description=_("Browser"))
    def by(self, row: Any) -> str:  # noqa: ANN401 - as above
        """Name the browser."""
        return browser_word(row.user_agent)


@register(Token, site=console)
class TokenList(ReadOnlyList):
    """Keys to the API."""

    needs = Permission.END_ACCESS
    heading = _("Tokens")
    empty = _("No service account has a token: hubao desk token makes one.")
    list_display = ("page", "team", "may", "made", "ended")
    list_filter = (ByRevoked,)
    search_fields = ("=party__id", "=party__unit__id", "party__unit__name")
    search_help_text = _BY

    def rows(self, actor: Actor, at: datetime) -> QuerySet[Token]:
        """Give the tokens of the branch."""
        del at
        return tokens(actor=actor)

    @display(description=_("Service account"), ordering="party")
    def page(self, row: Token) -> "SafeString":
        """Link to the account's page."""
        return _page(row.party_id)

    @display(description=_("Unit"), ordering="party__unit__name")
    def team(self, row: Token) -> str:
        """Name its unit."""
        return row.party.unit.name

    @display(description=_("Scopes"))
    def may(self, row: Token) -> str:
        """Name its scopes."""
        return " · ".join(sorted(row.scopes))

    @display(description=_("Issued"), ordering="made_at")
    def made(self, row: Token) -> str:
        """Say when it was issued."""
        return _time(row.made_at)

    @display(description=_("State"), ordering="revoked_at")
    def ended(self, row: Token) -> object:
        """Say whether it opens anything."""
        return _("revoked") if row.revoked_at else _("in use")


def _page(party: str) -> "SafeString":
    place = reverse("person", args=[party])
    return format_html('<a class="hb-link hb-mono" href="{}">{}</a>', place, party)


def _time(at: datetime) -> str:
    return written(timezone.localtime(at), "Y-m-d H:i")
