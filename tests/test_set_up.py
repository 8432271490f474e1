"""Setting up needs only Python and make, and installs nothing that is not pinned by hash."""

import os
import re
import shutil
import subprocess
import tomllib
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pinned() -> dict[str, str]:
    """Each package of the lock, and what follows it up to the next."""
    parts = re.split(r"^([a-z0-9.-]+)(?:\[[a-z,-]+\])?==", LOCK, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def extras() -> dict[str, set[str]]:
    """The extras that each package of the lock is pinned with."""
    found = re.findall(r"^([a-z0-9.-]+)(?:\[([a-z,-]+)\])?==", LOCK, flags=re.MULTILINE)
    return {name: set(filter(None, listed.split(","))) for name, listed in found}


def names(requirements: list[str]) -> set[str]:
    found = [re.match(r"[A-Za-z0-9._-]+", requirement) for requirement in requirements]
    return {match.group().lower().replace("_", "-") for match in found if match}


class TestLock:
    def test_pins_all_that_is_imported_used_or_builds(self) -> None:
        needed = names(
            PROJECT["project"]["dependencies"]
            + PROJECT["project"]["optional-dependencies"]["desk"]
            + PROJECT["dependency-groups"]["dev"]
            + PROJECT["build-system"]["requires"]
        )

        assert needed - pinned().keys() == set()

    def test_pins_with_the_extras_that_packages_ask_for(self) -> None:
        """Pip looks a name with an extra up by itself, and takes a release newer than the pin."""
        asked = [
            need
            for name in pinned()
            for need in map(Requirement, requires(name) or ())
            if need.extras and (need.marker is None or need.marker.evaluate({"extra": ""}))
        ]

        assert asked
        for need in asked:
            assert need.extras <= extras()[canonicalize_name(need.name)], need

    def test_holds_a_hash_for_every_package(self) -> None:
        assert [name for name, rest in pinned().items() if "--hash=sha256:" not in rest] == []

    @pytest.mark.parametrize(
        "leak", ["://", "--index", "--find-links", "--trusted", " @ ", "/home/"]
    )
    def test_names_no_index_and_no_place(self, leak: str) -> None:
        assert leak not in LOCK


def make(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run make as a person would, even where a make runs this test."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["/usr/bin/env", "make", *arguments],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


class TestMake:
    def test_says_so_when_python_is_too_old(self, tmp_path: Path) -> None:
        shutil.copy(ROOT / "Makefile", tmp_path)
        (tmp_path / "requirements.lock").touch()
        (tmp_path / "pyproject.toml").touch()
        old = tmp_path / "python3.9"
        old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2"\nexit 1\n')
        old.chmod(0o755)

        done = make("test", f"PYTHON={old}", folder=tmp_path)

        assert done.returncode != 0
        assert f"hubao needs Python 3.11 or later, and {old} is Python 3.9.2" in done.stderr
        assert not (tmp_path / ".venv").exists()

    def test_lists_what_can_be_made(self) -> None:
        done = make(folder=ROOT)

        for goal in ("demo", "test", "check", "bench", "lock", "clean"):
            assert re.search(rf"^make {goal} ", done.stdout, re.MULTILINE)
