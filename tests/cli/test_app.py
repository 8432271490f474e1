import subprocess
import sys
from importlib import metadata

from typer.testing import CliRunner

import hubao
from hubao.cli import app

HEAVY = ("altair", "duckdb", "lxml", "numpy", "pyarrow", "scipy", "sqlglot")


class TestApp:
    def test_says_its_version(self) -> None:
        done = CliRunner().invoke(app, ["--version"])

        assert done.exit_code == 0
        assert done.stdout == f"hubao {hubao.__version__}\n"

    def test_has_one_version(self) -> None:
        assert metadata.version("hubao") == hubao.__version__

    def test_shows_its_help_when_asked_nothing(self) -> None:
        done = CliRunner().invoke(app, [])

        assert done.exit_code == 2
        assert "trace" in done.output

    def test_starts_without_loading_what_only_a_trace_needs(self) -> None:
        script = f"import sys, hubao.cli; print(*(sys.modules.keys() & {set(HEAVY)}))"

        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        )

        assert done.stdout.strip() == ""

    def test_is_a_module_too(self) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "hubao", "--version"],
            capture_output=True,
            text=True,
            check=True,
        )

        assert done.stdout == f"hubao {hubao.__version__}\n"
