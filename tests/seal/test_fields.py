"""Encrypted fields: readable with their key in their place, and in no other way."""

import hmac
import re
from base64 import b64encode
from collections import Counter

import pytest
from cryptography.hazmat.primitives import hashes
from hypothesis import given
from hypothesis import strategies as st

from hubao.seal.fields import Fields
from hubao.seal.keyset import BadKey, Key, Keyset, LocalKey
from hubao.seal.suites import Suite, Unreadable, aead_of, keyed_hash

SUITES = list(Suite)
KEYSETS = {suite: Keyset.new(suite) for suite in SUITES}
FIELDS = {suite: Fields(keyset) for suite, keyset in KEYSETS.items()}
PLACE = {"field": "phone", "record": "p-1"}
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
suites = st.sampled_from(SUITES)


@given(suites, texts, texts, texts)
def test_what_is_encrypted_can_be_read_again(suite: Suite, clear: str, a: str, b: str) -> None:
    fields = FIELDS[suite]

    sealed = fields.encrypt(clear, field=a, record=b)

    assert fields.decrypt(sealed, field=a, record=b) == clear
    assert sealed.startswith(fields.prefix)


@given(suites, st.dictionaries(texts, texts, max_size=5), texts)
def test_values_of_a_record_encrypted_together_are_each_as_if_alone(
    suite: Suite, clear: dict[str, str], record: str
) -> None:
    fields = FIELDS[suite]

    found = fields.encrypt_each(clear, fields=list(clear), record=record)

    for (name, text), sealed in zip(clear.items(), found, strict=True):
        assert (sealed is None) == (text == "")
        if sealed is not None:
            assert fields.decrypt(sealed, field=name, record=record) == text
            assert len(sealed) == len(fields.encrypt(text, field=name, record=record))


@pytest.mark.parametrize("suite", SUITES)
def test_no_two_values_encrypted_together_share_a_nonce(suite: Suite) -> None:
    names = [f"f{n}" for n in range(500)]

    found = FIELDS[suite].encrypt_each(dict.fromkeys(names, "x"), fields=names, record="p-1")

    assert len({sealed[5:17] for sealed in found if sealed is not None}) == 500


@given(suites, st.text("0123456789", min_size=8, max_size=20))
def test_nothing_of_the_clear_value_shows(suite: Suite, clear: str) -> None:
    sealed = FIELDS[suite].encrypt(clear, **PLACE)

    assert clear.encode() not in sealed
    assert FIELDS[suite].encrypt(clear, **PLACE) != sealed


@given(suites, st.data())
def test_a_changed_value_is_unreadable(suite: Suite, data: st.DataObject) -> None:
    sealed = FIELDS[suite].encrypt("value", **PLACE)
    place = data.draw(st.integers(0, len(sealed) - 1))
    other = data.draw(st.integers(1, 255))
    changed = bytearray(sealed)
    changed[place] ^= other

    with pytest.raises(Unreadable):
        FIELDS[suite].decrypt(bytes(changed), **PLACE)


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("length", [0, 4, 5, 17, 20])
def test_a_value_cut_short_is_unreadable(suite: Suite, length: int) -> None:
    sealed = FIELDS[suite].encrypt("value", **PLACE)[:length]

    with pytest.raises(Unreadable):
        FIELDS[suite].decrypt(sealed, **PLACE)


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize(
    "elsewhere",
    [
        {"field": "name", "record": "p-1"},
        {"field": "phone", "record": "p-2"},
        {"field": "phonep", "record": "-1"},
        {"field": "phone\0p", "record": "-1"},
    ],
)
def test_a_value_moved_elsewhere_is_unreadable(suite: Suite, elsewhere: dict[str, str]) -> None:
    sealed = FIELDS[suite].encrypt("value", **PLACE)

    with pytest.raises(Unreadable):
        FIELDS[suite].decrypt(sealed, **elsewhere)


