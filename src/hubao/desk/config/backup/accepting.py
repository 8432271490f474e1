"""Whether a backup is one of ours, and one that this desk can take: asked before anything else."""

import hmac

from django.db.migrations.loader import MigrationLoader

from hubao.desk.config.backup.archive import Archive
from hubao.desk.config.backup.kinds import ours
from hubao.desk.config.backup.manifest import BadBackup, Manifest, mac_of
from hubao.desk.config.backup.taking import KEYSET
from hubao.desk.core.keys import KeysetFile
from hubao.kit.errors import BadInput
from hubao.seal.fields import Fields
from hubao.seal.keyset import BadKey, Keyset
from hubao.seal.suites import Unreadable


class OtherKind(BadInput):
    """A backup is of another kind of database, or of a newer hubao."""

    code = "backup.other_kind"


def authentic(archive: Archive, keys: KeysetFile) -> str:
    """Give the backup's keyset, if whoever made the manifest could open it.

    Raises:
        BadBackup: this desk's key doesn't open it, or the manifest was changed.
    """
    keyset = archive.read(KEYSET)
    try:
        fields = Fields(Keyset.opened(keyset, keys.by))
    except (BadKey, Unreadable):
        raise BadBackup(
            "The keyset in this backup doesn't open with this desk's key: set HUBAO_KEY or"
            " HUBAO_KMS as it was where the backup was taken."
        ) from None
    if not hmac.compare_digest(mac_of(archive.text, fields=fields).encode(), archive.mac.encode()):
        raise BadBackup("The manifest was changed after this backup was taken: take another one.")
    return keyset


def fits(manifest: Manifest) -> bool:
    """Tell whether this desk has migrations that a backup hasn't.

    Raises:
        OtherKind: it can't take the backup.
    """
    if manifest.database != ours().name:
        raise OtherKind(
            f"This backup is of {manifest.database}, and this desk runs on {ours().name}:"
            " set HUBAO_DATABASE_URL to a database of the same kind."
        )
    here = {f"{room}.{name}" for room, name in MigrationLoader(None).disk_migrations}
    newer = set(manifest.migrations) - here
    if newer:
        raise OtherKind(
            f"This backup is of hubao {manifest.hubao} and has {len(newer):,} migrations that this"
            " version doesn't know: install that version or a newer one first."
        )
    return bool(here - set(manifest.migrations))
