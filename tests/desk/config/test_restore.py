"""Restoring: what isn't what was backed up is refused, and what was in use stays in use."""

import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import call_command
from django.db import Error, OperationalError, connection
from django.db.backends.utils import CursorWrapper
from pyarrow import dataset

from hubao.desk.config.backup import postgres, restoring, sqlite
from hubao.desk.config.backup.archive import Archive, write_archive
from hubao.desk.config.backup.kind import InUse
from hubao.desk.config.backup.kinds import ours
from hubao.desk.config.backup.manifest import BadBackup, Member, mac_of
from hubao.desk.config.backup.postgres import NotCopied, NoTools
from hubao.desk.config.backup.restoring import NotEmpty, OtherKind
from hubao.desk.config.backup.verifying import EntriesMissing, NotVerified, Outside
from hubao.desk.core.actor import Role
from hubao.desk.core.keys import KeysetFile
from hubao.desk.ledger.checking import check
from hubao.desk.ledger.heads import sign_head
from hubao.desk.ledger.lake import export_to_lake
from hubao.desk.ledger.models import Entry
from hubao.desk.ledger.queries import size
from hubao.desk.ledger.rules import Entered
from hubao.desk.ledger.tree import Torn
from hubao.desk.policies.accesses import ACTIONS
from hubao.desk.policies.models import Policy
from hubao.desk.policies.operations.imports import put_policies
from hubao.desk.policies.queries import by_records
from hubao.seal.fields import Fields
from hubao.seal.heads import WrongSignature
from hubao.seal.keyset import Key, Keyset, LocalKey
from hubao.seal.signer import Signer
from hubao.seal.suites import Suite
from tests.desk.config.conftest import put_back, stop_at
from tests.desk.conftest import use
from tests.desk.ledger.test_checking import CHANGED, CUT_OFF, HOLE, RENAMED, as_owner
from tests.makers.desk import (
    CLEAR,
    FIELDS,
    NOON,
    SYSTEM,
    actor,
    append_entries,
    make_branches,
    make_policy,
)
from tests.makers.disk import watch_disk

LAST_GONE = "DELETE FROM ledger_entry WHERE id > (SELECT min(id) + 7 FROM ledger_entry)"
ALL_GONE = [
    f"DELETE FROM ledger_{table}"  # noqa: S608 - constants
    for table in ("head", "run", "node", "about", "mark", "entry")
]
Taken = Callable[[], Path]
SIGNING = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = SIGNING.public_key()
ONLY_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ONLY_POSTGRES = pytest.mark.parametrize(
    "database", [pytest.param("postgres", marks=pytest.mark.needs("postgres"))], indirect=True
)


def fill(count: int = 10, who: str = "E") -> None:
    append_entries(
        Entered(action="policy.reveal", actor=f"{who}{n}", at=NOON, subject="b1",
                facts={"fields": ["phone"]})
        for n in range(count)
    )  # fmt: skip


def sign(folder: Path) -> str:
    signer = Signer(SIGNING, "test/ledger", folder / "last-head")
    return sign_head(origin="test/ledger", ask=signer.sign, key=PUBLIC, at=NOON)


def is_untouched() -> bool:
    """Whether nothing has come into the database that is in use."""
    if connection.vendor == "sqlite":
        return not Path(str(connection.settings_dict["NAME"])).exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'hubao%%'")
        return not connection.introspection.table_names() and not cursor.fetchall()


def set_aside(database: str) -> list[str]:
    """Name what stands aside for what was replaced."""
    if connection.vendor == "sqlite":
        path = Path(urlsplit(database).path)
        return [one.name for one in path.parent.glob(f"{path.name}.replaced-*")]
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'hubao%%'")
        return [name for (name,) in cursor.fetchall()]


def members(file: Path, folder: Path) -> list[Path]:
    """Unpack a backup, in order."""
    with tarfile.open(file) as tar:
        tar.extractall(folder, filter="data")
        return [folder / name for name in tar.getnames()]


def packed(parts: list[Path], into: Path) -> Path:
    with tarfile.open(into, "w", format=tarfile.GNU_FORMAT) as tar:
        for part in parts:
            tar.add(part, part.name)
    return into


