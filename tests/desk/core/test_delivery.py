"""Messages to rooms above: each once to each consumer, whatever fails in between."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction

from hubao.desk.core.delivery import Consumer, Message, deliver
from hubao.desk.core.models import Outbox
from hubao.desk.core.steps import send_later
from tests.makers.desk import NOON, make_item


def send(key: str = "1", topic: str = "person.left") -> None:
    with transaction.atomic():
        send_later(topic=topic, key=key, facts={"party": "li"}, at=NOON)


class Taken(list[str]):
    def take(self, message: Message, at: datetime) -> None:
        del at
        self.append(message.key)


@pytest.mark.usefixtures("database")
class TestDeliver:
    def test_hands_each_message_to_each_consumer_once(self) -> None:
        one, other = Taken(), Taken()
        consumers = [Consumer(n, ["person.left"], t.take) for n, t in (("a", one), ("b", other))]
        send("1")
        send("1")  # the same again
        send("2")
        send("3", topic="access.alert")

        counts = [deliver(consumers, at=NOON) for _ in range(2)]

        assert one == other == ["person.left:1", "person.left:2"]
        assert counts == [4, 0]

    def test_undoes_what_failed_and_tries_later(self) -> None:
        calls = []

        def fail_once(message: Message, at: datetime) -> None:
            make_item("b1", opened_by=message.key)
            calls.append(at)
            if len(calls) == 1:
                raise ValueError("broken")

        consumer = Consumer("a", ["person.left"], fail_once)
        send()

        at = [NOON, NOON, NOON + timedelta(seconds=11)]
        counts = [deliver([consumer], at=one) for one in at]

        assert counts == [0, 0, 1]
        assert len(calls) == 2
        assert Outbox.objects.count() == 1

    def test_two_workers_take_a_message_up_once(self) -> None:
        taken = Taken()
        consumer = Consumer("a", ["person.left"], taken.take)
        for number in range(20):
            send(str(number))

        def work(_: int) -> int:
            try:
                return deliver([consumer], at=NOON)
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            counts = list(pool.map(work, range(2)))

        assert sum(counts) == len(taken) == len(set(taken)) == 20
