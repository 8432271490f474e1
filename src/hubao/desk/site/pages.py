"""Home."""

from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from hubao.desk.core.actor import Permission
from hubao.desk.core.console import page
from hubao.desk.core.days import day_of
from hubao.desk.core.queries import own_items, untaken_items
from hubao.desk.core.rules import LATE, SOON, WorkItem
from hubao.desk.core.wired import wired
from hubao.desk.ledger.health import is_late, is_unpublished
from hubao.desk.ledger.spool import first_waiting
from hubao.desk.people.middleware import asking, signed_in
from hubao.desk.policies.queries import most_outside
from hubao.desk.policies.words import told_of
from hubao.desk.site.clocks import AMBER, RED, clocks
from hubao.desk.site.figures import charts, whose_figures
from hubao.desk.site.today import Today, look

ITEMS_SHOWN: Final = 10
MOST_SHOWN: Final = 5


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """What the person has to do, what today's clocks say, and two weeks in figures."""
    actor, now = asking(request), timezone.now()
    today, whose = look(actor=actor, at=now), whose_figures(actor)
    return page(
        request,
        "site/home.html",
        title=_("Home"),
        spooled=first_waiting(wired().spool) is not None,
        clocks=clocks(today),
        whose=whose,
        charts=charts(today, whose=whose) if whose else (),
        **_wrong(today),
        **_waiting(today),
    )


def _wrong(today: Today) -> dict[str, Any]:
    """Say what is wrong with the ledger now: also when no worker runs that could raise an alert."""
    if today.ledger is None:
        return {}
    return {
        "late": is_late(today.ledger, at=today.at),
        "unpublished": is_unpublished(today.ledger, at=today.at),
    }


def _waiting(today: Today) -> dict[str, Any]:
    """Give the rows of what waits for somebody, each list as far as their roles go."""
    actor, at = today.actor, today.at
    found: dict[str, Any] = {"works": actor.may(Permission.SEARCH)}
    if found["works"]:
        mine = own_items(actor=actor, most=ITEMS_SHOWN)
        found["mine"] = [(item, _tone(item, at)) for item in mine]
    if actor.may(Permission.OPEN_ITEMS):
        untaken = untaken_items(actor=actor, most=ITEMS_SHOWN)
        found["untaken"] = [(item, _tone(item, at)) for item in untaken]
    if today.alerts is not None:
        found["alerts"] = [(one, told_of(one.why)) for one in today.alerts]
    if actor.may(Permission.REVIEW):
        found["most_outside"] = most_outside(actor=actor, day=day_of(at), most=MOST_SHOWN)
    return found


def _tone(item: WorkItem, at: datetime) -> str:
    age = at - item.opened_at
    return RED if age >= LATE else AMBER if age >= SOON else ""
