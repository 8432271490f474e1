import json
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hubao.cli import app
from hubao.cli.language import Language
from hubao.cli.scenarios import SENTENCES
from hubao.world.scenarios import Scenario

SMALL = ["--policies", "2500", "--years", "1", "--actors", "180"]


def said(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["world", *arguments])


def built(out: Path, *arguments: str, scenario: str = "leaver") -> Result:
    return said("build", "--scenario", scenario, "--out", str(out), *SMALL, *arguments)


def sentence(result: Result) -> str:
    return " ".join(result.stderr.replace("│", " ").split())


class TestScenarios:
    @pytest.mark.parametrize("lang", Language)
    def test_lists_each_with_a_sentence(self, lang: Language) -> None:
        lines = said("scenarios", "--lang", lang).stdout.splitlines()

        assert [line.split()[0] for line in lines] == [scenario.value for scenario in Scenario]
        for line, scenario in zip(lines, Scenario, strict=True):
            assert line.endswith(SENTENCES[scenario][lang])
            assert SENTENCES[scenario][lang][-1] in ".。"


class TestBuild:
    @pytest.mark.parametrize("kind", ["parquet", "csv"])
    def test_says_what_to_type_next_and_that_names_the_source(
        self, tmp_path: Path, kind: str
    ) -> None:
        out = tmp_path / "an insurer"

        done = built(out, "--format", kind, "--reports", "40", "--noise", "0.2", "--lang", "en")

        assert done.exit_code == 0, done.output
        command = shlex.split(done.stdout.splitlines()[-1])
        traced = CliRunner().invoke(app, [*command[1:], "--json", "-"])
        report = json.loads(traced.stdout)
        (source,) = json.loads((out / "truth.json").read_text())["sources"]
        assert report["named"] == [[source["actor"]]]
        assert {one["rejected"] for one in report["inputs"]} == {0}
        assert {path.suffix for path in out.glob("policies.*")} == {f".{kind}"}

    @pytest.mark.parametrize(
        ("lang", "words"), [("en", "180 actors to 2,500 policies, 30 rep"), ("zh", "30 份报告")]
    )
    def test_sums_up_in_both_languages(self, tmp_path: Path, lang: str, words: str) -> None:
        done = built(tmp_path / "world", "--reports", "30", "--lang", lang, scenario="none")

        assert done.exit_code == 0, done.output
        assert words in done.stdout
        assert str(tmp_path / "world" / "truth.json") in done.stdout

    def test_begins_on_the_day_that_is_asked_for(self, tmp_path: Path) -> None:
        built(tmp_path / "world", "--start", "2021-05-10", scenario="none")

        months = sorted(path.name for path in (tmp_path / "world" / "access").iterdir())
        assert (months[0], months[-1]) == ("month=2021-05", "month=2022-05")

    def test_replaces_a_world_only_when_forced(self, tmp_path: Path) -> None:
        out = tmp_path / "world"

        first = built(out, scenario="none")
        again = built(out, scenario="none")
        forced = built(out, "--force", "--seed", "8", scenario="none")

        assert (first.exit_code, again.exit_code, forced.exit_code) == (0, 2, 0)
        assert "is not empty: give another, or --force" in again.stderr
        assert "[input.bad]" in again.stderr
        assert json.loads((out / "truth.json").read_text())["made_with"]["seed"] == 8

    def test_tells_a_place_that_cannot_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()

        done = built(tmp_path / "file" / "world", scenario="none")

        assert done.exit_code == 2
        assert "[output.cannot_write]" in done.stderr

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["--scenario", "theft"], "Invalid value for '--scenario'"),
            (["--policies", "10"], "Invalid value for '--policies'"),
            (["--policies", "99999999"], "Invalid value for '--policies'"),
            (["--policies", "30000000", "--years", "2"], "policies times years at most"),
            (["--years", "0"], "Invalid value for '--years'"),
            (["--years", "9999"], "Invalid value for '--years'"),
            (["--seed", "-1"], "Invalid value for '--seed'"),
            (["--actors", "59"], "Invalid value for '--actors'"),
            (["--actors", "2501"], "no more actors than policies"),
            (["--reports", "0"], "Invalid value for '--reports'"),
            (["--reports", "9000"], "too small for 9000 reports"),
            (["--noise", "1.5"], "Invalid value for '--noise'"),
            (["--noise", "nan"], "Invalid value for '--noise'"),
            (["--wave", "0"], "Invalid value for '--wave'"),
            (["--wave", "inf"], "Invalid value for '--wave'"),
            (["--hidden", "nan"], "Invalid value for '--hidden'"),
            (["--time-error", "-3"], "Invalid value for '--time-error'"),
            (["--time-error", "nan"], "Invalid value for '--time-error'"),
            (["--wrong", "1.1"], "Invalid value for '--wrong'"),
            (["--price", "-1"], "Invalid value for '--price'"),
            (["--start", "2024-02-29"], "can't start on 29 February"),
            (["--start", "1899-01-01"], "--start must be a day from 2000-01-01"),
            (["--start", "9999-01-01"], "--start must be a day from 2000-01-01"),
            (["--start", "yesterday"], "Invalid value for '--start'"),
            (["--format", "xlsx"], "Invalid value for '--format'"),
        ],
    )
    def test_refuses_what_makes_no_world(
        self, tmp_path: Path, arguments: list[str], words: str
    ) -> None:
        done = built(tmp_path / "world", *arguments)

        assert done.exit_code == 2, done.output
        assert words in sentence(done)
        assert list(tmp_path.iterdir()) == []
