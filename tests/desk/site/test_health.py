"""Liveness asks nothing, readiness asks all that work needs, and both say codes only."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from hubao.desk.config.mapping import django_settings
from hubao.desk.config.settings_test import ENV
from hubao.desk.core.heartbeat import WORKER, beat
from hubao.desk.core.wired import Log, wired
from hubao.desk.ledger.models import Head, Mark
from hubao.desk.ledger.operations import sequence_pending
from hubao.desk.ledger.queries import PUBLISHED
from hubao.desk.ledger.rules import Entered
from hubao.desk.ledger.steps import append_entry
from hubao.desk.site import health
from tests.desk.conftest import use
from tests.makers.signing_in import browser, wire


@pytest.fixture(autouse=True)
def _desk(database: str, tmp_path: Path) -> Iterator[None]:
    del database
    wire(tmp_path)
    health.faults.forget()
    health._migrated.clear()
    beat(name=WORKER, at=timezone.now())
    yield
    health.faults.forget()


def append(at: datetime) -> None:
    with transaction.atomic():
        append_entry(Entered(action="test", actor="li", at=at))


def ready() -> tuple[int, list[str]]:
    health.faults.forget()
    answer = browser().get(reverse("ready"))
    told = json.loads(answer.content)
    assert told["ok"] == (not told["faults"])
    return answer.status_code, told["faults"]


def with_a_signer(folder: Path) -> None:
    settings.HUBAO = replace(wired(), log=Log("test/ledger", signer=folder / "socket"))


class TestHealth:
    def test_says_only_that_it_lives(self) -> None:
        answer = browser().get(reverse("health"))

        assert (answer.status_code, answer.json()) == (200, {"ok": True})

    def test_lives_also_without_a_database(self, tmp_path: Path) -> None:
        use(f"sqlite:///{tmp_path / 'no' / 'such' / 'file'}")

        assert browser().get(reverse("health")).status_code == 200


class TestReady:
    def test_says_so_when_everything_is_there(self) -> None:
        assert ready() == (200, [])

    def test_names_a_database_that_does_not_answer(self, tmp_path: Path) -> None:
        use(f"sqlite:///{tmp_path / 'no' / 'such' / 'file'}")

        assert ready() == (503, ["database"])

    def test_names_nothing_else_of_a_database_that_went_away(self, tmp_path: Path) -> None:
        assert ready() == (200, [])
        there = tmp_path / "no" / "such" / "file"
        health._migrated.add(str(there))  # it was there when its migrations were looked at

        use(f"sqlite:///{there}")

        assert ready() == (503, ["database"])

    def test_names_a_migration_that_is_not_applied(self) -> None:
        MigrationRecorder(connection).record_unapplied("core", "0005_barred")

        assert ready() == (503, ["migrations"])

    def test_names_a_database_without_any_table(self, tmp_path: Path) -> None:
        use(f"sqlite:///{tmp_path / 'empty.sqlite3'}")

        assert ready() == (503, ["migrations"])

    def test_names_keys_that_cannot_be_read(self, tmp_path: Path) -> None:
        (tmp_path / "keyset.json").unlink()

        assert ready() == (503, ["keys"])

    def test_names_a_ledger_that_takes_no_entries(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "PRAGMA query_only = ON"
                if connection.vendor == "sqlite"
                else "SET default_transaction_read_only = on"
            )

        assert ready() == (503, ["ledger"])

    def test_names_a_sequencer_that_lags(self) -> None:
        append(timezone.now() - timedelta(minutes=2))
        assert ready() == (503, ["sequencer"])

        sequence_pending()

        assert ready() == (200, [])

    def test_names_a_head_that_is_late_if_somebody_signs(self, tmp_path: Path) -> None:
        append(timezone.now() - timedelta(hours=3))
        sequence_pending()
        assert ready() == (200, [])

        with_a_signer(tmp_path)
        assert ready() == (503, ["head"])

        head = Head.objects.create(size=1, at=timezone.now(), note="signed")
        Mark.objects.create(name=PUBLISHED, place=head.id)
        assert ready() == (200, [])

    def test_names_a_worker_without_a_sign_of_life(self) -> None:
        beat(name=WORKER, at=timezone.now() - timedelta(minutes=6))

        assert ready() == (503, ["worker"])

    def test_names_all_there_is(self, tmp_path: Path) -> None:
        beat(name=WORKER, at=timezone.now() - timedelta(minutes=6))
        append(timezone.now() - timedelta(minutes=2))
        (tmp_path / "keyset.json").unlink()

        assert ready() == (503, ["keys", "sequencer", "worker"])

    def test_is_looked_at_once_for_many_who_ask(self, tmp_path: Path) -> None:
        assert ready() == (200, [])

        (tmp_path / "keyset.json").unlink()

        assert browser().get(reverse("ready")).status_code == 200

    def test_tells_strangers_neither_versions_nor_places(self, tmp_path: Path) -> None:
        (tmp_path / "keyset.json").unlink()

        answer = browser().get(reverse("ready"))

        text = f"{answer.content.decode()} {answer.headers}"
        assert str(tmp_path) not in text
        assert not re.search(r"(?i)django|granian|python|[0-9]+\.[0-9]+\.[0-9]+", text)
        assert "no-store" in answer.headers["Cache-Control"]


class TestInProduction:
    @pytest.mark.parametrize(("name", "plain"), [("health", 200), ("ready", 200), ("home", 301)])
    def test_is_asked_without_encryption_by_what_stands_beside_it(
        self, name: str, plain: int
    ) -> None:
        made = django_settings(ENV.model_copy(update={"mode": "production"}))
        transport = {key: made[key] for key in made if key.startswith("SECURE_")}

        with override_settings(**transport):
            assert browser().get(reverse(name)).status_code == plain
