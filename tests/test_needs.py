"""The `needs` mark: a missing thing skips with its reason, or fails where it is required."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NEEDY = """
import pytest

@pytest.mark.needs("browser")
def test_that_needs_a_browser():
    assert True
"""


def run_needy(tmp_path: Path, *, require: str, path: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "test_needy.py").write_text(NEEDY)
    (tmp_path / "conftest.py").write_text((ROOT / "tests/conftest.py").read_text())
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider", f"--rootdir={tmp_path}",
         "-c", str(ROOT / "pyproject.toml"), str(tmp_path)],
        env={"PATH": path, "HUBAO_REQUIRE": require, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )  # fmt: skip


class TestNeeds:
    def test_skips_with_its_reason_when_the_thing_is_missing(self, tmp_path: Path) -> None:
        done = run_needy(tmp_path, require="", path="")

        assert "no chromium on PATH" in done.stdout
        assert "1 skipped" in done.stdout

    def test_fails_when_the_missing_thing_is_required(self, tmp_path: Path) -> None:
        done = run_needy(tmp_path, require="browser", path="")

        assert done.returncode == 1
        assert "HUBAO_REQUIRE=browser, but no chromium" in done.stdout

    def test_runs_when_the_thing_is_there(self, tmp_path: Path) -> None:
        browser = tmp_path / "bin" / "chromium"
        browser.parent.mkdir()
        browser.write_text("#!/bin/sh\n")
        browser.chmod(0o755)

        done = run_needy(tmp_path, require="browser", path=str(browser.parent))

        assert "1 passed" in done.stdout

    @pytest.mark.parametrize("word", ["mainframe", "browser,java"])
    def test_refuses_a_requirement_that_it_does_not_know(self, tmp_path: Path, word: str) -> None:
        done = run_needy(tmp_path, require=word, path="")

        assert done.returncode == 4
        assert "HUBAO_REQUIRE names" in done.stderr
