"""Pushed events: on disk before they are answered, in the lake once, and only by whose they are."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hubao.desk.core.actor import Permission, Role
from hubao.desk.feeds.models import Batch
from hubao.desk.feeds.operations import push as pushing
from hubao.desk.feeds.queries import rejects
from hubao.desk.people.operations import issue_token
from tests.makers.desk import NOON, SYSTEM, actor, make_branches, make_person, make_policy
from tests.makers.feeds import (
    events,
    lake,
    make_logins,
    make_push_source,
    make_source,
    take,
    wires,
    write,
)
from tests.makers.signing_in import browser, wire

if TYPE_CHECKING:
    from django.test import Client

ADMIN = actor("admin", Role.ADMIN, unit="HQ", units=None)
Reply = Any  # a response of Django's test client, whose type is private


@pytest.fixture(autouse=True)
def _desk(database: str, tmp_path: Path) -> None:
    del database
    make_branches()
    wire(tmp_path)


class Service:
    """A system that pushes."""

    def __init__(self, name: str = "crm", scope: Permission = Permission.PUSH_FEEDS) -> None:
        make_person(name, unit="HQ", kind="service")
        self._token = issue_token(party=name, scopes=[scope], actor=ADMIN, at=NOON)
        self._client: Client = browser(enforce_csrf_checks=True)

    def push(self, told: object, *, to: str = "crm", key: str = "k1") -> Reply:
        body = told if isinstance(told, str | bytes) else json.dumps(told)
        return self._client.post(
            f"/api/v1/feeds/{to}/events",
            body,
            content_type="application/json",
            headers={"Authorization": f"Bearer {self._token}", "Idempotency-Key": key},
        )


def event(number: int, **changes: object) -> dict[str, object]:
    at = f"2026-11-25T10:{number % 60:02d}:00Z"
    return {"event": number, "at": at, "actor": "wang", "action": "view",
            "policy": "PN20200000017788", "fields": ["phone"]} | changes  # fmt: skip


def waiting(folder: Path) -> list[Path]:
    return list((folder / "feeds" / "crm" / "waiting").glob("*"))


class TestPush:
    @pytest.mark.parametrize("as_lines", [True, False])
    def test_is_on_disk_when_it_is_answered_and_in_the_lake_when_imported(
        self, tmp_path: Path, *, as_lines: bool
    ) -> None:
        make_push_source()
        make_person("E7")
        make_logins("crm", wang="E7")
        record = make_policy(policy_number="PN20200000017788")
        told = [event(n) for n in range(3)]
        body = "\n".join(map(json.dumps, told)) if as_lines else json.dumps(told)

        answer = Service().push(body)

        assert answer.status_code == 202, answer.content
        assert (answer.json()["accepted"], answer.json()["rejected"]) == (3, 0)
        (waits,) = waiting(tmp_path)
        assert waits.stem == answer.json()["id"]
        (batch,) = take(tmp_path, "crm")
        assert (batch.added, waiting(tmp_path)) == (3, [])
        assert {(one["actor"], one["policy"]) for one in events(tmp_path)} == {("E7", record)}
        assert [one["fields"] for one in events(tmp_path)] == [["phone"]] * 3

    def test_waits_without_a_policy_number_in_clear(self, tmp_path: Path) -> None:
        make_push_source()

        Service().push([event(1, ticket="for PN20200000017788")])

        (waits,) = waiting(tmp_path)
        assert b"17788" not in waits.read_bytes()

    def test_twice_under_one_key_is_one(self, tmp_path: Path) -> None:
        make_push_source()
        service = Service()

        first, again = (service.push([event(1)]) for _ in range(2))

        assert first.json() == again.json()
        assert len(waiting(tmp_path)) == 1

    def test_twice_under_two_keys_is_one_event(self, tmp_path: Path) -> None:
        make_push_source()
        service = Service()
        without_id = {name: one for name, one in event(2).items() if name != "event"}
        for key in ("k1", "k2"):
            service.push([event(1), without_id], key=key)

        (batch,) = take(tmp_path, "crm")

        assert (batch.added, batch.repeated) == (2, 2)

    def test_goes_on_where_files_left_off(self, tmp_path: Path) -> None:
        make_push_source()
        told = [event(n) for n in range(3)]
        backlog = [{"event": str(one["event"]), "at": str(one["at"]), "actor": "wang",
                    "policy": "PN1"} for one in told]  # fmt: skip
        take(tmp_path, "crm", files=[write(tmp_path / "backlog.csv", backlog)])
        Service().push([*told, event(9)])

        take(tmp_path, "crm")

        assert lake(tmp_path).num_rows == 4

    def test_with_bad_rows_takes_the_others_and_lists_them(self, tmp_path: Path) -> None:
        make_push_source()

        answer = Service().push([event(1), event(2, policy=""), 7, event(3, at="soon")])
        (batch,) = take(tmp_path, "crm")

        assert (answer.json()["accepted"], answer.json()["rejected"]) == (2, 2)
        assert (batch.added, batch.rejected) == (1, 3)
        listed = rejects(name="crm", number=1, places=wires(tmp_path).places, actor=SYSTEM)
        assert listed.decode().splitlines()[1:] == [
            f"{answer.json()['id']},{line},{reason}" for line, reason in
            ((2, "no policy"), (3, "not a JSON object"), (4, "unreadable time"))]  # fmt: skip

    def test_is_imported_with_everything_else_that_waits(self, tmp_path: Path) -> None:
        make_push_source()
        service = Service()
        for n in range(5):
            service.push([event(n)], key=f"k{n}")

        (batch,) = take(tmp_path, "crm")

        assert (batch.files, batch.added) == (5, 5)
        assert Batch.objects.count() == 1


class TestRefusals:
    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ("[", "input.bad"),
            ("[1, 2]", "input.bad"),
            ("[]", "input.bad"),
            ("", "input.bad"),
            ('{"a": 1}', "input.bad"),
            ("[" * 100_000, "input.bad"),
            (b"\xff\xfe\x00[", "input.bad"),
            (" " * (pushing.MOST_BYTES + 1), "feeds.too_large"),
            (" " * 3_000_000, "feeds.too_large"),
        ],
    )
    def test_of_what_is_no_push_keep_nothing(
        self, body: str | bytes, code: str, tmp_path: Path
    ) -> None:
        make_push_source()

        answer = Service().push(body)

        assert (answer.status_code, answer.json()["code"]) == (400, code)
        assert waiting(tmp_path) == []

    def test_quote_nothing(self) -> None:
        make_push_source()

        answer = Service().push([{"policy": "PN15400001234", "holder": "欧阳测试"}])

        assert answer.status_code == 400
        assert "15400001234" not in answer.content.decode()
        assert "欧阳" not in answer.content.decode()

    def test_of_who_lacks_the_scope(self) -> None:
        make_push_source()

        answer = Service(scope=Permission.WRITE_POLICIES).push([event(1)])

        assert (answer.status_code, answer.json()["code"]) == (403, "core.not_allowed")

    @pytest.mark.parametrize("to", ["crm", "core", "nothing"])
    def test_of_who_isnt_the_sources_own_system_tell_nothing(self, to: str, tmp_path: Path) -> None:
        make_push_source()
        make_source(tmp_path)

        answer = Service(name="partner").push([event(1)], to=to)

        assert (answer.status_code, answer.json()["code"]) == (404, "feeds.no_such_source")

    def test_of_more_than_can_wait(self, monkeypatch: pytest.MonkeyPatch) -> None:
        make_push_source()
        monkeypatch.setattr(pushing, "MOST_WAITING", 1)
        service = Service()
        service.push([event(1)])

        answer = service.push([event(2)], key="k2")

        assert (answer.status_code, answer.json()["code"]) == (503, "feeds.too_many_waiting")
