"""Home."""

from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from hubao.desk.core.actor import Actor, Permission
from hubao.desk.core.console import page
from hubao.desk.core.days import day_of
from hubao.desk.core.queries import own_items, untaken_items
from hubao.desk.core.rules import LATE, SOON, WorkItem
from hubao.desk.core.wired import wired
from hubao.desk.ledger.health import is_late, is_unpublished
from hubao.desk.ledger.queries import state
from hubao.desk.ledger.spool import first_waiting
from hubao.desk.people.middleware import asking, signed_in
from hubao.desk.policies.queries import most_outside, open_alerts
from hubao.desk.policies.words import told_of
from hubao.desk.site.clocks import AMBER, RED, clocks
from hubao.desk.site.figures import charts, whose_figures

ITEMS_SHOWN: Final = 10
ALERTS_SHOWN: Final = 5
MOST_SHOWN: Final = 5


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """What the person has to do, what today's clocks say, and two weeks in figures."""
    actor, now = asking(request), timezone.now()
    whose = whose_figures(actor)
    return page(
        request,
        "site/home.html",
        title=_("Home"),
        spooled=first_waiting(wired().spool) is not None,
        clocks=clocks(actor=actor, at=now),
        whose=whose,
        charts=charts(whose=whose, today=day_of(now), actor=actor) if whose else (),
        **_wrong(actor, now),
        **_waiting(actor, now),
    )


def _wrong(actor: Actor, at: datetime) -> dict[str, Any]:
    """Say what is wrong with the ledger now: also when no worker runs that could raise an alert."""
    if not actor.may(Permission.READ_LEDGER):
        return {}
    now = state(actor=actor)
    return {"late": is_late(now, at=at), "unpublished": is_unpublished(now, at=at)}


def _waiting(actor: Actor, at: datetime) -> dict[str, Any]:
    """Give the rows of what waits for somebody, each list as far as their roles go."""
    found: dict[str, Any] = {"works": actor.may(Permission.SEARCH)}
    if found["works"]:
        mine = own_items(actor=actor, most=ITEMS_SHOWN)
        found["mine"] = [(item, _tone(item, at)) for item in mine]
    if actor.may(Permission.OPEN_ITEMS):
        untaken = untaken_items(actor=actor, most=ITEMS_SHOWN)
        found["untaken"] = [(item, _tone(item, at)) for item in untaken]
    if actor.may(Permission.ANSWER_ALERTS):
        alerts, _count = open_alerts(actor=actor, most=ALERTS_SHOWN)
        found["alerts"] = [(one, told_of(one.why)) for one in alerts]
    if actor.may(Permission.REVIEW):
        found["most_outside"] = most_outside(actor=actor, day=day_of(at), most=MOST_SHOWN)
    return found


def _tone(item: WorkItem, at: datetime) -> str:
    age = at - item.opened_at
    return RED if age >= LATE else AMBER if age >= SOON else ""
