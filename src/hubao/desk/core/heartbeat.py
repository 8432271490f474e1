"""Say, and see, that a process is alive."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from hubao.desk.core.metrics import Read, reading
from hubao.desk.core.models import Heartbeat
from hubao.desk.core.transactions import durable

WORKER: Final = "worker"
AGE: Final = reading(
    "hubao_worker_heartbeat_age_seconds", "Since a worker last said that it is alive."
)


def beat(*, name: str, at: datetime) -> None:
    """Write down that a process is alive."""
    with durable():
        Heartbeat.objects.update_or_create(name=name, defaults={"at": at})


def last_beat(*, name: str) -> datetime | None:
    """Give when it last said so, if ever."""
    return Heartbeat.objects.filter(name=name).values_list("at", flat=True).first()


def read_heartbeat(at: datetime) -> Iterator[Read]:
    """Tell how long ago a worker was alive; nothing if none ever was."""
    last = last_beat(name=WORKER)
    if last is not None:
        yield Read(AGE, (at - last).total_seconds())
