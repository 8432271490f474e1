from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import numdb
from stdnum.cn import ric

from hubao.kit import identity_numbers
from hubao.kit.errors import BadInput
from hubao.kit.identity_numbers import NEVER_ISSUED_AREAS, is_valid, make

AREAS = st.sampled_from(NEVER_ISSUED_AREAS)
SERIALS = st.integers(1, 999)
LONG_AGO = date(1900, 1, 1)
BORN = st.dates(min_value=date(1900, 1, 1))
OTHERS = dict(zip("0123456789X", "12345678901", strict=True))


def made(area: int, born: date, serial: int) -> str:
    days = np.array([born], dtype="datetime64[D]")
    return str(make(np.array([area]), days, np.array([serial]))[0])


def issued_to_nobody_alive(serial: int) -> str:
    body = f"11010519000101{serial:03d}"  # a known area, a birth date no living person has
    return body + ric.calc_check_digit(body + "0")


class TestMadeUpNumbers:
    @given(AREAS, BORN, SERIALS)
    def test_pass_in_the_world_only(self, area: int, born: date, serial: int) -> None:
        number = made(area, born, serial)

        assert is_valid(number, world=True)
        assert not is_valid(number)
        assert not ric.is_valid(number)

    @given(AREAS, BORN, SERIALS)
    def test_have_the_check_digit_of_an_independent_reckoning(
        self, area: int, born: date, serial: int
    ) -> None:
        number = made(area, born, serial)

        assert number == f"{area:06d}{str(born).replace('-', '')}{serial:03d}{number[-1]}"
        assert number[-1] == ric.calc_check_digit(number)

    @given(AREAS, SERIALS, st.integers(0, 17))
    def test_fail_in_the_world_with_one_digit_changed(
        self, area: int, serial: int, place: int
    ) -> None:
        number = made(area, LONG_AGO, serial)

        changed = number[:place] + OTHERS[number[place]] + number[place + 1 :]

        assert not is_valid(changed, world=True)

    def test_are_refused_for_an_area_that_may_be_issued(self) -> None:
        with pytest.raises(BadInput, match="area code"):
            made(110_105, LONG_AGO, 1)

    @pytest.mark.parametrize("serial", [0, 1000])
    def test_are_refused_for_a_serial_that_does_not_fit(self, serial: int) -> None:
        with pytest.raises(BadInput, match="serial"):
            made(1, LONG_AGO, serial)

    def test_are_none_for_none(self) -> None:
        nothing = np.zeros(0, dtype=np.int64)

        assert make(nothing, nothing.astype("datetime64[D]"), nothing).tolist() == []


class TestIsValid:
    @given(SERIALS)
    def test_agrees_with_the_independent_validator_on_known_areas(self, serial: int) -> None:
        number = issued_to_nobody_alive(serial)

        assert is_valid(number) == is_valid(number, world=True) == ric.is_valid(number)

    @given(st.text(alphabet="0123456789Xx０１ \n٣", min_size=15, max_size=20))
    def test_never_raises_on_near_misses(self, number: str) -> None:
        assert is_valid(number) in (True, False)
        assert is_valid(number, world=True) in (True, False)

    @given(st.text())
    def test_never_raises_on_any_text(self, number: str) -> None:
        assert is_valid(number, world=True) in (True, False)

    def test_understands_a_small_x(self) -> None:
        numbers = [made(1, LONG_AGO, serial) for serial in range(1, 40)]
        with_x = next(number for number in numbers if number.endswith("X"))

        assert is_valid(with_x.lower(), world=True)

    def test_refuses_a_day_that_never_was(self) -> None:
        body = "00000119550230001"

        number = body + ric.calc_check_digit(body + "0")

        assert not is_valid(number, world=True)


def test_no_area_of_the_register_is_one_of_ours() -> None:
    provinces = {area for area in range(100) if numdb.get("cn/loc").info(f"{area:02d}0101")[0][1]}

    ours = {area // 10_000 for area in NEVER_ISSUED_AREAS}

    assert len(provinces) == 34
    assert not provinces & ours


def test_a_day_has_enough_serials_for_either_sex() -> None:
    assert 2 * identity_numbers.SERIALS_PER_SEX <= 999
