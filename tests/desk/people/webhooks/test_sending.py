"""Webhooks to a real receiver: signed, at least once, tried again, ended; raced and killed."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from hubao.desk.core.actor import NotAllowed, Role
from hubao.desk.core.models import Outbox
from hubao.desk.core.steps import send_later
from hubao.desk.ledger.models import Entry
from hubao.desk.people.models import Endpoint, Party, Sending
from hubao.desk.people.webhooks import sending
from hubao.desk.people.webhooks.attempts import claim, note_failed, note_sent
from hubao.desk.people.webhooks.operations import disable_endpoint, replay, rotate_secret
from hubao.desk.people.webhooks.queries import endpoints
from hubao.desk.people.webhooks.rules import LEASE, TRIES, Fault, Standing, wait_after
from hubao.seal.keyset import Keyset
from hubao.seal.suites import Suite
from tests.makers.desk import FIELDS, NOON, SYSTEM, actor, said
from tests.makers.receivers import receiving, signed_by
from tests.makers.webhooks import (
    OPENS,
    Clock,
    give_out,
    keys,
    make_endpoint,
    send,
    sender,
    tell,
)

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.allow_hosts(["127.0.0.1"])]
ADMIN = actor("admin", Role.ADMIN, unit="HQ", units=None)
PAGE = Path(__file__).parents[4] / "docs" / "how-to" / "webhooks.md"
DAY = timedelta(days=1)


def alerts() -> list[dict[str, Any]]:
    return [one.facts for one in Outbox.objects.filter(topic="webhook.failing")]


class TestSend:
    def test_tells_a_client_in_a_branch_nothing(self, tmp_path: Path) -> None:
        with receiving() as receiver:
            made = make_endpoint(receiver.url)
            party = Endpoint.objects.values_list("party", flat=True).get(id=made.endpoint)
            tell("7")
            Party.objects.filter(id=party).update(unit="north")

            send(tmp_path)
            tell("8")
            send(tmp_path)
            with pytest.raises(NotAllowed):
                replay(endpoint=made.endpoint, since=NOON - DAY, actor=ADMIN, at=NOON)

            assert receiver.got == []
            Party.objects.filter(id=party).update(unit="HQ")
            send(tmp_path)
            assert [json.loads(one.body)["data"] for one in receiver.got]

    def test_signs_and_sends_what_happened_once(self, tmp_path: Path) -> None:
        with receiving() as receiver:
            made = make_endpoint(receiver.url)
            tell("7")
            send(tmp_path)
            send(tmp_path)

        (got,) = receiver.got
        row = Sending.objects.get()
        assert signed_by(got)(made.secret)
        assert not signed_by(got)(make_endpoint().secret)
        assert json.loads(got.body) == {
            "type": "person.left",
            "timestamp": "2026-11-26T04:00:00.000Z",
            "data": {"party": "E7"},
        }
        assert got.id == row.id
        assert got.headers["webhook-timestamp"] == str(int(NOON.timestamp()))
        assert (row.sent_at, row.next_at, row.tries) == (NOON, None, 1)

    def test_is_found_genuine_by_the_example_of_the_page(self, tmp_path: Path) -> None:
        (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
        example: dict[str, Any] = {}
        exec(code, example)  # noqa: S102 - what the page tells receivers to run
        is_genuine = example["is_genuine"]

        with receiving() as receiver:
            made = make_endpoint(receiver.url)
            tell()
            send(tmp_path, Clock(timezone.now()))
            made_late = make_endpoint(receiver.url)
            replay(endpoint=made_late.endpoint, since=NOON, actor=ADMIN, at=NOON)
            send(tmp_path, Clock(timezone.now() - timedelta(seconds=400)))

        got, late = receiver.got
        other = {**got.headers, "webhook-id": "a2"}
        assert len(code.splitlines()) <= 15
        assert is_genuine(made.secret, got.headers, got.body)
        assert not is_genuine(made_late.secret, got.headers, got.body)
        assert not is_genuine(made.secret, got.headers, got.body + b" ")
        assert not is_genuine(made.secret, other, got.body)
        assert signed_by(late)(made_late.secret)
        assert not is_genuine(made_late.secret, late.headers, late.body)

    def test_has_two_signatures_while_the_secret_is_rotated(self, tmp_path: Path) -> None:
        with receiving() as receiver:
            made = make_endpoint(receiver.url)
            fresh = rotate_secret(
                endpoint=made.endpoint, overlap=DAY, actor=ADMIN, at=NOON, fields=FIELDS
            )
            tell("1")
            send(tmp_path)
            tell("2")
            send(tmp_path, Clock(NOON + DAY))

        both, alone = receiver.got
        assert [signed_by(both)(one) for one in (made.secret, fresh)] == [True, True]
        assert [signed_by(alone)(one) for one in (made.secret, fresh)] == [False, True]
        assert len(both.headers["webhook-signature"].split()) == 2

    def test_enters_no_single_webhook_in_the_ledger(self, tmp_path: Path) -> None:
        with receiving() as receiver:
            make_endpoint(receiver.url)
            before = Entry.objects.count()
            tell()
            send(tmp_path)

        assert receiver.got
        assert Entry.objects.count() == before

    def test_follows_no_redirect_and_tries_again(self, tmp_path: Path) -> None:
        with receiving() as other, receiving(status=302, location=other.url) as receiver:
            make_endpoint(receiver.url)
            tell()
            send(tmp_path)

        row = Sending.objects.get()
        assert len(receiver.got) == 1
        assert not other.got
        assert (row.fault, row.tries, row.sent_at) == (Fault.REDIRECT, 1, None)


class TestRetries:
    def test_come_by_the_schedule_and_end_with_an_alert(self, tmp_path: Path) -> None:
        clock, waits = Clock(), []
        with receiving(status=503) as receiver:
            made = make_endpoint(receiver.url).endpoint
            tell()
            for _ in range(TRIES):
                send(tmp_path, clock)
                row = Sending.objects.get()
                if row.next_at is not None:
                    waits.append(row.next_at - clock.now)
                    clock.now = row.next_at - timedelta(seconds=1)
                    send(tmp_path, clock)  # too early
                    clock.now = row.next_at
            send(tmp_path, clock)  # too late

        row = Sending.objects.get()
        middle = [wait_after(tries, chance=0.5) or DAY for tries in range(1, TRIES)]
        assert len(receiver.got) == TRIES
        assert len({got.id for got in receiver.got}) == 1
        assert len({got.headers["webhook-timestamp"] for got in receiver.got}) == TRIES
        assert all(0.9 <= one / two <= 1.1 for one, two in zip(waits, middle, strict=True))
        assert waits != middle
        assert (row.given_up_at, row.fault) == (clock.now, Fault.STATUS)
        assert alerts() == [{"endpoint": made, "why": "given_up"}]
        assert endpoints(actor=ADMIN)[0].standing is Standing.FAILING

    def test_that_fail_alert_once_until_something_arrives(self, tmp_path: Path) -> None:
        with receiving(status=503) as receiver:
            make_endpoint(receiver.url)
            for key in ("1", "2"):
                tell(key)
                Sending.objects.update(tries=TRIES - 1)
                send(tmp_path)
            told, standing = len(alerts()), endpoints(actor=ADMIN)[0].standing
            receiver.status = 204
            tell("3")
            send(tmp_path)

        assert (told, standing) == (1, Standing.FAILING)
        assert endpoints(actor=ADMIN)[0].standing is Standing.ACTIVE

    def test_tell_the_other_endpoints(self, tmp_path: Path) -> None:
        with receiving(status=503) as broken, receiving() as watching:
            made = make_endpoint(broken.url, "person.left").endpoint
            make_endpoint(watching.url, "webhook.failing")
            tell()
            Sending.objects.update(tries=TRIES - 1)
            send(tmp_path)
            give_out()
            send(tmp_path)

        (got,) = watching.got
        assert json.loads(got.body)["data"] == {"endpoint": made, "why": "given_up"}

    def test_end_at_once_where_the_receiver_is_gone(self, tmp_path: Path) -> None:
        with receiving(status=410) as receiver:
            made = make_endpoint(receiver.url).endpoint
            tell("1")
            tell("2")
            send(tmp_path)
            tell("3")
            send(tmp_path, Clock(NOON + DAY))

        row, (entry,) = Endpoint.objects.get(), said("webhook.disabled")
        assert len(receiver.got) == 1
        assert (row.disabled_at, row.secret) == (NOON, None)
        assert (entry["actor"], entry["subject"]) == ("system:test", "crm")
        assert entry["fact.why"] == "gone"
        assert alerts() == [{"endpoint": made, "why": "gone"}]
        assert not Sending.objects.filter(next_at__isnull=False).exists()


class TestSlowReceivers:
    def test_time_out_while_others_write(self, tmp_path: Path) -> None:
        with receiving() as receiver, sender(tmp_path, timeout=3) as sends:
            make_endpoint(receiver.url)
            receiver.released.clear()
            tell()
            sends.start()
            receiver.wait_for(1)
            began = time.monotonic()
            with transaction.atomic(durable=True):  # as the ledger would
                send_later(topic="access.alert", key="x", facts={"why": "x"}, at=NOON)
                Endpoint.objects.update(failing_at=None)  # also what the call is about
                Sending.objects.update(fault=None)
            took = time.monotonic() - began
            sends.finish()

        row = Sending.objects.get()
        assert took < 1.5
        assert (row.fault, row.tries) == (Fault.TIMEOUT, 1)

    def test_keep_no_other_endpoint_waiting(self, tmp_path: Path) -> None:
        with receiving() as slow, receiving() as quick, sender(tmp_path) as sends:
            make_endpoint(slow.url)
            make_endpoint(quick.url)
            slow.released.clear()
            tell("1")
            sends.start()
            slow.wait_for(1)
            tell("2")
            for _ in range(100):
                sends.start()
                if len(quick.got) == 2:
                    break
                time.sleep(0.02)
            waiting = Sending.objects.filter(sent_at=None).count()
            slow.released.set()

        assert len(quick.got) == 2
        assert waiting >= 2

    def test_that_fail_do_not_come_first_for_ever(self, tmp_path: Path) -> None:
        with receiving(status=503) as broken, receiving() as well, sender(tmp_path) as sends:
            for _ in range(12):  # more than are called at a time
                make_endpoint(broken.url)
            tell("1")
            make_endpoint(well.url)
            for key in ("2", "3"):
                tell(key)
            sends.finish()

        assert len(well.got) == 2
        # One failure, and the rest waits a little: a receiver that is down isn't hammered.
        assert len(broken.got) == 12

    def test_take_turns_when_there_are_more_than_are_called_at_a_time(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sending, "RUN", 1)
        with receiving() as receiver:
            for number in range(sending.AT_ONCE + 1):
                make_endpoint(f"{receiver.url}&number={number}")
            for key in ("1", "2", "3", "4"):
                tell(key)
            send(tmp_path)

        paths = [got.path for got in receiver.got]
        assert len(paths) == 4 * (sending.AT_ONCE + 1)
        assert all(paths.index(one) <= 2 * sending.AT_ONCE for one in set(paths))


class TestWorkers:
    def test_that_race_send_each_message_once(self, tmp_path: Path) -> None:
        def work(_: int) -> None:
            try:
                send(tmp_path)
            finally:
                connection.close()

        keys(tmp_path)
        with receiving() as receiver:
            make_endpoint(receiver.url)
            for number in range(60):
                tell(str(number))
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(work, range(2)))

        ids = [got.id for got in receiver.got]
        assert len(ids) == len(set(ids)) == 60
        assert Sending.objects.filter(sent_at__isnull=False, tries=1).count() == 60

    def test_that_is_killed_sends_again_under_the_same_id(
        self, tmp_path: Path, database: str
    ) -> None:
        keys(tmp_path)
        (tmp_path / "key").write_text(OPENS.text)
        script = Path(__file__).parent / "send_until_killed.py"
        with receiving() as receiver:
            made = make_endpoint(receiver.url)
            tell()
            receiver.released.clear()
            child = subprocess.Popen(
                [sys.executable, script, database, tmp_path / "keyset.json", tmp_path / "key"],
                start_new_session=True,
            )
            receiver.wait_for(1)
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            receiver.released.set()
            send(tmp_path, Clock(NOON + LEASE - timedelta(seconds=1)))  # it might still be at it
            early = len(receiver.got)
            send(tmp_path, Clock(NOON + LEASE))

        first, second = receiver.got
        assert early == 1
        assert first.id == second.id == Sending.objects.get().id
        assert all(signed_by(got)(made.secret) for got in receiver.got)
        assert Sending.objects.get().tries == 2

    def test_that_come_back_late_change_nothing_of_who_took_over(self) -> None:
        made = make_endpoint().endpoint
        tell()
        late = claim(endpoint=made, at=NOON)
        other = claim(endpoint=made, at=NOON + LEASE)
        assert late
        assert other

        note_failed(late, fault=Fault.TIMEOUT, chance=0.5, at=NOON + LEASE)
        between = Sending.objects.get()
        note_sent(other, at=NOON + LEASE)
        note_failed(late, fault=Fault.TIMEOUT, chance=0.5, at=NOON + LEASE)

        assert (between.next_at, between.fault) == (other.until, None)
        assert late.id == other.id
        assert Sending.objects.get().sent_at == NOON + LEASE


class TestTrouble:
    def test_with_the_keys_takes_no_message_up_and_is_logged(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        with receiving() as receiver:
            make_endpoint(receiver.url)
            tell()
            sends = sender(tmp_path)
            keys(tmp_path).write(Keyset.new(Suite.INTERNATIONAL))  # as if the keyset was lost
            with sends:
                sends.finish()

        assert not receiver.got
        assert Sending.objects.get().tries == 0
        assert "webhooks can't be sent" in caplog.text

    def test_of_a_disabled_endpoint_leaves_what_is_on_its_way(self, tmp_path: Path) -> None:
        with receiving() as receiver, sender(tmp_path) as sends:
            made = make_endpoint(receiver.url).endpoint
            receiver.released.clear()
            tell("1")
            tell("2")
            sends.start()
            receiver.wait_for(1)
            disable_endpoint(endpoint=made, actor=SYSTEM, at=NOON)
            receiver.released.set()
            sends.finish()

        assert len(receiver.got) == 1
        assert not Sending.objects.filter(next_at__isnull=False).exists()

    def test_of_closing_takes_nothing_up_that_it_does_not_send(self, tmp_path: Path) -> None:
        with receiving() as receiver:
            make_endpoint(receiver.url)
            receiver.released.clear()
            tell("1")
            tell("2")
            sends = sender(tmp_path)
            sends.start()
            receiver.wait_for(1)
            with ThreadPoolExecutor(1) as pool:
                closing = pool.submit(sends.close)
                time.sleep(0.1)
                receiver.released.set()
                closing.result()

        assert len(receiver.got) == 1
        assert sorted(Sending.objects.values_list("tries", flat=True)) == [0, 1]
