"""Run the web server and the worker."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from django.db import connection
from django.utils import timezone
from granian.constants import Interfaces
from granian.server import Server

from hubao.desk.core.actor import Actor, Permission
from hubao.desk.core.delivery import Consumer, deliver
from hubao.desk.core.wired import wired
from hubao.desk.feeds.operations.imports import Wires
from hubao.desk.feeds.operations.schedule import claim_due, import_scheduled, tell_silences
from hubao.desk.feeds.places import Places
from hubao.desk.ledger.heads import sign_and_publish
from hubao.desk.ledger.lake import export_to_lake
from hubao.desk.ledger.operations import sequence_pending
from hubao.desk.ledger.spool import take_in_spool
from hubao.desk.people.operations import end_those_who_left
from hubao.desk.policies.accesses import ACTIONS
from hubao.desk.policies.operations.search import forget_lookups
from hubao.kit.errors import HubaoError

NAME: Final = "system:desk"
CONSUMERS: Final[tuple[Consumer, ...]] = ()
_log = logging.getLogger(__name__)
_PAUSE: Final = 1.0  # seconds


def serve(*, host: str, port: int, workers: int) -> None:
    """Serve the console until stopped."""
    Server(
        "hubao.desk.config.wsgi:application",
        address=host,
        port=port,
        workers=workers,
        interface=Interfaces.WSGI,
        blocking_threads=8,
        log_access=False,
    ).serve()


def work(*, once: bool) -> None:
    """Do what is due, again and again until stopped."""
    due = dict.fromkeys(_JOBS, 0.0)
    while True:
        for job, every in _JOBS.items():
            if time.monotonic() >= due[job]:
                job()
                due[job] = time.monotonic() + every
        if once:
            _feeds.wait()
            return
        time.sleep(_PAUSE)


def _end_access() -> None:
    end_those_who_left(by=NAME, at=timezone.now())


def _take_in_refusals() -> None:
    take_in_spool(wired().spool, by=NAME, at=timezone.now())


def _forget_lookups() -> None:
    forget_lookups(at=timezone.now())


def _deliver() -> None:
    deliver(CONSUMERS, at=timezone.now())


def _export() -> None:
    export_to_lake(wired().lake, actions=ACTIONS)


class _Feeds:
    """Imports what is due, in a thread of its own: a large file keeps nothing else waiting."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None

    def __call__(self) -> None:
        """Begin, unless it is still at it."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=_import_due, daemon=True)
            self._thread.start()

    def wait(self) -> None:
        """Wait until it is done."""
        if self._thread is not None:
            self._thread.join()


def _import_due() -> None:
    here, actor = wired(), Actor(NAME, units=None, scopes=frozenset({Permission.PUSH_FEEDS}))
    try:
        while (name := claim_due(at=timezone.now())) is not None:
            wires = Wires(Places(here.lake, here.feeds), here.keys.fields())
            import_scheduled(name=name, actor=actor, at=timezone.now(), wires=wires)
        tell_silences(at=timezone.now())
    finally:
        connection.close()


_feeds: Final = _Feeds()


def _head() -> None:
    if wired().log.signer is None:
        return
    try:
        sign_and_publish(wired().log, at=timezone.now())
    except HubaoError as error:  # the next hour tries again; the ledger's page shows the gap
        _log.error("no head was signed and published", extra={"facts": {"code": error.code}})


# What the worker does, and after how many seconds again.
_JOBS: Final[dict[Callable[[], object], float]] = {
    _end_access: 10,
    _take_in_refusals: 10,
    _deliver: 1,
    sequence_pending: 1,
    _feeds: 10,
    _head: 3600,
    _forget_lookups: 3600,
    _export: 600,  # rarely: each time makes files, which a trace has to open
}