@pytest.mark.parametrize("suite", SUITES)
def test_another_key_reads_nothing(suite: Suite) -> None:
    sealed = FIELDS[suite].encrypt("value", **PLACE)

    with pytest.raises(Unreadable, match="gone"):
        Fields(Keyset.new(suite)).decrypt(sealed, **PLACE)


class TestRotation:
    @pytest.mark.parametrize("before", SUITES)
    @pytest.mark.parametrize("after", SUITES)
    def test_old_values_stay_readable_and_findable(self, before: Suite, after: Suite) -> None:
        old = KEYSETS[before]
        sealed = FIELDS[before].encrypt("value", **PLACE)
        index = FIELDS[before].index("value", field="phone")

        new = Fields(old.rotated(after))

        assert new.decrypt(sealed, **PLACE) == "value"
        assert index in set(new.indexes("value", field="phone"))
        assert new.index("value", field="phone") != index

    def test_old_values_are_known_by_their_prefix(self) -> None:
        new = Fields(KEYSETS[Suite.INTERNATIONAL].rotated(Suite.NATIONAL))

        assert not FIELDS[Suite.INTERNATIONAL].encrypt("value", **PLACE).startswith(new.prefix)
        assert new.encrypt("value", **PLACE).startswith(new.prefix)

    def test_retired_keys_read_nothing_any_more(self) -> None:
        rotated = KEYSETS[Suite.NATIONAL].rotated(Suite.NATIONAL)
        sealed = FIELDS[Suite.NATIONAL].encrypt("value", **PLACE)

        with pytest.raises(Unreadable):
            Fields(rotated.retired()).decrypt(sealed, **PLACE)


class TestBlindIndex:
    @given(suites, texts, texts)
    def test_equal_values_of_a_field_are_equal_and_others_not(
        self, suite: Suite, one: str, other: str
    ) -> None:
        fields = FIELDS[suite]

        a, b = fields.index(one, field="name"), fields.index(other, field="name")

        assert (a == b) == (one == other)
        assert len(a) == 16

    @pytest.mark.parametrize("suite", SUITES)
    def test_equal_values_of_two_fields_look_unlike(self, suite: Suite) -> None:
        fields = FIELDS[suite]

        assert fields.index("1", field="phone") != fields.index("1", field="name")

    @given(suites, texts, texts, texts)
    def test_where_a_name_ends_and_a_value_begins_is_no_matter_of_chance(
        self, suite: Suite, one: str, two: str, three: str
    ) -> None:
        fields = FIELDS[suite]

        left, right = fields.index(two + three, field=one), fields.index(three, field=one + two)

        assert (left == right) == (two == "")

    @pytest.mark.parametrize("suite", SUITES)
    def test_it_can_not_be_told_without_the_key(self, suite: Suite) -> None:
        assert Fields(Keyset.new(suite)).index("1", field="a") != FIELDS[suite].index(
            "1", field="a"
        )

    def test_hmac_sha256_is_the_published_one(self) -> None:
        # RFC 4231, test case 1, cut to 128 bits
        found = keyed_hash(Suite.INTERNATIONAL, b"\x0b" * 20)(b"Hi There")

        assert found.hex() == "b0344c61d8db38535ca8afceaf0bf12b"

    @given(st.binary(max_size=200), st.binary(max_size=200), st.binary(max_size=200))
    def test_hmac_sha256_is_the_standard_librarys(
        self, secret: bytes, begin: bytes, rest: bytes
    ) -> None:
        found = keyed_hash(Suite.INTERNATIONAL, secret, begin)(rest)

        assert found == hmac.digest(secret, begin + rest, "sha256")[:16]

    def test_hmac_sm3_is_hmac_over_the_published_hash(self) -> None:
        # GB/T 32905 A.1, and RFC 2104's definition for a key shorter than a block
        assert sm3(b"abc").hex().startswith("66c7f0f462eeedd9d1f2d46bdc10e4e2")
        inner, outer = (bytes(one ^ pad for one in b"key".ljust(64, b"\0")) for pad in (0x36, 0x5C))

        expected = sm3(outer + sm3(inner + b"text"))

        assert keyed_hash(Suite.NATIONAL, b"key", b"te")(b"xt") == expected[:16]


