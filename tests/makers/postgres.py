"""A PostgreSQL server of the tests' own: in a temporary folder, on a socket, gone afterwards."""

import getpass
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER = "hubao"


def find_server() -> Path | None:
    """Folder of initdb and pg_ctl, or None."""
    on_path = shutil.which("initdb")
    there = [Path(on_path).resolve().parent] if on_path else []
    there += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((path for path in there if (path / "initdb").exists()), None)


@contextmanager
def server(*, durable: bool = False) -> Iterator[str]:
    """Start a server; gives the URL of its first database.

    Args:
        durable: whether a commit waits for the disk; a bench needs that, a test only its time.
    """
    folder = Path(tempfile.mkdtemp(prefix="hubao-pg-"))
    unprivileged = _unprivileged()
    shutil.chown(folder, unprivileged)
    try:
        _run(unprivileged, "initdb", "-D", folder / "data", "-U", USER, "-A", "trust",
             "-E", "UTF8", "--locale=C", "--no-sync")  # fmt: skip
        options = f"-k {folder} -c listen_addresses='' -c max_connections=60"
        options += "" if durable else " -c fsync=off"
        _run(unprivileged, "pg_ctl", "start", "-w", "-D", folder / "data", "-o", options,
             "-l", folder / "log")  # fmt: skip
        try:
            yield f"postgresql://{USER}@/postgres?host={folder}"
        finally:
            _run(unprivileged, "pg_ctl", "stop", "-m", "immediate", "-D", folder / "data")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged() -> str:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return getpass.getuser()
    known = {one.pw_name for one in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


def _run(user: str, command: str, *arguments: object) -> None:
    folder = find_server()
    assert folder is not None
    subprocess.run(
        [folder / command, *map(str, arguments)],
        user=user if os.geteuid() == 0 else None,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
    )
