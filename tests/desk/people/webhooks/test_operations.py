"""Endpoints: who may have one, what is kept and entered, rotation, replay, and their end."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import transaction

from hubao.desk.core.actor import Actor, NotAllowed, Permission, Role
from hubao.desk.core.models import Outbox
from hubao.desk.core.reach import OutOfReach, Reach
from hubao.desk.people.models import Endpoint, Sending
from hubao.desk.people.queries import NoSuchPerson
from hubao.desk.people.steps import end_access
from hubao.desk.people.webhooks.operations import (
    add_endpoint,
    disable_endpoint,
    forget_old_secrets,
    replay,
    rotate_secret,
    try_endpoint,
)
from hubao.desk.people.webhooks.queries import NoSuchEndpoint, endpoints
from hubao.desk.people.webhooks.rules import Fault, NotForOutside, Standing
from hubao.desk.people.webhooks.sealing import are_secrets_new, secrets_anew, secrets_of
from hubao.desk.policies.operations.rotate import is_rotated, rotate
from hubao.kit.errors import BadInput
from hubao.seal.fields import Fields
from hubao.seal.suites import Suite, Unreadable
from tests.makers.desk import (
    FIELDS,
    KEYSET,
    NOON,
    SYSTEM,
    actor,
    make_branches,
    make_person,
    said,
)
from tests.makers.receivers import receiving, signed_by
from tests.makers.webhooks import HERE, give_out, make_endpoint, tell

if TYPE_CHECKING:
    from collections.abc import Callable

ADMIN = actor("admin", Role.ADMIN, unit="HQ", units=None)
DAY = timedelta(days=1)
URL = "https://crm.example/hooks"


@pytest.fixture(autouse=True)
def _branches(database: str) -> None:
    del database
    make_branches()


def add(
    url: str = URL, topic: str = "person.left", party: str = "crm", actor: Actor = ADMIN
) -> str:
    return add_endpoint(
        url=url, topics=[topic], party=party, actor=actor, at=NOON, fields=FIELDS, reach=Reach()
    ).endpoint


def entries() -> list[tuple[str, str | None]]:
    return [
        (one["action"], one.get("subject"))
        for one in said()
        if one["action"].startswith("webhook.")
    ]


class TestAdd:
    def test_keeps_the_secret_encrypted_for_this_endpoint_only(self) -> None:
        one, other = make_endpoint(URL), make_endpoint(URL)
        row = Endpoint.objects.get(id=one.endpoint)

        assert one.secret.startswith("whsec_")
        assert one.secret.encode()[6:] not in bytes(row.secret or b"")
        assert secrets_of(row, at=NOON, fields=FIELDS) == [one.secret]
        row.id = other.endpoint
        with pytest.raises(Unreadable):
            secrets_of(row, at=NOON, fields=FIELDS)

    def test_enters_who_added_what_for_whom_and_the_host(self) -> None:
        make_endpoint(URL, "person.left", "access.alert")

        (entry,) = said("webhook.added")
        assert (entry["actor"], entry["subject"]) == (SYSTEM.id, "crm")
        assert entry["fact.host"] == "crm.example"
        assert entry["fact.topics"] == ["access.alert", "person.left"]
        assert "hooks" not in str(entry)

    def test_takes_only_clients_that_see_every_branch(self) -> None:
        make_person("branch", unit="north", kind="service")
        make_person("li", unit="HQ")
        make_person("gone", unit="HQ", kind="service", left="2020-01-01")

        for party, refusal in (
            ("branch", NotAllowed), ("li", NoSuchPerson), ("gone", NoSuchPerson),
            ("nobody", NoSuchPerson),
        ):  # fmt: skip
            with pytest.raises(refusal):
                add(party=party)

        assert not Endpoint.objects.exists()
        assert entries() == []

    @pytest.mark.parametrize("url", ["https://10.0.0.1/", "http://127.0.0.1/", "http://a.example"])
    def test_refuses_addresses_inside(self, url: str) -> None:
        make_person("crm", unit="HQ", kind="service")

        with pytest.raises(OutOfReach):
            add(url=url)

        assert not Endpoint.objects.exists()

    def test_refuses_topics_that_nobody_writes(self) -> None:
        make_person("crm", unit="HQ", kind="service")

        with pytest.raises(BadInput, match=r"person\.left"):
            add(topic="everything")

    @pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
    def test_is_for_administrators_as_all_else(self, role: Role) -> None:
        made = make_endpoint(URL).endpoint
        who = actor("x", role, unit="HQ", units=None)

        refused: list[Callable[[], object]] = [
            lambda: add(actor=who),
            lambda: rotate_secret(endpoint=made, overlap=DAY, actor=who, at=NOON, fields=FIELDS),
            lambda: disable_endpoint(endpoint=made, actor=who, at=NOON),
            lambda: replay(endpoint=made, since=NOON, actor=who, at=NOON),
            lambda: try_endpoint(endpoint=made, actor=who, at=NOON, fields=FIELDS, reach=HERE),
            lambda: endpoints(actor=who),
        ]
        for one in refused:
            with pytest.raises(NotAllowed):
                one()

    def test_of_another_branch_is_not_seen(self) -> None:
        made = make_endpoint(URL).endpoint
        north = actor("x", Role.ADMIN)

        assert north.may(Permission.WRITE_WEBHOOKS)
        assert endpoints(actor=north) == []
        with pytest.raises(NoSuchEndpoint):
            disable_endpoint(endpoint=made, actor=north, at=NOON)


class TestFanOut:
    def test_is_for_endpoints_that_want_it_and_were_there(self) -> None:
        wanting = make_endpoint(URL, "person.left").endpoint
        make_endpoint(URL, "access.alert")
        make_endpoint(URL, "person.left", at=NOON + DAY)
        ended = make_endpoint(URL, "person.left").endpoint
        disable_endpoint(endpoint=ended, actor=ADMIN, at=NOON)

        tell("1")
        give_out()

        assert [one.endpoint_id for one in Sending.objects.all()] == [wanting]

    @pytest.mark.parametrize("fact", ["欧阳测试", "15400001234"])
    def test_refuses_what_may_not_leave(self, fact: str, caplog: pytest.LogCaptureFixture) -> None:
        made = make_endpoint(URL).endpoint

        tell("1", party=fact)
        again = replay(endpoint=made, since=NOON - DAY, actor=ADMIN, at=NOON)

        assert again == 0
        assert not Sending.objects.exists()
        (failed,) = caplog.records
        assert failed.exc_info
        assert failed.exc_info[0] is NotForOutside
        assert fact not in caplog.text


class TestRotateSecret:
    def test_keeps_the_old_one_for_the_overlap(self) -> None:
        made = make_endpoint(URL)

        fresh = rotate_secret(
            endpoint=made.endpoint, overlap=DAY, actor=ADMIN, at=NOON, fields=FIELDS
        )

        row = Endpoint.objects.get()
        assert secrets_of(row, at=NOON, fields=FIELDS) == [fresh, made.secret]
        assert secrets_of(row, at=NOON + DAY, fields=FIELDS) == [fresh]
        assert entries()[-1] == ("webhook.secret_rotated", "crm")

    def test_without_overlap_ends_the_old_one_at_once(self) -> None:
        made = make_endpoint(URL).endpoint

        fresh = rotate_secret(
            endpoint=made, overlap=timedelta(), actor=ADMIN, at=NOON, fields=FIELDS
        )

        assert Endpoint.objects.get().old_secret is None
        assert secrets_of(Endpoint.objects.get(), at=NOON, fields=FIELDS) == [fresh]

    def test_forgets_the_old_one_once_it_is_over(self) -> None:
        made = make_endpoint(URL).endpoint
        rotate_secret(endpoint=made, overlap=DAY, actor=ADMIN, at=NOON, fields=FIELDS)

        counts = [forget_old_secrets(at=one) for one in (NOON, NOON + DAY, NOON + DAY)]

        assert counts == [0, 1, 0]
        assert Endpoint.objects.get().old_secret is None

    @pytest.mark.parametrize("overlap", [-timedelta(hours=1), timedelta(days=8)])
    def test_refuses_an_overlap_that_is_none(self, overlap: timedelta) -> None:
        made = make_endpoint(URL).endpoint

        with pytest.raises(BadInput, match="168"):
            rotate_secret(endpoint=made, overlap=overlap, actor=ADMIN, at=NOON, fields=FIELDS)


@pytest.mark.parametrize("suite", Suite)
class TestRotationOfTheKeyset:
    def test_leaves_no_secret_that_needs_the_old_key(self, suite: Suite) -> None:
        made = make_endpoint(URL)
        fresh = rotate_secret(
            endpoint=made.endpoint, overlap=DAY, actor=ADMIN, at=NOON, fields=FIELDS
        )
        ended = make_endpoint(URL).endpoint
        disable_endpoint(endpoint=ended, actor=ADMIN, at=NOON)
        rotated = KEYSET.rotated(suite)
        before = is_rotated(fields=Fields(rotated))

        rotate(actor=SYSTEM, at=NOON, fields=Fields(rotated))

        alone = Fields(rotated.retired())
        row = Endpoint.objects.get(id=made.endpoint)
        assert (before, is_rotated(fields=alone)) == (False, True)
        assert secrets_of(row, at=NOON, fields=alone) == [fresh, made.secret]

    def test_does_not_bring_back_a_secret_that_is_rotated_meanwhile(
        self, suite: Suite, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = make_endpoint(URL).endpoint
        both = Fields(KEYSET.rotated(suite))
        decrypt, fresh = both.decrypt, list[str]()

        def meanwhile(sealed: bytes, *, field: str, record: str) -> str:
            if not fresh:
                fresh.append(rotate_secret(endpoint=made, overlap=timedelta(), actor=ADMIN,
                                           at=NOON, fields=FIELDS))  # fmt: skip
            return decrypt(sealed, field=field, record=record)

        monkeypatch.setattr(both, "decrypt", meanwhile)
        secrets_anew(fields=both)

        assert not are_secrets_new(fields=both)
        assert secrets_of(Endpoint.objects.get(), at=NOON, fields=both) == fresh


class TestEnd:
    def test_deletes_the_secrets_and_gives_up_what_waits(self) -> None:
        made = make_endpoint(URL).endpoint
        rotate_secret(endpoint=made, overlap=DAY, actor=ADMIN, at=NOON, fields=FIELDS)
        tell("1")

        disable_endpoint(endpoint=made, actor=ADMIN, at=NOON)

        row, sending = Endpoint.objects.get(), Sending.objects.get()
        assert (row.secret, row.old_secret, row.disabled_at) == (None, None, NOON)
        assert (sending.next_at, sending.given_up_at) == (None, NOON)
        assert entries()[-1] == ("webhook.disabled", "crm")
        (shown,) = endpoints(actor=ADMIN)
        assert (shown.standing, shown.waiting, shown.given_up) == (Standing.DISABLED, 0, 1)

    def test_is_for_good(self) -> None:
        made = make_endpoint(URL).endpoint
        disable_endpoint(endpoint=made, actor=ADMIN, at=NOON)

        refused: list[Callable[[], object]] = [
            lambda: disable_endpoint(endpoint=made, actor=ADMIN, at=NOON),
            lambda: rotate_secret(endpoint=made, overlap=DAY, actor=ADMIN, at=NOON, fields=FIELDS),
            lambda: replay(endpoint=made, since=NOON, actor=ADMIN, at=NOON),
        ]
        for one in refused:
            with pytest.raises(NoSuchEndpoint):
                one()

    def test_comes_with_the_clients_own(self) -> None:
        make_endpoint(URL, party="crm")
        make_endpoint(URL, party="other")

        with transaction.atomic():
            end_access(party="crm", by="system:test", at=NOON)

        shown = {one.party: one.standing for one in endpoints(actor=ADMIN)}
        assert shown == {"crm": Standing.DISABLED, "other": Standing.ACTIVE}
        assert [one["fact.why"] for one in said("webhook.disabled")] == ["left"]


class TestReplay:
    def test_sends_again_what_arrived_under_the_same_id_and_what_never_went(self) -> None:
        tell("0", at=NOON - 2 * DAY)
        tell("1", at=NOON - DAY)  # before there was an endpoint
        made = make_endpoint(URL).endpoint
        tell("2")
        before = Sending.objects.get().id
        Sending.objects.update(next_at=None, sent_at=NOON, tries=3)
        tell("3", topic="access.alert", why="x")

        total = replay(endpoint=made, since=NOON - DAY, actor=ADMIN, at=NOON + DAY)

        rows = {one.message.key: one for one in Sending.objects.select_related("message")}
        assert total == 2
        assert rows.keys() == {"person.left:1", "person.left:2"}
        assert {(one.next_at, one.tries) for one in rows.values()} == {(NOON + DAY, 0)}
        assert rows["person.left:2"].id == before
        assert entries()[-1] == ("webhook.replayed", "crm")

    def test_leaves_what_is_on_its_way(self) -> None:
        made = make_endpoint(URL).endpoint
        tell("1")
        Sending.objects.update(next_at=NOON + DAY, tries=4)

        assert replay(endpoint=made, since=NOON - DAY, actor=ADMIN, at=NOON) == 0

        assert Sending.objects.get().next_at == NOON + DAY


@pytest.mark.allow_hosts(["127.0.0.1"])
class TestTryEndpoint:
    def test_sends_one_signed_message_and_keeps_nothing_of_it(self) -> None:
        with receiving() as receiver:
            made = make_endpoint(receiver.url)
            reply = try_endpoint(
                endpoint=made.endpoint, actor=ADMIN, at=NOON, fields=FIELDS, reach=HERE
            )

        (got,) = receiver.got
        assert reply.status == 204
        assert b'"type":"webhook.test"' in got.body
        assert signed_by(got)(made.secret)
        assert not Outbox.objects.exists()
        assert not Sending.objects.exists()

    def test_tells_what_went_wrong(self) -> None:
        with receiving(status=500) as receiver:
            made = make_endpoint(receiver.url).endpoint
            reply = try_endpoint(endpoint=made, actor=ADMIN, at=NOON, fields=FIELDS, reach=HERE)

        assert (reply.fault, reply.status) == (Fault.STATUS, 500)
