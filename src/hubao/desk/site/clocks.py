"""The home page's clocks: what waits for somebody, how long already, and where to go for it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _

from hubao.desk.core.actor import Permission
from hubao.desk.core.queries import own_ages, untaken_ages, waiting_ages
from hubao.desk.core.rules import Ages
from hubao.desk.ledger.health import is_late, is_unpublished
from hubao.desk.people.queries import leaving, without_factor
from hubao.desk.policies.queries import last_import, reviews_due
from hubao.desk.policies.rules import outside_a_day
from hubao.desk.site.today import Today

RED: Final = "red"
AMBER: Final = "amber"
DUE_SOON: Final = timedelta(hours=4)  # house rule: half a working day is left
IMPORT_OLD: Final = timedelta(hours=36)  # last night's file didn't come
LEAVING_SOON: Final = timedelta(days=7)
_MINUTE: Final = 60
_HOUR: Final = 3_600
_DAY: Final = 86_400  # seconds


@dataclass(frozen=True)
class Clock:
    """One figure.

    Attributes:
        number: what stands large.
        label: what it counts.
        place: where to go for it.
        hint: what is pressing about it, in words.
        tone: RED acts now, AMBER soon; empty otherwise.
    """

    number: str
    label: str
    place: str
    hint: str = ""
    tone: str = ""


def clocks(today: Today) -> Sequence[Clock]:
    """Give what somebody's roles make theirs, what can't wait in front."""
    found = [
        clock
        for permission, make in _CLOCKS
        if today.actor.may(permission)
        for clock in make(today)
    ]
    return sorted(found, key=lambda one: (one.tone != RED, one.tone != AMBER))


def spell(past: timedelta) -> str:
    """Write how long something is, in its largest unit."""
    seconds = max(int(past.total_seconds()), 0)
    if seconds < _HOUR:
        return _("%(n)d min") % {"n": seconds // _MINUTE}
    if seconds < 2 * _DAY:
        return _("%(n)d h") % {"n": seconds // _HOUR}
    return _("%(n)d days") % {"n": seconds // _DAY}


def _own(today: Today) -> Iterator[Clock]:
    place = reverse("items")
    actor, at = today.actor, today.at
    yield _aged(own_ages(actor=actor, at=at), _("my open items"), place)
    yield _aged(waiting_ages(actor=actor, at=at), _("waiting in my team"), place)
    most, used = outside_a_day(actor.roles), today.outside or 0
    tone = RED if used >= most else AMBER if used * 5 >= most * 4 else ""
    hint = _("the day's limit is reached") if used >= most else ""
    label = _("fields outside own work today")
    yield Clock(f"{used} / {most}", label, reverse("policies"), hint, tone)


def _untaken(today: Today) -> Iterator[Clock]:
    label = _("taken by nobody in my branch")
    yield _aged(untaken_ages(actor=today.actor, at=today.at), label, f"{reverse('home')}#untaken")


def _reviews(today: Today) -> Iterator[Clock]:
    due, at = reviews_due(actor=today.actor), today.at
    overdue = sum(one < at for one in due)
    hint, tone = "", ""
    if overdue:
        hint, tone = _("overdue: %(n)d") % {"n": overdue}, RED
    elif due:
        hint = _("next due in %(time)s") % {"time": spell(due[0] - at)}
        tone = AMBER if due[0] - at < DUE_SOON else ""
    yield Clock(f"{len(due):,}", _("emergencies to review"), reverse("emergencies"), hint, tone)


def _alerts(today: Today) -> Iterator[Clock]:
    newest, count = today.alerts, today.open_alerts
    age = spell(today.at - newest[0].raised_at) if newest else ""
    hint = _("newest %(time)s ago") % {"time": age} if newest else ""
    yield Clock(f"{count:,}", _("open alerts"), reverse("alerts"), hint, AMBER if count else "")


def _head(today: Today) -> Iterator[Clock]:
    now, at, place = today.ledger, today.at, reverse("ledger")
    if now is None:
        return
    signed = spell(at - now.signed_at) if now.signed_at else "–"
    wrong = is_unpublished(now, at=at) or is_late(now, at=at)
    hint = _("look after the worker and the signer") if wrong else ""
    yield Clock(signed, _("since the last signed head"), place, hint, RED if wrong else "")


def _import(today: Today) -> Iterator[Clock]:
    last, at = last_import(actor=today.actor), today.at
    old = last is not None and at - last > IMPORT_OLD
    hint = _("none yet") if last is None else _("last night's is missing") if old else ""
    shown = spell(at - last) if last else "–"
    label = _("since the last file of policies")
    yield Clock(shown, label, reverse("home"), hint, AMBER if old else "")


def _people(today: Today) -> Iterator[Clock]:
    place = reverse("admin:people_party_changelist")
    lacking = without_factor(actor=today.actor)
    label = _("sign in without a second factor yet")
    yield Clock(f"{lacking:,}", label, f"{place}?factor=no", "", AMBER if lacking else "")
    soon = leaving(actor=today.actor, at=today.at, within=LEAVING_SOON)
    yield Clock(f"{soon:,}", _("last day within a week"), f"{place}?employment=on_notice")


def _aged(ages: Ages, label: str, place: str) -> Clock:
    hint, tone = "", ""
    if ages.late:
        hint, tone = _("older than three days: %(n)d") % {"n": ages.late}, RED
    elif ages.soon:
        hint, tone = _("older than a day: %(n)d") % {"n": ages.soon}, AMBER
    return Clock(f"{ages.all:,}", label, place, hint, tone)


_CLOCKS: Final[tuple[tuple[Permission, Callable[[Today], Iterator[Clock]]], ...]] = (
    (Permission.REVIEW, _reviews),
    (Permission.ANSWER_ALERTS, _alerts),
    (Permission.OPEN_ITEMS, _untaken),
    (Permission.SEARCH, _own),
    (Permission.READ_LEDGER, _head),
    (Permission.READ_FEEDS, _import),
    (Permission.GIVE_ROLES, _people),
)
