import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from hubao.kit.bank_cards import ACCOUNTS, NEVER_ISSUED_ISSUER, is_valid, make
from hubao.kit.errors import BadInput

ACCOUNT = st.integers(0, ACCOUNTS - 1)


def made(account: int) -> str:
    return str(make(np.array([account]))[0])


def with_issuer(issuer: str, length: int) -> str:
    body = issuer + "0" * (length - 1 - len(issuer))
    return body + luhn.calc_check_digit(body)


class TestMadeUpNumbers:
    @given(ACCOUNT)
    def test_pass_in_the_world_only(self, account: int) -> None:
        number = made(account)

        assert number.startswith(NEVER_ISSUED_ISSUER)
        assert len(number) == 19
        assert is_valid(number, world=True)
        assert not is_valid(number)

    @given(ACCOUNT)
    def test_have_the_check_digit_of_an_independent_reckoning(self, account: int) -> None:
        number = made(account)

        assert number[-1] == luhn.calc_check_digit(number[:-1])

    @given(ACCOUNT, st.integers(6, 18))
    def test_fail_in_the_world_with_one_digit_changed(self, account: int, place: int) -> None:
        number = made(account)

        changed = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]

        assert not is_valid(changed, world=True)

    @pytest.mark.parametrize("account", [-1, ACCOUNTS])
    def test_are_refused_for_an_account_that_does_not_fit(self, account: int) -> None:
        with pytest.raises(BadInput, match="account"):
            made(account)


class TestIsValid:
    @pytest.mark.parametrize("length", [16, 17, 18, 19])
    def test_takes_sixteen_to_nineteen_digits_of_other_issuers(self, length: int) -> None:
        number = with_issuer("620000", length)

        assert is_valid(number)
        assert is_valid(number, world=True)

    @pytest.mark.parametrize("length", [15, 20])
    def test_refuses_other_lengths(self, length: int) -> None:
        assert not is_valid(with_issuer("620000", length))

    @pytest.mark.parametrize("separator", [" ", "-"])
    def test_understands_groups_of_four(self, separator: str) -> None:
        number = with_issuer("620000", 16)

        grouped = separator.join(number[place : place + 4] for place in range(0, 16, 4))

        assert is_valid(grouped)

    @given(st.text(alphabet="0123456789 -０٣", max_size=25) | st.text())
    def test_never_raises(self, number: str) -> None:
        assert is_valid(number, world=True) in (True, False)
