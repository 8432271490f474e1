"""Take policies in: from a file of any length, or a few at a time from the API.

Another process reads and encrypts while this one writes. What is written of a file commits together
with how far it got, so that after a crash the same file goes on where it was.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from django.db import connection

from hubao.desk.core.actor import Actor, Permission
from hubao.desk.core.files import Given
from hubao.desk.core.ids import POLICY, new_id
from hubao.desk.core.intake import Pace, count_rows
from hubao.desk.core.transactions import durable
from hubao.desk.ledger.rules import Entered, Fact
from hubao.desk.ledger.steps import append_entry
from hubao.desk.people.queries import unit_ids
from hubao.desk.policies.models import Import
from hubao.desk.policies.operations.put import Counts, Raced, put
from hubao.desk.policies.reading import Part, parts
from hubao.desk.policies.sealing import Clear, seal
from hubao.seal.fields import Fields
from hubao.seal.keyset import Keyset

TRIES: Final = 3
_CACHE_KIB: Final = 64_000
WHAT: Final = "policies"
Reject = Callable[[int, str], None]
Told = Callable[[int, int], None]


def put_policies(given: Sequence[Clear], *, actor: Actor, at: datetime, fields: Fields) -> Counts:
    """Add or change some policies, all or none.

    Raises:
        NotAllowed: the actor may not.
    """
    actor.require(Permission.WRITE_POLICIES)
    sealed = [seal(one, record=new_id(POLICY), fields=fields) for one in given]
    with durable():
        counts = put(sealed, at=at, fields=fields)
        facts = counts.facts()
        append_entry(Entered(action="policy.put", actor=actor.id, at=at, facts=facts))
    count_rows(WHAT, **facts)
    return counts


def import_policies(
    file: Given,
    *,
    actor: Actor,
    at: datetime,
    keyset: Keyset,
    reject: Reject,
    told: Told | None = None,
) -> Counts:
    """Take a file of policies in; what a crash cut off goes on where it was.

    Args:
        file: with the columns of `rows.NEEDED` and `rows.OPTIONAL`, money in yuan.
        actor: who imports.
        at: now.
        keyset: to encrypt with.
        reject: hears the line and reason of every row that can't be used, also of those that an
            earlier run heard of.
        told: hears bytes read and bytes in all.

    Returns:
        How many were added, changed, the same and rejected, an earlier run's included.

    Raises:
        NotAllowed: the actor may not.
        BadInput: the file as a whole can't be used.
    """
    actor.require(Permission.WRITE_POLICIES)
    run, pace = _begun(file.sha256, at), Pace(WHAT)
    before, fields = run.rows, Fields(keyset)
    _make_room()
    for ready in parts(file, units=unit_ids(), keyset=keyset, done=run.rows):
        for line, reason in (one for part in ready for one in part.rejects):
            reject(line, reason)
        if new := [part for part in ready if not part.done]:
            _store(run, new, at, fields)
        if told is not None:
            told(ready[-1].read, file.source.size)
    pace.over(run.rows - before)
    with durable():
        Import.objects.filter(sha256=file.sha256).update(done_at=at)
        counts = Counts(run.added, run.changed, run.same, run.rejected)
        facts: dict[str, Fact] = {**counts.facts(), "file": f"sha256:{file.sha256[:32]}"}
        append_entry(Entered(action="policy.import", actor=actor.id, at=at, facts=facts))
    return counts


def _begun(sha256: str, at: datetime) -> Import:
    """Give the run to go on with: a new one unless this very file was cut off."""
    cut_off = Import.objects.filter(sha256=sha256, done_at=None).first()
    if cut_off is not None:
        return cut_off
    nothing = {"rows": 0, "added": 0, "changed": 0, "same": 0, "rejected": 0}
    run, _ = Import.objects.update_or_create(
        sha256=sha256, defaults={**nothing, "began_at": at, "done_at": None}
    )
    return run


def _make_room() -> None:
    """Let SQLite keep more in memory: new rows fall all over the indexes."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")


def _store(run: Import, ready: Sequence[Part], at: datetime, fields: Fields) -> None:
    """Write parts and how far the file is, in one transaction; again if another writer raced."""
    for trying in range(1, TRIES + 1):
        try:
            with durable():
                became = [put(part.sealed(), at=at, fields=fields) for part in ready]
                counts = _total(ready, became)
                _count(run, counts, rows=sum(part.rows for part in ready))
        except Raced:
            if trying == TRIES:
                raise
        else:
            count_rows(WHAT, **counts.facts())
            return


def _total(ready: Sequence[Part], became: Sequence[Counts]) -> Counts:
    return Counts(
        added=sum(one.added for one in became),
        changed=sum(one.changed for one in became),
        same=sum(one.same for one in became),
        rejected=sum(one.rejected for one in became) + sum(len(part.rejects) for part in ready),
    )


def _count(run: Import, counts: Counts, *, rows: int) -> None:
    run.rows += rows
    run.added += counts.added
    run.changed += counts.changed
    run.same += counts.same
    run.rejected += counts.rejected
    run.save()
