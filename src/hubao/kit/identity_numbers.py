"""Resident identity numbers: check one, or make a column of them for the simulated insurer."""

import numpy as np
from numpy.typing import NDArray
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from hubao.kit.digits import Ints, Strings, digits_of, refuse_outside, text_of

# Area codes (the first six digits) that no person has. GB/T 2260 numbers the provinces by part of
# the country: 1x north, 2x north-east, 3x east, 4x centre and south, 5x south-west, 6x north-west,
# 71 Taiwan, 81 and 82 Hong Kong and Macao; residence permits and foreigners' cards use 8x and 9x.
# No edition since 1980, and none of the codes that python-stdnum lists with their years, begins
# with 0.
NEVER_ISSUED_AREAS = range(1, 100_000)

# Serials of one area, birth date and sex: odd 1..997 for men, even 2..998 for women.
SERIALS_PER_SEX = 499

_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])  # GB 11643-1999
_CHECK = np.array(list("10X98765432"))


def is_valid(number: str, *, world: bool = False) -> bool:
    """Tell whether an 18-character number has a known area, a real birth date and its check digit.

    Args:
        number: as written; a small x and full-width digits are understood.
        world: accept the never-issued areas of the simulated insurer too.

    Limits: the area must have existed in the birth year (python-stdnum's list), and numbers of 15
        digits, residence permits (83) and foreigners' cards (9x) are refused.
    """
    try:
        compact = ric.compact(number)
        if _is_of_the_world(compact):
            return world and _is_well_formed(compact)
        return ric.is_valid(compact)
    except ValidationError:
        return False


def make(area: Ints, born: NDArray[np.datetime64], serial: Ints) -> Strings:
    """Make identity numbers that nobody has: the check digit is right, the area was never issued.

    Args:
        area: int (n,), of NEVER_ISSUED_AREAS.
        born: datetime64[D] (n,), in the years 1000 to 9999.
        serial: int (n,), 1..999; odd for men, even for women.

    Returns:
        str (n,), 18 characters each.

    Raises:
        BadInput: an area or a serial is out of its range.
    """
    refuse_outside(area, NEVER_ISSUED_AREAS, "area code of a made-up identity number")
    refuse_outside(serial, range(1, 1000), "serial of a made-up identity number")
    digits = digits_of(area * 10**11 + _as_number(born) * 1000 + serial, 17)
    return np.strings.add(text_of(digits), _CHECK[digits @ _WEIGHTS % 11])


def _is_of_the_world(compact: str) -> bool:
    return compact[:6].isdecimal() and int(compact[:6]) in NEVER_ISSUED_AREAS


def _is_well_formed(compact: str) -> bool:
    if len(compact) != 18 or not (compact[:-1].isascii() and compact[:-1].isdecimal()):
        return False
    ric.get_birth_date(compact)
    return compact[-1] == ric.calc_check_digit(compact)


def _as_number(days: NDArray[np.datetime64]) -> Ints:
    """Give 2024-02-29 as 20240229."""
    months = days.astype("datetime64[M]")
    month_number = months.astype(np.int64)
    year, month = 1970 + month_number // 12, 1 + month_number % 12
    day = 1 + (days.astype("datetime64[D]") - months.astype("datetime64[D]")).astype(np.int64)
    return np.asarray(year * 10_000 + month * 100 + day, dtype=np.int64)
