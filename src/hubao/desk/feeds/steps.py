"""Write a batch down: what it was, what it adds to the hours, which files it took; or nothing."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db import connection
from django.db.models import F

from hubao.desk.core.transactions import require_open
from hubao.desk.feeds.models import Batch, File, Source
from hubao.desk.feeds.rules import Busy
from hubao.desk.ledger.rules import Entered
from hubao.desk.ledger.steps import append_entry
from hubao.kit.parts import in_parts

_AT_ONCE: Final = 1_000
_COUNT: Final = """
INSERT INTO feeds_hour (source, hour, events) VALUES (%s, %s, %s)
ON CONFLICT (source, hour) DO UPDATE SET events = feeds_hour.events + excluded.events
"""


@dataclass(frozen=True)
class Taken:
    """A file that was looked at, as it was then.

    Attributes:
        name: its path.
        size: bytes.
        changed: when it was last changed, in ns.
        sha256: of its bytes; blank where it can't be used.
    """

    name: str
    size: int
    changed: int
    sha256: str = ""


class Kept(NamedTuple):
    """A batch of which only the lake knew.

    Attributes:
        number: of the batch.
        counts: by the names of a batch's columns.
        hours: events by hour, UTC.
        last_event_at: of the events whose clock isn't ahead.
    """

    number: int
    counts: dict[str, Any]
    hours: list[tuple[datetime, int]]
    last_event_at: datetime | None


def write_down(
    source: Source,
    *,
    counts: dict[str, Any],
    digest: str,
    taken: Sequence[Taken],
    hours: Iterable[tuple[datetime, int]],
    last_event_at: datetime | None,
    by: str,
    at: datetime,
) -> Batch:
    """Write the next batch of a source, in the open transaction, and move the source on.

    Raises:
        Busy: another import was faster.
        OutsideTransaction: no transaction is open.
    """
    require_open("write_down")
    number = source.batches + 1
    known = max(filter(None, (source.last_event_at, last_event_at)), default=None)
    same = Source.objects.filter(name=source.name, batches=source.batches)
    if same.update(batches=F("batches") + 1, last_event_at=known) != 1:
        raise Busy("Another import of this source was faster: import again.")
    batch = Batch.objects.create(source=source, number=number, at=at, digest=digest, **counts)
    note_files(source, taken, batch=number)
    _add_hours(source.name, hours)
    facts = {name: counts[name] for name in ("files", "rows", "added", "repeated", "rejected")}
    facts |= {"source": source.name, "batch": number, "digest": f"f{digest[:40]}"}
    append_entry(Entered(action="feed.imported", actor=by, at=at, facts=facts))
    source.batches, source.last_event_at = number, known
    return batch


def write_down_kept(source: Source, kept: Sequence[Kept], *, by: str, at: datetime) -> None:
    """Write down batches that the lake has and the database, once restored, doesn't know.

    Raises:
        OutsideTransaction: no transaction is open.
    """
    require_open("write_down_kept")
    Batch.objects.bulk_create(
        Batch(source=source, number=one.number, at=at, digest="", **one.counts) for one in kept
    )
    for one in kept:
        _add_hours(source.name, one.hours)
    source.batches = max(one.number for one in kept)
    seen = (source.last_event_at, *(one.last_event_at for one in kept))
    source.last_event_at = max(filter(None, seen), default=None)
    source.save(update_fields=["batches", "last_event_at"])
    facts: dict[str, str | int] = {"source": source.name, "batches": len(kept)}
    facts["added"] = sum(one.counts["added"] for one in kept)
    append_entry(Entered(action="feed.kept", actor=by, at=at, facts=facts))


def note_files(source: Source, taken: Sequence[Taken], *, batch: int | None) -> None:
    """Note which files were looked at, so that they aren't again while they stay as they are."""
    require_open("note_files")
    rows = [
        File(
            source=source,
            name=one.name,
            size=one.size,
            changed=one.changed,
            sha256=one.sha256,
            batch=batch if one.sha256 else None,
        )
        for one in taken
    ]
    File.objects.bulk_create(
        rows,
        batch_size=_AT_ONCE,
        update_conflicts=True,
        unique_fields=["source", "name"],
        update_fields=["size", "changed", "sha256", "batch"],
    )


def forget_gone(source: Source, there: Collection[str]) -> None:
    """Forget files that as a whole couldn't be used and that lie there no more."""
    require_open("forget_gone")
    unusable = File.objects.filter(source=source, batch=None)
    gone = set(unusable.values_list("name", flat=True)) - set(there)
    for some in in_parts(sorted(gone), _AT_ONCE):
        unusable.filter(name__in=some).delete()


def _add_hours(source: str, hours: Iterable[tuple[datetime, int]]) -> None:
    adapt = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.executemany(_COUNT, [(source, adapt(hour), events) for hour, events in hours])
