"""The API: by token and scope, each request once, failures as problems, and as its OpenAPI says."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.db import connection
from hypothesis import HealthCheck, given, settings
from schemathesis import Case
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from hubao.desk.core.actor import Permission, Role
from hubao.desk.core.models import Answer, Item
from hubao.desk.ledger.models import Entry
from hubao.desk.people.models import Party
from hubao.desk.people.operations import issue_token, revoke_tokens
from hubao.desk.policies.models import Policy
from tests.makers.desk import CLEAR, NOON, actor, make_branches, make_person, make_policy, said
from tests.makers.signing_in import browser, wire

if TYPE_CHECKING:
    from django.test import Client

Reply = Any  # a response of Django's test client, whose type is private
ADMIN = actor("admin", Role.ADMIN, unit="HQ", units=None)
POLICY = {
    "policy_number": "PN1",
    "unit": "north",
    "phone": CLEAR["phone"],
    "premium": "1200.50",
}


@pytest.fixture(autouse=True)
def _desk(database: str, tmp_path: Path) -> None:
    del database
    make_branches()
    wire(tmp_path)


class Service:
    """A system that asks."""

    def __init__(
        self, scopes: Sequence[Permission] = tuple(Permission), *, name: str = "crm",
        unit: str = "HQ",
    ) -> None:  # fmt: skip
        make_person(name, unit=unit, kind="service")
        self.token = issue_token(party=name, scopes=scopes, actor=ADMIN, at=NOON)
        self.client: Client = browser(enforce_csrf_checks=True)

    def post(self, place: str, told: object, key: str = "k1") -> Reply:
        return self.client.post(
            f"/api/v1/{place}",
            json.dumps(told),
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.token}", "Idempotency-Key": key},
        )

    def get(self, place: str, **told: str) -> Reply:
        return self.client.get(
            f"/api/v1/{place}", told, headers={"Authorization": f"Bearer {self.token}"}
        )


class TestTokens:
    def test_that_nobody_issued_or_that_were_revoked_open_nothing(self) -> None:
        service = Service()
        revoke_tokens(party="crm", actor=ADMIN, at=NOON)

        answer = service.post("policies", {"policies": [POLICY]})

        assert (answer.status_code, answer.json()["code"]) == (401, "people.not_signed_in")
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert not Policy.objects.exists()

    @pytest.mark.parametrize(
        ("place", "told", "scope"),
        [
            ("policies", {"policies": [POLICY]}, Permission.WRITE_POLICIES),
            ("units", {"units": [{"unit": "east", "name": "E", "parent": "HQ"}]},
             Permission.WRITE_PEOPLE),
            ("people", {"people": [{"actor": "wu", "name": "吴", "unit": "north"}]},
             Permission.WRITE_PEOPLE),
            ("items", {"kind": "service", "team": "north", "policy_numbers": ["PN0"]},
             Permission.OPEN_ITEMS),
        ],
    )  # fmt: skip
    def test_do_what_their_scope_says_and_nothing_else(
        self, place: str, told: object, scope: Permission
    ) -> None:
        make_policy(policy_number="PN0")
        others = [one for one in Permission if one is not scope]

        refused = Service(others, name="other").post(place, told)
        done = Service([scope], name="right").post(place, told)

        assert (refused.status_code, refused.json()["code"]) == (403, "core.not_allowed")
        assert done.status_code in (200, 201), done.content

    def test_are_the_services_own_name_in_the_ledger(self) -> None:
        Service(name="core-system").post("policies", {"policies": [POLICY]})

        assert [one["actor"] for one in said("policy.put")] == ["core-system"]


class TestOnce:
    def test_the_same_request_twice_is_answered_the_same(self) -> None:
        service = Service()

        first, again = (service.post("policies", {"policies": [POLICY]}) for _ in range(2))

        assert first.json() == again.json() == {"added": 1, "changed": 0, "same": 0, "rejected": 0}
        assert len(said("policy.put")) == 1

    def test_a_key_is_for_one_request(self) -> None:
        service = Service()
        service.post("policies", {"policies": [POLICY]})

        other = service.post("policies", {"policies": [POLICY | {"unit": "south"}]})

        assert (other.status_code, other.json()["code"]) == (409, "core.key_reused")

    def test_a_failure_may_be_mended_under_the_same_key(self) -> None:
        service = Service()

        failed = service.post("policies", {"policies": [POLICY | {"unit": "nowhere"}]})
        mended = service.post("policies", {"policies": [POLICY]})

        assert (failed.status_code, mended.status_code) == (400, 200)

    def test_needs_a_key(self) -> None:
        service = Service()

        answer = service.client.post(
            "/api/v1/policies", json.dumps({"policies": [POLICY]}), content_type="application/json",
            headers={"Authorization": f"Bearer {service.token}"},
        )  # fmt: skip

        assert answer.status_code == 422

    def test_sent_by_eight_at_once_is_done_once(self) -> None:
        service = Service()

        def send(_: int) -> int:
            try:
                sent = service.post("policies", {"policies": [POLICY]})
                code: int = sent.status_code
                return code
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            codes = list(pool.map(send, range(8)))

        assert set(codes) <= {200, 409}
        assert 200 in codes
        assert len(said("policy.put")) == 1
        assert Answer.objects.count() == 1


class TestPolicies:
    def test_are_stored_encrypted(self) -> None:
        Service().post("policies", {"policies": [POLICY]})

        assert CLEAR["phone"].encode() not in bytes(Policy.objects.get().phone or b"")

    def test_are_taken_all_or_none_and_nothing_is_quoted(self) -> None:
        bad = POLICY | {"policy_number": "PN2", "premium": "a secret sum"}

        answer = Service().post("policies", {"policies": [POLICY, bad]})

        assert answer.status_code == 400
        assert "Policy 2 of the list" in answer.json()["detail"]
        assert "secret" not in answer.content.decode()
        assert not Policy.objects.exists()

    def test_that_break_the_schema_are_not_quoted(self) -> None:
        answer = Service().post("policies", {"policies": [{"policy_number": 15400001234}]})

        assert answer.status_code == 422
        assert "15400001234" not in answer.content.decode()


class TestItems:
    def test_are_opened_by_policy_number_once_for_an_outside_reference(self) -> None:
        record = make_policy(policy_number="PN0")
        make_person("li", roles=[Role.CLERK])
        service = Service()
        told = {
            "kind": "surrender", "team": "north", "owner": "li", "policy_numbers": ["pn-0"],
            "outside_ref": "CRM-7",
        }  # fmt: skip

        ids = {service.post("items", told, key=key).json()["id"] for key in ("k1", "k2")}

        assert len(ids) == 1
        item = Item.objects.get()
        assert (item.owner, item.opened_by) == ("li", "crm")
        assert [one.record for one in item.records.all()] == [record]

    def test_about_another_branchs_policy_are_not_opened(self) -> None:
        make_policy(policy_number="PN0", unit="south")
        told = {"kind": "service", "team": "north", "policy_numbers": ["PN0"]}

        answer = Service(unit="north").post("items", told)

        assert (answer.status_code, answer.json()["code"]) == (404, "policies.no_such_policy")


class TestPeople:
    def test_who_leaves_loses_access(self) -> None:
        make_person("li", roles=[Role.CLERK])
        gone = {"actor": "li", "name": "李", "unit": "north", "left": "2020-01-01"}

        answer = Service().post("people", {"people": [gone]})

        assert answer.json()["left"] == 1
        assert Party.objects.get(id="li").ended_at is not None

    def test_without_word_of_roles_keeps_them_and_with_none_takes_them(self) -> None:
        make_person("li", roles=[Role.CLERK])
        service = Service()
        told = {"actor": "li", "name": "李", "unit": "north"}

        service.post("people", {"people": [told]}, key="k1")
        kept = Party.objects.get(id="li").grants.count()
        service.post("people", {"people": [told | {"roles": ""}]}, key="k2")

        assert (kept, Party.objects.get(id="li").grants.count()) == (1, 0)


class TestLedger:
    def test_is_paged_by_cursor(self) -> None:
        service = Service()
        for number in range(30):
            make_policy(policy_number=f"PN{number * 97}")
            service.get("ledger/entries")

        seen, cursor = list[int](), ""
        while True:
            page = service.get("ledger/entries", **({"cursor": cursor} if cursor else {})).json()
            seen += [one["id"] for one in page["entries"]]
            if page["next"] is None:
                break
            cursor = str(page["next"])

        assert seen == sorted(Entry.objects.values_list("id", flat=True), reverse=True)


# A schema can't say which units are known, so valid bodies may be refused by 400: excluded.
class TestSchema:
    def test_is_kept_whatever_is_sent(self) -> None:
        service = Service()
        schema = schemathesis.openapi.from_wsgi(
            "/api/v1/openapi.json", get_wsgi_application(), headers={"Host": "localhost"}
        )
        headers = {"Authorization": f"Bearer {service.token}", "Host": "localhost"}
        found = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]

        for operation in found:

            @given(case=operation.as_strategy())
            @settings(
                max_examples=30,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                derandomize=True,
                database=None,
            )
            def check(case: Case[Any]) -> None:
                case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])

            check()

        assert len(found) == 7
