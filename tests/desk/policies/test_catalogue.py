"""Masks hide what they must; normal forms make equal what is equal."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubao.desk.policies.catalogue import FIELDS, NEVER, SEARCHED, masked, normal
from hubao.desk.policies.rows import BadPolicy, policy_of
from hubao.kit.errors import BadInput
from tests.makers.desk import CLEAR

VALUES = st.text(st.characters(codec="utf-8", exclude_categories=["Z", "C"]), min_size=1)


class TestMasked:
    @pytest.mark.parametrize(
        ("field", "value", "shown"),
        [
            ("phone", "15400001234", "154****1234"),
            ("phone", "1234", "****"),
            ("identity_number", "000123198001010011", "0****************1"),
            ("holder_name", "张三", "张*"),
            ("holder_name", "欧阳测试", "欧**"),
            ("holder_name", "张", "张*"),
            ("bank_account", "0000001234567890129", "***************0129"),
            ("policy_number", "PN20200000017788", "************7788"),
            ("address", "某某市甲乙区丙丁路1号", "某某市甲乙区****"),
            ("address", "某某市丙丁路1号", "某某市****"),
            ("address", "丙丁路1号", "****"),
            ("premium", "1234550", "****"),
            ("cash_value", "1", "****"),
        ],
    )
    def test_shows_what_the_convention_says(self, field: str, value: str, shown: str) -> None:
        assert masked(field, value) == shown

    @given(st.sampled_from(sorted(FIELDS)), VALUES)
    def test_never_shows_the_whole_value_and_four_characters_of_a_number_less(
        self, field: str, value: str
    ) -> None:
        shown = masked(field, value)

        hidden = sum(one != two for one, two in zip(shown, value, strict=False))
        assert shown != value or "*" in value
        if FIELDS[field].normal and field != "holder_name" and "*" not in value:
            assert hidden >= min(len(value), 4)

    @given(st.sampled_from(sorted(FIELDS)), VALUES)
    def test_is_one_mask_for_one_value_so_that_two_never_add_up(
        self, field: str, value: str
    ) -> None:
        assert masked(field, value) == masked(field, value)


class TestNormal:
    @pytest.mark.parametrize(
        ("field", "one", "other"),
        [
            ("phone", "15400001234", "+86 154-0000-1234"),
            ("phone", "13800001234", "１３８ ００００ １２３４"),
            ("phone", "13800001234", "008613800001234"),
            ("identity_number", "00012319800101001x", "000123 19800101 001X"),
            ("policy_number", "pn-2020 0001", "PN20200001"),
            ("holder_name", "张 三", "张三"),
        ],
    )
    def test_is_the_same_for_the_same_however_written(
        self, field: str, one: str, other: str
    ) -> None:
        assert normal(field, one) == normal(field, other)

    @given(st.sampled_from(sorted(SEARCHED)), st.text(string.printable))
    def test_of_a_normal_form_is_itself(self, field: str, value: str) -> None:
        once = normal(field, value)

        assert normal(field, once) == once


class TestPolicyOf:
    def test_takes_money_in_yuan_and_keeps_fen(self) -> None:
        cells = {"policy_number": "P1", "unit": "north", "premium": "1200.5", "cash_value": "7"}

        clear = policy_of(cells, units={"north"})

        assert (clear["premium"], clear["cash_value"]) == ("120050", "700")

    @pytest.mark.parametrize(
        ("cells", "reason"),
        [
            ({"unit": "south"}, "its unit isn't known"),
            ({"premium": "a lot"}, "its premium is no amount"),
            ({"premium": "-1"}, "its premium is no amount"),
            ({"premium": "1.005"}, "its premium is no amount"),
            ({"issued_on": "2020/1/1"}, "its issued_on isn't written"),
            ({"address": "路" * 201}, "its address is longer"),
            ({"address": "路\0"}, "it holds a NUL"),
        ],
    )
    def test_refuses_without_quoting(self, cells: dict[str, str], reason: str) -> None:
        with pytest.raises(BadPolicy, match=reason) as refused:
            policy_of({"policy_number": "P1", "unit": "north"} | cells, units={"north"})

        assert not any(value in refused.value.message for value in cells.values())

    @pytest.mark.parametrize(
        ("written", "fen"), [("0", "0"), ("12.", "1200"), ("12.3", "1230"), ("007.05", "705")]
    )
    def test_takes_hundredths_as_far_as_they_are_written(self, written: str, fen: str) -> None:
        clear = policy_of({"policy_number": "P1", "unit": "n", "premium": written}, units={"n"})

        assert clear["premium"] == fen

    @pytest.mark.parametrize("column", sorted(NEVER))
    def test_refuses_the_whole_file_with_authentication_data(self, column: str) -> None:
        with pytest.raises(BadInput, match="authentication data"):
            policy_of({"policy_number": "P1", "unit": "north", column: "x"}, units={"north"})


def test_every_field_is_in_the_tests_own_record() -> None:
    assert set(CLEAR) == set(FIELDS)
