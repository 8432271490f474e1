"""A dump of PostgreSQL's put back in one transaction, in which the restored data is verified.

The transaction sets aside what was there, runs the dump, and is committed only after the restored
data was verified in it: whatever ends it before, a crash too, leaves the database as it was. Only
then are the tables of a desk dropped in which nobody has done anything.
"""

import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from django.db import DatabaseError, connection
from django.db.backends.utils import CursorWrapper
from psycopg.errors import LockNotAvailable

from hubao.desk.config.backup.kind import in_use
from hubao.desk.config.backup.manifest import Manifest
from hubao.desk.config.backup.programs import NotCopied, tool
from hubao.desk.config.backup.replay import replay
from hubao.desk.config.backup.streams import AT_ONCE, Told
from hubao.desk.core.transactions import durable
from hubao.desk.ledger.models import Entry

ASIDE: Final = "hubao_replaced_"  # a schema for what was there before; not in backups
_WAIT: Final = "20s"  # for those who are at work in a table
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


@contextmanager
def restored(
    copy: Path, *, manifest: Manifest, stamp: str, used: bool, told: Told | None
) -> Iterator[str | None]:
    """Restore, as `kind.Restored` says; what was unused is dropped at the end."""
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
        if told is not None and done - last >= AT_ONCE:
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
