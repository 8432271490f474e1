"""Restoring: what was in use stays in use or is set aside, and the lake is written anew."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from pyarrow import dataset

from hubao.desk.config.backup.archive import Archive
from hubao.desk.config.backup.kind import InUse
from hubao.desk.config.backup.restoring import NotEmpty
from hubao.desk.config.backup.verifying import NotVerified
from hubao.desk.core.actor import Role
from hubao.desk.core.keys import KeysetFile
from hubao.desk.ledger.checking import check
from hubao.desk.ledger.lake import export_to_lake
from hubao.desk.ledger.models import Entry
from hubao.desk.ledger.queries import size
from hubao.desk.policies.accesses import ACTIONS
from hubao.desk.policies.models import Policy
from hubao.desk.policies.operations.imports import put_policies
from hubao.desk.policies.queries import by_records
from hubao.seal.keyset import Keyset
from hubao.seal.suites import Suite
from tests.desk.config.conftest import (
    Taken,
    empty_desk,
    fill,
    is_untouched,
    put_back,
    set_aside,
    sign,
    stop_at,
)
from tests.desk.conftest import use
from tests.desk.ledger.test_checking import CHANGED, as_owner
from tests.makers.desk import (
    CLEAR,
    NOON,
    SYSTEM,
    actor,
    make_branches,
    make_policy,
)


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
        empty_desk(elsewhere, database)
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
        empty_desk(elsewhere, database)
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
        empty_desk(elsewhere, database)
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


@pytest.mark.usefixtures("database")
class TestBackupOfAnOlderVersion:
    def test_is_verified_and_brought_up_to_date_afterwards(
        self, backup: Taken, elsewhere: str, other_keys: KeysetFile
    ) -> None:
        _step_back()
        fill()
        file = backup()
        use(elsewhere)

        done = put_back(file, other_keys)

        assert (done.checked.entries, done.behind) == (11, True)
        call_command("migrate", verbosity=0)
        fill(2)
        assert size() == 14
        assert check().faults == []

    def test_is_not_told_of_one_of_this_version(
        self, backup: Taken, elsewhere: str, other_keys: KeysetFile
    ) -> None:
        file = backup()
        use(elsewhere)

        assert not put_back(file, other_keys).behind


def _step_back() -> None:
    """Take back the last migration of each room that had more than one."""
    known = sorted(MigrationLoader(None).disk_migrations)
    for room in ("policies", "people", "ledger", "core"):
        *_, before, _last = (name for label, name in known if label == room)
        call_command("migrate", room, before, verbosity=0)


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
