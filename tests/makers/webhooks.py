"""Makers of endpoints and messages. Imports Django's models, so late."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from django.db import transaction

from hubao.desk.core.delivery import Consumer, deliver
from hubao.desk.core.keys import KeysetFile
from hubao.desk.core.reach import Reach
from hubao.desk.core.steps import send_later
from hubao.desk.core.topics import TOPICS
from hubao.desk.people.models import Party
from hubao.desk.people.webhooks.operations import Added, add_endpoint
from hubao.desk.people.webhooks.sending import Sender
from hubao.desk.people.webhooks.steps import fan_out
from hubao.seal.keyset import Key, LocalKey
from hubao.seal.suites import Suite
from tests.makers.desk import FIELDS, KEYSET, NOON, SYSTEM, make_branches, make_person

HERE: Final = Reach(loopback=True)
OPENS: Final = Key.new(Suite.INTERNATIONAL)


class Clock:
    """A clock that a test sets."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def keys(folder: Path) -> KeysetFile:
    """The tests' keyset, as a file."""
    file = KeysetFile(folder / "keyset.json", LocalKey(OPENS))
    if not file.path.exists():
        file.write(KEYSET)
    return file


def make_endpoint(
    url: str = "https://crm.example/hooks",
    *topics: str,
    party: str = "crm",
    at: datetime = NOON - timedelta(hours=1),
) -> Added:
    """An endpoint of a client of the head office."""
    if not Party.objects.exists():
        make_branches()
    if not Party.objects.filter(id=party).exists():
        make_person(party, unit="HQ", kind="service")
    return add_endpoint(
        url=url, topics=topics or ("person.left",), party=party, actor=SYSTEM, at=at,
        fields=FIELDS, reach=HERE,
    )  # fmt: skip


def tell(
    key: str = "1", topic: str = "person.left", at: datetime = NOON, **facts: str | int
) -> None:
    """Write a message and give it to the endpoints that want it."""
    with transaction.atomic():
        send_later(topic=topic, key=key, facts=facts or {"party": f"E{key}"}, at=at)
    give_out(at)


def give_out(at: datetime = NOON) -> int:
    """Give all messages to the endpoints that want them."""
    return deliver([Consumer("webhooks", tuple(TOPICS), fan_out)], at=at)


def sender(folder: Path, clock: Clock | None = None, *, timeout: float = 5) -> Sender:
    """A sender that may call this machine."""
    return Sender(
        keys=keys(folder), reach=HERE, by="system:test", clock=clock or Clock(), timeout=timeout
    )


def send(folder: Path, clock: Clock | None = None, *, timeout: float = 5) -> None:
    """Send what is due."""
    with sender(folder, clock, timeout=timeout) as sends:
        sends.finish()
