"""`hubao desk demo` as a newcomer runs it: processes, sign-ins, and what it says to try."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

import pytest

from hubao.desk.core.actor import Role

POLICIES = 4_000
pytestmark = pytest.mark.allow_hosts(["127.0.0.1", "localhost"])


class Demo:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self.url = f"http://localhost:{self.port}"
        self.env = {name: value for name, value in os.environ.items() if name[:5] != "HUBAO"}
        self.said: list[str] = []

    def start(self, *words: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "hubao", "desk", "demo", "--out", str(self.folder)]
        process = subprocess.Popen(
            [*command, "--port", str(self.port), "--lang", "en", *words],
            env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        self.said = []
        for line in process.stdout or ():
            self.said.append(line)
            if "Ctrl-C" in line:
                return process
        raise AssertionError("".join(self.said))

    def stop(self, process: "subprocess.Popen[str]") -> None:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        if process.stdout:
            process.stdout.close()

    def run(self, words: str) -> "subprocess.CompletedProcess[str]":
        """Run a line that the demo said to try."""
        settings = dict(re.findall(r"(HUBAO_\w+)=(\S+)", words))
        _, *arguments = shlex.split(re.sub(r"HUBAO_\w+=\S+", "", words))
        given = [one for word in arguments for one in _expanded(word)]
        return subprocess.run(
            [sys.executable, "-m", "hubao", *given], env=self.env | settings,
            capture_output=True, text=True, check=False, cwd=self.folder.parent,
        )  # fmt: skip

    def people(self) -> dict[str, dict[str, str]]:
        told = json.loads((self.folder / "sign-ins.json").read_text(encoding="utf-8"))
        return {one["name"]: one for one in told["people"]}

    def sign_in(self, name: str) -> str:
        """Sign in by password and second factor; gives the home page."""
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar := CookieJar()))

        def send(path: str, fields: dict[str, str] | None = None) -> tuple[str, str]:
            token = {one.name: one.value or "" for one in jar}.get("csrftoken", "")
            body = urlencode(fields | {"csrfmiddlewaretoken": token}).encode() if fields else None
            with opener.open(f"{self.url}{path}", body) as answer:
                return answer.url, answer.read().decode()

        send("/sign-in/login/")
        where, _ = send(
            "/sign-in/login/", {"login": name, "password": self.people()[name]["password"]}
        )
        code = self.run(f"hubao desk demo --out {self.folder} --code {name}").stdout.strip()
        where, page = send(where.removeprefix(self.url), {"code": code})
        assert where.endswith("/console/"), page
        return page


def _expanded(word: str) -> list[str]:
    path = Path(word)
    return [str(one) for one in path.parent.glob(path.name)] if "*" in word else [word]


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    demo = Demo(tmp_path_factory.mktemp("demo") / "d")
    process = demo.start("--policies", str(POLICIES))
    yield demo
    demo.stop(process)


class TestDemo:
    def test_shows_each_role_how_to_sign_in(self, demo: Demo) -> None:
        shown = "".join(demo.said)

        assert set(demo.people()) == set(Role)
        for one in demo.people().values():
            assert one["password"] in shown
            assert one["secret"] in shown

    @pytest.mark.parametrize("role", Role)
    def test_lets_each_role_in_and_says_that_all_is_made_up(self, demo: Demo, role: Role) -> None:
        page = demo.sign_in(role)

        assert "演示数据" in page or "人物均为虚构" in page

    def test_has_three_years_of_looks_in_a_ledger_that_verifies(self, demo: Demo) -> None:
        (line,) = [one.strip() for one in demo.said if "ledger verify" in one]

        done = demo.run(line)

        assert done.returncode == 0, done.stderr
        entries = int(re.findall(r"([0-9,]+) entries", done.stdout)[0].replace(",", ""))
        assert entries > POLICIES * 5

    def test_shows_the_other_systems_as_sources_with_rows_set_aside(self, demo: Demo) -> None:
        done = demo.run(f"HUBAO_DATA={demo.folder / 'desk'} hubao lake source list")

        assert done.returncode == 0, done.stderr
        for name in ("core-system", "customer-app", "partner-api", "partner-files"):
            assert name in done.stdout
        assert not list((demo.folder / "systems").rglob("*.parquet"))  # numbers are clear in those

    def test_names_the_leaker_by_the_lake(self, demo: Demo) -> None:
        truth = json.loads((demo.folder / "insurer" / "truth.json").read_text(encoding="utf-8"))
        (line,) = [one.strip() for one in demo.said if "hubao trace" in one]

        done = demo.run(f"{line} --json {demo.folder / 'report.json'}")

        assert done.returncode == 0, done.stderr
        report = json.loads((demo.folder / "report.json").read_text(encoding="utf-8"))
        assert report["suspects"][0]["actor"] == truth["sources"][0]["actor"]
        assert report["verdict"] in {"source_named", "shortlist"}

    def test_answers_its_token(self, demo: Demo) -> None:
        (line,) = [one for one in demo.said if "curl" in one]
        token = re.findall(r"Bearer (\S+)'", line)[0]
        request = urllib.request.Request(  # noqa: S310 - our own server
            f"{demo.url}/api/v1/ledger/entries", headers={"Authorization": f"Bearer {token}"}
        )

        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request)  # noqa: S310

        refused.value.close()
        assert refused.value.code == 403  # known, and without this scope

    def test_leaves_no_clear_file_of_policies(self, demo: Demo) -> None:
        assert not list(demo.folder.rglob("policies-handed-over*"))

    def test_says_when_the_port_is_taken(self, demo: Demo) -> None:
        done = demo.run(f"hubao desk demo --out {demo.folder} --port {demo.port}")

        assert done.returncode == 2
        assert f"Port {demo.port} is in use" in done.stderr

    def test_says_who_there_is_when_asked_for_somebody_elses_digits(self, demo: Demo) -> None:
        done = demo.run(f"hubao desk demo --out {demo.folder} --code nobody")

        assert done.returncode == 2
        assert "clerk" in done.stderr


def test_starts_again_with_the_same_data_and_leaves_no_process_behind(tmp_path: Path) -> None:
    again = Demo(tmp_path / "d")
    again.stop(again.start("--policies", "400"))
    before = again.people()

    again.stop(again.start())
    after = again.people()

    assert before == after
    time.sleep(0.5)
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)  # noqa: S607
    assert str(again.folder) not in running.stdout
