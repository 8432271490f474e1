import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import hubao.trace
from hubao.cli import app
from tests.makers.reports import inputs, report


class Asked:
    """Stands in for the library: keeps what it was asked, answers with a made report."""

    def __init__(self) -> None:
        self.answer = report()
        self.access: Any = None
        self.options: dict[str, Any] = {}

    def __call__(self, access: Any, **options: Any) -> Any:  # noqa: ANN401 - any call will do
        self.access, self.options = access, options
        return self.answer


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    library = Asked()
    monkeypatch.setattr(hubao.trace, "trace", library)
    return library


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["trace", *map(str, arguments)])


class TestTrace:
    def test_hands_every_option_to_the_library(self, asked: Asked, tmp_path: Path) -> None:
        done = run(
            "a.csv", "b.csv", "--victims", "v.csv", "--policies", "p.csv", "--actors", "w.csv",
            "--columns", "policy=case_id,actor=org:resource", "--strata", "branch,age",
            "--timezone", "UTC", "--alpha", "0.05", "--strict", "--json", tmp_path / "r.json",
            "--identities", "i.csv", "--exposed", tmp_path / "warn.csv",
        )  # fmt: skip

        assert done.exit_code == 0, done.output
        assert asked.access == [Path("a.csv"), Path("b.csv")]
        assert asked.options == {
            "victims": Path("v.csv"),
            "policies": Path("p.csv"),
            "actors": Path("w.csv"),
            "identities": Path("i.csv"),
            "lake": None,
            "index": None,
            "columns": {"policy": "case_id", "actor": "org:resource"},
            "strata": ["branch", "age"],
            "timezone": "UTC",
            "alpha": 0.05,
            "strict": True,
            "exposed": tmp_path / "warn.csv",
            "rejects": tmp_path / "r.rejects.csv",
            "progress": None,  # stderr is no terminal here
        }

    def test_leaves_to_the_library_what_is_left_out(self, asked: Asked) -> None:
        done = run("--lake", "lake", "--victims", "v.csv")

        assert done.exit_code == 0, done.output
        assert list(asked.access) == []
        assert asked.options["lake"] == Path("lake")
        assert asked.options["columns"] is asked.options["strata"] is None
        assert asked.options["alpha"] == 0.01
        assert asked.options["timezone"] == "Asia/Shanghai"
        assert asked.options["rejects"] == Path("lake.rejects.csv")

    @pytest.mark.usefixtures("asked")
    def test_writes_both_files_and_says_their_names(self, tmp_path: Path) -> None:
        made, page = tmp_path / "r.json", tmp_path / "r.html"

        done = run("a.csv", "--victims", "v.csv", "--json", made, "--html", page, "--lang", "zh")

        assert done.stdout.splitlines()[-1] == f"已写入： {made}, {page}"
        assert json.loads(made.read_text())["verdict"] == "not_enough_evidence"
        assert "证据不足" in page.read_text()
        assert "证据不足" in done.stdout

    def test_says_where_the_rows_are_that_were_set_aside(
        self, asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        Path("access.rejects.csv").write_text("file,line,reason\n")
        asked.answer = report(inputs=inputs(rejected=3))

        done = run("logs/access.csv", "--victims", "v.csv", "--lang", "en")

        assert done.stdout.splitlines()[-1] == "Written: access.rejects.csv"

    @pytest.mark.usefixtures("asked")
    def test_puts_nothing_but_json_on_stdout_for_a_dash(self) -> None:
        done = run("a.csv", "--victims", "v.csv", "--json", "-", "--lang", "zh")

        assert json.loads(done.stdout)["verdict"] == "not_enough_evidence"
        assert done.stdout.isascii()

    @pytest.mark.parametrize(
        "given", [[], ["a.csv", "--lake", "lake"], ["--lake", "lake", "--index", "i"]]
    )
    def test_needs_exactly_one_thing_to_read(self, asked: Asked, given: list[str]) -> None:
        done = run(*given, "--victims", "v.csv")

        assert done.exit_code == 2
        assert "exactly" in done.stderr
        assert asked.options == {}

    @pytest.mark.parametrize(
        "wrong",
        [
            ["--alpha", "0.5"],
            ["--columns", "policy"],
            ["--strata", "a,,b"],
            ["--lang", "fr"],
            ["--json", "nowhere/r.json"],
            ["--json", "a.csv"],
            ["--html", "v.csv"],
            ["--html", "i.csv", "--identities", "i.csv"],
        ],
    )
    def test_refuses_what_it_cannot_use_before_any_work(
        self, asked: Asked, wrong: list[str]
    ) -> None:
        done = run("a.csv", "--victims", "v.csv", *wrong)

        assert done.exit_code == 2
        assert asked.options == {}

    def test_says_in_one_line_that_a_file_is_missing(self, tmp_path: Path) -> None:
        done = run(tmp_path / "access.csv", "--victims", tmp_path / "victims.csv")

        assert done.exit_code == 2
        assert done.stdout == ""
        assert done.stderr.count("\n") == 1
        assert ".csv" in done.stderr
        assert "[input.bad]" in done.stderr
