"""`hubao desk demo`: a desk full of made-up people, served on this machine."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from base64 import b32decode
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from hubao.cli.desk.door import find
from hubao.cli.exits import told_as_exit_code
from hubao.cli.language import Language, our_language
from hubao.cli.options import Lang
from hubao.cli.progress import progress_bar
from hubao.kit.errors import BadInput

_ORIGIN: Final = "demo.hubao.example/ledger"
_DONE: Final = "sign-ins.json"  # written last
_SERVED_WITHIN: Final = 60.0  # seconds
_WORDS: Final = {
    Language.ZH: {
        "ready": "就绪，用时 {seconds:.0f} 秒：{url}（全部人物均为虚构）",
        "columns": ("用户名", "密码", "动态口令密钥（TOTP）"),
        "code": "没有验证器应用？当前的六位动态口令：hubao desk demo --out {out} --code clerk",
        "next": "再试试：",
        "stop": "按 Ctrl-C 停止。再次启动时沿用同一份数据；--fresh 重新生成。",
    },
    Language.EN: {
        "ready": "Ready after {seconds:.0f} s: {url} (all people are made up)",
        "columns": ("sign in as", "password", "secret of the second factor (TOTP)"),
        "code": "No authenticator app? The digits of now: hubao desk demo --out {out} --code clerk",
        "next": "Try besides:",
        "stop": "Ctrl-C stops it. It starts again with the same data; --fresh makes new.",
    },
}


def demo(
    context: typer.Context,
    *,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Where all of it lies; made if it is missing.")
    ] = Path("hubao-desk-demo"),
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    policies: Annotated[int, typer.Option(min=200, help="How many records.")] = 20_000,
    seed: Annotated[int, typer.Option(min=0, help="The same gives the same insurer.")] = 7,
    fresh: Annotated[bool, typer.Option("--fresh", help="Make it anew.")] = False,
    code: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Only say somebody's six digits of now, and end."),
    ] = None,
    lang: Lang = None,
) -> None:
    """Fill a desk with made-up people and three years of looks, serve it, say how to sign in.

    Example: hubao desk demo --out demo --port 8000
    """
    begin = time.monotonic()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what it started ends too
    with told_as_exit_code(context):
        if code is not None:
            typer.echo(_code_of(out, code))
            return
        _check_free(port)
        env = _environment(out)
        with ExitStack() as running:
            _start(running, env, out / "signer.log", "ledger", "signer", str(out / "signer"),
                   "--origin", _ORIGIN)  # fmt: skip
            env |= _key(out / "signer.log")
            os.environ.update(env)
            if fresh or not (out / _DONE).exists():
                _make(out, policies, seed)
            _start(running, env, out / "worker.log", "desk", "worker")
            server = _start(running, env, out / "server.log", "desk", "serve", "--port", str(port))
            url = f"http://localhost:{port}"
            _wait(url, server)
            _tell(out, url, env, lang or our_language(), seconds=time.monotonic() - begin)
            server.wait()


def _environment(out: Path) -> dict[str, str]:
    return {
        "HUBAO_DATA": str(out / "desk"),
        "HUBAO_MODE": "demo",
        "HUBAO_LOG_ORIGIN": _ORIGIN,
        "HUBAO_SIGNER": str(out / "signer" / "socket"),
        "HUBAO_HEADS_TO": f"file:{out / 'heads-a'},file:{out / 'heads-b'}",
    }


def _make(out: Path, policies: int, seed: int) -> None:
    """Fill an empty desk; one that was cut off is begun again."""
    database = out / "desk" / "hubao.sqlite3"
    for path in (out / _DONE, *out.glob("desk/hubao.sqlite3*")):
        path.unlink(missing_ok=True)
    _empty(out / "desk" / "lake")
    find("init")()
    find("start")()
    from django.core.management import call_command  # noqa: PLC0415 - needs the desk

    with progress_bar() as bar:
        call_command("migrate", verbosity=0)
        database.chmod(0o600)
        find("fill")(out, policies=policies, seed=seed, told=bar or (lambda *_: None))


def _empty(lake: Path) -> None:
    for path in lake.glob("month=*/*.parquet"):
        path.unlink()


def _check_free(port: int) -> None:
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            raise BadInput(
                f"Port {port} is in use on this machine: choose another with --port."
            ) from None


def _start(
    running: ExitStack, env: Mapping[str, str], log: Path, *words: str
) -> "subprocess.Popen[bytes]":
    """Start one of our own commands; it ends with this one."""
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "hubao", *words]
    return running.enter_context(_process(command, {**os.environ, **env}, log))


@contextmanager
def _process(
    command: list[str], env: Mapping[str, str], log: Path
) -> "Iterator[subprocess.Popen[bytes]]":
    with (
        log.open("wb") as to,
        subprocess.Popen(command, env=env, stdout=to, stderr=to) as process,  # noqa: S603 - our own
    ):
        try:
            yield process
        except KeyboardInterrupt:
            pass  # it was stopped by who started it
        finally:
            process.send_signal(signal.SIGTERM)


def _key(log: Path) -> dict[str, str]:
    """Read the signer's public key, which it says when it starts."""
    for _ in range(200):
        for line in log.read_text(encoding="utf-8").splitlines():
            name, _eq, value = line.partition("=")
            if name == "HUBAO_LOG_KEY":
                return {name: value}
        time.sleep(0.05)
    raise RuntimeError(f"the signer doesn't start: see {log}")


