"""Signed tree heads: only the log's own key makes one, and nothing of it can be changed."""

from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from hubao.seal.heads import BadHead, Head, WrongSignature, key_id, read_signed, sign

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NOON = datetime(2026, 11, 26, 4, 0, tzinfo=UTC)
HEAD = Head("insurer.example/ledger", 20_852_163, sha256(b"root").digest(), NOON)


def test_what_is_signed_can_be_read_again() -> None:
    assert read_signed(sign(HEAD, KEY), KEY.public_key()) == HEAD


def test_the_text_is_a_checkpoint_with_the_time_below_it() -> None:
    lines = HEAD.text().splitlines()

    assert lines[:2] == ["insurer.example/ledger", "20852163"]
    assert lines[3] == "at 2026-11-26T04:00:00Z"


def test_the_time_is_written_in_utc() -> None:
    there = HEAD.at.astimezone(timezone(timedelta(hours=8)))

    assert Head(HEAD.origin, HEAD.size, HEAD.root, there).text() == HEAD.text()


def test_a_key_is_known_by_the_number_that_other_verifiers_give_it() -> None:
    # The example of golang.org/x/mod/sumdb/note:
    # PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW
    raw = bytes.fromhex("1a5cd907143c384c41e830c5bce12aa8817ec5649aaabf2c31388b35b2d744d6")

    assert key_id("PeterNeumann", Ed25519PublicKey.from_public_bytes(raw)).hex() == "c74f20a3"


def test_another_key_did_not_sign_it() -> None:
    with pytest.raises(WrongSignature):
        read_signed(sign(HEAD, KEY), Ed25519PrivateKey.generate().public_key())


def test_a_signature_under_another_name_counts_for_nothing() -> None:
    note = sign(HEAD, KEY).replace(f"— {HEAD.origin}", "— witness.example")

    with pytest.raises(WrongSignature):
        read_signed(note, KEY.public_key())


def test_a_witness_may_sign_beside_the_log() -> None:
    note = sign(HEAD, KEY) + "— witness.example AAAA\n"

    assert read_signed(note, KEY.public_key()) == HEAD


@given(st.data())
def test_no_letter_of_a_signed_head_can_be_changed(data: st.DataObject) -> None:
    note = sign(HEAD, KEY)
    place = data.draw(st.integers(0, len(note) - 2))  # the last line's end says nothing
    letter = data.draw(st.characters(codec="ascii").filter(lambda a: a != note[place]))

    with pytest.raises((BadHead, WrongSignature)):
        read_signed(note[:place] + letter + note[place + 1 :], KEY.public_key())


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n\n",
        "a\n1\nAA==\nat 2026-11-26T04:00:00Z\n\n— a AAAA\n",
        HEAD.text(),
        sign(HEAD, KEY).replace("20852163", "020852163"),
        sign(HEAD, KEY).replace("at 2026", "on 2026"),
        sign(HEAD, KEY).replace("04:00:00Z", "04:00Z"),
        sign(HEAD, KEY).replace("20852163\n", "20852163\nmore\n"),
    ],
)
def test_what_is_no_signed_head_is_told_so(note: str) -> None:
    with pytest.raises(BadHead):
        read_signed(note, KEY.public_key())


def test_a_signature_is_written_in_one_way_only() -> None:
    note = sign(HEAD, KEY)
    before = note.rindex("=") - 1  # its last two bits count for nothing in base 64
    letters = {
        note[:before] + letter + note[before + 1 :] for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    }

    for other in letters - {note}:
        with pytest.raises(WrongSignature):
            read_signed(other, KEY.public_key())


@pytest.mark.parametrize("origin", ["", "two words", "a+b", "a\nb", "a\u2003b"])
def test_a_name_that_would_change_the_lines_is_refused(origin: str) -> None:
    with pytest.raises(BadHead):
        Head(origin, 0, bytes(32), NOON)


@pytest.mark.parametrize(("size", "root"), [(-1, bytes(32)), (0, b"short")])
def test_a_size_or_root_that_no_log_has_is_refused(size: int, root: bytes) -> None:
    with pytest.raises(BadHead):
        Head("a", size, root, NOON)
