"""A desk that is really served: its own folder, its own processes, on this machine only."""

import base64
import hmac
import os
import socket
import struct
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

UNITS = "unit,name,parent\nHQ,总公司,\nSH,上海分公司,HQ\nSH-1,上海第一营业部,SH\n"
PEOPLE = """\
actor,name,unit,roles
C1,坐席甲,SH-1,clerk
S1,主管乙,SH,supervisor
K1,合规丙,HQ,compliance
"""
POLICY = {
    "policy_number": "PN20200000017788",
    "unit": "SH-1",
    "product": "终身年金",
    "holder_name": "欧阳测试",
    "identity_number": "000123198001010011",
    "phone": "15400001234",
    "address": "某某市甲乙区丙丁路1号院2号楼303室",
    "premium": "12345.50",
}


@dataclass
class Served:
    """A running desk.

    Attributes:
        url: where.
        passwords: by person.
        cookies: of those who have signed in.
        process: the server, whose children answer.
        env: what commands of this desk are run with.
    """

    url: str
    passwords: dict[str, str]
    process: "subprocess.Popen[bytes]"
    env: dict[str, str]
    cookies: dict[str, list[Any]] = field(default_factory=dict)


@contextmanager
def served(folder: Path, *, workers: int = 1, **settings: str) -> Iterator[Served]:
    """Set a desk up in a folder, fill it, and serve it until the end.

    Args:
        folder: of its own.
        workers: processes that answer.
        settings: `HUBAO_*` variables, without that and in small letters.
    """
    env = {key: value for key, value in os.environ.items() if not key.startswith("HUBAO_")}
    env |= {"HUBAO_DATA": str(folder / "data"), "HUBAO_MODE": "development", "LANG": "C.UTF-8"}
    env |= {f"HUBAO_{name.upper()}": value for name, value in settings.items()}
    desk = [sys.executable, "-m", "hubao", "desk"]

    def run(*words: str) -> str:
        return subprocess.run(
            [*desk, *words], env=env, cwd=folder, check=True, capture_output=True, text=True
        ).stdout

    run("init")
    policies = f"{','.join(POLICY)}\n{','.join(POLICY.values())}\n"
    for name, text in (("units", UNITS), ("people", PEOPLE), ("policies", policies)):
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        run("import", name, f"{name}.csv")
    passwords = {who: run("sign-in", who).split()[-1] for who in ("C1", "S1", "K1")}
    port = _free_port()
    with (folder / "served.log").open("wb") as log:
        process = subprocess.Popen(
            [*desk, "serve", "--port", str(port), "--workers", str(workers)],
            env=env, cwd=folder, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            _wait(f"http://localhost:{port}", process)
            yield Served(f"http://localhost:{port}", passwords, process, env)
        finally:
            process.terminate()
            process.wait(20)


def code(secret: str) -> str:
    """Give what an authenticator app shows now (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(time.time() // 30)), "sha1")
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


def _wait(url: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        assert process.poll() is None, "the server stopped"
        try:
            with urllib.request.urlopen(f"{url}/health/", timeout=1) as answer:  # noqa: S310
                assert answer.status == 200
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server doesn't answer")
