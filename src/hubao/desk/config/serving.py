"""Run the web server and the worker."""

import logging
import time
from collections.abc import Callable
from typing import Final

from django.utils import timezone
from granian.constants import Interfaces
from granian.server import Server

from hubao.desk.core.delivery import Consumer, deliver
from hubao.desk.core.messages.sending import Courier, forget_sent, send_due
from hubao.desk.core.wired import wired
from hubao.desk.ledger.heads import sign_and_publish
from hubao.desk.ledger.lake import export_to_lake
from hubao.desk.ledger.operations import sequence_pending
from hubao.desk.ledger.spool import take_in_spool
from hubao.desk.people.operations import end_those_who_left
from hubao.desk.policies.accesses import ACTIONS
from hubao.desk.policies.holder.operations import forget_codes
from hubao.desk.policies.holder.rules import KEPT
from hubao.desk.policies.holder.tasks import courier
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


def _courier() -> Courier:
    return courier(fields=wired().keys.fields, insurer=wired().insurer, by=NAME)


def _send_messages() -> None:
    send_due(_courier(), wired().sender, clock=timezone.now)


def _forget_codes() -> None:
    now = timezone.now()
    forget_codes(at=now)
    forget_sent(_courier(), before=now - KEPT)


def _export() -> None:
    export_to_lake(wired().lake, actions=ACTIONS)


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
    _send_messages: 1,
    sequence_pending: 1,
    _head: 3600,
    _forget_lookups: 3600,
    _forget_codes: 3600,
    _export: 600,  # rarely: each time makes files, which a trace has to open
}
