"""The worker watches the ledger: what is wrong with it becomes an alert, once each time."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.utils import timezone

from hubao.desk.config.serving import CONSUMERS, _watch_ledger, work
from hubao.desk.core.actor import Actor, Role
from hubao.desk.core.wired import Log, wired
from hubao.desk.ledger import heads
from hubao.desk.ledger.health import is_unpublished
from hubao.desk.ledger.operations import sequence_pending
from hubao.desk.ledger.queries import state
from hubao.desk.ledger.rules import Entered
from hubao.desk.ledger.together import append_together
from hubao.desk.policies.models import Alert
from hubao.seal.heads import Head
from hubao.seal.signer import Signer
from tests.makers.desk import actor, append_entries
from tests.makers.signing_in import wire

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
AUDITOR: Actor = actor("k1", Role.COMPLIANCE)


@pytest.fixture(autouse=True)
def _desk(database: str, tmp_path: Path) -> None:
    del database
    wire(tmp_path)


def entry(minutes: int) -> Entered:
    at = timezone.now() - timedelta(minutes=minutes)
    return Entered(action="policy.open", actor="li", at=at, subject="b1")


def whys() -> list[str]:
    return sorted(Alert.objects.values_list("why", flat=True))


def test_a_ledger_as_it_should_be_raises_nothing() -> None:
    append_entries([entry(minutes=30)])

    work(once=True)
    _watch_ledger()

    assert whys() == []
    assert [one.name for one in CONSUMERS] == ["policies.alerts", "webhooks"]


def test_refusals_that_wait_in_the_file_raise_one_before_they_are_taken_in() -> None:
    wired().spool.write_text("{}\n", encoding="utf-8")

    work(once=True)
    work(once=True)

    assert whys() == ["ledger_unwritten"]
    assert not wired().spool.exists()


def test_entries_that_wait_longer_than_a_minute_raise_one() -> None:
    append_entries([entry(minutes=30)])
    append_together([entry(minutes=2)])

    _watch_ledger()
    _watch_ledger()

    assert whys() == ["entries_wait"]


def test_a_ledger_that_is_only_just_filled_waits_for_its_first_worker() -> None:
    append_together([entry(minutes=2)])

    _watch_ledger()

    assert whys() == []


class TestHeads:
    def publish(self, folder: Path, hours: int, monkeypatch: pytest.MonkeyPatch) -> None:
        signer = Signer(KEY, "test/ledger", folder / "last-head")

        def ask(_socket: Path, head: Head, growth: list[bytes]) -> str:
            return signer.sign(head, growth)

        monkeypatch.setattr(heads, "ask_signer", ask)
        log = Log("test/ledger", KEY.public_key().public_bytes_raw(), folder / "socket")
        heads.sign_and_publish(log, at=timezone.now() - timedelta(hours=hours))

    def test_raise_one_when_none_was_published_for_two_hours(self) -> None:
        append_entries([entry(minutes=119)])
        _watch_ledger()
        assert whys() == []

        append_entries([entry(minutes=121)])  # stands behind, and was made before
        assert not is_unpublished(state(actor=AUDITOR), at=timezone.now())
        assert is_unpublished(state(actor=AUDITOR), at=timezone.now() + timedelta(minutes=2))

    def test_published_cover_what_they_stand_over(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        append_entries([entry(minutes=600)])
        _watch_ledger()
        assert whys() == ["no_head"]

        self.publish(tmp_path, 3, monkeypatch)
        covered = state(actor=AUDITOR)
        append_entries([entry(minutes=150)])
        sequence_pending()

        assert covered.published_at is not None
        assert (covered.uncovered, is_unpublished(covered, at=timezone.now())) == (None, False)
        assert is_unpublished(state(actor=AUDITOR), at=timezone.now())
        _watch_ledger()
        _watch_ledger()
        assert whys() == ["no_head", "no_head"]  # each time once
