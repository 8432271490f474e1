"""Heads of a real ledger, signed by a real signer; crashes and tampering between the two."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import Error, connection

from hubao.desk.ledger import queries
from hubao.desk.ledger.heads import Forked, sign_head
from hubao.desk.ledger.models import Head as KeptHead
from hubao.desk.ledger.rules import Entered
from hubao.seal.heads import Head, WrongSignature, read_signed
from hubao.seal.signer import Refused, Signer
from tests.makers.desk import append_entries

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NAME = "insurer.example/ledger"
NOON = datetime(2026, 11, 26, 4, 0, 0, 123, tzinfo=UTC)


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer(KEY, NAME, tmp_path / "signer" / "last.txt")


def grow(number: int) -> None:
    append_entries(Entered(action="policy.reveal", actor="clerk-7", at=NOON) for _ in range(number))


def signed(signer: Signer, hours: int = 0) -> Head:
    note = sign_head(
        origin=NAME, ask=signer.sign, key=KEY.public_key(), at=NOON + timedelta(hours=hours)
    )
    return read_signed(note, KEY.public_key())


@pytest.mark.usefixtures("database")
class TestSignHead:
    def test_heads_follow_each_other_as_the_log_grows(self, signer: Signer) -> None:
        sizes = []
        for hours, more in enumerate((0, 3, 0, 300, 7)):
            grow(more)
            head = signed(signer, hours)
            sizes.append(head.size)
            assert head.root == queries.root_at(head.size)

        assert sizes == [0, 3, 3, 303, 310]
        assert list(KeptHead.objects.order_by("id").values_list("size", flat=True)) == sizes

    def test_a_head_that_was_signed_before_a_crash_of_ours_is_taken_over(
        self, signer: Signer
    ) -> None:
        grow(3)
        signed(signer)
        grow(3)
        path = queries.prove_growth(3, 6)
        lost = signer.sign(Head(NAME, 6, queries.root_at(6), NOON.replace(microsecond=0)), path)
        grow(3)

        head = signed(signer, hours=1)

        assert head.size == 9
        assert KeptHead.objects.filter(note=lost).exists()

    def test_a_head_of_another_log_tells_of_tampering_and_nothing_is_kept(
        self, signer: Signer
    ) -> None:
        signer.sign(Head(NAME, 2, bytes(32), NOON.replace(microsecond=0)), [])
        grow(3)

        with pytest.raises(Forked):
            signed(signer)

        assert not KeptHead.objects.exists()

    def test_a_log_shorter_than_what_was_signed_tells_of_tampering(self, signer: Signer) -> None:
        signer.sign(Head(NAME, 7, bytes(32), NOON.replace(microsecond=0)), [])
        grow(3)

        with pytest.raises(Forked):
            signed(signer)

    def test_a_refusal_without_reason_is_passed_on(self) -> None:
        def refuse(_head: Head, _path: Sequence[bytes]) -> str:
            raise Refused("Not today.")

        with pytest.raises(Refused):
            sign_head(origin=NAME, ask=refuse, key=KEY.public_key(), at=NOON)

    def test_another_key_is_found_out_and_nothing_is_kept(self, tmp_path: Path) -> None:
        other = Signer(Ed25519PrivateKey.generate(), NAME, tmp_path / "last.txt")

        with pytest.raises(WrongSignature):
            signed(other)

        assert not KeptHead.objects.exists()

    @pytest.mark.parametrize(
        "statement", ["UPDATE ledger_head SET size = 9", "DELETE FROM ledger_head"]
    )
    def test_kept_heads_can_not_be_changed_or_deleted(self, signer: Signer, statement: str) -> None:
        signed(signer)

        with pytest.raises(Error, match="append-only"), connection.cursor() as cursor:
            cursor.execute(statement)
