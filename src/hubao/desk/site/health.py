"""Whether the desk lives, and whether it is ready for work: short codes, to anybody who asks."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from hubao.desk.core.heartbeat import WORKER, last_beat
from hubao.desk.core.wired import Wired, wired
from hubao.desk.ledger.health import is_late, is_unpublished, is_writable
from hubao.desk.ledger.queries import standing
from hubao.desk.site.briefly import Briefly
from hubao.kit.errors import HubaoError

KEEP: Final = timedelta(seconds=2)
ALIVE_WITHIN: Final = timedelta(minutes=5)  # one job of the worker's may take some
_migrated: Final[set[str]] = set()  # databases: what was applied stays so, and looking is slow


@require_safe
@never_cache
def health(_request: HttpRequest) -> HttpResponse:
    """Say that this process answers; it asks nothing else for that."""
    return JsonResponse({"ok": True})


@require_safe
@never_cache
def ready(_request: HttpRequest) -> HttpResponse:
    """Say whether everything is there that work needs, and by code what isn't."""
    found = faults.at(timezone.now())
    return JsonResponse({"ok": not found, "faults": found}, status=503 if found else 200)


def look(now: datetime, wired: Wired) -> list[str]:
    """Give a code for each thing that isn't as it should be.

    `keys`: the keyset can't be read. `database`: it doesn't answer; what else is wrong with it
    can't be seen. `migrations`: some aren't applied. `ledger`: it takes no entries. `sequencer`:
    entries wait too long for their place. `head`: none was signed for too long, though there is a
    signer. `worker`: none gave a sign of life.
    """
    found = [] if _opens(wired) else ["keys"]
    try:
        found.extend(_in_database(now, signed=wired.log.signer is not None))
    except DatabaseError:
        found.append("database")
    return found


faults: Final = Briefly(lambda now: look(now, wired()), keep=KEEP)


def _opens(wired: Wired) -> bool:
    try:
        wired.keys.keyset()
    except HubaoError:
        return False
    return True


def _in_database(now: datetime, *, signed: bool) -> Iterator[str]:
    if not _is_migrated():
        yield "migrations"
        return  # the tables below may not be there
    # Before the attempt to write: that a database is gone isn't that its ledger takes no entries.
    state, last = standing(), last_beat(name=WORKER)
    if not is_writable():
        yield "ledger"
    if is_late(state, at=now):
        yield "sequencer"
    if signed and is_unpublished(state, at=now):
        yield "head"
    if last is None or now - last > ALIVE_WITHIN:
        yield "worker"


def _is_migrated() -> bool:
    name = str(connection.settings_dict["NAME"])
    if name not in _migrated:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        _migrated.add(name)
    return True
