import pytest
from rich.console import Console

from hubao.cli import progress
from hubao.cli.progress import progress_bar


class TestProgressBar:
    def test_is_silent_where_nobody_watches(self) -> None:
        with progress_bar() as told:
            assert told is None

    def test_moves_one_bar_for_each_thing_done(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(
            progress, "Console", lambda stderr: Console(stderr=stderr, force_terminal=True)
        )

        with progress_bar() as told:
            assert told is not None
            told(0, 0, "Reading access.csv")
            told(10, 100, "Reading access.csv")
            told(1, 2, "Weighing")

        captured = capsys.readouterr()
        assert captured.out == ""
        assert "Reading access.csv" in captured.err
        assert "Weighing" in captured.err
