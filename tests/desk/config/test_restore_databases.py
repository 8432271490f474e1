"""Restoring: what is particular to a SQLite file, and to a dump of PostgreSQL."""

import shutil
import sqlite3
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import Error, OperationalError, connection
from django.db.backends.utils import CursorWrapper

from hubao.desk.config.backup import postgres_restoring, restoring, sqlite
from hubao.desk.config.backup.kind import InUse
from hubao.desk.config.backup.programs import NotCopied, NoTools
from hubao.desk.config.backup.restoring import NotEmpty
from hubao.desk.config.backup.verifying import NotVerified
from hubao.desk.core.keys import KeysetFile
from hubao.desk.ledger.checking import check
from hubao.desk.ledger.queries import size
from tests.desk.config.conftest import (
    ONLY_POSTGRES,
    ONLY_SQLITE,
    Taken,
    empty_desk,
    fill,
    is_untouched,
    put_back,
    set_aside,
)
from tests.desk.conftest import use
from tests.makers.disk import watch_disk


@ONLY_SQLITE
class TestSqliteFile:
    def test_that_is_open_elsewhere_is_not_replaced(
        self, backup: Taken, keys: KeysetFile, database: str
    ) -> None:
        fill()
        file = backup()
        path = urlsplit(database).path
        there = sqlite3.connect(path)
        there.execute("SELECT count(*) FROM ledger_entry").fetchone()
        try:
            with pytest.raises(InUse, match="stop it"):
                put_back(file, keys, force=True)
        finally:
            there.close()

        assert size() == 11

    def test_that_is_damaged_is_set_aside(
        self, backup: Taken, keys: KeysetFile, database: str
    ) -> None:
        fill()
        file = backup()
        connection.close()
        path = Path(urlsplit(database).path)
        path.write_bytes(b"no database any more" * 1000)

        with pytest.raises(NotEmpty):
            put_back(file, keys)
        done = put_back(file, keys, force=True)

        assert size() == 12
        assert done.aside is not None
        assert Path(done.aside).read_bytes().startswith(b"no database")

    def test_that_is_no_file_is_left_alone_and_told(
        self, backup: Taken, keys: KeysetFile, database: str
    ) -> None:
        file = backup()
        connection.close()
        path = Path(urlsplit(database).path)
        path.unlink()
        path.mkdir()

        with pytest.raises(OperationalError, match="unable to open"):
            put_back(file, keys, force=True)

        assert path.is_dir()

    def test_that_the_disk_fails_to_read_is_not_taken_for_a_damaged_one(
        self, backup: Taken, keys: KeysetFile, database: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fill()
        file = backup()
        failed = sqlite3.OperationalError("disk I/O error")
        failed.sqlite_errorcode = sqlite3.SQLITE_IOERR_READ

        def settle(_path: Path) -> None:
            raise failed

        monkeypatch.setattr(sqlite, "_settle", settle)

        with pytest.raises(sqlite3.OperationalError, match="I/O"):
            put_back(file, keys, force=True)

        assert set_aside(database) == []
        assert size() == 11

    def test_is_on_disk_before_its_name_and_kept_before_that_goes(
        self, backup: Taken, keys: KeysetFile, database: str, monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
    ) -> None:  # fmt: skip
        file = backup()
        path = Path(urlsplit(database).path)
        steps = watch_disk(monkeypatch, tmp_path)

        put_back(file, keys, force=True)

        kept, *rest = steps[steps.index(f"name {keys.path.name}") + 2 :]
        assert kept.startswith(f"keep {path.name}.replaced-")
        assert rest == [
            f"sync {tmp_path.name}", "sync database.sqlite3", f"name {path.name}",
            f"sync {tmp_path.name}",
        ]  # fmt: skip
        assert path.stat().st_mode & 0o777 == 0o600

    def test_is_not_mixed_with_what_lies_beside_from_another(
        self, backup: Taken, keys: KeysetFile, database: str
    ) -> None:
        fill()
        file = backup()
        path = Path(urlsplit(database).path)
        fill(500)
        wal = path.with_name(f"{path.name}-wal")
        shutil.copy(wal, wal.with_suffix(".kept"))
        connection.close()
        path.unlink()
        shutil.move(wal.with_suffix(".kept"), wal)

        put_back(file, keys)

        assert size() == 12
        assert check().faults == []


@ONLY_POSTGRES
class TestPostgresDump:
    def test_needs_pg_restore(
        self, backup: Taken, elsewhere: str, other_keys: KeysetFile, tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        file = backup()
        use(elsewhere)
        monkeypatch.setenv("PATH", str(tmp_path))

        with pytest.raises(NoTools, match="pg_restore isn't on PATH"):
            put_back(file, other_keys)

        assert is_untouched()

    def test_that_is_not_verified_finds_the_old_tables_still_there(
        self, backup: Taken, other_keys: KeysetFile, elsewhere: str, database: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        file = backup()
        empty_desk(elsewhere, database)
        use(elsewhere)
        seen = []

        def unverified(*_args: object) -> None:
            seen.append(set_aside(elsewhere))
            raise NotVerified("It isn't.")

        monkeypatch.setattr(restoring, "verified", unverified)

        with pytest.raises(NotVerified):
            put_back(file, other_keys)

        assert [len(names) for names in seen] == [1]  # not dropped before
        assert set_aside(elsewhere) == []
        fill(2)
        assert size() == 2

    def test_that_the_server_refuses_leaves_what_was_there(
        self, backup: Taken, keys: KeysetFile, database: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fill()
        file = backup()
        fill(5)

        def broken(_script: object, cursor: CursorWrapper) -> None:
            cursor.execute("CREATE TABLE public.half (id integer); SELECT no_such_thing()")

        monkeypatch.setattr(postgres_restoring, "replay", broken)

        with pytest.raises(NotCopied, match="nothing was changed"):
            put_back(file, keys, force=True)

        assert size() == 16
        assert set_aside(database) == []
        assert "half" not in connection.introspection.table_names()

    def test_restored_is_append_only_and_numbers_go_on(
        self, backup: Taken, elsewhere: str, other_keys: KeysetFile
    ) -> None:
        fill()
        file = backup()
        use(elsewhere)
        put_back(file, other_keys)

        fill(3)

        assert size() == 15
        with pytest.raises(Error, match="append-only"), connection.cursor() as cursor:
            cursor.execute("DELETE FROM ledger_entry")
