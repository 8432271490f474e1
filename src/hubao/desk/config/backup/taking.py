"""Take a backup while people work: one moment of the database, and the keyset of that moment."""

from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from hubao import __version__
from hubao.desk.config.backup.archive import write_archive
from hubao.desk.config.backup.kinds import ours
from hubao.desk.config.backup.manifest import Manifest, Member, mac_of
from hubao.desk.config.backup.streams import Told
from hubao.desk.core.actor import Actor
from hubao.desk.core.keys import KeysetFile
from hubao.desk.core.transactions import durable
from hubao.desk.ledger.operations import sequence_pending
from hubao.desk.ledger.queries import last_head, root_at, size
from hubao.desk.ledger.rules import Entered
from hubao.desk.ledger.steps import append_entry
from hubao.kit.errors import HubaoError, Kind
from hubao.seal.fields import Fields
from hubao.seal.keyset import Keyset

KEYSET: Final = "keyset.json"


class KeysMoved(HubaoError):  # noqa: N818 - says what happened, as its base does
    """The keys were rotated or retired while a backup was taken."""

    code = "backup.keys_moved"
    kind = Kind.CONFLICT


def back_up(
    into: Path, *, keys: KeysetFile, actor: Actor, at: datetime, told: Told | None = None
) -> Manifest:
    """Write a backup of this desk; that it is taken is entered in the ledger first.

    Args:
        into: file to write; it is whole only when this has returned.
        keys: the keyset, which goes in as it lies on the disk, encrypted.
        actor: who asks for it.
        at: now.
        told: hears what is done, how much there is in all (0 = unknown), and of what.

    Raises:
        NoKeyset, BadKey: the keyset can't be read or opened, so that nobody could use the backup.
        KeysMoved: the keys changed meanwhile.
        NoTools, NotCopied: PostgreSQL can't be copied.
        Torn: the ledger's tree is damaged.
    """
    keyset = keys.text()
    fields = Fields(Keyset.opened(keyset, keys.by))
    copied_by = ours().version()
    _enter(actor, at)
    with TemporaryDirectory(prefix=f"{into.name}.", dir=into.parent) as folder:
        copy, beside = Path(folder, ours().member), Path(folder, KEYSET)
        with ours().copied(copy, told=told):
            begun = _manifest(at, copied_by)
        if keys.text() != keyset:  # the copy may need keys that only one of the two has
            raise KeysMoved("The keys were rotated or retired meanwhile: take the backup again.")
        beside.write_text(keyset, encoding="utf-8")

        def described(members: Sequence[Member]) -> tuple[str, str]:
            text = begun.model_copy(update={"members": tuple(members)}).text()
            return text, mac_of(text, fields=fields)

        write_archive(into, members=[copy, beside], described=described, told=told)
    return begun


def _enter(actor: Actor, at: datetime) -> None:
    """Enter it, and give what waits its place: the root in the manifest then covers both."""
    with durable():
        append_entry(Entered(action="desk.backed_up", actor=actor.id, at=at))
    sequence_pending()


def _manifest(at: datetime, copied_by: int) -> Manifest:
    """Describe the database as it is read just now; the members come later."""
    entries = size()
    return Manifest(
        hubao=__version__,
        database=ours().name,
        copied_by=copied_by,
        taken_at=at,
        entries=entries,
        root=b64encode(root_at(entries)).decode(),
        head=last_head(),
        migrations=tuple(sorted(applied_migrations())),
        members=(),
    )


def applied_migrations() -> set[str]:
    """Name the migrations that the database has had."""
    return {f"{room}.{name}" for room, name in MigrationRecorder(connection).applied_migrations()}
