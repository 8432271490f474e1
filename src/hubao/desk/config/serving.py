"""Run the web server and the worker."""

import logging
import time
from collections.abc import Callable
from typing import Final

from django.utils import timezone
from granian.constants import Interfaces
from granian.server import Server

from hubao.desk.config.jobs import run
from hubao.desk.core import metric_files
from hubao.desk.core.delivery import Consumer, deliver
from hubao.desk.core.heartbeat import WORKER, beat
from hubao.desk.core.topics import TOPICS
from hubao.desk.core.wired import wired
from hubao.desk.ledger.heads import sign_and_publish
from hubao.desk.ledger.lake import export_to_lake
from hubao.desk.ledger.operations import sequence_pending
from hubao.desk.ledger.spool import take_in_spool
from hubao.desk.people.operations import end_those_who_left
from hubao.desk.people.webhooks.operations import forget_old_secrets
from hubao.desk.people.webhooks.sending import Sender
from hubao.desk.people.webhooks.steps import fan_out
from hubao.desk.policies.accesses import ACTIONS
from hubao.desk.policies.operations.search import forget_lookups
from hubao.kit.errors import HubaoError

NAME: Final = "system:desk"
APPLICATION: Final = "hubao.desk.config.wsgi:application"
CONSUMERS: Final[tuple[Consumer, ...]] = (Consumer("webhooks", tuple(TOPICS), fan_out),)
_log = logging.getLogger(__name__)
_PAUSE: Final = 1.0  # seconds


def serve(*, host: str, port: int, workers: int, application: str = APPLICATION) -> None:
    """Serve the console until stopped; a process that is killed gets a successor."""
    metric_files.begin()
    Server(
        application,
        address=host,
        port=port,
        workers=workers,
        interface=Interfaces.WSGI,
        blocking_threads=8,
        respawn_failed_workers=True,
        log_access=False,
    ).serve()


def work(*, once: bool) -> None:
    """Do what is due, again and again until stopped."""
    metric_files.begin()
    due = dict.fromkeys(_JOBS, 0.0)
    with _sender() as sender:
        while True:
            for job, every in _JOBS.items():
                if time.monotonic() >= due[job]:
                    run(job)
                    due[job] = time.monotonic() + every
            if once:
                sender.finish()
                return
            sender.start()
            time.sleep(_PAUSE)


def _sender() -> Sender:
    """Webhooks go out besides all else: a slow receiver must not keep the ledger waiting."""
    return Sender(keys=wired().keys, reach=wired().reach, by=NAME, clock=timezone.now)


def _beat() -> None:
    beat(name=WORKER, at=timezone.now())


def _end_access() -> None:
    end_those_who_left(by=NAME, at=timezone.now())


def _take_in_refusals() -> None:
    take_in_spool(wired().spool, by=NAME, at=timezone.now())


def _forget_lookups() -> None:
    forget_lookups(at=timezone.now())


def _forget_old_secrets() -> None:
    forget_old_secrets(at=timezone.now())


def _deliver() -> None:
    deliver(CONSUMERS, at=timezone.now())


def _export() -> None:
    export_to_lake(wired().lake, actions=ACTIONS)


def _head() -> bool:
    if wired().log.signer is None:
        return True
    try:
        sign_and_publish(wired().log, at=timezone.now())
    except HubaoError as error:  # the next hour tries again; the ledger's page shows the gap
        _log.error("no head was signed and published", extra={"facts": {"code": error.code}})
        return False
    return True


# What the worker does, and after how many seconds again.
_JOBS: Final[dict[Callable[[], object], float]] = {
    _beat: 10,
    _end_access: 10,
    _take_in_refusals: 10,
    _deliver: 1,
    sequence_pending: 1,
    _head: 3600,
    _forget_lookups: 3600,
    _forget_old_secrets: 3600,
    _export: 600,  # rarely: each time makes files, which a trace has to open
}
