"""Run what pg_restore writes as SQL on a connection of ours, within its open transaction.

pg_restore could run it by itself, but would commit before anything was verified. A dump is a
program: it is run only after its backup was found authentic.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from django.db.backends.utils import CursorWrapper

_COPY: Final = re.compile(rb"COPY .+ FROM stdin;\n")
_SET: Final = re.compile(rb"SET (\w+) = .*;\n")
_END: Final = b"\\.\n"
_AT_ONCE: Final = 1 << 18


def replay(script: Iterable[bytes], cursor: CursorWrapper) -> None:
    """Run a script of statements and COPY blocks.

    Args:
        script: its lines.
        cursor: of a PostgreSQL connection with an open transaction.
    """
    lines = iter(script)
    known = _settings(cursor)
    statements: list[bytes] = []
    for line in lines:
        if _COPY.fullmatch(line):
            _run(statements, cursor)
            _copy(line, lines, cursor)
        elif not line.startswith(b"\\") and _is_known(line, known):
            statements.append(line)  # a line with a backslash is for psql
    _run(statements, cursor)
    cursor.execute("RESET ALL")  # the script leaves an empty search path


def _run(statements: list[bytes], cursor: CursorWrapper) -> None:
    if statements:
        cursor.execute(b"".join(statements).decode())
    statements.clear()


def _copy(order: bytes, lines: Iterator[bytes], cursor: CursorWrapper) -> None:
    with cursor.copy(order.decode()) as copy:
        part: list[bytes] = []
        size = 0
        for line in lines:
            if line == _END:
                break
            part.append(line)
            size += len(line)
            if size >= _AT_ONCE:
                copy.write(b"".join(part))
                part, size = [], 0
        copy.write(b"".join(part))


def _settings(cursor: CursorWrapper) -> set[bytes]:
    cursor.execute("SELECT name FROM pg_settings")
    return {name.encode() for (name,) in cursor.fetchall()}


def _is_known(line: bytes, known: set[bytes]) -> bool:
    """Tell a setting that this server has from one that only newer ones have."""
    found = _SET.fullmatch(line)
    return found is None or found.group(1) in known
