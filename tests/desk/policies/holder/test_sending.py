"""Codes on their way: the entry before the message, at least once, and nothing in clear at rest."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from hubao.desk.core.messages.letters import NotSent, Unset
from hubao.desk.core.messages.sending import CLAIMED_FOR
from hubao.desk.core.models import Delivery
from hubao.desk.ledger.models import Entry
from hubao.desk.policies.holder.operations import WrongCode
from hubao.desk.policies.holder.rules import CODE_LASTS
from tests.makers.desk import CLEAR, KEYSET, NOON, make_branches, make_policy, said
from tests.makers.holders import ask_for, code_in, messages, send, try_code

OURS = "PN90000001"
PHONE = f"+86{CLEAR['phone']}"
AGAIN = NOON + CLAIMED_FOR
SCRIPT = Path(__file__).parent / "send_until_killed.py"


@pytest.fixture(autouse=True)
def record(database: str) -> str:
    del database
    make_branches()
    return make_policy(policy_number=OURS)


class Watching:
    """Carries messages; sees what the ledger holds when one leaves."""

    def __init__(self) -> None:
        self.entered: list[int] = []
        self.in_transaction: list[bool] = []

    def send(self, *, to: str, text: str, kind: str) -> None:
        del text
        assert (to, kind) == (PHONE, "code")
        self.in_transaction.append(connection.in_atomic_block)
        # From another connection: only what is committed is seen.
        self.entered.append(len(said("policyholder.code")))


class Failing:
    def __init__(self) -> None:
        self.tried = 0

    def send(self, *, to: str, text: str, kind: str) -> None:
        del to, text, kind
        self.tried += 1
        raise NotSent("The message gateway answers with 503.", status=503)


class FailingAtFirst(Failing):
    def send(self, *, to: str, text: str, kind: str) -> None:
        if not self.tried:
            super().send(to=to, text=text, kind=kind)


class TestMessage:
    def test_goes_to_the_phone_on_file_after_its_entry(self, record: str) -> None:
        ask_for(OURS)
        watching = Watching()

        sent = [send(Path(), sender=watching) for _ in range(3)]

        assert sent == [1, 0, 0]
        assert watching.entered == [1]
        assert watching.in_transaction == [False]
        (entry,) = said("policyholder.code")
        assert (entry["actor"], entry["subject"], entry["fact.fields"]) == (
            "system:desk", record, ["phone"])  # fmt: skip

    def test_holds_no_policy_number_and_no_link(self, tmp_path: Path) -> None:
        ask_for(OURS)
        send(tmp_path)

        (message,) = messages(tmp_path)

        assert message["to"] == PHONE
        assert "甲乙人寿" in message["text"]
        for never in (OURS, OURS[-4:], "http", "//", "www", CLEAR["holder_name"][0]):
            assert never not in message["text"]

    def test_does_not_leave_when_the_ledger_can_not_be_written(self, tmp_path: Path) -> None:
        ask_for(OURS)
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE ledger_entry RENAME TO gone")

        assert send(tmp_path) == 0
        assert messages(tmp_path) == []

    def test_that_fails_is_tried_again_with_another_code_until_its_time_is_over(
        self, tmp_path: Path
    ) -> None:
        token = ask_for(OURS)
        failing = Failing()

        send(tmp_path, sender=failing)
        send(tmp_path, sender=failing)  # not at once
        send(tmp_path, at=AGAIN)
        code = code_in(messages(tmp_path)[0])

        assert failing.tried == 1
        assert try_code(token, code, at=AGAIN)
        assert len(said("policyholder.code")) == 2

    def test_is_not_sent_any_more_when_its_time_is_over(self, tmp_path: Path) -> None:
        ask_for(OURS)

        assert send(tmp_path, at=NOON + CODE_LASTS) == 0
        assert said("policyholder.code") == []
        assert Delivery.objects.get().done_at is not None

    def test_that_fails_keeps_no_other_waiting(self, tmp_path: Path) -> None:
        ask_for(OURS)
        make_policy(policy_number="PN90000009")
        ask_for("PN90000009")

        assert send(tmp_path, sender=FailingAtFirst()) == 1

    def test_that_fails_leaves_nothing_of_it_in_the_log(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        ask_for(OURS)
        with caplog.at_level(logging.ERROR):
            send(tmp_path, sender=Failing())
            send(tmp_path, sender=Unset(), at=AGAIN)

        told = caplog.text + "".join(repr(vars(one)) for one in caplog.records)

        assert len(caplog.records) == 2
        assert CLEAR["phone"] not in told
        assert OURS not in told

    def test_sent_twice_has_the_last_code_count(self, tmp_path: Path) -> None:
        token = ask_for(OURS)
        send(tmp_path)
        Delivery.objects.update(done_at=None)  # killed before it was noted
        send(tmp_path, at=AGAIN)
        first, last = map(code_in, messages(tmp_path))

        with pytest.raises(WrongCode):
            try_code(token, first, at=AGAIN)
        assert try_code(token, last, at=AGAIN)


class TestKilledWorker:
    @pytest.mark.parametrize(("when", "left"), [("before", 1), ("after", 2)])
    def test_leaves_an_entry_and_another_sends_again(
        self, when: str, left: int, database: str, tmp_path: Path
    ) -> None:
        token = ask_for(OURS)
        keys = tmp_path / "keys"
        keys.write_text("\n".join(key.text for key in (*KEYSET.keys, *KEYSET.indexes)))
        folder = tmp_path / "messages"

        died = subprocess.run(
            [sys.executable, SCRIPT, database, folder, keys, when], check=False, timeout=60
        )
        entered = len(said("policyholder.code"))
        too_early = send(folder)
        sent = send(folder, at=AGAIN)

        assert died.returncode == -9
        assert (entered, too_early, sent) == (1, 0, 1)
        assert len(messages(folder)) == left
        assert len(said("policyholder.code")) == 2  # never fewer entries than messages
        assert try_code(token, code_in(messages(folder)[-1]), at=AGAIN)
        assert Entry.objects.exists()
