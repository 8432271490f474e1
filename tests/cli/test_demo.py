import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from hubao.cli import app

BOUND = 4.5  # log10 of 300 actors / alpha; below it nobody is named


def demo(out: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["demo", "--out", str(out), *arguments])


def report_of(folder: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return report


def source_of(folder: Path) -> str:
    truth = json.loads((folder / "insurer" / "truth.json").read_text(encoding="utf-8"))
    (source,) = truth["sources"]
    return str(source["actor"])


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds something of the reader's, and the demos of earlier tests."""
    folder = tmp_path_factory.mktemp("used")
    (folder / "notes.txt").touch()
    return folder


class TestDemo:
    @pytest.mark.parametrize(("lang", "said"), [("en", "Source named"), ("zh", "已指认来源")])
    def test_names_the_source_and_says_what_was_true(
        self, tmp_path: Path, lang: str, said: str
    ) -> None:
        out = tmp_path / "new" / "demo"

        done = demo(out, "--lang", lang)

        assert done.exit_code == 0, done.output
        assert report_of(out)["named"] == [[source_of(out)]]
        assert said in done.stdout
        assert str(out / "report.html") in done.stdout
        assert source_of(out) in done.stdout.splitlines()[-3]

    @pytest.mark.parametrize("seed", ["1", "2", "3"])
    def test_names_the_source_by_a_wide_margin_whatever_the_seed_and_was_there_before(
        self, used: Path, seed: str
    ) -> None:
        done = demo(used, "--seed", seed)

        assert done.exit_code == 0, done.output
        report = report_of(used)
        assert report["named"] == [[source_of(used)]]
        assert report["suspects"][0]["log10_e_value"] > BOUND + 5
        assert (used / "notes.txt").exists()

    def test_gives_a_command_that_does_the_same(self, used: Path) -> None:
        command = demo(used, "--lang", "en").stdout.splitlines()[-1].split()

        again = CliRunner().invoke(app, [*command[1:], "--json", "-"])

        assert json.loads(again.stdout) == report_of(used)

    def test_refuses_a_file_as_its_folder(self, tmp_path: Path) -> None:
        (tmp_path / "taken").touch()

        done = demo(tmp_path / "taken")

        assert done.exit_code == 2
        assert "[output.cannot_write]" in done.stderr
