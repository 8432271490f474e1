"""Send what is due: some endpoints at a time, so that a slow one keeps no other waiting."""

import logging
import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime
from threading import Event
from types import TracebackType
from typing import Final, Self

from django.db import connection

from hubao.desk.core.keys import KeysetFile
from hubao.desk.core.reach import Reach
from hubao.desk.people.models import Endpoint
from hubao.desk.people.webhooks.attempts import (
    Claimed,
    claim,
    due_endpoints,
    note_failed,
    note_gone,
    note_sent,
)
from hubao.desk.people.webhooks.calling import post
from hubao.desk.people.webhooks.rules import TIMEOUT, Fault, headers_of
from hubao.desk.people.webhooks.sealing import secrets_of

AT_ONCE: Final = 8  # endpoints
RUN: Final = 50  # messages to one of them before others have their turn
PAUSE: Final = 10.0  # seconds for an endpoint after a failure
_log = logging.getLogger(__name__)


class Sender:
    """Calls endpoints in threads of its own; close it, or use it as a context.

    Args:
        keys: what opens the secrets.
        reach: what may be called.
        by: under which name an endpoint that is gone is ended.
        clock: gives the time now.
        timeout: seconds that a call may take.
    """

    def __init__(
        self,
        *,
        keys: KeysetFile,
        reach: Reach,
        by: str,
        clock: Callable[[], datetime],
        timeout: float = TIMEOUT,
    ) -> None:
        self._keys, self._reach, self._by = keys, reach, by
        self._clock, self._timeout = clock, timeout
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook")
        self._busy: dict[str, Future[bool]] = {}
        self._turn: dict[str, float] = {}  # when an endpoint was last begun with
        self._rests: dict[str, float] = {}  # until when one that failed is left alone
        self._is_closing = Event()

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        del kind, error, trace
        self.close()

    def start(self) -> int:
        """Begin with endpoints that something is due for, and don't wait; returns how many."""
        self._look_after()
        free = AT_ONCE - len(self._busy)
        chosen = self._next(due_endpoints(at=self._clock()))[:free] if free else []
        for row in chosen:
            self._turn[row.id] = time.monotonic()
            self._busy[row.id] = self._pool.submit(self._serve, row)
        return len(chosen)

    def finish(self) -> None:
        """Send until nothing is due and nobody sends any more; what failed waits for its time."""
        while self.start() or self._busy:
            wait(self._busy.values())

    def close(self) -> None:
        """Let calls that have begun come to their end, and begin no more."""
        self._is_closing.set()
        self._pool.shutdown()
        self._look_after()

    def _next(self, due: Sequence[Endpoint]) -> list[Endpoint]:
        """Choose who waits longest for a turn: those that fail must not come first for ever."""
        now = time.monotonic()
        ready = [
            one for one in due if one.id not in self._busy and self._rests.get(one.id, now) <= now
        ]
        return sorted(ready, key=lambda one: self._turn.get(one.id, 0.0))

    def _look_after(self) -> None:
        for endpoint, run in list(self._busy.items()):
            if not run.done():
                continue
            del self._busy[endpoint]
            error = run.exception()
            if error is not None:
                facts = {"endpoint": endpoint}
                _log.error("webhooks can't be sent", extra={"facts": facts}, exc_info=error)
            if error is not None or not run.result():
                self._rests[endpoint] = time.monotonic() + PAUSE

    def _serve(self, row: Endpoint) -> bool:
        """Send an endpoint what is due; tells whether all went well."""
        try:
            for _ in range(RUN):
                if self._is_closing.is_set():
                    return True
                # Before anything is claimed, and anew each time: it may be rotated meanwhile.
                row.refresh_from_db()
                keys = secrets_of(row, at=self._clock(), fields=self._keys.fields())
                claimed = claim(endpoint=row.id, at=self._clock()) if keys else None
                if claimed is None:
                    return True
                if not self._sent(row, claimed, keys):
                    return False
            return True
        finally:
            connection.close()  # this thread's own

    def _sent(self, row: Endpoint, claimed: Claimed, keys: Sequence[str]) -> bool:
        began = self._clock()
        headers = headers_of(number=claimed.id, at=began, body=claimed.body, keys=keys)
        reply = post(
            row.url,
            body=claimed.body,
            headers=headers,
            reach=self._reach,
            timeout=self._timeout,
        )
        now = self._clock()
        if reply.fault is None:
            note_sent(claimed, at=now)
        elif reply.fault is Fault.GONE:
            note_gone(claimed, by=self._by, at=now)
        else:
            chance = secrets.randbelow(1_000) / 1_000
            note_failed(claimed, fault=reply.fault, chance=chance, at=now)
        return reply.fault is None
