"""Backups of a real database that is being written to; nothing secret and nothing clear in them."""

import json
import os
import tarfile
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from hubao.desk.config.backup.kinds import ours
from hubao.desk.config.backup.programs import NoTools
from hubao.desk.config.backup.taking import KeysMoved, back_up
from hubao.desk.core.actor import Role
from hubao.desk.core.keys import KeysetFile
from hubao.desk.core.transactions import durable
from hubao.desk.ledger.grants import grant
from hubao.desk.ledger.models import Entry
from hubao.desk.ledger.operations import sequence_pending
from hubao.desk.ledger.rules import Entered
from hubao.desk.ledger.steps import append_entry
from hubao.desk.policies.queries import by_records
from hubao.seal.suites import Suite
from tests.desk.config.conftest import KEY, put_back, stop_at
from tests.desk.conftest import use
from tests.makers.desk import CLEAR, NOON, SYSTEM, actor, append_entries, make_branches, make_policy

ONLY_POSTGRES = pytest.mark.parametrize(
    "database", [pytest.param("postgres", marks=pytest.mark.needs("postgres"))], indirect=True
)


@contextmanager
def writers(count: int) -> Iterator[threading.Event]:
    """People at work, one entry after the other; the event is set once all have begun."""
    stop, busy = threading.Event(), threading.Event()
    done: dict[int, int] = defaultdict(int)

    def write(who: int) -> None:
        try:
            while not stop.is_set():
                with durable():
                    append_entry(Entered(action="policy.reveal", actor=f"w{who}", at=NOON,
                                         facts={"n": done[who]}))  # fmt: skip
                done[who] += 1
                if done[who] % 10 == 0:
                    sequence_pending()
                if len(done) == count and min(done.values()) > 5:
                    busy.set()
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(who,)) for who in range(count)]
    for one in threads:
        one.start()
    try:
        assert busy.wait(60)
        yield busy
    finally:
        stop.set()
        for one in threads:
            one.join()


def numbers() -> dict[str, list[int]]:
    """What each writer has entered, in the order of ids."""
    found: dict[str, list[int]] = defaultdict(list)
    for body in Entry.objects.order_by("id").values_list("body", flat=True):
        said = json.loads(body)
        if said["actor"].startswith("w"):
            found[said["actor"]].append(said["fact.n"])
    return found