def _wait(url: str, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + _SERVED_WITHIN
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/health/", timeout=2):  # noqa: S310 - our own
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server doesn't start: see server.log beside the demo's data")


def _tell(out: Path, url: str, env: Mapping[str, str], lang: Language, *, seconds: float) -> None:
    words: dict[str, Any] = _WORDS[lang]
    told = json.loads((out / _DONE).read_text(encoding="utf-8"))
    console = Console()
    console.print(words["ready"].format(seconds=seconds, url=url), style="bold")
    columns = Table(*words["columns"])
    for one in told["people"]:
        columns.add_row(one["name"], one["password"], one["secret"])
    console.print(columns)
    console.print(words["code"].format(out=out), highlight=False)
    console.print(words["next"])
    for line in _commands(out, url, env["HUBAO_LOG_KEY"], told["token"]):
        console.print(f"  {line}", soft_wrap=True, highlight=False)
    console.print(words["stop"])
    console.file.flush()  # whoever reads it from a pipe needs it now


def _commands(out: Path, url: str, key: str, token: str) -> list[str]:
    heads = out / "heads-a" / "*.txt"
    tables = f"--policies {out / 'policies.csv'} --actors {out / 'actors.csv'}"
    return [
        f"hubao trace --lake {out / 'desk' / 'lake'} --victims {out / 'victims.csv'} {tables}",
        f"HUBAO_DATA={out / 'desk'} HUBAO_LOG_KEY={key} hubao ledger verify {heads}",
        f"curl -H 'Authorization: Bearer {token}' {url}/api/v1/openapi.json",
    ]


def _code_of(out: Path, name: str) -> str:
    """Give the six digits that somebody's authenticator app would show now (RFC 6238)."""
    if not (out / _DONE).exists():
        raise BadInput(f"There is no demo in {out}: make it first, with hubao desk demo.")
    people = json.loads((out / _DONE).read_text(encoding="utf-8"))["people"]
    found = next((one["secret"] for one in people if one["name"] == name), None)
    if found is None:
        raise BadInput(f"Nobody signs in as {name}: {', '.join(one['name'] for one in people)}.")
    from cryptography.hazmat.primitives.hashes import SHA1  # noqa: PLC0415 - loads slowly
    from cryptography.hazmat.primitives.twofactor.totp import TOTP  # noqa: PLC0415

    key = b32decode(found + "=" * (-len(found) % 8))
    return TOTP(key, 6, SHA1(), 30).generate(int(time.time())).decode()  # noqa: S303 - RFC 6238
