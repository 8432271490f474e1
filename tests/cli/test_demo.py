import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hubao.cli import app


class TestDemo:
    @pytest.mark.parametrize(("lang", "said"), [("en", "Source named"), ("zh", "已指认来源")])
    def test_names_the_source_and_says_what_was_true(
        self, tmp_path: Path, lang: str, said: str
    ) -> None:
        out = tmp_path / "new" / "demo"

        done = CliRunner().invoke(app, ["demo", "--out", str(out), "--lang", lang])

        assert done.exit_code == 0, done.output
        source = json.loads((out / "truth.json").read_text())["source"]
        report = json.loads((out / "report.json").read_text())
        assert report["named"] == [[source]]
        assert said in done.stdout
        assert str(out / "report.html") in done.stdout
        assert source in done.stdout.splitlines()[-3]

    def test_gives_a_command_that_does_the_same(self, tmp_path: Path) -> None:
        runner = CliRunner()
        demo = runner.invoke(app, ["demo", "--out", str(tmp_path), "--lang", "en"])
        command = demo.stdout.splitlines()[-1].split()

        again = runner.invoke(app, [*command[1:], "--json", "-"])

        assert json.loads(again.stdout) == json.loads((tmp_path / "report.json").read_text())

    def test_refuses_a_file_as_its_folder(self, tmp_path: Path) -> None:
        (tmp_path / "taken").touch()

        done = CliRunner().invoke(app, ["demo", "--out", str(tmp_path / "taken")])

        assert done.exit_code == 2
        assert "[output.cannot_write]" in done.stderr
