"""Whole columns of digit strings: what numbers with a check digit are built from."""

import numpy as np
from numpy.typing import NDArray

from hubao.kit.errors import BadInput

Ints = NDArray[np.int64]
Strings = NDArray[np.str_]


def digits_of(numbers: Ints, width: int) -> Ints:
    """Write each number with leading zeros, one digit a cell.

    Args:
        numbers: int (n,), from 0 to 10 ** width - 1.
        width: digits a number, 18 at most.

    Returns:
        int (n, width), the most significant digit first.
    """
    places = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    return np.asarray(numbers, dtype=np.int64)[:, None] // places % 10


def text_of(digits: Ints) -> Strings:
    """Join int (n, width) digits in 0..9 to str (n,)."""
    letters = np.ascontiguousarray(digits + ord("0"), dtype=np.uint32)
    width = letters.shape[1]
    # numpy keeps a string as its code points, four bytes each
    return letters.view(f"U{width}").reshape(len(digits))


def refuse_outside(numbers: Ints, allowed: range, what: str) -> None:
    """Refuse a column with a number outside a range.

    Args:
        numbers: int (n,).
        allowed: in steps of one.
        what: the column's name for the message.

    Raises:
        BadInput: the lowest or the highest number is outside.
    """
    if not len(numbers):
        return
    lowest, highest = int(numbers.min()), int(numbers.max())
    if lowest < allowed.start or highest >= allowed.stop:
        message = f"The {what} must lie in {allowed.start} to {allowed.stop - 1}."
        raise BadInput(message, lowest=lowest, highest=highest)
