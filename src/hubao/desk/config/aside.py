"""Do a job of the worker's in a thread of its own: what may be slow keeps nothing else waiting."""

import logging
import threading
from typing import Final

from django.db import connection

from hubao.desk.config.jobs import Job, name_of, run

_log: Final = logging.getLogger(__name__)


class Aside:
    """A job in a thread of its own, one at a time.

    Args:
        job: what is done.
    """

    def __init__(self, job: Job) -> None:
        self._job, self.__name__ = job, name_of(job)
        self._thread: threading.Thread | None = None
        self._is_well = True

    def __call__(self) -> None:
        """Begin, unless it is still at it."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._do, name=self.__name__, daemon=True)
            self._thread.start()

    def wait(self) -> bool:
        """Wait until it is done; tells whether it ended without an error."""
        if self._thread is not None:
            self._thread.join()
        return self._is_well

    def _do(self) -> None:
        try:
            self._is_well = done(self._job)
        finally:
            connection.close()  # this thread's own


def done(job: Job) -> bool:
    """Do a job; tells whether it ended without an error, which is logged and counted."""
    try:
        run(job)
    except Exception as error:  # noqa: BLE001 - whatever it is, all other jobs must go on
        _log.error("a job failed", extra={"facts": {"job": name_of(job)}}, exc_info=error)
        connection.close()  # it may be what failed; the next job opens another
        return False
    return True
