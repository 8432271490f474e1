"""Rotation: everything under the new key, nothing unreadable meanwhile, killed or raced."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import connection

from hubao.desk.core.actor import NotAllowed, Role
from hubao.desk.core.wired import wired
from hubao.desk.people.models import Account
from hubao.desk.policies.models import Policy
from hubao.desk.policies.operations.emergency import break_glass
from hubao.desk.policies.operations.imports import put_policies
from hubao.desk.policies.operations.rotate import is_rotated, rotate
from hubao.desk.policies.operations.search import search
from hubao.desk.policies.queries import by_records, emergencies_to_review
from hubao.seal.fields import Fields
from hubao.seal.suites import Suite
from tests.makers.desk import (
    CLEAR,
    FIELDS,
    KEYSET,
    NOON,
    SYSTEM,
    actor,
    denials,
    make_branches,
    make_person,
    make_policy,
)
from tests.makers.served import code
from tests.makers.signing_in import wire

CLERK = actor("li", Role.CLERK)


@pytest.fixture(autouse=True)
def _branches(database: str) -> None:
    del database
    make_branches()


@pytest.mark.parametrize("suite", Suite)
class TestRotate:
    def test_leaves_nothing_that_needs_the_old_key(self, suite: Suite, tmp_path: Path) -> None:
        record = make_policy()
        reason = "客户在柜台晕倒，需联系家人"
        break_glass(record=record, reason=reason, actor=CLERK, at=NOON, fields=FIELDS,
                    denials=denials(tmp_path))  # fmt: skip
        rotated = KEYSET.rotated(suite)

        done = rotate(actor=SYSTEM, at=NOON, fields=Fields(rotated))

        alone = Fields(rotated.retired())
        boss = actor("boss", Role.SUPERVISOR)
        assert done == 1
        assert is_rotated(fields=alone)
        assert by_records(records=[record], actor=CLERK, fields=alone)[0].fields["phone"]
        assert emergencies_to_review(actor=boss, fields=alone)[0].reason == reason

    def test_finds_records_by_old_and_new_index_meanwhile(
        self, suite: Suite, tmp_path: Path
    ) -> None:
        make_policy()
        both = Fields(KEYSET.rotated(suite))
        put_policies(
            [{**CLEAR, "unit": "north", "policy_number": "NEW1"}],
            actor=SYSTEM, at=NOON, fields=both,
        )  # fmt: skip

        found = search(field="phone", value=CLEAR["phone"], actor=CLERK, at=NOON, fields=both,
                       denials=denials(tmp_path))  # fmt: skip

        assert len(found) == 2

    def test_updates_the_same_record_under_whichever_key_it_lies(self, suite: Suite) -> None:
        record = make_policy(policy_number=CLEAR["policy_number"])

        put_policies([{**CLEAR, "unit": "north", "phone": "15411112222"}],
                     actor=SYSTEM, at=NOON, fields=Fields(KEYSET.rotated(suite)))  # fmt: skip

        assert Policy.objects.get().record == record

    def test_twice_does_nothing_more(self, suite: Suite) -> None:
        make_policy()
        fields = Fields(KEYSET.rotated(suite))

        assert [rotate(actor=SYSTEM, at=NOON, fields=fields) for _ in range(2)] == [1, 0]

    def test_reads_go_on_while_it_runs(self, suite: Suite) -> None:
        records = [make_policy() for _ in range(60)]
        both = Fields(KEYSET.rotated(suite))

        def read(_: int) -> set[str]:
            try:
                return {
                    one.fields["phone"]
                    for one in by_records(records=records, actor=CLERK, fields=both)
                }
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            reads = pool.map(read, range(20))
            rotate(actor=SYSTEM, at=NOON, fields=both)

        assert all(found == {"154****1234"} for found in reads)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_is_for_administrators(role: Role) -> None:
    with pytest.raises(NotAllowed):
        rotate(actor=actor("x", role), at=NOON, fields=FIELDS)


@pytest.mark.parametrize("suite", Suite)
def test_second_factors_are_kept_encrypted_and_go_on_under_the_new_key(
    suite: Suite, tmp_path: Path
) -> None:
    wire(tmp_path)
    make_person("li", roles=[Role.CLERK])
    account = Account.objects.create(party_id="li", username="li")
    secret = generate_totp_secret()
    TOTP.activate(account, secret)
    seed = RecoveryCodes.activate(account).get_unused_codes()
    before = [str(one.data) for one in Authenticator.objects.order_by("id")]
    rotated = KEYSET.rotated(suite)

    rotate(actor=SYSTEM, at=NOON, fields=Fields(rotated))
    wired().keys.write(rotated.retired())

    assert all(secret not in one for one in before)
    assert is_rotated(fields=Fields(rotated.retired()))
    assert TOTP(Authenticator.objects.get(type="totp")).validate_code(code(secret))
    kept = RecoveryCodes(Authenticator.objects.get(type="recovery_codes"))
    assert kept.get_unused_codes() == seed
