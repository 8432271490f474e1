"""PostgreSQL: copied by pg_dump from an exported snapshot, restored in one transaction."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from django.db import connection
from psycopg.conninfo import make_conninfo

from hubao.desk.config.backup.kind import Database, holds_something
from hubao.desk.config.backup.postgres_restoring import ASIDE, restored
from hubao.desk.config.backup.programs import NotCopied, tool
from hubao.desk.config.backup.streams import AT_ONCE, Told
from hubao.desk.core.transactions import durable

_OURS: Final = ("context", "cursor_factory", "password", "prepare_threshold")


def _version() -> int:
    return tool("pg_dump", at_least=_server())[1]


def _server() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        return int(cursor.fetchone()[0]) // 10_000


def _folder() -> Path:
    return Path(tempfile.gettempdir())


@contextmanager
def _copied(to: Path, *, told: Told | None) -> Iterator[None]:
    program, _ = tool("pg_dump", at_least=_server())
    with durable(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        _dump([program, f"--snapshot={snapshot}"], to, told)
        yield


def _dump(begin: list[str], to: Path, told: Told | None) -> None:
    known = connection.get_connection_params()
    told_how = {name: value for name, value in known.items() if value and name not in _OURS}
    command = [
        *begin,
        "--format=custom",
        "--encoding=UTF8",
        "--no-password",
        f"--exclude-schema={ASIDE}*",
        f"--dbname={make_conninfo(**told_how)}",
    ]
    # Not on the command line, which everybody on the machine can read.
    env = os.environ | ({"PGPASSWORD": known["password"]} if known.get("password") else {})
    with (
        to.open("wb") as file,
        subprocess.Popen(command, stdout=subprocess.PIPE, env=env) as running,  # noqa: S603
    ):
        for part in iter(partial(running.stdout.read, AT_ONCE), b""):  # type: ignore[union-attr]
            file.write(part)
            if told is not None:
                told(file.tell(), 0, "bytes")
    if running.returncode:
        raise NotCopied("pg_dump couldn't copy the database: what it said above tells why.")


POSTGRESQL: Final = Database(
    name="postgresql",
    member="database.dump",
    version=_version,
    copied=_copied,
    restored=restored,
    is_used=holds_something,
    beside=_folder,
)