def forged(file: Path, folder: Path, fields: Fields, **changed: object) -> Path:
    """A backup with another manifest, by somebody who has the keys."""
    with Archive.opened(file) as archive:
        manifest = archive.manifest
    parts = members(file, folder)[:2]

    def described(found: Sequence[Member]) -> tuple[str, str]:
        text = manifest.model_copy(update={"members": tuple(found), **changed}).text()
        return text, mac_of(text, fields=fields)

    write_archive(folder / "forged.tar", members=parts, described=described)
    return folder / "forged.tar"


@pytest.mark.usefixtures("database")
class TestArchive:
    @pytest.mark.parametrize(("part", "at"), [(0, 0.0), (0, 0.999), (1, 0.5), (2, 0.5), (3, 0.5)])
    def test_with_a_flipped_byte_is_refused_before_anything_is_touched(
        self, part: int, at: float, backup: Taken, elsewhere: str, other_keys: KeysetFile
    ) -> None:
        fill()
        file = backup()
        with tarfile.open(file) as tar:
            info = tar.getmembers()[part]
        raw = bytearray(file.read_bytes())
        raw[info.offset_data + int(at * info.size)] ^= 1
        file.write_bytes(raw)
        use(elsewhere)

        with pytest.raises(BadBackup):
            put_back(file, other_keys)

        assert is_untouched()
        assert not other_keys.path.exists()

    def test_with_a_manifest_of_somebody_without_the_keys_is_refused(
        self, backup: Taken, elsewhere: str, other_keys: KeysetFile, tmp_path: Path
    ) -> None:
        parts = members(backup(), tmp_path / "parts")
        text = parts[2].read_text()
        parts[2].write_text(text.replace("2026-11-26", "2026-11-27"))
        use(elsewhere)

        with pytest.raises(BadBackup, match="manifest was changed"):
            put_back(packed(parts, tmp_path / "other.tar"), other_keys)

        assert text != parts[2].read_text()
        assert is_untouched()

    @pytest.mark.parametrize("by", ["other", "renamed"])
    def test_that_another_key_should_open_is_refused(
        self, by: str, backup: Taken, elsewhere: str, tmp_path: Path, other_keys: KeysetFile
    ) -> None:
        other = LocalKey(Key.new(Suite.INTERNATIONAL))
        if by == "renamed":
            other.name = other_keys.by.name
        file = backup()
        use(elsewhere)

        with pytest.raises(BadBackup, match="HUBAO_KEY"):
            put_back(file, KeysetFile(tmp_path / "elsewhere" / "k.json", other))

        assert is_untouched()

    @pytest.mark.parametrize(
        ("changed", "why"),
        [
            ({"migrations": ("core.9999_later",)}, "1 migrations that this version doesn't know"),
            ({"database": "other"}, "same kind"),
        ],
        ids=["of a newer version", "of another kind"],
    )
    def test_that_does_not_fit_is_refused(
        self, changed: dict[str, Any], why: str, backup: Taken, elsewhere: str,
        other_keys: KeysetFile, tmp_path: Path,
    ) -> None:  # fmt: skip
        other = {"sqlite": "postgresql", "postgresql": "sqlite"}[ours().name]
        told = {name: other if value == "other" else value for name, value in changed.items()}
        file = forged(backup(), tmp_path / "parts", FIELDS, **told)
        use(elsewhere)

        with pytest.raises(OtherKind, match=why):
            put_back(file, other_keys)

        assert is_untouched()


@ONLY_SQLITE
class TestArchiveOfOtherParts:
    @pytest.mark.parametrize(
        ("how", "part"),
        [*(("dropped", part) for part in range(4)), ("twice", 1), ("twice", 2), ("more", 0)],
    )
    def test_with_other_parts_is_refused(
        self, part: int, how: str, backup: Taken, elsewhere: str, other_keys: KeysetFile,
        tmp_path: Path,
    ) -> None:  # fmt: skip
        parts = members(backup(), tmp_path / "parts")
        if how == "dropped":
            del parts[part]
        elif how == "twice":
            parts.append(parts[part])
        else:
            parts.append(tmp_path / "more.txt")
            parts[-1].write_text("more")
        use(elsewhere)

        with pytest.raises(BadBackup):
            put_back(packed(parts, tmp_path / "other.tar"), other_keys)

        assert is_untouched()

    def test_with_a_link_in_place_of_a_part_is_refused(
        self, backup: Taken, elsewhere: str, other_keys: KeysetFile, tmp_path: Path
    ) -> None:
        parts = members(backup(), tmp_path / "parts")
        parts[1].unlink()
        parts[1].symlink_to("/etc/hostname")
        use(elsewhere)

        with pytest.raises(BadBackup, match="no file"):
            put_back(packed(parts, tmp_path / "other.tar"), other_keys)

    @pytest.mark.parametrize("left", [0.0, 0.3, 0.9])
    def test_that_was_cut_off_is_refused(
        self, left: float, backup: Taken, elsewhere: str, other_keys: KeysetFile
    ) -> None:
        file = backup()
        file.write_bytes(file.read_bytes()[: int(left * file.stat().st_size)])
        use(elsewhere)

        with pytest.raises(BadBackup):
            put_back(file, other_keys)


