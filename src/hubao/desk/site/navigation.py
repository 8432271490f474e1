"""The console's menu: what somebody may do is in it, nothing else."""

from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from hubao.desk.core.actor import Permission
from hubao.desk.people.middleware import asking

_ITEMS: Final = (
    (_("Home"), "home", "home", None),
    (_("My work"), "task_alt", "items", Permission.SEARCH),
    (_("Policies"), "shield_person", "policies", Permission.SEARCH),
    (_("Alerts"), "notifications", "alerts", Permission.ANSWER_ALERTS),
    (_("Policyholders' reports"), "flag", "reports", Permission.ANSWER_REPORTS),
    (_("Feeds"), "sensors", "feeds", Permission.READ_FEEDS),
    (_("Emergencies"), "emergency_home", "emergencies", Permission.REVIEW),
    (_("Ledger"), "menu_book", "ledger", Permission.READ_LEDGER),
    (_("People"), "group", "admin:people_party_changelist", Permission.READ_PEOPLE),
    (_("Roles"), "badge", "admin:people_grant_changelist", Permission.READ_PEOPLE),
    (_("Sign-ins"), "devices", "admin:usersessions_usersession_changelist", Permission.END_ACCESS),
    (_("Tokens"), "key", "admin:people_token_changelist", Permission.END_ACCESS),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Give the menu's groups."""
    actor = asking(request)
    items = [
        {
            "title": title,
            "icon": icon,
            "link": reverse_lazy(name),
            "active": _is_active(request, name),
        }
        for title, icon, name, needs in _ITEMS
        if needs is None or actor.may(needs)
    ]
    return [{"title": "", "items": items}]


def _is_active(request: HttpRequest, name: str) -> bool:
    """Tell whether a page is this one or lies below it; everything lies below home."""
    place = reverse(name)
    return request.path == place if name == "home" else request.path.startswith(place)
