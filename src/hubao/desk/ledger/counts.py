"""How often what was done on each day: kept as entries get their places, so that no page counts.

A page shows two weeks of some actions: of everybody, of a branch, or of one person. Counted from
the entries, each view would read all of those weeks. So the sequencer's side counts each entry
once, for all three, under a mark of its own: after an upgrade it starts at the first entry. As
with `about`, nothing rests on the counts, and `checking` holds them to the entries.
"""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Sum

from hubao.desk.core.actor import Actor, Permission
from hubao.desk.core.days import day_of
from hubao.desk.core.rules import Tie
from hubao.desk.core.transactions import durable
from hubao.desk.ledger.following import follow, followed
from hubao.desk.ledger.models import Count
from hubao.desk.ledger.places import Placed

EVERYBODY: Final = "all"
OUTSIDE: Final = f"/{Tie.OUTSIDE}"  # after an action: only what was done outside one's own work
_PERSON: Final = "a:"
_MARK: Final = "counts"
_ADD: Final = """
INSERT INTO ledger_count ("of", day, what, number) VALUES (%s, %s, %s, %s)
ON CONFLICT ("of", day, what) DO UPDATE SET number = ledger_count.number + excluded.number
"""
Units = Callable[[Collection[str]], Mapping[str, str]]
Key = tuple[str, date, str]  # of whom, day, what


class Whose(StrEnum):
    """Whose counts somebody looks at."""

    OWN = "own"
    BRANCH = "branch"
    ALL = "all"


def count_placed(*, units: Units) -> None:
    """Count the entries that have got a place since the last time.

    Args:
        units: gives, for ids of people, the unit that each belongs to, as far as known.
    """

    def take(cursor: CursorWrapper, placed: Sequence[Placed]) -> None:
        found = counts_of((one.body for one in placed), units)
        adapt = connection.ops.adapt_datefield_value
        rows = [(of, adapt(day), what, n) for (of, day, what), n in sorted(found.items())]
        if rows:
            cursor.executemany(_ADD, rows)

    follow(_MARK, take)


def counted() -> int:
    """Give the number of entries, in the log's order, that are counted."""
    return followed(_MARK)


def daily(
    *, whose: Whose, what: Collection[str], since: date, until: date, actor: Actor
) -> Mapping[tuple[date, str], int]:
    """Say how often something was done, by day and what; what never was is left out.

    Args:
        whose: the actor's own, their branch's, or everybody's.
        what: actions, and those with OUTSIDE behind them.
        since: first day.
        until: last day.
        actor: who asks.

    Raises:
        NotAllowed: the actor may not see these.
    """
    rows = Count.objects.filter(
        of__in=_of(whose, actor), day__gte=since, day__lte=until, what__in=what
    )
    found = rows.values_list("day", "what").annotate(Sum("number"))
    return {(day, one): int(number) for day, one, number in found}


def forget_people(*, before: date) -> None:
    """Take away what single people did on days before one; the sums of units and of all stay."""
    with durable():
        Count.objects.filter(of__startswith=_PERSON, day__lt=before).delete()


def counts_of(bodies: Iterable[str], units: Units) -> Counter[Key]:
    """Count entries."""
    said = [json.loads(body) for body in bodies]
    theirs = units({one["actor"] for one in said})
    found = Counter[Key]()
    for one in said:
        who, day = one["actor"], day_of(datetime.fromisoformat(one["at"]))
        of = [EVERYBODY, f"{_PERSON}{who}", *([f"u:{theirs[who]}"] if who in theirs else [])]
        found.update((each, day, what) for each in of for what in _what(one))
    return found


def _what(said: Mapping[str, Any]) -> Iterable[str]:
    yield said["action"]
    if said.get("fact.tie") == Tie.OUTSIDE:
        yield f"{said['action']}{OUTSIDE}"


def _of(whose: Whose, actor: Actor) -> list[str]:
    if whose is Whose.OWN:
        return [f"{_PERSON}{actor.id}"]
    actor.require(Permission.REVIEW if whose is Whose.BRANCH else Permission.READ_LEDGER)
    if whose is Whose.ALL or actor.units is None:
        return [EVERYBODY]
    return [f"u:{unit}" for unit in actor.units]
