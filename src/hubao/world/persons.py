"""Who the customers are: names, numbers and addresses that belong to nobody alive.

Identity numbers, phones and cards are right in shape and check digit but lie in ranges that were
never issued (see `kit.identity_numbers`, `kit.phones`, `kit.bank_cards`), and no two customers
share one. A customer is the same whichever slice it is asked for in.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hubao.kit import bank_cards, identity_numbers, phones
from hubao.kit.digits import Strings
from hubao.kit.errors import BadInput
from hubao.world import names
from hubao.world.ids import spell
from hubao.world.model import Customers, Floats, Ints, Units, generator

CUSTOMER_DIGITS = 7
_BLOCK = 1 << 16  # customers whose names are drawn together
_SERIALS = identity_numbers.SERIALS_PER_SEX
_AREAS = identity_numbers.NEVER_ISSUED_AREAS
_STREETS = [
    first + second + kind
    for first in names.STREET_FIRST
    for second in names.STREET_SECOND
    for kind in names.STREET_KINDS
]
_HOUSES, _BUILDINGS, _FLOORS, _FLATS = 200, 20, 30, 4

# The most customers of one world: each has an area and serial of its own, whatever its birth date.
MOST = len(_AREAS) * _SERIALS

# How each number is scattered over its range, one to one: (factor, size of the range), with no
# divisor in common. The factors are primes next to 0.618 of the size (cards: 0.062, so that the
# product stays below 2 ** 63), which keeps neighbours far apart.
SPREADS = {
    "identity number": (30_839_591, MOST),
    "phone": (61_803_419, phones.SUBSCRIBERS),
    "card": (61_803_398_903, bank_cards.ACCOUNTS),
    "address": (71_197_517, len(_STREETS) * _HOUSES * _BUILDINGS * _FLOORS * _FLATS),
}


def persons(
    customers: Customers, units: Units, seed: int, first: int = 0, last: int | None = None
) -> pa.Table:
    """Tell who customers `first` to `last` (left out, as in a slice) are.

    Returns:
        A table of last - first rows: `customer` (C and 7 digits or more), `name`, `sex` (female,
        male), `born` (date), `identity_number`, `phone`, `address`, `bank_card`, `household`
        (H and 7 digits or more); all strings but `born`. More than 10^7 customers make all
        their ids longer.

    Raises:
        BadInput: the world has more than MOST customers.

    Limits: a million rows take about 3 s and 0.8 GB; ask for a slice at a time.
    """
    if len(customers.sex) > MOST:
        message = f"A world holds {MOST:,} customers at most: ask for fewer policies."
        raise BadInput(message, customers=len(customers.sex))
    start, stop, _ = slice(first, last).indices(len(customers.sex))
    part = slice(start, max(start, stop))
    number = np.arange(part.start, part.stop)
    sex, born = customers.sex[part], customers.born[part]
    household = customers.household[part]
    digits = max(CUSTOMER_DIGITS, len(str(len(customers.sex) - 1)))
    return pa.table(
        {
            "customer": spell("C", number, digits),
            "name": _names(seed, part, sex),
            "sex": pa.array(["female", "male"]).take(pa.array(sex)),
            "born": pa.array(born.astype("datetime64[D]")),
            "identity_number": pa.array(_identity_numbers(seed, number, sex, born)),
            "phone": pa.array(phones.make(_spread(seed, "phone", number))),
            "address": _addresses(seed, units, customers.branch[part], household),
            "bank_card": pa.array(bank_cards.make(_spread(seed, "card", number))),
            "household": spell("H", household, digits),
        }
    )


def _identity_numbers(seed: int, number: Ints, sex: Ints, born: NDArray[np.datetime64]) -> Strings:
    """Give each customer an area and a pair of serials of its own; the sex picks the serial."""
    place = _spread(seed, "identity number", number)
    serial = 2 * (place % _SERIALS) + np.where(sex == 1, 1, 2)
    return identity_numbers.make(_AREAS.start + place // _SERIALS, born, serial)


def _spread(seed: int, what: str, numbers: Ints) -> Ints:
    """Scatter numbers over the range, one to one; the seed says where it begins."""
    factor, size = SPREADS[what]
    offset = int(generator(seed, "persons", what).integers(size))
    return (numbers * factor + offset) % size


def _names(seed: int, part: slice, sex: Ints) -> pa.Array:
    draws = _draws(seed, part)
    shares = np.cumsum(np.array(list(names.SURNAMES.values()), dtype=np.float64))
    surname = np.searchsorted(shares, draws[:, 0] * shares[-1], side="right")
    return _joined(
        _pick(list(names.SURNAMES), surname),
        _given(sex, draws[:, 1]),
        pc.if_else(pa.array(draws[:, 2] < names.ONE_CHARACTER), "", _given(sex, draws[:, 3])),
    )


def _draws(seed: int, part: slice) -> Floats:
    """Draw four numbers in [0, 1) a customer, whole blocks at a time so that slices agree."""
    first = part.start // _BLOCK
    blocks = range(first, max(first, (part.stop - 1) // _BLOCK) + 1)
    drawn = [generator(seed, "persons", "name", block).random((_BLOCK, 4)) for block in blocks]
    return np.concatenate(drawn)[part.start - first * _BLOCK : part.stop - first * _BLOCK]


def _given(sex: Ints, draw: Floats) -> pa.Array:
    female = (draw * len(names.FEMALE)).astype(np.int64)
    male = len(names.FEMALE) + (draw * len(names.MALE)).astype(np.int64)
    return _pick(list(names.FEMALE + names.MALE), np.where(sex == 1, male, female))


def _addresses(seed: int, units: Units, branch: Ints, household: Ints) -> pa.Array:
    """Give each household its flat: branch (its name has the region), street, house and so on."""
    place = _spread(seed, "address", household)
    place, flat = np.divmod(place, _FLATS)
    place, floor = np.divmod(place, _FLOORS)
    place, building = np.divmod(place, _BUILDINGS)
    street, house = np.divmod(place, _HOUSES)
    return _joined(
        _pick([f"{name} " for name in units.branches], branch),
        _pick(_STREETS, street),
        _pick([f"{number}号" for number in range(1, _HOUSES + 1)], house),
        _pick([f"{number}栋" for number in range(1, _BUILDINGS + 1)], building),
        _pick([f"{number}0" for number in range(1, _FLOORS + 1)], floor),
        _pick([f"{number}室" for number in range(1, _FLATS + 1)], flat),
    )


def _pick(words: Sequence[str], index: Ints) -> pa.Array:
    return pa.array(words, pa.string()).take(pa.array(index))


def _joined(*columns: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(*columns, "")
