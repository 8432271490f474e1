"""Read sources: what they are, what came of them, and whether they still come."""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import Sum

from hubao.desk.core.actor import Actor, Permission
from hubao.desk.feeds.found import Stamp
from hubao.desk.feeds.models import Batch, File, Hour, Source
from hubao.desk.feeds.places import Places
from hubao.desk.feeds.profile import LOOKED_BACK, Day, Gap, by_day, gaps, has_week
from hubao.desk.feeds.rules import ZONES_APART, NoSuchSource, Terms, Way, is_silent
from hubao.kit.errors import HubaoError, Kind
from hubao.kit.parts import in_parts

_ANY_OF: Final = (Permission.READ_FEEDS, Permission.WRITE_FEEDS, Permission.PUSH_FEEDS)
_AT_ONCE: Final = 10_000  # names that are asked for together
LATEST: Final = 8  # imports that are listed
PICTURED: Final = 30  # days


class NoRejects(HubaoError):  # noqa: N818 - says what happened, as its base does
    """No list of rows that were set aside is kept of this import."""

    code = "feeds.no_rejects"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True)
class Seen:
    """A source as the page shows it.

    Attributes:
        name: its name.
        terms: how it is taken in.
        made_at: when it was set up.
        last_event_at: when the last thing happened in it, if anything did.
        last_import_at: when it was last looked after.
        due_at: when it will be next.
        silent: whether that is longer ago than it allows.
        failed_code: why the last import failed, if it did.
        failed_at: when.
        unusable: files that as a whole can't be used.
        month: sums over the batches of the last 30 days, by column.
        batches: the latest imports, the newest first.
        days: events of each of the last 30 days.
        has_week: whether its usual week is known, without which no gap is.
        gaps: hours without events where many are usual, the newest first.
    """

    name: str
    terms: Terms
    made_at: datetime
    last_event_at: datetime | None
    last_import_at: datetime | None
    due_at: datetime
    silent: bool
    failed_code: str | None
    failed_at: datetime | None
    unusable: int
    month: dict[str, int]
    batches: Sequence[Batch]
    days: Sequence[Day]
    has_week: bool
    gaps: Sequence[Gap]


def source_of(*, name: str, actor: Actor) -> Source:
    """Give a source.

    Raises:
        NotAllowed: the actor has nothing to do with feeds.
        NoSuchSource: there is none of this name.
    """
    if not any(actor.may(one) for one in _ANY_OF):
        actor.require(Permission.READ_FEEDS)
    found = Source.objects.filter(name=name, removed_at=None).first()
    if found is None:
        raise NoSuchSource("There is no such source: see hubao lake source list.")
    return found


def terms_of(source: Source) -> Terms:
    """Say how a source is taken in."""
    return Terms(
        kind=Way(source.kind),
        place=source.place,
        timezone=source.timezone,
        columns=source.columns,
        actions=source.actions,
        system=source.system,
        own_ids=source.own_ids,
        client=source.client,
        silent_after=source.silent_after,
        every=source.every,
        active=source.active,
    )


def files_known(source: Source, names: Sequence[str]) -> dict[str, Stamp]:
    """Give the stamps of those of these files that were looked at, by path."""
    asked = in_parts(names, _AT_ONCE)
    found = (File.objects.filter(source=source, name__in=some) for some in asked)
    rows = (row for some in found for row in some.values_list("name", "size", "changed"))
    return {name: (size, changed) for name, size, changed in rows}


def batches_near(source: Source, first: datetime, last: datetime) -> set[int]:
    """Give the numbers of the batches that may hold events between two times."""
    rows = Batch.objects.filter(
        source=source, last_at__gte=first - ZONES_APART, first_at__lte=last + ZONES_APART
    )
    return set(rows.values_list("number", flat=True))


def sources(*, actor: Actor, at: datetime) -> list[Seen]:
    """Give every source, those that are silent first, then by name.

    Raises:
        NotAllowed: the actor may not read feeds.
    """
    actor.require(Permission.READ_FEEDS)
    found = [_seen(one, at) for one in Source.objects.filter(removed_at=None).order_by("name")]
    return sorted(found, key=lambda one: not one.silent)


def rejects(*, name: str, number: int, places: Places, actor: Actor) -> bytes:
    """Give the list of rows that an import set aside: CSV of file, line and reason.

    Raises:
        NotAllowed: the actor may not read feeds.
        NoSuchSource, NoRejects: there is no such source, or it kept no such list.
    """
    actor.require(Permission.READ_FEEDS)
    source_of(name=name, actor=actor)
    path = places.rejects(name, number)
    if not path.exists() or not Batch.objects.filter(source=name, number=number).exists():
        raise NoRejects("No list of rows that were set aside is kept of this import.")
    with gzip.open(path) as file:
        return file.read()


def _seen(row: Source, at: datetime) -> Seen:
    terms = terms_of(row)
    zone = ZoneInfo(terms.timezone)
    hours = Hour.objects.filter(source=row, hour__gte=at - LOOKED_BACK, hour__lte=at)
    counted = dict(hours.values_list("hour", "events"))
    until = min(row.last_event_at or at, at)
    return Seen(
        name=row.name,
        terms=terms,
        made_at=row.made_at,
        last_event_at=row.last_event_at,
        last_import_at=row.last_import_at,
        due_at=row.due_at,
        silent=terms.active
        and is_silent(last=row.last_event_at, made=row.made_at, after=terms.silent_after, at=at),
        failed_code=row.failed_code,
        failed_at=row.failed_at,
        unusable=File.objects.filter(source=row, batch=None).count(),
        month=_month(row, at),
        batches=list(Batch.objects.filter(source=row).order_by("-number")[:LATEST]),
        days=by_day(counted, zone=zone, at=at, days=PICTURED),
        has_week=has_week(counted, until=until),
        gaps=gaps(counted, zone=zone, until=until),
    )


def _month(row: Source, at: datetime) -> dict[str, int]:
    columns = ("rows", "added", "repeated", "rejected", "unknown_actors", "unknown_policies",
               "unknown_actions", "ahead")  # fmt: skip
    recent = Batch.objects.filter(source=row, at__gte=at - timedelta(days=PICTURED))
    summed = recent.aggregate(**{f"sum_{one}": Sum(one) for one in columns})
    return {one: summed[f"sum_{one}"] or 0 for one in columns}
