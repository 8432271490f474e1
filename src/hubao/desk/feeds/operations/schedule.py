"""What the worker does about feeds: import what is due, tell of sources that went silent."""

import logging
from datetime import datetime, timedelta
from typing import Final

from django.db.models import F, Q

from hubao.desk.core.actor import Actor
from hubao.desk.core.steps import send_later
from hubao.desk.core.transactions import durable
from hubao.desk.feeds.models import Source
from hubao.desk.feeds.operations.imports import Wires, import_source
from hubao.desk.feeds.rules import Busy, is_silent
from hubao.kit.errors import HubaoError

SILENT: Final = "feed.silent"
QUIET: Final = timedelta(seconds=30)  # a file that changed later may still be written
_FAULT: Final = "hubao.fault"  # of hubao itself, which has no code
_log = logging.getLogger(__name__)


def claim_due(*, at: datetime) -> str | None:
    """Give the source that has been due longest, and say when it is due again; None if none is."""
    due = Source.objects.filter(active=True, removed_at=None, due_at__lte=at).order_by("due_at")
    for one in due:
        again = at + timedelta(minutes=one.every)
        # Compare and set: of two workers one takes it.
        with durable():
            mine = Source.objects.filter(name=one.name, due_at=one.due_at).update(due_at=again)
        if mine == 1:
            return one.name
    return None


def import_scheduled(*, name: str, actor: Actor, at: datetime, wires: Wires) -> int:
    """Import a source that is due; a failure is noted and keeps no other source waiting.

    Returns:
        Batches that were written down.
    """
    try:
        return len(import_source(name=name, actor=actor, at=at, wires=wires, quiet=QUIET))
    except Busy:  # somebody does it by hand
        return 0
    # Files are what others write: whatever one of them brings to light, other sources go on, and
    # the source's page says that this one doesn't.
    except Exception as error:  # noqa: BLE001 - see above
        code = error.code if isinstance(error, HubaoError) else _FAULT
        facts = {"source": name, "code": code}
        _log.error("a source wasn't imported", extra={"facts": facts}, exc_info=error)
        with durable():
            Source.objects.filter(name=name).update(failed_at=at, failed_code=code)
        return 0


def tell_silences(*, at: datetime) -> int:
    """Send a message for each source that went silent, once for each silence; returns how many."""
    untold = ~Q(silence_told=F("last_event_at")) | Q(silence_told=None) | Q(last_event_at=None)
    watched = Source.objects.filter(untold, active=True, removed_at=None)
    return sum(_tell(one, at) for one in watched)


def _tell(source: Source, at: datetime) -> bool:
    last = source.last_event_at
    if not is_silent(last=last, made=source.made_at, after=source.silent_after, at=at):
        return False
    since = last or source.made_at
    if source.silence_told == since:
        return False
    with durable():
        Source.objects.filter(name=source.name).update(silence_told=since)
        minutes = (at - since) // timedelta(minutes=1)
        facts: dict[str, str | int] = {"source": source.name, "minutes": minutes}
        send_later(topic=SILENT, key=f"{source.name}:{since.isoformat()}", facts=facts, at=at)
    return True
