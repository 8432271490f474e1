import fcntl
from pathlib import Path

import pytest

from hubao.kit.errors import BadInput
from hubao.world.folder import UNFINISHED, whole_folder

NAMES = ("truth.json", "access")


def filled(folder: Path, text: str, *, force: bool = False) -> None:
    with whole_folder(folder, names=NAMES, force=force) as part:
        (part / "access").mkdir()
        (part / "access" / "rows").write_text(text)
        (part / "truth.json").write_text(text)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_comes_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    filled(tmp_path / "new" / "world", "one")

    assert names_in(tmp_path / "new") == ["world"]
    assert names_in(tmp_path / "new" / "world") == ["access", "truth.json"]


def test_an_empty_folder_may_be_there(tmp_path: Path) -> None:
    (tmp_path / "world").mkdir()

    filled(tmp_path / "world", "one")

    assert names_in(tmp_path / "world") == ["access", "truth.json"]


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        whole_folder(tmp_path / "world", names=NAMES, force=False) as part,
    ):
        (part / "truth.json").write_text(str(1 / 0))

    assert names_in(tmp_path) == []


def test_a_failure_leaves_the_world_that_was_there(tmp_path: Path) -> None:
    filled(tmp_path / "world", "old")

    with (
        pytest.raises(ZeroDivisionError),
        whole_folder(tmp_path / "world", names=NAMES, force=True) as part,
    ):
        (part / "truth.json").write_text(str(1 / 0))

    assert (tmp_path / "world" / "truth.json").read_text() == "old"
    assert names_in(tmp_path) == ["world"]


def test_a_world_is_replaced_only_when_forced(tmp_path: Path) -> None:
    filled(tmp_path / "world", "old")

    with pytest.raises(BadInput, match="not empty: give another, or --force"):
        filled(tmp_path / "world", "new")
    filled(tmp_path / "world", "new", force=True)

    assert (tmp_path / "world" / "truth.json").read_text() == "new"
    assert names_in(tmp_path) == ["world"]


def test_force_deletes_nothing_that_is_no_part_of_a_world(tmp_path: Path) -> None:
    (tmp_path / "truth.json").touch()
    (tmp_path / "thesis.odt").touch()

    with pytest.raises(BadInput, match=r"'thesis\.odt', which is no part of a world"):
        filled(tmp_path, "new", force=True)

    assert names_in(tmp_path) == ["thesis.odt", "truth.json"]


def test_what_a_killed_run_left_is_cleared_away(tmp_path: Path) -> None:
    left = tmp_path / "world.part"
    (left / "access").mkdir(parents=True)
    (left / "access" / "half").touch()
    (left / UNFINISHED).touch()

    filled(tmp_path / "world", "new")

    assert names_in(tmp_path) == ["world"]
    assert names_in(tmp_path / "world" / "access") == ["rows"]


def test_a_folder_that_only_looks_like_a_killed_run_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "world.part").mkdir()
    (tmp_path / "world.part" / "mine").touch()

    with pytest.raises(BadInput, match="no half-written world"):
        filled(tmp_path / "world", "new")

    assert names_in(tmp_path / "world.part") == ["mine"]


def test_two_runs_do_not_write_to_one_folder(tmp_path: Path) -> None:
    (tmp_path / "world.part").mkdir()
    with (tmp_path / "world.part" / UNFINISHED).open("w") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)

        with pytest.raises(BadInput, match="Another run is writing"):
            filled(tmp_path / "world", "new")

    assert names_in(tmp_path / "world.part") == [UNFINISHED]


def test_a_file_or_the_folder_one_is_in_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    with pytest.raises(BadInput, match="is a file"):
        filled(tmp_path / "file", "new")
    with pytest.raises(BadInput, match="the folder you are in"):
        filled(Path(), "new")
    with pytest.raises(BadInput, match="the folder you are in"):
        filled(tmp_path, "new", force=True)
