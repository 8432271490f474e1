"""Append entries that stand alone: callers at the same time share one transaction.

Whoever finds nobody committing commits for all who wait, then hands over to one who has come
meanwhile; nobody returns before their entries are on disk. Entries of what a use case writes belong
into its own transaction: see `steps`.
"""

import threading
from collections.abc import Sequence
from typing import Final

from django.db import DatabaseError

from hubao.desk.core.transactions import durable
from hubao.desk.ledger.rules import Entered, body_of
from hubao.desk.ledger.steps import NotWritten, append_bodies


class _Waiting:
    """A caller whose entries aren't on disk yet."""

    def __init__(self, bodies: Sequence[str]) -> None:
        self.bodies = bodies
        self.taken = self.done = False
        self.failed: DatabaseError | None = None
        self._gate = threading.Lock()
        self._gate.acquire()

    def wait(self) -> None:
        """Wait until the entries are written, or it is this caller's turn to write."""
        self._gate.acquire()

    def wake(self) -> None:
        """Let the caller go on."""
        self._gate.release()


class _Queue:
    """Who waits, the first of them being told to write for all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[_Waiting] = []
        self._busy = False

    def come(self, mine: _Waiting) -> None:
        """Come in; returns when the entries are written or the caller is to write."""
        with self._lock:
            self._waiting.append(mine)
            first, self._busy = not self._busy, True
        if not first:
            mine.wait()

    def take(self) -> list[_Waiting]:
        """Give all who wait."""
        with self._lock:
            some, self._waiting = self._waiting, []
        for one in some:
            one.taken = True
        return some

    def leave(self, some: Sequence[_Waiting], mine: _Waiting) -> None:
        """Hand over to who has come meanwhile, and let those go on whose entries are written."""
        with self._lock:
            self._busy = bool(self._waiting)
            following = self._waiting[:1]
        for one in (*following, *some):
            if one is not mine:
                one.wake()


_queue: Final = _Queue()


def append_together(entered: Sequence[Entered]) -> None:
    """Append entries, all or none; they are on disk when this returns.

    Raises:
        NotForTheLedger: one holds something other than ids, words and counts.
        NotWritten: the ledger can't be written.
    """
    if not entered:
        return
    mine = _Waiting([body_of(one) for one in entered])
    _queue.come(mine)
    if not mine.taken:
        some = _queue.take()
        try:
            _commit(some)
        finally:
            _queue.leave(some, mine)
    if not mine.done:
        raise NotWritten("The ledger can't be written just now.") from mine.failed


def _commit(some: Sequence[_Waiting]) -> None:
    try:
        with durable():
            append_bodies([body for one in some for body in one.bodies])
    except DatabaseError as error:
        for one in some:
            one.failed = error
        return
    for one in some:
        one.done = True
