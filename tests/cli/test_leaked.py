import csv
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from pyarrow import csv as arrow_csv
from pyarrow import parquet
from typer.testing import CliRunner, Result

import hubao.trace.leaked
from hubao.cli import app
from hubao.cli.leaked import Matching
from hubao.trace.leaked import Match
from tests.trace.leaked.files import FOUND, office
from tests.trace.leaked.test_words import report

BEIJING = timezone(timedelta(hours=8))


class Asked:
    """Stands in for the library: keeps what it was asked, answers with a made report."""

    def __init__(self) -> None:
        self.given: tuple[Any, ...] = ()
        self.options: dict[str, Any] = {}

    def __call__(self, *given: Any, **options: Any) -> Any:  # noqa: ANN401 - any call will do
        self.given, self.options = given, options
        return report()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    library = Asked()
    monkeypatch.setattr(hubao.trace.leaked, "leaked", library)
    return library


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["leaked", *map(str, arguments)])


class TestLeaked:
    def test_hands_every_option_to_the_library(self, asked: Asked, tmp_path: Path) -> None:
        done = run(
            "f.csv", "a.csv", "b.csv", "--policies", "p.csv", "--history", "h.csv",
            "--actors", "w.csv", "--match", "exact", "--columns", "policy=case_id",
            "--leaked-columns", "phone=tel", "--found-at", "2025-05-01", "--strata", "branch",
            "--timezone", "Asia/Shanghai", "--alpha", "0.05", "--strict", "--json",
            tmp_path / "r.json",
        )  # fmt: skip

        assert done.exit_code == 0, done.output
        assert asked.given == (Path("f.csv"), [Path("a.csv"), Path("b.csv")])
        found_at = asked.options.pop("found_at")
        assert found_at == datetime(2025, 5, 1, tzinfo=BEIJING)
        assert asked.options == {
            "policies": Path("p.csv"),
            "lake": None,
            "history": Path("h.csv"),
            "actors": Path("w.csv"),
            "match": Match.EXACT,
            "columns": {"policy": "case_id"},
            "leaked_columns": {"phone": "tel"},
            "strata": ["branch"],
            "timezone": "Asia/Shanghai",
            "alpha": 0.05,
            "strict": True,
            "rejects": tmp_path / "r.rejects.csv",
            "progress": None,
        }

    def test_knows_the_ways_to_match_that_the_library_knows(self) -> None:
        assert [one.value for one in Matching] == [one.value for one in Match]

    @pytest.mark.usefixtures("asked")
    def test_writes_the_report_in_the_language_asked_for(self, tmp_path: Path) -> None:
        made = tmp_path / "r.json"

        done = run("f.csv", "a.csv", "--policies", "p.csv", "--json", made, "--lang", "zh")

        assert "文件由什么组成" in done.stdout
        assert done.stdout.splitlines()[-1] == f"已写入： {made}"
        assert json.loads(made.read_text())["rows"]["rows"] == 70

    @pytest.mark.usefixtures("asked")
    def test_puts_nothing_but_json_on_stdout_for_a_dash(self) -> None:
        done = run("f.csv", "a.csv", "--policies", "p.csv", "--json", "-")

        assert json.loads(done.stdout)["verdict"] == "source_named"
        assert done.stdout.isascii()

    @pytest.mark.parametrize(
        "wrong",
        [
            [],
            ["a.csv", "--lake", "lake"],
            ["a.csv", "--match", "loosely"],
            ["a.csv", "--leaked-columns", "phone"],
            ["a.csv", "--found-at", "yesterday"],
            ["a.csv", "--json", "f.csv"],
        ],
    )
    def test_refuses_what_it_cannot_use_before_any_work(
        self, asked: Asked, wrong: list[str]
    ) -> None:
        done = run("f.csv", *wrong, "--policies", "p.csv")

        assert done.exit_code == 2
        assert asked.options == {}

    def test_says_in_one_line_that_a_file_is_missing(self, tmp_path: Path) -> None:
        done = run(tmp_path / "f.csv", tmp_path / "a.csv", "--policies", tmp_path / "p.csv")

        assert done.exit_code == 2
        assert done.stderr.count("\n") == 1
        assert "f.csv" in done.stderr
        assert "[input.bad]" in done.stderr

    def test_names_the_source_of_a_file_on_disk(self, tmp_path: Path) -> None:
        world = office()
        found = tmp_path / "found.csv"
        with found.open("w", encoding="gb18030", newline="") as file:
            out = csv.writer(file, delimiter=";")
            out.writerow(["保单", "姓名"])
            copied = world.copied(world.seen["agent-05"], "policy", "name")
            out.writerows([row.values() for row in copied])
        parquet.write_table(world.access, tmp_path / "access.parquet")
        arrow_csv.write_csv(world.policies, tmp_path / "policies.csv")

        done = run(
            found, tmp_path / "access.parquet", "--policies", tmp_path / "policies.csv",
            "--found-at", FOUND.astimezone(UTC).date(), "--lang", "en", "--json", "-",
        )  # fmt: skip

        made = json.loads(done.stdout)
        assert done.exit_code == 0, done.stderr
        assert made["named"] == [["agent-05"]]
        assert made["marks"]["encoding"] == "gb18030"
        assert made["inputs"][0]["path"] == str(found)
