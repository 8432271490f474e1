"""The page of metrics: who reads it, what it tells, and what it never tells."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client, override_settings
from django.urls import resolve, reverse
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from hubao.desk.config.mapping import django_settings
from hubao.desk.config.settings_test import ENV
from hubao.desk.core.actor import Role
from hubao.desk.core.heartbeat import WORKER, beat
from hubao.desk.core.metrics import DECLARED
from hubao.desk.core.steps import send_later
from hubao.desk.core.wired import wired
from hubao.desk.ledger.health import PUBLISHED_WITHIN, SEALED_WITHIN
from hubao.desk.ledger.models import Head, Mark
from hubao.desk.ledger.operations import sequence_pending
from hubao.desk.ledger.queries import PUBLISHED, size
from hubao.desk.ledger.steps import NotWritten
from hubao.desk.people.models import Account, Sending
from hubao.desk.policies.operations.search import Slowed
from hubao.desk.site.health import ALIVE_WITHIN
from hubao.desk.site.metrics import MetricsPage
from tests.desk.conftest import use
from tests.makers.desk import CLEAR, NOON, make_branches, make_item, make_person, make_policy
from tests.makers.signing_in import browser, signed_in, wire
from tests.makers.webhooks import make_endpoint, tell

TOKEN = "a token of this test"  # noqa: S105 - opens nothing else
PAGE = cast(MetricsPage, resolve("/metrics").func)
Told = Mapping[tuple[str, ...], float]


@pytest.fixture(autouse=True)
def _desk(database: str, tmp_path: Path) -> Iterator[None]:
    del database
    make_branches()
    wire(tmp_path)
    PAGE.reads.forget()
    yield
    PAGE.reads.forget()


def page() -> str:
    PAGE.reads.forget()
    answer = browser().get("/metrics")
    assert answer.status_code == 200
    return answer.content.decode()


def told() -> Told:
    """What the page says, by name and labels' values in the order of the labels' names."""
    return {
        (one.name, *(one.labels[label] for label in sorted(one.labels))): one.value
        for family in text_string_to_metric_families(page())
        for one in family.samples
    }


def risen(before: Told, *key: str) -> float:
    return told().get(key, 0) - before.get(key, 0)


class TestWhoReadsIt:
    def test_this_machine_where_no_token_is_set(self) -> None:
        assert browser().get("/metrics").status_code == 200
        assert browser().get("/metrics", REMOTE_ADDR="::1").status_code == 200

    @pytest.mark.parametrize("address", ["192.0.2.7", "10.0.0.1", "2001:db8::1", "", "nowhere"])
    def test_no_other_machine_then(self, address: str) -> None:
        answer = browser().get("/metrics", REMOTE_ADDR=address)

        assert (answer.status_code, answer.content) == (401, b"")

    @pytest.mark.parametrize(
        "header", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP", "Via"]
    )
    def test_nobody_through_a_proxy_on_this_machine(self, header: str) -> None:
        answer = browser().get("/metrics", headers={header: "192.0.2.7"})

        assert answer.status_code == 401

    @pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
    def test_whoever_shows_the_token(self, scheme: str) -> None:
        settings.HUBAO = replace(wired(), metrics_token=TOKEN)

        answer = browser().get(
            "/metrics", REMOTE_ADDR="192.0.2.7", headers={"Authorization": f"{scheme} {TOKEN}"}
        )

        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")

    @pytest.mark.parametrize(
        "shown", ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer 令"]
    )
    def test_nobody_without_it_where_it_is_set(self, shown: str) -> None:
        settings.HUBAO = replace(wired(), metrics_token=TOKEN)

        answer = browser().get("/metrics", HTTP_AUTHORIZATION=shown)

        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"

    def test_by_reading_only(self) -> None:
        assert browser().post("/metrics").status_code == 405

    def test_never_with_the_token_in_what_is_printed_of_it(self) -> None:
        assert TOKEN not in repr(replace(wired(), metrics_token=TOKEN))

    def test_is_asked_without_encryption_by_what_stands_beside_it(self) -> None:
        made = django_settings(ENV.model_copy(update={"mode": "production"}))

        with override_settings(**{key: made[key] for key in made if key.startswith("SECURE_")}):
            assert browser().get("/metrics").status_code == 200


class TestRequests:
    def test_are_counted_by_view_method_and_sort_of_answer(self) -> None:
        before = told()

        browser().get(reverse("home"))
        browser().post(reverse("policies"))

        assert risen(before, "hubao_http_requests_total", "GET", "3xx", "home") == 1
        assert risen(before, "hubao_http_requests_total", "POST", "3xx", "policies") == 1
        assert risen(before, "hubao_http_request_seconds_count", "home") == 1

    def test_show_whether_they_take_longer_than_150_ms(self) -> None:
        browser().get(reverse("home"))

        assert ("hubao_http_request_seconds_bucket", "0.15", "home") in told()

    def test_are_no_labels_of_their_own_whatever_is_asked_for(self) -> None:
        before = told()

        browser().get("/console/policies/15400001234")
        browser().get("/15400001234")
        browser().generic("A15400001234", "/")

        assert "15400001234" not in page()
        assert risen(before, "hubao_http_requests_total", "GET", "4xx", "none") == 1
        assert any(key[:2] == ("hubao_http_requests_total", "other") for key in told())


class TestLooking:
    def reveal(self, client: Client, record: str, item: str, purpose: str) -> None:
        told = {"field": "phone", "purpose": purpose, "item": item}
        client.post(reverse("reveal", args=[record]), told)

    def test_is_counted_by_purpose_and_outcome(self) -> None:
        record, client = make_policy(), signed_in("li", Role.CLERK)
        item, before = make_item(record), told()

        self.reveal(client, record, item, "service")
        self.reveal(client, record, item, "call_back")
        self.reveal(client, "b0", item, "service")

        count = "hubao_reveals_total"
        assert risen(before, count, "shown", "service") == 1
        assert risen(before, count, "policies.wrong_purpose", "call_back") == 1
        assert risen(before, count, "policies.no_such_policy", "service") == 1

    def test_is_told_as_nought_before_the_first(self) -> None:
        assert ("hubao_reveals_total", "shown", "investigation") in told()

    def test_counts_searches(self) -> None:
        make_policy()
        client, before = signed_in("li", Role.CLERK), told()

        client.post(reverse("policies"), {"field": "phone", "value": CLEAR["phone"]})
        client.post(reverse("policies"), {"field": "15400001234", "value": "x"})

        assert risen(before, "hubao_searches_total", "shown") == 1
        assert risen(before, "hubao_searches_total", "input.bad") == 1

    def test_tells_what_alarms_as_nought_before_the_first(self) -> None:
        found = told()

        assert found.keys() >= {
            ("hubao_searches_total", Slowed.code),
            ("hubao_reveals_total", NotWritten.code, "service"),
            ("hubao_import_rows_total", "rejected", "policies"),
            ("hubao_sign_ins_refused_total", "locked"),
        }


class TestSigningIn:
    def post(self, client: Client, password: str) -> None:
        client.post(reverse("account_login"), {"login": "li", "password": password})

    def test_counts_wrong_passwords_and_lock_outs(self) -> None:
        make_person("li", roles=[Role.COMPLIANCE])
        account = Account(party_id="li", username="li")
        account.set_password("the right words")
        account.save()
        client, before = browser(), told()

        for _ in range(7):
            self.post(client, "wrong")

        assert risen(before, "hubao_sign_ins_refused_total", "failed") == 5
        assert risen(before, "hubao_sign_ins_refused_total", "locked") == 2

    def test_counts_no_right_one(self) -> None:
        make_person("li", roles=[Role.COMPLIANCE])
        account = Account(party_id="li", username="li")
        account.set_password("the right words")
        account.save()
        before = told()

        self.post(browser(), "the right words")

        assert risen(before, "hubao_sign_ins_refused_total", "failed") == 0

    def test_counts_wrong_codes(self) -> None:
        client, before = signed_in("li", Role.CLERK), told()

        client.post(reverse("mfa_reauthenticate"), {"code": "000000"})

        assert risen(before, "hubao_sign_ins_refused_total", "failed") == 1


class TestImports:
    def test_count_rows_by_what_became_of_them(self) -> None:
        before = told()

        make_policy()
        make_person("wu")
        make_person("wu")

        rows = "hubao_import_rows_total"
        assert risen(before, rows, "added", "policies") == 1
        assert risen(before, rows, "added", "people") == 1
        assert risen(before, rows, "same", "people") == 1


class TestLedger:
    def test_is_told_as_it_is(self) -> None:
        make_policy()
        sequence_pending()
        placed = told()["hubao_ledger_size",]
        Head.objects.create(size=1, at=timezone.now() - timedelta(minutes=90), note="signed")
        make_person("wu")  # two entries, made at the makers' noon

        found = told()

        assert found["hubao_ledger_size",] == placed
        assert found["hubao_ledger_pending",] == 2
        assert found["hubao_ledger_appended_total",] == placed + 2
        assert found["hubao_ledger_unsigned",] == placed - 1
        assert found["hubao_ledger_head_age_seconds",] == pytest.approx(5400, abs=60)
        assert found["hubao_ledger_lag_seconds",] > 3600

    def test_tells_that_no_head_is_outside_when_the_home_page_does(self) -> None:
        auditor = signed_in("k1", Role.COMPLIANCE, unit="HQ")
        seen = []  # the makers' entries are of yesterday
        for mark in (False, True):
            if mark:
                sequence_pending()
                head = Head.objects.create(size=size(), at=timezone.now(), note="signed")
                Mark.objects.create(name=PUBLISHED, place=head.id)
            warned = "最近两小时没有发布日志头" in auditor.get(reverse("home")).content.decode()
            seen.append((warned, told()["hubao_ledger_uncovered_seconds",] > 7200))

        assert seen == [(True, True), (False, False)]

    def test_that_is_signed_but_not_published_is_told_too(self) -> None:
        make_person("wu")
        sequence_pending()
        Head.objects.create(size=size(), at=timezone.now(), note="signed")

        found = told()

        assert found["hubao_ledger_unsigned",] == 0
        assert found["hubao_ledger_uncovered_seconds",] > 7200

    @pytest.mark.parametrize(
        ("metric", "limit"),
        [
            ("hubao_ledger_uncovered_seconds", PUBLISHED_WITHIN),
            ("hubao_ledger_lag_seconds", SEALED_WITHIN),
            ("hubao_worker_heartbeat_age_seconds", ALIVE_WITHIN),
        ],
    )
    def test_is_watched_by_the_pages_own_limits(self, metric: str, limit: timedelta) -> None:
        rules = Path(__file__).parents[3] / "docs" / "how-to" / "monitor.md"

        watched = re.findall(rf"{metric}\) > (\d+)", rules.read_text(encoding="utf-8"))

        assert watched == [f"{limit.total_seconds():.0f}"]

    def test_has_no_age_of_a_head_before_the_first(self) -> None:
        assert ("hubao_ledger_head_age_seconds",) not in told()


class TestMessages:
    def test_that_wait_for_other_systems_are_told_with_those_that_failed(self) -> None:
        make_endpoint()
        tell("1")
        tell("2", at=NOON + timedelta(minutes=1))
        Sending.objects.filter(message__key="person.left:1").update(fault="refused")

        found = told()

        assert found["hubao_webhooks_waiting",] == 2
        assert found["hubao_webhooks_failing",] == 1
        assert found["hubao_webhooks_oldest_seconds",] > 3600

    def test_that_no_consumer_took_up_yet_are_told_by_topic(self) -> None:
        before = told()["hubao_outbox_waiting", "webhooks", "person.left"]
        with transaction.atomic():
            send_later(topic="person.left", key="1", facts={"party": "li"}, at=NOON)

        assert before == 0
        assert told()["hubao_outbox_waiting", "webhooks", "person.left"] == 1


class TestPage:
    def test_names_nobody_and_no_record(self) -> None:
        record, client = make_policy(), signed_in("li", Role.CLERK)
        client.get(reverse("policy", args=[record]))
        client.post(reverse("policies"), {"field": "phone", "value": CLEAR["phone"]})
        beat(name=WORKER, at=timezone.now())

        said = page()

        assert not any(value in said for value in (record, '"li"', *CLEAR.values()))
        assert not re.search(r"\b[a-f][0-9a-f]{24}\b", said)

    def test_has_no_metric_that_the_reference_lacks(self) -> None:
        beat(name=WORKER, at=timezone.now())
        families = {family.name for family in text_string_to_metric_families(page())}

        names = {name.removesuffix("_total") for name in DECLARED}

        assert {"hubao_ledger_size", "hubao_worker_heartbeat_age_seconds"} <= families
        assert {one for one in families if not one.startswith("hubao_test_")} <= names

    def test_is_there_when_the_database_is_not(self, tmp_path: Path) -> None:
        use(f"sqlite:///{tmp_path / 'no' / 'such' / 'file'}")

        found = told()

        assert found["hubao_database_up",] == 0
        assert ("hubao_ledger_size",) not in found
        assert any(key[0] == "hubao_http_requests_total" for key in found)

    def test_reads_the_database_once_in_some_seconds(self) -> None:
        size = told()["hubao_ledger_pending",]
        make_person("wu")

        again = browser().get("/metrics").content.decode()

        assert f"hubao_ledger_pending {size}\n" in again
