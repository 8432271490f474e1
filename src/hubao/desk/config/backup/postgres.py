"""PostgreSQL: copied by pg_dump from an exported snapshot, restored in one transaction.

The transaction sets aside what was there, runs the dump, and is committed only after the restored
data was verified in it: whatever ends it before, a crash too, leaves the database as it was. Only
then are the tables of a desk dropped in which nobody has done anything.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from django.db import DatabaseError, connection
from django.db.backends.utils import CursorWrapper
from psycopg.conninfo import make_conninfo
from psycopg.errors import LockNotAvailable

from hubao.desk.config.backup.archive import Told
from hubao.desk.config.backup.kind import Database, holds_something, in_use
from hubao.desk.config.backup.manifest import Manifest
from hubao.desk.config.backup.replay import replay
from hubao.desk.core.transactions import durable
from hubao.desk.ledger.models import Entry
from hubao.kit.errors import BadInput, HubaoError, Kind

ASIDE: Final = "hubao_replaced_"  # a schema for what was there before; not in backups
_AT_ONCE: Final = 1 << 20
_WAIT: Final = "20s"  # for those who are at work in a table
_OURS: Final = ("context", "cursor_factory", "password", "prepare_threshold")
_MOVES: Final = """
    SELECT format('ALTER TABLE public.%%I SET SCHEMA %%I', c.relname, %(to)s::text)
      FROM pg_class c
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
       AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = c.oid AND deptype = 'e')
    UNION ALL
    SELECT format('ALTER ROUTINE %%s SET SCHEMA %%I', p.oid::regprocedure, %(to)s::text)
      FROM pg_proc p
     WHERE p.pronamespace = 'public'::regnamespace
       AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
"""


class NoTools(BadInput):
    """pg_dump or pg_restore is missing or too old."""

    code = "backup.no_tools"


class NotCopied(HubaoError):  # noqa: N818 - says what happened, as its base does
    """PostgreSQL couldn't be dumped, or refused what a dump says; nothing was changed."""

    code = "backup.not_copied"
    kind = Kind.UNAVAILABLE


def tool(name: str, *, at_least: int) -> tuple[str, int]:
    """Find a program of PostgreSQL's; gives its path and major version.

    Raises:
        NoTools: it isn't on PATH, or is older than needed.
    """
    path = shutil.which(name)
    if path is None:
        raise NoTools(
            f"{name} isn't on PATH: install PostgreSQL's client programs, version {at_least}"
            " or newer."
        )
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    found = re.search(r"\(PostgreSQL\) (\d+)", said.stdout)
    if found is None or int(found.group(1)) < at_least:
        raise NoTools(
            f"{name} is version {found.group(1) if found else 'unknown'}, and version {at_least}"
            " or newer is needed: install it, or put it first on PATH."
        )
    return path, int(found.group(1))


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
        for part in iter(partial(running.stdout.read, _AT_ONCE), b""):  # type: ignore[union-attr]
            file.write(part)
            if told is not None:
                told(file.tell(), 0, "bytes")
    if running.returncode:
        raise NotCopied("pg_dump couldn't copy the database: what it said above tells why.")


@contextmanager
def _restored(
    copy: Path, *, manifest: Manifest, stamp: str, used: bool, told: Told | None
) -> Iterator[str | None]:
    program, _ = tool("pg_restore", at_least=manifest.copied_by)
    aside = f"{ASIDE}{stamp}"
    with durable():
        with _refused(), connection.cursor() as cursor:
            _set_aside(cursor, aside)
            _run(program, copy, cursor, told)
            cursor.execute("ANALYZE")  # the checks that follow read everything
        yield aside if used else None
        if not used:
            with _refused(), connection.cursor() as cursor:
                _drop_unused(cursor, aside)


def _set_aside(cursor: CursorWrapper, aside: str) -> None:
    quoted = connection.ops.quote_name(aside)
    cursor.execute(f"SET LOCAL lock_timeout = '{_WAIT}'")
    cursor.execute(f"CREATE SCHEMA {quoted}")
    cursor.execute(_MOVES, {"to": aside})
    for (statement,) in cursor.fetchall():
        cursor.execute(statement)


def _drop_unused(cursor: CursorWrapper, aside: str) -> None:
    """Drop what was set aside, in which nobody can write any more.

    Raises:
        InUse: somebody did so after it was found to be unused.
    """
    entries = f"{connection.ops.quote_name(aside)}.{Entry._meta.db_table}"
    cursor.execute("SELECT to_regclass(%s)", [entries])
    if cursor.fetchone()[0] is not None:
        cursor.execute(f"SELECT EXISTS (SELECT FROM {entries})")  # noqa: S608 - names of ours
        if cursor.fetchone()[0]:
            raise in_use("this database")
    cursor.execute(f"DROP SCHEMA {connection.ops.quote_name(aside)} CASCADE")


def _run(program: str, copy: Path, cursor: CursorWrapper, told: Told | None) -> None:
    command = [program, "--no-owner", "--no-privileges", "--file=-", str(copy)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as running:  # noqa: S603
        replay(_heard(running.stdout or (), told), cursor)
    if running.returncode:
        raise NotCopied("pg_restore couldn't read the dump: what it said above tells why.")


def _heard(lines: Iterable[bytes], told: Told | None) -> Iterator[bytes]:
    done = last = 0
    for line in lines:
        yield line
        done += len(line)
        if told is not None and done - last >= _AT_ONCE:
            told(done, 0, "bytes restored")
            last = done


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise in_use("this database") from None
        raise NotCopied(
            f"PostgreSQL refused the restore ({type(error.__cause__).__name__}), and nothing was"
            " changed: restore as the role that owns the database, into the same version or a"
            " newer one."
        ) from None


POSTGRESQL: Final = Database(
    name="postgresql",
    member="database.dump",
    version=_version,
    copied=_copied,
    restored=_restored,
    is_used=holds_something,
    beside=_folder,
)
