"""A file that is written has its content on disk before its name, and its name when all is done."""

import errno
import os
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from hubao.desk.core.durably import make, write
from hubao.desk.core.keys import KeysetFile
from hubao.seal.keyset import Key, Keyset, LocalKey
from hubao.seal.suites import Suite
from tests.makers.disk import watch_disk

KEYSET = Keyset.new(Suite.INTERNATIONAL)
FILE = "keyset.json"


def key_file(folder: Path) -> KeysetFile:
    return KeysetFile(folder / FILE, LocalKey(Key.new(Suite.INTERNATIONAL)))


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What was synced and named, in order."""
    return watch_disk(monkeypatch, tmp_path)


class TestWrite:
    @pytest.mark.parametrize(
        "do",
        [
            lambda folder: write(folder / FILE, "text"),
            lambda folder: key_file(folder).write(KEYSET),
            lambda folder: key_file(folder).put("text", stamp="now"),
        ],
        ids=["a text", "a keyset", "another desk's keyset"],
    )
    def test_syncs_content_then_names_it_then_syncs_the_name(
        self, do: Callable[[Path], None], steps: list[str], tmp_path: Path
    ) -> None:
        do(tmp_path)

        assert steps == [f"sync {FILE}.new", f"name {FILE}", f"sync {tmp_path.name}"]
        assert [path.name for path in tmp_path.iterdir()] == [FILE]

    def test_is_for_its_owner_alone(self, tmp_path: Path) -> None:
        write(tmp_path / FILE, "text")

        assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
        assert (tmp_path / FILE).read_text() == "text"

    @pytest.mark.parametrize(("code", "told"), [(errno.EINVAL, False), (errno.EIO, True)])
    def test_fails_where_the_disk_does_not_where_a_share_knows_no_such_order(
        self, code: int, told: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        def fsync(_handle: int) -> None:
            raise OSError(code, "no")

        monkeypatch.setattr(os, "fsync", fsync)

        with pytest.raises(OSError, match="no") if told else nullcontext():
            write(tmp_path / FILE, "text")

        assert (tmp_path / FILE).exists() is not told


class TestMake:
    def test_has_each_new_folders_name_on_disk(self, steps: list[str], tmp_path: Path) -> None:
        make(tmp_path / "lake" / "month=2026-11", mode=0o700)

        assert steps == [f"sync {tmp_path.name}", "sync lake"]
        assert (tmp_path / "lake" / "month=2026-11").stat().st_mode & 0o777 == 0o700

    def test_has_that_of_one_that_is_there_too(self, steps: list[str], tmp_path: Path) -> None:
        (tmp_path / "lake").mkdir()  # by somebody killed before the name was on disk

        make(tmp_path / "lake")

        assert steps == [f"sync {tmp_path.name}"]


class TestKeysetThatIsReplaced:
    def test_has_its_other_name_on_disk_before_it_loses_its_own(
        self, steps: list[str], tmp_path: Path
    ) -> None:
        (tmp_path / FILE).write_text("old")

        key_file(tmp_path).put("new", stamp="now")

        assert steps[:2] == [f"keep {FILE}.replaced-now", f"sync {tmp_path.name}"]
        assert (tmp_path / f"{FILE}.replaced-now").read_text() == "old"
