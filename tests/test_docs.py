"""The documents are true: commands run, references are complete and current, links lead on."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from typer.main import get_command

from hubao.cli import app
from hubao.kit.parameters import all_parameters

if TYPE_CHECKING:
    from typer.core import TyperCommand, TyperGroup

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.zh-CN.md")
PAGES = [
    path.relative_to(ROOT).as_posix()
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("changelog.d/*.md"))
]
# Whole blocks that no test runs: they install from a network, or start this test again.
NOT_RUN = {"make demo\n", "make test\n", "source .venv/bin/activate\n"}


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    env = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": str(ROOT / "src"),
        "LANG": "C.UTF-8",
    }
    return subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=120
    )


def all_commands(name: str, group: "TyperGroup") -> dict[str, "TyperCommand"]:
    found = dict[str, "TyperCommand"]()
    for word, sub in group.commands.items():
        if hasattr(sub, "commands"):
            found |= all_commands(f"{name} {word}", cast("TyperGroup", sub))
        else:
            found[f"{name} {word}"] = cast("TyperCommand", sub)
    return found


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which every command of the README was run, in order."""
    folder = tmp_path_factory.mktemp("tour")
    said = []
    for block in blocks("README.md", "sh"):
        if block not in NOT_RUN:
            done = run(["bash", "-euo", "pipefail", "-c", block], folder)
            assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
            said.append(done.stdout)
    (folder / "said.txt").write_text("".join(said), encoding="utf-8")
    return folder


class TestReadme:
    def test_tour_names_the_source_that_its_files_hold(self, tour: Path) -> None:
        said = (tour / "said.txt").read_text()

        assert "clerk-3" in (tour / "report.json").read_text()
        assert said.count("[Source named]") >= 1

    def test_tour_shows_the_row_that_it_could_not_read(self, tour: Path) -> None:
        said = (tour / "said.txt").read_text()

        assert "with-errors.csv,802," in said

    def test_tour_runs_from_python_too(self, tour: Path) -> None:
        (code,) = blocks("README.md", "python")

        done = run([sys.executable, "-c", code], tour)

        assert done.returncode == 0, done.stderr
        assert "source_named" in done.stdout
        assert "clerk-3" in done.stdout

    @pytest.mark.parametrize("language", ["sh", "python"])
    def test_is_the_same_tour_in_both_languages(self, language: str) -> None:
        english, chinese = (blocks(page, language) for page in READMES)

        assert english == chinese


class TestReference:
    def test_is_what_the_code_says_now(self) -> None:
        done = run([sys.executable, "docs/generate.py", "--check"], ROOT)

        assert done.returncode == 0, done.stderr

    def test_shows_every_command_and_option(self) -> None:
        page = (ROOT / "docs/reference/command-line.md").read_text(encoding="utf-8")
        commands = all_commands("hubao", cast("TyperGroup", get_command(app)))

        assert {"hubao trace", "hubao demo", "hubao world build"} <= commands.keys()
        for name, command in commands.items():
            _, _, chapter = page.partition(f"## {name}\n")
            for option in command.params:
                flag = option.opts[0]
                assert flag.upper() in chapter.upper() or flag == "--help", f"{name} {flag}"

    def test_shows_every_error_code(self) -> None:
        page = (ROOT / "docs/reference/errors.md").read_text(encoding="utf-8")
        sources = [path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py")]
        codes = {
            code
            for source in sources
            for code in re.findall(
                r'^    code(?:: ClassVar\[str\])? = "([^"]+)"', source, re.MULTILINE
            )
        }

        assert "input.bad" in codes
        assert [code for code in codes - {"hubao.error"} if f"`{code}`" not in page] == []

    def test_shows_every_legal_number_with_its_source(self) -> None:
        page = (ROOT / "docs/reference/legal-numbers.md").read_text(encoding="utf-8")
        versions = [one for versions in all_parameters().values() for one in versions]

        assert versions
        for one in versions:
            (row,) = [
                line for line in page.splitlines() if f"`{one.name}`" in line and one.span in line
            ]
            assert one.source in row


class TestLinks:
    @pytest.mark.parametrize("page", PAGES)
    def test_lead_to_files_that_are_there(self, page: str) -> None:
        text = (ROOT / page).read_text(encoding="utf-8")
        targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
        found = {((ROOT / page).parent / target).resolve() for target in targets}

        missing = {path.relative_to(ROOT).as_posix() for path in found if not path.exists()}

        assert missing == set()


class TestLayout:
    @pytest.mark.parametrize("page", PAGES)
    def test_leaves_a_line_before_each_heading_and_list(self, page: str) -> None:
        text = (ROOT / page).read_text(encoding="utf-8")
        prose = re.sub(r"^```.*?^```$", "```", text, flags=re.MULTILINE | re.DOTALL)

        heading = r"^.+\n#+ .*"
        first = r"^(?! |- |\d+\. |\n).+\n(?:- |\d+\. ).*"
        stuck = [one.group() for how in (heading, first) for one in re.finditer(how, prose, re.M)]

        assert stuck == []