@pytest.mark.usefixtures("database")
class TestLedger:
    @pytest.mark.parametrize(
        "orders",
        [[CHANGED], [RENAMED], [CUT_OFF, LAST_GONE]],
        ids=["changed", "found by another", "cut off"],
    )
    def test_that_was_tampered_with_is_not_put_into_use(
        self,
        orders: list[str],
        backup: Taken,
        elsewhere: str,
        other_keys: KeysetFile,
        tmp_path: Path,
    ) -> None:
        fill(8)
        fill(2)
        sign(tmp_path)
        as_owner(*orders)
        file = backup()
        use(elsewhere)

        with pytest.raises(NotVerified, match="isn't put into use"):
            put_back(file, other_keys, Outside(key=PUBLIC))

        assert is_untouched()
        assert not other_keys.path.exists()

    def test_with_a_hole_is_not_even_backed_up(self, backup: Taken, tmp_path: Path) -> None:
        fill()
        as_owner(HOLE)

        with pytest.raises(Torn, match="Place 4"):
            backup()

        assert not (tmp_path / "desk.tar").exists()

    @pytest.mark.parametrize("changed", [{"entries": 10}, {"root": "x"}, {"head": "x"}])
    def test_is_held_to_the_manifest(
        self, changed: dict[str, Any], backup: Taken, elsewhere: str, other_keys: KeysetFile,
        tmp_path: Path,
    ) -> None:  # fmt: skip
        fill()
        file = forged(backup(), tmp_path / "parts", FIELDS, **changed)
        use(elsewhere)

        with pytest.raises(NotVerified, match="manifest describes"):
            put_back(file, other_keys)

        assert is_untouched()

    def test_is_held_to_heads_of_its_own_and_from_outside(
        self, backup: Taken, elsewhere: str, other_keys: KeysetFile, tmp_path: Path
    ) -> None:
        fill()
        head = sign(tmp_path)
        fill(3)
        file = backup()
        use(elsewhere)

        done = put_back(file, other_keys, Outside([head], PUBLIC))

        assert (done.checked.entries, done.checked.heads, done.missing) == (14, 2, 0)
        assert check(outside=[head], key=PUBLIC).faults == []

    def test_of_another_log_than_the_heads_outside_is_refused(
        self, backup: Taken, elsewhere: str, other_keys: KeysetFile, tmp_path: Path
    ) -> None:
        fill()
        head = sign(tmp_path)
        as_owner(*ALL_GONE)
        fill(12)
        file = backup()
        use(elsewhere)

        with pytest.raises(NotVerified, match="aren't those of a signed head"):
            put_back(file, other_keys, Outside([head], PUBLIC))

        assert is_untouched()

    def test_takes_only_heads_that_the_logs_key_signed(
        self, backup: Taken, elsewhere: str, other_keys: KeysetFile, tmp_path: Path
    ) -> None:
        head = sign(tmp_path)
        file = backup()
        use(elsewhere)

        with pytest.raises(WrongSignature):
            put_back(file, other_keys, Outside([head], Ed25519PrivateKey.generate().public_key()))

        assert is_untouched()

    def test_older_than_a_head_outside_says_how_much_is_missing(
        self, backup: Taken, elsewhere: str, other_keys: KeysetFile, tmp_path: Path
    ) -> None:
        fill()
        file = backup()
        fill(7)
        outside = Outside([sign(tmp_path)], PUBLIC)
        use(elsewhere)

        with pytest.raises(EntriesMissing, match="the 7 entries after the backup are missing"):
            put_back(file, other_keys, outside)
        untouched = is_untouched()
        done = put_back(file, other_keys, outside, accept_missing=True)

        assert untouched
        assert (done.missing, size()) == (7, 12)
        assert '"fact.missing":7' in Entry.objects.latest("id").body


