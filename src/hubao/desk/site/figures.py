"""The home page's charts: two weeks of looks, refusals and emergencies; whose, the role says.

They show counts only, from the ledger's own daily counts: see `ledger.counts`. What somebody has
used of today's limit alone comes from what the limit is held to.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from statistics import median
from typing import Final

from django.utils.translation import gettext as _

from hubao.desk.core.actor import Actor, Permission
from hubao.desk.core.days import day_of
from hubao.desk.ledger.counts import OUTSIDE, Whose, daily
from hubao.desk.ledger.denials import DENIED
from hubao.desk.policies.accesses import ACTIONS
from hubao.desk.policies.rules import outside_a_day
from hubao.desk.site.charts import Chart, chart
from hubao.desk.site.today import Today

DAYS: Final = 14
LOOKS: Final = tuple(action for action, (lake, _fields) in ACTIONS.items() if lake == "view")
GLASS: Final = "policy.break_glass"
REVEALED_OUTSIDE: Final = f"policy.reveal{OUTSIDE}"


def whose_figures(actor: Actor) -> Whose | None:
    """Say whose counts somebody's home page shows; None for who has to do with no records."""
    if actor.may(Permission.READ_LEDGER):
        return Whose.ALL
    if actor.may(Permission.REVIEW):
        return Whose.BRANCH
    return Whose.OWN if actor.may(Permission.SEARCH) else None


def charts(today: Today, *, whose: Whose) -> Sequence[Chart]:
    """Draw what was done in the two weeks that end today.

    Raises:
        NotAllowed: the person may not see these.
    """
    day, limit = day_of(today.at), None
    looks, denied, glass, outside = _counts(today, whose, day)
    if whose is Whose.OWN:
        limit = outside_a_day(today.actor.roles)
        outside = {**outside, day: today.outside or 0}  # as the clock has it, and the guard
    drawn = (
        (looks, _looked_up(looks, day), _("Policies opened and fields revealed"), None),
        (outside, _outside(outside, day, limit), _("Fields revealed outside own work"), limit),
        (denied, _refused(denied, day), _("Attempts that were refused"), None),
        (glass, _broken(glass, day), _("Emergencies: policies opened without a work item"), None),
    )
    return [
        chart(numbers, last=day, days=DAYS, title=title, note=note, limit=most)
        for numbers, title, note, most in drawn
    ]


def _counts(today: Today, whose: Whose, until: date) -> Iterator[dict[date, int]]:
    what = (*LOOKS, DENIED, GLASS, REVEALED_OUTSIDE)
    since = until - timedelta(days=DAYS - 1)
    found = daily(whose=whose, what=what, since=since, until=until, actor=today.actor)
    for some in (LOOKS, (DENIED,), (GLASS,), (REVEALED_OUTSIDE,)):
        yield _by_day(found, *some)


def _by_day(found: Mapping[tuple[date, str], int], *what: str) -> dict[date, int]:
    days = {day for day, one in found if one in what}
    return {day: sum(found.get((day, one), 0) for one in what) for day in days}


def _looked_up(numbers: Mapping[date, int], today: date) -> str:
    usual = [number for day, number in numbers.items() if day != today]
    now = f"{numbers.get(today, 0):,}"
    if not usual:
        return _("Looks today: %(n)s") % {"n": now}
    return _("Looks today: %(n)s, on a usual day %(usual)s") % {
        "n": now,
        "usual": f"{round(median(usual)):,}",
    }


def _outside(numbers: Mapping[date, int], today: date, limit: int | None) -> str:
    now = numbers.get(today, 0)
    if limit is not None:
        return _("Outside own work today: %(n)s of %(most)s fields") % {"n": now, "most": limit}
    if not any(numbers.values()):
        return _("Nothing revealed outside own work in two weeks")
    return _("Fields outside own work in two weeks: %(sum)s, today %(n)s") % _sums(numbers, today)


def _refused(numbers: Mapping[date, int], today: date) -> str:
    if not any(numbers.values()):
        return _("No attempt was refused in two weeks")
    return _("Refused attempts in two weeks: %(sum)s, today %(n)s") % _sums(numbers, today)


def _broken(numbers: Mapping[date, int], today: date) -> str:
    if not any(numbers.values()):
        return _("No emergency in two weeks")
    return _("Emergencies in two weeks: %(sum)s, today %(n)s") % _sums(numbers, today)


def _sums(numbers: Mapping[date, int], today: date) -> dict[str, str]:
    return {"sum": f"{sum(numbers.values()):,}", "n": f"{numbers.get(today, 0):,}"}
