"""Transactions: one for each use case, opened by it alone; steps write within it, or not at all."""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import connection, transaction

_ours: Final = threading.local()


class OutsideTransaction(RuntimeError):  # noqa: N818 - says what happened, as others do
    """A step was called on its own: a fault of the caller's."""


@contextmanager
def durable() -> Iterator[None]:
    """Open the transaction of a use case; what it wrote is on disk when this ends.

    SQLite's writers look for their turn now and then, and may look in vain for long while others
    come and go. So they queue for it here, threads and processes in one queue.
    """
    with alone(), transaction.atomic(durable=True):
        yield


@contextmanager
def one_moment() -> Iterator[None]:
    """Read within as of one moment, while others go on writing."""
    if connection.in_atomic_block:  # a restore verifies inside its own transaction
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield
    else:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")  # plain: IMMEDIATE would keep writers out
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")


@contextmanager
def alone() -> Iterator[None]:
    """Keep SQLite's other writers waiting; PostgreSQL needs no such turn."""
    if connection.vendor != "sqlite":
        yield
        return
    gate = _gate(f"{connection.settings_dict['NAME']}-gate")
    fcntl.flock(gate, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(gate, fcntl.LOCK_UN)


def require_open(step: str) -> None:
    """Refuse to go on without an open transaction.

    Raises:
        OutsideTransaction: none is open.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction(f"{step} needs an open transaction")


def _gate(path: str) -> int:
    """Open the file whose lock is the turn: each thread by itself, since a lock is the opener's."""
    known: dict[str, _Opened] = _ours.__dict__.setdefault("gates", {})
    if path not in known:
        known[path] = _Opened(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    return known[path].number


class _Opened:
    """A file that is closed when its thread ends."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __del__(self) -> None:
        os.close(self.number)
