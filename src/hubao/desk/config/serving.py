"""Run the web server and the worker."""

import logging
import time
from collections.abc import Sequence
from typing import Final

from django.utils import timezone
from granian.constants import Interfaces
from granian.server import Server

from hubao.desk.config.aside import Aside, done
from hubao.desk.config.jobs import Job, name_of
from hubao.desk.core import metric_files
from hubao.desk.core.actor import Actor, Permission
from hubao.desk.core.delivery import Consumer, deliver
from hubao.desk.core.heartbeat import WORKER, beat
from hubao.desk.core.messages.sending import Courier, forget_sent, send_due
from hubao.desk.core.topics import TOPICS
from hubao.desk.core.wired import wired
from hubao.desk.feeds.operations.imports import Wires
from hubao.desk.feeds.operations.schedule import claim_due, import_scheduled, tell_silences
from hubao.desk.feeds.places import Places
from hubao.desk.ledger.counts import count_placed
from hubao.desk.ledger.heads import sign_and_publish
from hubao.desk.ledger.health import is_late, is_unpublished
from hubao.desk.ledger.lake import export_to_lake
from hubao.desk.ledger.operations import sequence_pending
from hubao.desk.ledger.queries import state
from hubao.desk.ledger.spool import first_waiting, take_in_spool
from hubao.desk.people.operations import end_those_who_left
from hubao.desk.people.queries import units_of
from hubao.desk.people.webhooks.operations import forget_old_secrets
from hubao.desk.people.webhooks.sending import Sender
from hubao.desk.people.webhooks.steps import fan_out
from hubao.desk.policies.accesses import ACTIONS
from hubao.desk.policies.holder.operations import forget_codes
from hubao.desk.policies.holder.rules import KEPT
from hubao.desk.policies.holder.tasks import courier
from hubao.desk.policies.operations.alerts import raise_alerts
from hubao.desk.policies.operations.search import forget_lookups
from hubao.desk.policies.tasks import ALERTS
from hubao.kit.errors import HubaoError, Kind

NAME: Final = "system:desk"
APPLICATION: Final = "hubao.desk.config.wsgi:application"
CONSUMERS: Final[tuple[Consumer, ...]] = (
    ALERTS,
    Consumer("webhooks", tuple(TOPICS), fan_out),
)
_WATCH: Final = Actor(NAME, units=None, scopes=frozenset({Permission.READ_LEDGER}))
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


class JobsFailed(HubaoError):  # noqa: N818 - says what happened, as its base does
    """Jobs of the worker failed; the log says how."""

    code = "desk.jobs_failed"
    kind = Kind.UNAVAILABLE


def work(*, once: bool) -> None:
    """Do what is due, again and again until stopped; a job that fails is tried at its next time.

    Raises:
        JobsFailed: with `once`, some did; all others are done.
    """
    metric_files.begin()
    due = dict.fromkeys(_JOBS, 0.0)
    with _sender() as sender:
        while True:
            failed = [job for job, every in _JOBS.items() if not _done_if_due(job, every, due)]
            if once:
                sender.finish()
                failed += [job for job in _JOBS if isinstance(job, Aside) and not job.wait()]
                _tell_failed(failed)
                return
            sender.start()
            time.sleep(_PAUSE)


def _done_if_due(job: Job, every: float, due: dict[Job, float]) -> bool:
    """Do a job whose time has come; tells whether nothing failed."""
    if time.monotonic() < due[job]:
        return True
    if isinstance(job, Aside):  # which is counted where it runs
        job()
        is_well = True
    else:
        is_well = done(job)
    due[job] = time.monotonic() + every
    return is_well


def _tell_failed(failed: Sequence[Job]) -> None:
    if failed:
        names = ", ".join(map(name_of, failed))
        raise JobsFailed(f"Some of the worker's jobs failed: {names}. The log says why.")


def _sender() -> Sender:
    """Webhooks go out besides all else: a slow receiver must not keep the ledger waiting."""
    return Sender(keys=wired().keys, reach=wired().reach, by=NAME, clock=timezone.now)


def _beat() -> None:
    beat(name=WORKER, at=timezone.now())


def _watch_ledger() -> None:
    at = timezone.now()
    told = list[tuple[str, str]]()
    now_state = state(actor=_WATCH)
    waits = first_waiting(wired().spool)
    if waits is not None:
        told.append(("ledger_unwritten", waits))
    # Where nothing has a place yet, the first worker has only just been started.
    if now_state.entries and now_state.oldest is not None and is_late(now_state, at=at):
        told.append(("entries_wait", now_state.oldest.isoformat()))
    if now_state.uncovered is not None and is_unpublished(now_state, at=at):
        told.append(("no_head", now_state.uncovered.isoformat()))
    raise_alerts(of_ledger=told, at=at)


def _count() -> None:
    count_placed(units=units_of)


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


def _courier() -> Courier:
    return courier(fields=wired().keys.fields, insurer=wired().insurer, by=NAME)


def _send_messages() -> bool:
    return send_due(_courier(), wired().sender, clock=timezone.now).failed == 0


def _forget_codes() -> None:
    now = timezone.now()
    forget_codes(at=now)
    forget_sent(_courier(), before=now - KEPT)


def _export() -> None:
    export_to_lake(wired().lake, actions=ACTIONS)


def _import_feeds() -> None:
    here, actor = wired(), Actor(NAME, units=None, scopes=frozenset({Permission.PUSH_FEEDS}))
    while (name := claim_due(at=timezone.now())) is not None:
        wires = Wires(Places(here.lake, here.feeds), here.keys.fields())
        import_scheduled(name=name, actor=actor, at=timezone.now(), wires=wires)


def _tell_silences() -> None:
    tell_silences(at=timezone.now())


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
_JOBS: Final[dict[Job, float]] = {
    _beat: 10,
    _watch_ledger: 10,  # first: the jobs below mend what it looks for
    _end_access: 10,
    _take_in_refusals: 10,
    _deliver: 1,
    Aside(_send_messages): 1,
    sequence_pending: 1,
    Aside(_count): 5,
    Aside(_import_feeds): 10,
    _tell_silences: 10,
    _head: 3600,
    _forget_lookups: 3600,
    _forget_old_secrets: 3600,
    _forget_codes: 3600,
    Aside(_export): 600,  # rarely: each time makes files, which a trace has to open
}
