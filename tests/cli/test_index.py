from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import hubao.trace.index
from hubao.cli import app
from hubao.trace.index import IndexSummary


class TestIndex:
    def test_hands_every_option_to_the_library(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        asked: dict[str, Any] = {}

        def answer(access: list[Path], **given: Any) -> IndexSummary:  # noqa: ANN401 - any will do
            asked.update(given, a=access)
            return IndexSummary(given["out"], 1_204, 3, 8, 240, 960, ["branch"], added=False)

        monkeypatch.setattr(hubao.trace.index, "build_index", answer)

        done = CliRunner().invoke(
            app,
            [
                "index", "a.csv", "--out", str(tmp_path / "a.index"), "--policies", "p.csv",
                "--strata", "branch", "--columns", "policy=id", "--strict",
                "--identities", "i.csv", "--before", "2026-03-01",
            ],
        )  # fmt: skip

        assert done.exit_code == 0, done.output
        assert "1,204 rows in, 3 set aside; 8 actors, 240 records" in done.stdout
        assert asked == {
            "a": [Path("a.csv")],
            "out": tmp_path / "a.index",
            "policies": Path("p.csv"),
            "strata": ["branch"],
            "identities": Path("i.csv"),
            "before": datetime(2026, 3, 1),  # noqa: DTZ001 - local time in the zone given
            "columns": {"policy": "id"},
            "timezone": "Asia/Shanghai",
            "strict": True,
            "rejects": tmp_path / "a.rejects.csv",
            "progress": None,
        }

    @pytest.mark.parametrize(
        "wrong",
        [["--before", "03/01/2026"], ["--before", "soon"], ["--out", "i.csv"]],
    )
    def test_refuses_what_it_cannot_use(self, wrong: list[str], tmp_path: Path) -> None:
        given = ["index", "a.csv", "--out", str(tmp_path / "a.index"), "--identities", "i.csv"]

        done = CliRunner().invoke(app, [*given, *wrong])

        assert done.exit_code == 2
        assert list(tmp_path.iterdir()) == []

    def test_needs_something_to_read(self, tmp_path: Path) -> None:
        done = CliRunner().invoke(app, ["index", "--out", str(tmp_path / "a.index")])

        assert done.exit_code == 2
