"""The engines and the command line stand without the desk and what it needs."""

import subprocess
import sys
from pathlib import Path

WITHOUT_DESK = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"django", "pydantic_settings", "psycopg"}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent())
from hubao.cli import app
app(["trace", *sys.argv[1:]])
"""


def test_a_leak_is_traced_where_no_web_framework_is_installed(tmp_path: Path) -> None:
    access, victims = tmp_path / "access.csv", tmp_path / "victims.csv"
    rows = "".join(f"2026-01-0{1 + i % 9}T09:00:00Z,clerk-{i % 3},p-{i}\n" for i in range(60))
    access.write_text(f"at,actor,policy\n{rows}", encoding="utf-8")
    victims.write_text("policy\np-3\np-6\n", encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_DESK, access, "--victims", victims],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "evidence" in done.stdout
