"""Hold a restored ledger to all that is known of it: itself, its manifest, heads held outside."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hubao.desk.config.backup.manifest import Manifest
from hubao.desk.config.backup.streams import Told
from hubao.desk.config.backup.taking import applied_migrations
from hubao.desk.ledger.checking import Checked, check
from hubao.desk.ledger.queries import last_head, root_at
from hubao.kit.errors import BadInput, HubaoError, Kind
from hubao.seal.heads import read_signed

_NAMED: Final = 5  # faults that a message names


class EntriesMissing(HubaoError):  # noqa: N818 - says what happened, as its base does
    """A head held outside was signed over more entries than a backup holds."""

    code = "backup.entries_missing"
    kind = Kind.CONFLICT


class NotVerified(BadInput):
    """The ledger in a backup isn't what it should be, so the backup isn't put into use."""

    code = "backup.not_verified"


@dataclass(frozen=True)
class Outside:
    """What is held where the database's owner can't change it.

    Attributes:
        notes: signed heads.
        key: the log's public key; without it no head is looked at.
    """

    notes: Sequence[str] = ()
    key: Ed25519PublicKey | None = None

    def sizes(self) -> dict[str, int]:
        """Say over how many entries each head was signed.

        Raises:
            BadHead, WrongSignature: one isn't a head that the key signed.
        """
        key = self.key
        return {note: read_signed(note, key).size for note in self.notes} if key else {}


def missing_after(manifest: Manifest, outside: Outside, *, accepted: bool) -> int:
    """Count the entries after a backup that a head held outside tells of.

    Raises:
        EntriesMissing: there are some, and that isn't accepted.
        BadHead, WrongSignature: one isn't a head that the key signed.
    """
    newest = max(outside.sizes().values(), default=0)
    missing = max(0, newest - manifest.entries)
    if missing and not accepted:
        raise EntriesMissing(
            f"This backup ends after {manifest.entries:,} entries, and a head held outside was"
            f" signed over {newest:,}: the {missing:,} entries after the backup are missing."
            " Take a newer backup, or accept the loss with --accept-missing.",
            missing=missing,
        )
    return missing


def verified(manifest: Manifest, outside: Outside, told: Told | None) -> Checked:
    """Read the restored ledger whole, and hold it to what is known of it.

    Raises:
        NotVerified: it isn't that ledger.
        BadHead, WrongSignature: a head in it, or one outside, isn't one that the key signed.
    """
    within = [note for note, size in outside.sizes().items() if size <= manifest.entries]
    heard = (lambda done, total: told(done, total, "entries")) if told else None
    found = check(outside=within, key=outside.key, told=heard)
    faults = found.faults or list(_differences(manifest, found.entries))
    if faults:
        raise NotVerified(
            f"The ledger in this backup isn't what it was ({'; '.join(faults[:_NAMED])}), so it"
            " isn't put into use: restore another backup.",
            faults=len(faults),
        )
    return found


def _differences(manifest: Manifest, entries: int) -> Sequence[str]:
    root = b64encode(root_at(entries)).decode()
    if (entries, root, last_head()) != (manifest.entries, manifest.root, manifest.head):
        return ["it isn't the ledger that the manifest describes"]
    if applied_migrations() != set(manifest.migrations):
        return ["its migrations aren't those that the manifest names"]
    return []