def sm3(text: bytes) -> bytes:
    work = hashes.Hash(hashes.SM3())
    work.update(text)
    return work.finalize()


class TestSm4:
    def test_it_is_the_published_one(self) -> None:
        # RFC 8998 A.1: SM4-GCM
        key = bytes.fromhex("0123456789abcdeffedcba9876543210")
        nonce = bytes.fromhex("00001234567800000000abcd")
        place = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
        body = bytes.fromhex(
            "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
            "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
        )
        tag = bytes.fromhex("83de3541e4c2b58177e065a9bf7b62ec")
        clear = bytes.fromhex(
            "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"
            "eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa"
        )
        sm4 = aead_of(Suite.NATIONAL, bytes(4) + key)

        assert sm4.decrypt(sm4.prefix + nonce + body + tag, place) == clear

    def test_no_nonce_comes_twice(self) -> None:
        sm4 = Key.new(Suite.NATIONAL).aead()

        seen = Counter(sm4.encrypt(b"", b"")[5:17] for _ in range(2_000))

        assert max(seen.values()) == 1


class TestKeyset:
    @pytest.mark.parametrize("suite", SUITES)
    @pytest.mark.parametrize("by", SUITES)
    def test_it_opens_with_the_key_that_closed_it(self, suite: Suite, by: Suite) -> None:
        key = Key.read(Key.new(by).text)

        again = Keyset.opened(KEYSETS[suite].sealed(LocalKey(key)), LocalKey(key))

        assert again == KEYSETS[suite]

    def test_another_key_is_told_by_name(self) -> None:
        text = KEYSETS[Suite.NATIONAL].sealed(LocalKey(Key.new(Suite.NATIONAL)))

        with pytest.raises(BadKey, match="not by"):
            Keyset.opened(text, LocalKey(Key.new(Suite.NATIONAL)))

    def test_a_changed_file_is_unreadable(self) -> None:
        key = LocalKey(Key.new(Suite.INTERNATIONAL))
        text = KEYSETS[Suite.NATIONAL].sealed(key)
        changed = re.sub(r'(?<="wrapped": ".{40}).', lambda m: "A" if m[0] != "A" else "B", text)

        with pytest.raises(Unreadable):
            Keyset.opened(changed, key)

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"keyset": 1, "by": "x", "wrapped": 3}'])
    def test_what_is_no_keyset_is_told_so(self, text: str) -> None:
        with pytest.raises(BadKey, match="no keyset"):
            Keyset.opened(text, LocalKey(Key.new(Suite.NATIONAL)))

    def test_a_later_format_is_told_so(self) -> None:
        text = '{"keyset": 2, "by": "x", "wrapped": ""}'

        with pytest.raises(BadKey, match="format 2"):
            Keyset.opened(text, LocalKey(Key.new(Suite.NATIONAL)))

    def test_no_secret_shows_in_the_file_or_in_print(self) -> None:
        keyset = KEYSETS[Suite.NATIONAL]
        secret = b64encode(keyset.keys[0].secret).decode()

        assert secret not in keyset.sealed(LocalKey(Key.new(Suite.NATIONAL)))
        assert secret not in repr(keyset)
        assert secret in keyset.keys[0].text

    @pytest.mark.parametrize("text", ["", "aes-256-gcm", "des:AAAA", "sm4-gcm:not base 64"])
    def test_what_is_no_key_is_told_so(self, text: str) -> None:
        with pytest.raises(BadKey, match="no key"):
            Key.read(text)

    @pytest.mark.parametrize("suite", SUITES)
    def test_a_key_of_the_wrong_length_is_told_so(self, suite: Suite) -> None:
        with pytest.raises(BadKey, match="length"):
            Key(suite, b"short").aead()
