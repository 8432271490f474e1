"""Put a backup into use: read it whole, restore it beside, verify it, and only then swap."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import transaction

from hubao.desk.config.backup.accepting import authentic, fits
from hubao.desk.config.backup.archive import Archive
from hubao.desk.config.backup.kinds import ours
from hubao.desk.config.backup.manifest import Manifest
from hubao.desk.config.backup.streams import Told
from hubao.desk.config.backup.verifying import Outside, missing_after, verified
from hubao.desk.core.actor import Actor
from hubao.desk.core.keys import KeysetFile, NoKeyset
from hubao.desk.ledger.checking import Checked
from hubao.desk.ledger.lake import export_anew
from hubao.desk.ledger.operations import sequence_pending
from hubao.desk.ledger.rules import Entered
from hubao.desk.ledger.steps import append_entry
from hubao.kit.errors import HubaoError, Kind
from hubao.seal.keyset import BadKey, Keyset
from hubao.seal.suites import Unreadable


class NotEmpty(HubaoError):  # noqa: N818 - says what happened, as its base does
    """There is a desk already where a backup should be restored."""

    code = "backup.not_empty"
    kind = Kind.CONFLICT


@dataclass(frozen=True)
class Restored:
    """What was restored and verified.

    Attributes:
        manifest: of the backup.
        checked: what reading the ledger found.
        missing: entries after the backup that a head held outside tells of.
        aside: the name under which the database that was replaced is kept, if one was used.
        behind: whether this hubao has migrations that the backup hadn't.
    """

    manifest: Manifest
    checked: Checked
    missing: int
    aside: str | None
    behind: bool


def restore(
    file: Path,
    *,
    keys: KeysetFile,
    outside: Outside,
    actor: Actor,
    at: datetime,
    force: bool = False,
    accept_missing: bool = False,
    told: Told | None = None,
) -> Restored:
    """Restore a backup; the desk must not run meanwhile.

    Args:
        file: the backup.
        keys: where its keyset goes, and the key that opens it.
        outside: what the restored ledger is held to besides itself.
        actor: who asks for it.
        at: now.
        force: replace what is there; it is kept under another name.
        accept_missing: go on though entries after the backup are missing.
        told: hears what is done, how much there is in all (0 = unknown), and of what.

    Raises:
        BadBackup, OtherKind: the backup can't be used here; nothing was touched.
        NotEmpty: there is a desk already, and `force` isn't set.
        EntriesMissing: and they aren't accepted.
        NotVerified: the ledger isn't what it should be.
        InUse: the desk is running.
        NoTools, NotCopied: PostgreSQL can't be restored.
    """
    with Archive.opened(file) as archive:
        archive.check(told)
        keyset, manifest = authentic(archive, keys), archive.manifest
        behind = fits(manifest)
        missing = missing_after(manifest, outside, accepted=accept_missing)
        used = ours().is_used()
        if used and not force:
            raise NotEmpty(
                "There is a desk here already: restore where there is none, or give --force to"
                " have this one set aside."
            )
        stamp = f"{at:%Y%m%dt%H%M%S%f}"
        with TemporaryDirectory(prefix=".restore.", dir=ours().beside()) as folder:
            copy = Path(folder, ours().member)
            archive.extract(ours().member, copy)
            with ours().restored(
                copy, manifest=manifest, stamp=stamp, used=used, told=told
            ) as aside:
                checked = verified(manifest, outside, told)
                _begin_again(archive.text, missing, actor, at)
                # Before the swap, and so that both databases can be read with it: whoever is
                # stopped between the two has a desk that works.
                _put(keys, keyset, used=used, stamp=stamp)
    sequence_pending()
    return Restored(manifest, checked, missing, aside, behind)


def _begin_again(text: str, missing: int, actor: Actor, at: datetime) -> None:
    """Enter the restore in the restored ledger, and let the lake be written from its beginning."""
    with transaction.atomic():  # PostgreSQL: within that of the whole restore
        export_anew()
        append_entry(
            Entered(
                action="desk.restored",
                actor=actor.id,
                at=at,
                subject=f"f{hashlib.sha256(text.encode()).hexdigest()[:40]}",
                facts={"missing": missing},
            )
        )


def _put(keys: KeysetFile, backed_up: str, *, used: bool, stamp: str) -> None:
    """Put the backup's keys in place, behind those of a desk that is in use here."""
    if used:
        with suppress(NoKeyset, BadKey, Unreadable):  # then nothing here can be read as it is
            keys.write(keys.keyset().joined(Keyset.opened(backed_up, keys.by)))
            return
    keys.put(backed_up, stamp=stamp)
