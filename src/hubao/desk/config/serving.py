"""Run the web server and the worker."""

import time
from typing import Final

from django.utils import timezone
from granian.constants import Interfaces
from granian.server import Server

from hubao.desk.core.delivery import Consumer, deliver
from hubao.desk.core.wired import wired
from hubao.desk.ledger.operations import sequence_pending
from hubao.desk.ledger.spool import take_in_spool
from hubao.desk.people.operations import end_those_who_left

NAME: Final = "system:desk"
CONSUMERS: Final[tuple[Consumer, ...]] = ()
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
    while True:
        _work()
        if once:
            return
        time.sleep(_PAUSE)


def _work() -> None:
    now = timezone.now()
    end_those_who_left(by=NAME, at=now)
    take_in_spool(wired().spool, by=NAME, at=now)
    deliver(CONSUMERS, at=now)
    sequence_pending()
