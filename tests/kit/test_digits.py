import numpy as np
import pytest

from hubao.kit.digits import digits_of, refuse_outside, text_of
from hubao.kit.errors import BadInput


def test_a_number_is_written_with_its_leading_zeros() -> None:
    numbers = np.array([0, 7, 120, 99_999])

    text = text_of(digits_of(numbers, 5))

    assert text.tolist() == ["00000", "00007", "00120", "99999"]


def test_no_numbers_give_no_text() -> None:
    text = text_of(digits_of(np.zeros(0, dtype=np.int64), 5))

    assert text.shape == (0,)


def test_a_number_outside_the_range_is_refused_by_the_name_of_its_column() -> None:
    with pytest.raises(BadInput, match="The serial must lie in 1 to 9"):
        refuse_outside(np.array([1, 10]), range(1, 10), "serial")