@pytest.mark.usefixtures("database")
class TestDeskThatIsThere:
    def test_is_not_replaced(self, backup: Taken, keys: KeysetFile) -> None:
        fill()
        file = backup()
        fill(5)

        with pytest.raises(NotEmpty):
            put_back(file, keys)

        assert size() == 16

    def test_is_replaced_by_force_and_set_aside(
        self, backup: Taken, keys: KeysetFile, database: str
    ) -> None:
        make_branches()
        record = make_policy()
        file = backup()
        backed_up = size()
        fill(5)
        there = Entry.objects.count()

        done = put_back(file, keys, force=True)

        assert size() == backed_up + 1
        assert done.aside is not None
        assert by_records(records=[record], actor=actor("li", Role.CLERK), fields=keys.fields())
        if connection.vendor == "sqlite":
            use(f"sqlite:///{done.aside}")
        else:
            use(f"{database}&options=-csearch_path%3D{done.aside}")
        assert Entry.objects.count() == there
        assert check().faults == []

    def test_that_is_empty_is_replaced_without_force(
        self, backup: Taken, other_keys: KeysetFile, elsewhere: str, database: str
    ) -> None:
        fill()
        file = backup()
        _empty_desk(elsewhere, database)
        use(elsewhere)
        existed = bool(connection.introspection.table_names())

        done = put_back(file, other_keys)

        assert existed
        assert (size(), done.aside) == (12, None)

    def test_stays_as_it_was_if_the_backup_is_not_what_it_should_be(
        self, backup: Taken, keys: KeysetFile, database: str, tmp_path: Path
    ) -> None:
        fill(8)
        sign(tmp_path)
        as_owner(CHANGED)
        file = backup()
        fill(5)
        entries = Entry.objects.count()
        before = keys.path.read_bytes()

        with pytest.raises(NotVerified):
            put_back(file, keys, force=True)

        assert Entry.objects.count() == entries
        assert set_aside(database) == []
        assert keys.path.read_bytes() == before
        fill(1)
        assert size() == entries + 1

    def test_of_others_in_the_same_database_is_not_replaced(
        self, backup: Taken, other_keys: KeysetFile, elsewhere: str, database: str
    ) -> None:
        file = backup()
        _empty_desk(elsewhere, database)
        use(elsewhere)
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE payroll (id integer)")

        with pytest.raises(NotEmpty):
            put_back(file, other_keys)

        assert "payroll" in connection.introspection.table_names()

    def test_that_was_empty_until_just_now_is_not_lost(
        self, backup: Taken, other_keys: KeysetFile, elsewhere: str, database: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        file = backup()
        _empty_desk(elsewhere, database)
        use(elsewhere)
        extract = Archive.extract

        def extracted(archive: Archive, name: str, to: Path) -> None:
            fill(3, "late")
            extract(archive, name, to)

        monkeypatch.setattr(Archive, "extract", extracted)

        with pytest.raises(InUse, match="stop it"):
            put_back(file, other_keys)

        assert Entry.objects.count() == 3
        assert set_aside(elsewhere) == []

    def test_keeps_reading_what_it_wrote_with_newer_keys(
        self, backup: Taken, keys: KeysetFile
    ) -> None:
        make_branches()
        file = backup()
        keys.write(keys.keyset().rotated(Suite.NATIONAL).retired())
        newer = keys.keyset()

        put_back(file, keys, force=True)

        now = keys.keyset()
        assert now.keys[0] == newer.keys[0]
        assert len(now.keys) == len(now.indexes) == 2

    def test_can_be_read_if_it_was_stopped_at_the_last_moment(
        self, backup: Taken, keys: KeysetFile, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_branches()
        file = backup()
        keys.write(keys.keyset().rotated(Suite.NATIONAL).retired())
        put_policies([{**CLEAR, "unit": "north"}], actor=SYSTEM, at=NOON, fields=keys.fields())
        record = Policy.objects.get().record
        monkeypatch.setattr(KeysetFile, "write", _stopped(KeysetFile.write))

        with pytest.raises(KeyboardInterrupt):
            put_back(file, keys, force=True)

        clerk = actor("li", Role.CLERK)
        (row,) = by_records(records=[record], actor=clerk, fields=keys.fields())
        assert row.fields["phone"].endswith(CLEAR["phone"][-4:])
        assert len(keys.keyset().keys) == 2  # it was the last moment

    def test_has_its_keyset_set_aside_where_nothing_used_it(
        self, backup: Taken, other_keys: KeysetFile, elsewhere: str, keys: KeysetFile
    ) -> None:
        file = backup()
        other_keys.path.parent.mkdir()
        other_keys.path.write_text("theirs")
        use(elsewhere)

        put_back(file, other_keys)

        assert other_keys.text() == keys.text()
        (kept,) = other_keys.path.parent.glob("keyset.json.replaced-*")
        assert kept.read_text() == "theirs"

    def test_killed_while_restoring_stays_as_it_was(
        self, backup: Taken, keys: KeysetFile, database: str
    ) -> None:
        fill(6_000)
        file = backup()
        fill(5)
        before = keys.path.read_bytes()

        stop_at(database, "restore", "entries", file, keys)

        use(database)
        assert size() == 6_006
        assert check().faults == []
        assert keys.path.read_bytes() == before
        connection.close()
        assert put_back(file, keys, force=True).checked.entries == 6_001
        assert size() == 6_002

    def test_killed_while_restoring_where_there_was_none_is_still_none(
        self, backup: Taken, other_keys: KeysetFile, elsewhere: str
    ) -> None:
        fill(6_000)
        file = backup()

        stop_at(elsewhere, "restore", "entries", file, other_keys)

        use(elsewhere)
        assert is_untouched()
        put_back(file, other_keys)
        assert size() == 6_002


def _stopped(write: Callable[[KeysetFile, Keyset], None]) -> Callable[[KeysetFile, Keyset], None]:
    def stopped(file: KeysetFile, keyset: Keyset) -> None:
        write(file, keyset)
        raise KeyboardInterrupt

    return stopped


def _empty_desk(elsewhere: str, database: str) -> None:
    """A desk in which nobody has done anything."""
    if database.startswith("sqlite"):
        Path(urlsplit(elsewhere).path).parent.mkdir()
        use(elsewhere)
        call_command("migrate", verbosity=0)
        return
    name = urlsplit(elsewhere).path.removeprefix("/")
    with psycopg.connect(elsewhere.replace(f"/{name}?", "/postgres?"), autocommit=True) as there:
        there.execute(f"DROP DATABASE {name}".encode())
        there.execute(f"CREATE DATABASE {name} TEMPLATE empty".encode())


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
        _empty_desk(elsewhere, database)
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

        monkeypatch.setattr(postgres, "replay", broken)

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


@pytest.mark.usefixtures("database")
class TestLake:
    def test_is_written_whole_where_it_is_empty(
        self, backup: Taken, elsewhere: str, other_keys: KeysetFile, tmp_path: Path
    ) -> None:
        fill()
        export_to_lake(tmp_path / "lake", actions=ACTIONS)
        file = backup()
        use(elsewhere)
        put_back(file, other_keys)

        export_to_lake(tmp_path / "elsewhere" / "lake", actions=ACTIONS)

        assert read(tmp_path / "elsewhere" / "lake").num_rows == 10

    @pytest.mark.parametrize("more", [0, 3, 30])
    def test_keeps_accesses_after_the_backup_and_has_each_once(
        self, more: int, backup: Taken, keys: KeysetFile, tmp_path: Path
    ) -> None:
        lake = tmp_path / "lake"
        fill(10)
        export_to_lake(lake, actions=ACTIONS)
        fill(5)
        file = backup()
        fill(7, "lost")
        export_to_lake(lake, actions=ACTIONS)  # one file over the backup's end
        fill(4, "lost")
        export_to_lake(lake, actions=ACTIONS)
        put_back(file, keys, force=True)
        fill(more, "new")

        for _ in range(2):
            export_to_lake(lake, actions=ACTIONS)

        rows = read(lake)
        events = rows["event"].to_pylist()
        who = rows["actor"].to_pylist()
        assert len(set(events)) == len(events) == 15 + 11 + more
        assert sum(one.startswith("lost") for one in who) == 11


def read(lake: Path) -> pa.Table:
    return dataset.dataset(lake, partitioning="hive").to_table()
