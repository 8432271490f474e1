import os
from pathlib import Path

import pytest

from hubao.cli.outputs import (
    CannotWrite,
    check_writable,
    rejects_beside,
    write_whole,
    written_whole,
)


class TestCheckWritable:
    def test_lets_a_new_file_in_an_existing_folder_pass(self, tmp_path: Path) -> None:
        check_writable([tmp_path / "a.json", tmp_path / "a.html"], inputs=[tmp_path / "in.csv"])

        assert list(tmp_path.iterdir()) == []

    def test_refuses_a_folder_that_is_missing(self, tmp_path: Path) -> None:
        with pytest.raises(CannotWrite, match="there is no folder"):
            check_writable([tmp_path / "nowhere" / "a.json"], inputs=[])

    def test_refuses_a_folder_as_a_file(self, tmp_path: Path) -> None:
        with pytest.raises(CannotWrite, match="is a folder"):
            check_writable([tmp_path], inputs=[])

    def test_refuses_to_write_over_what_is_read(self, tmp_path: Path) -> None:
        log = tmp_path / "access.csv"
        (tmp_path / "link.csv").symlink_to(log)

        with pytest.raises(CannotWrite, match="also read"):
            check_writable([tmp_path / "link.csv"], inputs=[log])

    def test_refuses_one_file_for_two_outputs(self, tmp_path: Path) -> None:
        with pytest.raises(CannotWrite, match="two outputs"):
            check_writable([tmp_path / "a", tmp_path / "." / "a"], inputs=[])

    def test_refuses_a_read_only_folder(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere

        with pytest.raises(CannotWrite, match="may not be written"):
            check_writable([tmp_path / "a.json"], inputs=[])


class TestWriteWhole:
    def test_leaves_the_old_file_when_writing_fails_half_way(self, tmp_path: Path) -> None:
        path = tmp_path / "report.json"
        path.write_text("old")

        def fail(beside: Path) -> None:
            beside.write_text("half")
            raise ValueError("no such number")

        with pytest.raises(ValueError, match="no such number"):
            write_whole(path, fail)

        assert path.read_text() == "old"
        assert os.listdir(tmp_path) == ["report.json"]  # noqa: PTH208 - hidden files count too

    @pytest.mark.parametrize("there", ["before", "meanwhile"])
    def test_writes_over_nothing_where_it_must_not(self, there: str, tmp_path: Path) -> None:
        path = tmp_path / "report.json"
        if there == "before":
            path.write_text("old")

        def write_while_somebody_else_does() -> None:
            with written_whole(path, over=False) as beside:
                beside.write_text("new")
                path.write_text("old")

        with pytest.raises(CannotWrite, match="is there already"):
            write_while_somebody_else_does()

        assert path.read_text() == "old"
        assert os.listdir(tmp_path) == ["report.json"]  # noqa: PTH208 - hidden files count too

    def test_gives_the_file_the_rights_that_it_is_told(self, tmp_path: Path) -> None:
        with written_whole(tmp_path / "new", mode=0o600, over=False) as beside:
            beside.write_text("new")

        assert (tmp_path / "new").stat().st_mode & 0o777 == 0o600

    def test_gives_the_file_the_rights_of_any_other(self, tmp_path: Path) -> None:
        plain = tmp_path / "plain"
        plain.touch()

        write_whole(tmp_path / "report.html", lambda beside: beside.write_text("new"))

        assert (tmp_path / "report.html").read_text() == "new"
        assert (tmp_path / "report.html").stat().st_mode == plain.stat().st_mode

    def test_says_what_the_disk_said(self, tmp_path: Path) -> None:
        def fill(beside: Path) -> None:
            raise OSError(28, "No space left on device", str(beside))

        with pytest.raises(CannotWrite, match="No space left on device"):
            write_whole(tmp_path / "report.html", fill)


class TestRejectsBeside:
    @pytest.mark.parametrize(
        ("written", "read", "expected"),
        [
            ([Path("out/r.json"), Path("r.html")], Path("a.csv"), Path("out/r.rejects.csv")),
            ([], Path("logs/access.csv.gz"), Path("access.rejects.csv")),
            ([], Path("logs/*.csv"), Path("access.rejects.csv")),
            ([], Path("lake/"), Path("lake.rejects.csv")),
        ],
    )
    def test_takes_the_name_of_the_output_else_of_the_log(
        self, written: list[Path], read: Path, expected: Path
    ) -> None:
        assert rejects_beside(written=written, read=read) == expected
