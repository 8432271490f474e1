"""Take policies in: from a file of any length, or a few at a time from the API.

Another process reads and encrypts while this one writes. What is written of a file commits together
with how far it got, so that after a crash the same file goes on where it was.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

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
        counts = put(sealed, clear=lambda: given, at=at, fields=fields)
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
    for part in parts(file, units=unit_ids(), keyset=keyset, done=run.rows):
        for line, reason in part.rejects:
            reject(line, reason)
        if not part.done:
            _store(run, part, at, fields)
        if told is not None:
            told(part.read, file.source.size)
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


def _store(run: Import, part: Part, at: datetime, fields: Fields) -> None:
    """Write a part and how far the file is, in one transaction; again if another writer raced."""
    for trying in range(1, TRIES + 1):
        try:
            with durable():
                counts = put(part.sealed, clear=part.clear, at=at, fields=fields)
                counts = replace(counts, rejected=counts.rejected + len(part.rejects))
                _count(run, part, counts)
        except Raced:
            if trying == TRIES:
                raise
        else:
            count_rows(WHAT, **counts.facts())
            return


def _count(run: Import, part: Part, counts: Counts) -> None:
    run.rows += part.rows
    run.added += counts.added
    run.changed += counts.changed
    run.same += counts.same
    run.rejected += counts.rejected
    run.save()
