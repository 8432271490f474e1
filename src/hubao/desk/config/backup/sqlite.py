"""SQLite: copied by its own online backup, swapped by a rename.

The rename is the moment: before it the old file is in use, after it the new one. A file that ends
in `-wal` would be taken for the new one's, and must be gone by then.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from django.db import DatabaseError, connection, connections

from hubao.desk.config.backup.kind import Database, holds_something, in_use
from hubao.desk.config.backup.manifest import Manifest
from hubao.desk.config.backup.streams import Told
from hubao.desk.core.durably import give_name, sync

_PAGES: Final = 2_000  # copied between two moves of the progress bar
_BESIDE: Final = ("-wal", "-shm", "-journal")
_BUSY: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_DAMAGED: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _place() -> Path:
    return Path(str(connection.settings_dict["NAME"]))


def _version() -> int:
    return sqlite3.sqlite_version_info[0]


def _folder() -> Path:
    folder = _place().absolute().parent
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _is_used() -> bool:
    if not _place().exists():  # asking would make it
        return False
    try:
        return holds_something()
    except DatabaseError as error:
        if not _is_one(error.__cause__, *_DAMAGED, *_BUSY):
            raise
        return True  # damaged or at work: whatever is in there, it is not to be thrown away
    finally:
        connection.close()


@contextmanager
def _copied(to: Path, *, told: Told | None) -> Iterator[None]:
    def heard(_state: int, remaining: int, total: int) -> None:
        if told is not None:
            told(total - remaining, total, "pages")

    with (
        closing(sqlite3.connect(_place(), isolation_level=None)) as source,
        closing(sqlite3.connect(to)) as copy,
    ):
        # A transaction that has read something sees no later commit: without it, every commit of
        # another process would make the copy begin again, and a busy desk would never be copied.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        source.backup(copy, pages=_PAGES, progress=heard)
    with _instead(to):
        yield


@contextmanager
def _restored(
    copy: Path, *, manifest: Manifest, stamp: str, used: bool, told: Told | None
) -> Iterator[str | None]:
    del manifest, told  # the copy is the database
    target = _place()
    aside = target.with_name(f"{target.name}.replaced-{stamp}") if used else None
    connection.close()
    _let_go(target)
    with _instead(copy):
        yield str(aside) if aside else None
    _settle(copy)
    # Once more: somebody may have started the desk meanwhile, and worked in it.
    if not used and _is_used():
        raise in_use(target)
    _let_go(target)
    _put_in_place(copy, target, aside)


@contextmanager
def _instead(path: Path) -> Iterator[None]:
    """Let every room in this thread read and write another file meanwhile."""
    usual = connections["default"]
    other = connections.create_connection("default")
    other.settings_dict = {**usual.settings_dict, "NAME": str(path)}
    connections["default"] = other
    try:
        yield
    finally:
        other.close()
        connections["default"] = usual


def _settle(path: Path) -> None:
    """Take into the file what lies beside it; only whoever is alone with it can.

    Raises:
        InUse: others have it open.
    """
    try:
        with closing(sqlite3.connect(path, timeout=0)) as there:
            (mode,) = there.execute("PRAGMA journal_mode = DELETE").fetchone()
    except sqlite3.OperationalError as error:
        if not _is_one(error, *_BUSY):
            raise
        mode = None
    if mode != "delete":
        raise in_use(path)


def _let_go(target: Path) -> None:
    if target.exists():
        try:
            _settle(target)
        except sqlite3.DatabaseError as error:
            if not _is_one(error, *_DAMAGED):
                raise  # damaged, it is set aside as it is


def _is_one(error: BaseException | None, *codes: int) -> bool:
    return isinstance(error, sqlite3.Error) and error.sqlite_errorcode & 0xFF in codes


def _put_in_place(copy: Path, target: Path, aside: Path | None) -> None:
    there = [end for end in ("", *_BESIDE) if Path(f"{target}{end}").exists()]
    if aside is not None:
        for end in there:
            Path(f"{aside}{end}").hardlink_to(f"{target}{end}")
        sync(aside.absolute().parent)  # before any other name goes
    for end in there:
        if end:
            Path(f"{target}{end}").unlink()
    give_name(copy, target)


SQLITE: Final = Database(
    name="sqlite",
    member="database.sqlite3",
    version=_version,
    copied=_copied,
    restored=_restored,
    is_used=_is_used,
    beside=_folder,
)
