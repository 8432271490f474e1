"""Bank card numbers: check one, or make a column that no bank issued."""

import numpy as np
from stdnum import luhn
from stdnum.exceptions import ValidationError
from stdnum.util import clean

from hubao.kit.digits import Ints, Strings, digits_of, refuse_outside, text_of

# An issuer number that no card has. ISO/IEC 7812-1 leaves 00 to ISO/TC 68 "for institutions other
# than card issuers", and ISO/TC 68 has assigned 000000 as the test number. Ranges that look as free
# are not: old Chinese debit cards begin with 9000 (a country code that ISO 3166 never gave out) and
# with 0040 to 0060 (an issuer number with zeros before it).
NEVER_ISSUED_ISSUER = "000000"

# Accounts under it, on cards of 19 digits.
ACCOUNTS = 10**12


def is_valid(number: str, *, world: bool = False) -> bool:
    """Tell whether it is 16 to 19 digits with a right check digit (Luhn).

    Args:
        number: as written; spaces and dashes between digits are understood.
        world: accept the never-issued cards of the simulated insurer too.

    Limits: whether a bank has the issuer number is not known; no public list is complete.
    """
    try:
        digits = clean(number, " -").strip()
    except ValidationError:
        return False
    if not 16 <= len(digits) <= 19 or not (digits.isascii() and digits.isdecimal()):
        return False
    if digits.startswith(NEVER_ISSUED_ISSUER) and not world:
        return False
    return luhn.is_valid(digits)


def make(account: Ints) -> Strings:
    """Make card numbers that no bank issued; the check digit is right.

    Args:
        account: int (n,), 0..999,999,999,999.

    Returns:
        str (n,), 19 digits each.

    Raises:
        BadInput: an account is out of range.
    """
    refuse_outside(account, range(ACCOUNTS), "account part of a made-up card number")
    digits = digits_of(int(NEVER_ISSUED_ISSUER) * ACCOUNTS + account, 18)
    return text_of(np.column_stack([digits, _check_digit(digits)]))


def _check_digit(digits: Ints) -> Ints:
    """Luhn: the last body digit and every second one before it count double, digits summed."""
    doubled = 2 * digits[:, ::-1][:, ::2]
    singles = digits[:, ::-1][:, 1::2]
    total = (doubled // 10 + doubled % 10).sum(axis=1) + singles.sum(axis=1)
    return np.asarray(-total % 10, dtype=np.int64)
