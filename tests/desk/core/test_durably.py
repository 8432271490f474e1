"""What is written for good is there after a power cut, the folders above it too."""

from pathlib import Path

import pytest

from hubao.desk.core import durably


class TestMake:
    def test_has_each_new_folders_name_on_disk(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        synced = list[Path]()
        monkeypatch.setattr(durably, "sync", synced.append)

        durably.make(tmp_path / "lake" / "month=2026-11", mode=0o700)

        assert synced == [tmp_path, tmp_path / "lake"]
        assert (tmp_path / "lake" / "month=2026-11").stat().st_mode & 0o777 == 0o700

    def test_has_that_of_one_that_is_there_too(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        synced = list[Path]()
        monkeypatch.setattr(durably, "sync", synced.append)
        (tmp_path / "lake").mkdir()  # by somebody killed before the name was on disk

        durably.make(tmp_path / "lake")

        assert synced == [tmp_path]
