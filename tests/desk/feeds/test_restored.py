"""After a restore: what came after the backup stays in the lake, and comes no second time."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db.models import Sum

from hubao.desk.config.backup.restoring import restore
from hubao.desk.config.backup.verifying import Outside
from hubao.desk.core.keys import KeysetFile
from hubao.desk.feeds.models import Batch, Hour, Source
from hubao.desk.feeds.operations.resolve import Resolved, resolve
from tests.desk.config.conftest import backup, keys, put_back
from tests.makers.desk import NOON, SYSTEM, make_branches, make_person, said
from tests.makers.feeds import events, lake, line, make_logins, make_source, take, wires, write

__all__ = ["backup", "keys"]  # fixtures


@pytest.fixture
def restored(database: str, backup: Callable[[], Path], keys: KeysetFile, tmp_path: Path) -> Path:
    """A source with three batches, of which the restored database knows the first."""
    del database
    make_branches()
    place = make_source(tmp_path)
    write(place / "a.csv", [line(n) for n in range(20)])
    take(tmp_path)
    file = backup()
    write(place / "b.csv", [line(n, ts=f"2026-{9 + n % 2:02d}-03 10:{n}") for n in range(20, 40)])
    take(tmp_path)
    write(place / "c.csv", [line(n) for n in range(40, 50)])
    take(tmp_path)
    (place / "c.csv").unlink()  # nobody has it any more
    put_back(file, keys, force=True)
    return place


class TestRestored:
    def test_keeps_what_came_after_the_backup_each_once(
        self, restored: Path, tmp_path: Path
    ) -> None:
        write(restored / "d.csv", [line(n) for n in range(45, 60)])

        (batch,) = take(tmp_path)

        ids = lake(tmp_path)["event"].to_pylist()
        assert len(ids) == len(set(ids)) == 60
        # b.csv is read again, since no row says that it was.
        assert (batch.number, batch.added, batch.repeated) == (4, 10, 25)
        assert Source.objects.get().batches == Batch.objects.count() == 4
        assert Batch.objects.aggregate(sum=Sum("added"))["sum"] == 60
        assert Hour.objects.aggregate(sum=Sum("events"))["sum"] == 60

    def test_says_which_files_these_are(self, restored: Path, tmp_path: Path) -> None:
        del restored

        take(tmp_path)

        kept = (tmp_path / "lake").glob("*/kept-*.parquet")
        assert sorted(path.name for path in kept) == [
            "kept-feed-core-000000002.parquet",
            "kept-feed-core-000000002.parquet",
            "kept-feed-core-000000003.parquet",
        ]
        (entry,) = said("feed.kept")
        assert (entry["fact.batches"], entry["fact.added"]) == (2, 30)

    def test_keeps_them_also_when_it_is_restored_again(
        self, restored: Path, keys: KeysetFile, tmp_path: Path
    ) -> None:
        del restored
        take(tmp_path)
        later = {"outside": Outside(), "actor": SYSTEM, "at": NOON + timedelta(hours=1)}
        restore(tmp_path / "desk.tar", keys=keys, force=True, **later)  # type: ignore[arg-type]

        take(tmp_path)

        assert lake(tmp_path).num_rows == 50
        assert Source.objects.get().batches == 4

    def test_names_those_anew_too(self, restored: Path, tmp_path: Path) -> None:
        del restored
        make_person("E7")
        make_logins("core", zhang="E7")

        done = resolve(name="core", actor=SYSTEM, at=NOON, wires=wires(tmp_path))

        assert done == Resolved(logins=1)
        assert {one["actor"] for one in events(tmp_path)} == {"E7"}
