import numpy as np
import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberType

from hubao.kit.errors import BadInput
from hubao.kit.phones import NEVER_ISSUED_PREFIX, SUBSCRIBERS, is_valid, make, normalise

SUBSCRIBER = st.integers(0, SUBSCRIBERS - 1)


def made(subscriber: int) -> str:
    return str(make(np.array([subscriber]))[0])


def example_number(region: str, kind: int) -> str:
    """Give the number that libphonenumber itself shows as an example."""
    example = phonenumbers.example_number_for_type(region, kind)
    assert example is not None
    return phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)


class TestMadeUpNumbers:
    @given(SUBSCRIBER)
    def test_pass_in_the_world_only(self, subscriber: int) -> None:
        number = made(subscriber)

        assert len(number) == 11
        assert is_valid(number, world=True)
        assert not is_valid(number)

    @given(SUBSCRIBER)
    def test_are_refused_by_the_independent_validator(self, subscriber: int) -> None:
        parsed = phonenumbers.parse(made(subscriber), "CN")

        assert not phonenumbers.is_valid_number(parsed)
        assert phonenumbers.number_type(parsed) == PhoneNumberType.UNKNOWN

    @given(SUBSCRIBER)
    def test_pass_in_the_world_however_they_are_written(self, subscriber: int) -> None:
        number = made(subscriber)

        written = [f"+86 {number}", f"0086{number}", f"{number[:3]}-{number[3:7]} {number[7:]}"]

        assert [is_valid(each, world=True) for each in written] == [True] * 3
        assert {normalise(each) for each in written} == {f"+86{number}"}
        assert not any(is_valid(each) for each in written)

    @pytest.mark.parametrize("subscriber", [-1, SUBSCRIBERS])
    def test_are_refused_for_a_subscriber_that_does_not_fit(self, subscriber: int) -> None:
        with pytest.raises(BadInput, match="subscriber"):
            made(subscriber)

    def test_lie_in_a_network_code_with_no_number_in_use(self) -> None:
        fourth_to_seventh = np.arange(0, SUBSCRIBERS, SUBSCRIBERS // 2000)

        numbers = make(fourth_to_seventh).tolist()

        assert all(number.startswith(NEVER_ISSUED_PREFIX) for number in numbers)
        assert not any(
            phonenumbers.is_valid_number(phonenumbers.parse(number, "CN")) for number in numbers
        )


class TestIsValid:
    def test_takes_a_mobile_number_in_the_world_and_outside(self) -> None:
        number = example_number("CN", PhoneNumberType.MOBILE)

        assert is_valid(number)
        assert is_valid(number, world=True)

    @pytest.mark.parametrize(
        ("region", "kind"), [("CN", PhoneNumberType.FIXED_LINE), ("FR", PhoneNumberType.MOBILE)]
    )
    def test_refuses_landlines_and_other_countries(self, region: str, kind: int) -> None:
        number = example_number(region, kind)

        assert not is_valid(number)
        assert not is_valid(number, world=True)

    @pytest.mark.parametrize("cut", [slice(0, 10), slice(1, 11)])
    def test_refuses_a_made_up_number_with_a_digit_missing(self, cut: slice) -> None:
        number = made(12_345_678)

        assert not is_valid(number[cut], world=True)

    @given(st.text(alphabet="0123456789+-() x;=ext１", max_size=25) | st.text())
    def test_never_raises(self, number: str) -> None:
        assert is_valid(number, world=True) in (True, False)


class TestNormalise:
    def test_says_what_to_mend_and_does_not_repeat_the_text(self) -> None:
        with pytest.raises(BadInput, match="11 digits") as refused:
            normalise("call Zhang's office")

        assert "Zhang" not in str(refused.value)
