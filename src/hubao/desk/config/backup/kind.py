"""What every kind of database must be able to do to be backed up and restored."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from django.apps import apps
from django.conf import settings
from django.db import connection

from hubao.desk.config.backup.manifest import Manifest
from hubao.desk.config.backup.streams import Told
from hubao.desk.ledger.models import Entry
from hubao.kit.errors import HubaoError, Kind

_WITHOUT_MODEL: Final = ("django_migrations", "ledger_pending")


class InUse(HubaoError):  # noqa: N818 - says what happened, as its base does
    """The desk is at work in the database that should be replaced."""

    code = "backup.in_use"
    kind = Kind.CONFLICT


def in_use(where: object) -> InUse:
    """Say that the desk must be stopped first."""
    return InUse(f"The desk is at work in {where}: stop it, then restore again.")


class Copied(Protocol):
    """Copies the database into a file; within, what is read is that copy and nothing later."""

    def __call__(self, to: Path, *, told: Told | None) -> AbstractContextManager[None]:
        """Copy."""


class Restored(Protocol):
    """Restores a copy; within, what is read and written is the restored data.

    It comes into use when the block is left without an exception, and not at all otherwise. Gives
    the name under which what was there before is kept, if it was used.
    """

    def __call__(
        self, copy: Path, *, manifest: Manifest, stamp: str, used: bool, told: Told | None
    ) -> AbstractContextManager[str | None]:
        """Restore; `stamp` names what is set aside."""


@dataclass(frozen=True)
class Database:
    """One kind of database.

    Attributes:
        name: as Django calls it.
        member: the copy's name in a backup.
        version: gives the major version of what copies it.
        copied: copies it.
        restored: restores it.
        is_used: tells whether there is anything that a restore would replace.
        beside: gives the folder in which a copy is unpacked.
    """

    name: str
    member: str
    version: Callable[[], int]
    copied: Copied
    restored: Restored
    is_used: Callable[[], bool]
    beside: Callable[[], Path]


def holds_something() -> bool:
    """Tell whether the database holds more than empty tables of a desk.

    Whatever is done in a desk is entered in its ledger, so one without entries is unused. Tables
    that are no desk's may hold anything.
    """
    tables = set(connection.introspection.table_names())
    return bool(tables) and (
        Entry._meta.db_table not in tables or bool(tables - _desks()) or Entry.objects.exists()
    )


def _desks() -> set[str]:
    """Name the tables that migrations make."""
    named = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    return named | {settings.CACHES["default"]["LOCATION"], *_WITHOUT_MODEL}