class TestBackUp:
    def test_while_others_write_is_of_one_moment_and_verifies_elsewhere(
        self, keys: KeysetFile, elsewhere: str, other_keys: KeysetFile, tmp_path: Path
    ) -> None:
        append_entries(Entered(action="policy.reveal", actor="x", at=NOON) for _ in range(20_000))
        with writers(3):
            before = {who: len(of) for who, of in numbers().items()}
            manifest = back_up(tmp_path / "desk.tar", keys=keys, actor=SYSTEM, at=NOON)
            after = {who: len(of) for who, of in numbers().items()}

        use(elsewhere)
        done = put_back(tmp_path / "desk.tar", other_keys)

        kept = numbers()
        assert done.checked.entries == manifest.entries > 20_000
        assert [kept[who] for who in sorted(kept)] == [
            list(range(len(kept[who]))) for who in sorted(kept)
        ]
        assert all(before[who] <= len(kept[who]) <= after[who] for who in before)
        assert sum(after.values()) > sum(before.values())  # they did write meanwhile

    def test_is_read_again_elsewhere_with_its_own_keyset(
        self, backup: Callable[[], Path], elsewhere: str, other_keys: KeysetFile
    ) -> None:
        make_branches()
        record = make_policy()
        file = backup()

        use(elsewhere)
        put_back(file, other_keys)

        clerk = actor("li", Role.CLERK)
        (row,) = by_records(records=[record], actor=clerk, fields=other_keys.fields())
        assert row.fields["phone"].endswith(CLEAR["phone"][-4:])

    def test_is_its_owners_alone_and_leaves_nothing_beside(
        self, backup: Callable[[], Path], tmp_path: Path
    ) -> None:
        folders = [path for path in tmp_path.iterdir() if path.is_dir()]

        file = backup()

        assert file.stat().st_mode & 0o777 == 0o600
        assert [path for path in tmp_path.iterdir() if path.is_dir()] == folders

    def test_holds_the_keyset_encrypted_and_never_the_key(self, backup: Callable[[], Path]) -> None:
        file = backup()

        with tarfile.open(file) as tar:
            assert tar.getnames() == [ours().member, "keyset.json", "manifest.json", "manifest.mac"]
        raw = file.read_bytes()
        assert b'"wrapped"' in raw
        for secret in (KEY.text, KEY.text.partition(":")[2]):
            assert secret.encode() not in raw
        assert KEY.secret not in raw

    def test_is_entered_in_the_ledger_that_it_holds(
        self, backup: Callable[[], Path], elsewhere: str, other_keys: KeysetFile
    ) -> None:
        file = backup()

        use(elsewhere)
        put_back(file, other_keys)

        entered = Entry.objects.order_by("id").values_list("body", flat=True)
        assert [json.loads(body)["action"] for body in entered] == [
            "desk.backed_up",
            "desk.restored",
        ]

    @pytest.mark.usefixtures("database")
    def test_is_not_taken_with_keys_of_another_moment(
        self, keys: KeysetFile, tmp_path: Path
    ) -> None:
        def rotated(_done: int, _total: int, of: str) -> None:
            if of in ("pages", "bytes"):
                keys.write(keys.keyset().rotated(Suite.INTERNATIONAL))

        with pytest.raises(KeysMoved):
            back_up(tmp_path / "desk.tar", keys=keys, actor=SYSTEM, at=NOON, told=rotated)

        assert not (tmp_path / "desk.tar").exists()

    def test_killed_leaves_no_file_of_its_name(
        self, database: str, keys: KeysetFile, tmp_path: Path
    ) -> None:
        append_entries(Entered(action="policy.reveal", actor="x", at=NOON) for _ in range(5_000))
        copying = "pages" if database.startswith("sqlite") else "bytes"
        stop_at(database, "back_up", copying, tmp_path / "desk.tar", keys)

        assert not (tmp_path / "desk.tar").exists()
        back_up(tmp_path / "desk.tar", keys=keys, actor=SYSTEM, at=NOON)
        assert (tmp_path / "desk.tar").exists()


@ONLY_POSTGRES
class TestPostgresTools:
    @pytest.mark.usefixtures("database")
    def test_that_are_missing_are_named(
        self, keys: KeysetFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))

        with pytest.raises(NoTools, match="pg_dump isn't on PATH"):
            back_up(tmp_path / "desk.tar", keys=keys, actor=SYSTEM, at=NOON)

        assert not Entry.objects.exists()  # nothing was taken, and nothing says so

    @pytest.mark.usefixtures("database")
    def test_that_are_too_old_are_named(
        self, keys: KeysetFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        old = tmp_path / "pg_dump"
        old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n")
        old.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

        with pytest.raises(NoTools, match="pg_dump is version 9"):
            back_up(tmp_path / "desk.tar", keys=keys, actor=SYSTEM, at=NOON)

    def test_work_as_the_desks_own_role(
        self, database: str, keys: KeysetFile, elsewhere: str, other_keys: KeysetFile,
        tmp_path: Path
    ) -> None:  # fmt: skip
        name = f"desk_{abs(hash(tmp_path))}"
        with psycopg.connect(database, autocommit=True) as owner:
            owner.execute(f"CREATE ROLE {name} LOGIN")
        grant(name)
        use(database.replace("//hubao@", f"//{name}@"))

        back_up(tmp_path / "desk.tar", keys=keys, actor=SYSTEM, at=NOON)

        use(elsewhere)
        assert put_back(tmp_path / "desk.tar", other_keys).checked.faults == []
