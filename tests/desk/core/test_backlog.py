"""What waits for whom: counted by consumer and topic, with what failed before."""

from datetime import datetime, timedelta

import pytest
from django.db import transaction

from hubao.desk.core.backlog import FAILING, OLDEST, WAITING, read_backlog
from hubao.desk.core.delivery import Consumer, Message, deliver
from hubao.desk.core.heartbeat import WORKER, beat, last_beat, read_heartbeat
from hubao.desk.core.metrics import Declared
from hubao.desk.core.steps import send_later
from tests.makers.desk import NOON

LATER = NOON + timedelta(minutes=5)


def send(key: str, topic: str, at: datetime = NOON) -> None:
    with transaction.atomic():
        send_later(topic=topic, key=key, facts={"party": "li"}, at=at)


def take(message: Message, at: datetime) -> None:
    del at
    if message.key.endswith("bad"):
        raise ValueError("broken")


ONE = Consumer("one", ["person.left", "access.alert"], take)
OTHER = Consumer("other", ["person.left"], take)


def told(metric: Declared) -> dict[tuple[str, ...], float]:
    reads = read_backlog([ONE, OTHER], LATER)
    return {read.labels: read.value for read in reads if read.of is metric}


@pytest.mark.usefixtures("database")
class TestBacklog:
    def test_is_nought_where_nothing_waits(self) -> None:
        pairs = {("one", "person.left"), ("one", "access.alert"), ("other", "person.left")}

        for metric in (WAITING, OLDEST, FAILING):
            assert told(metric) == dict.fromkeys(pairs, 0)

    def test_is_each_consumers_own(self) -> None:
        send("1", "person.left")
        send("2", "person.left", at=NOON + timedelta(minutes=1))
        send("3", "nobody.wants")
        deliver([ONE], at=NOON)

        assert told(WAITING) == {
            ("one", "person.left"): 0,
            ("one", "access.alert"): 0,
            ("other", "person.left"): 2,
        }
        assert told(OLDEST)["other", "person.left"] == 300

    def test_tells_what_failed(self) -> None:
        send("bad", "access.alert")
        send("good", "access.alert")
        deliver([ONE], at=NOON)

        assert told(FAILING)["one", "access.alert"] == 1
        assert told(WAITING)["one", "access.alert"] == 1


@pytest.mark.usefixtures("database")
class TestHeartbeat:
    def test_is_missing_before_the_first(self) -> None:
        assert last_beat(name=WORKER) is None
        assert list(read_heartbeat(NOON)) == []

    def test_is_the_last(self) -> None:
        beat(name=WORKER, at=NOON)
        beat(name=WORKER, at=NOON + timedelta(minutes=1))

        assert last_beat(name=WORKER) == NOON + timedelta(minutes=1)
        assert [read.value for read in read_heartbeat(LATER)] == [240]
