"""A row about a policy, as it comes in from files and the API."""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Final

from hubao.desk.policies.catalogue import FIELDS, NEVER, PLAIN
from hubao.kit.errors import BadInput, HubaoError, Kind

NEEDED: Final = ("policy_number", "unit")
OPTIONAL: Final = (*(set(PLAIN) | set(FIELDS)) - set(NEEDED), *NEVER)
LONGEST: Final = 200  # characters of a cell
_DIGITS: Final = re.compile(r"[0-9]{1,13}")
_HUNDREDTHS: Final = re.compile(r"[0-9]{0,2}")


class BadPolicy(HubaoError):  # noqa: N818 - says what happened, as its base does
    """A row about a policy can't be used; the message says why and repeats nothing of it."""

    code = "policies.bad_row"
    kind = Kind.INVALID


def policy_of(cells: Mapping[str, str], *, units: Collection[str]) -> dict[str, str]:
    """Read one row; gives what it says by name, money in fen.

    Args:
        cells: by column, of NEEDED and OPTIONAL, the needed ones there; money in yuan.
        units: those that are known.

    Raises:
        BadPolicy: something in it can't be understood.
        BadInput: it holds what people prove themselves with, which has no place here.
    """
    if cells["unit"] not in units:
        raise BadPolicy("its unit isn't known: import units first")
    clear = dict(cells)
    for name, text in cells.items():
        if len(text) > LONGEST:
            raise BadPolicy(f"its {name} is longer than {LONGEST} characters")
        if name in _READ:
            clear[name] = _READ[name](name, text)
    return clear


def _date(name: str, text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise BadPolicy(f"its {name} isn't written as 2026-11-27") from None


def _fen(name: str, text: str) -> str:
    whole, _, hundredths = text.partition(".")
    if not (_DIGITS.fullmatch(whole) and _HUNDREDTHS.fullmatch(hundredths)):
        raise BadPolicy(f"its {name} is no amount in yuan, as 1234.50")
    return str(int(whole + f"{hundredths:0<2}"))


def _never(name: str, _: str) -> str:
    raise BadInput(
        f"The column {name} holds authentication data (C3): hubao keeps none; leave it out."
    )


_READ: Final[Mapping[str, Callable[[str, str], str]]] = {
    "issued_on": _date,
    "premium": _fen,
    "cash_value": _fen,
    **dict.fromkeys(NEVER, _never),
}
