"""A row about a policy, as it comes in from files and the API."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Final

from hubao.desk.policies.catalogue import FIELDS, NEVER, PLAIN
from hubao.kit.errors import BadInput, HubaoError, Kind

NEEDED: Final = ("policy_number", "unit")
OPTIONAL: Final = (*(set(PLAIN) | set(FIELDS)) - set(NEEDED), *NEVER)
LONGEST: Final = 200  # characters of a cell
_YUAN: Final = re.compile(r"([0-9]{1,13})(?:\.([0-9]{0,2}))?")


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
    if not NEVER.isdisjoint(cells):
        raise _never(min(NEVER & cells.keys()))
    if cells["unit"] not in units:
        raise BadPolicy("its unit isn't known: import units first")
    if max(map(len, cells.values())) > LONGEST:
        name = next(name for name, text in cells.items() if len(text) > LONGEST)
        raise BadPolicy(f"its {name} is longer than {LONGEST} characters")
    if "\0" in "".join(cells.values()):
        raise BadPolicy("it holds a NUL, which is no text")
    clear = dict(cells)
    for name, read in _READ:
        if name in clear:
            clear[name] = read(name, clear[name])
    return clear


def _date(name: str, text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise BadPolicy(f"its {name} isn't written as 2026-11-27") from None


def _fen(name: str, text: str) -> str:
    written = _YUAN.fullmatch(text)
    if written is None:
        raise BadPolicy(f"its {name} is no amount in yuan, as 1234.50")
    whole, hundredths = written.groups("")
    return str(int(whole + f"{hundredths:0<2}"))


def _never(name: str) -> BadInput:
    return BadInput(
        f"The column {name} holds authentication data (C3): hubao keeps none; leave it out."
    )


_READ: Final[Sequence[tuple[str, Callable[[str, str], str]]]] = (
    ("issued_on", _date),
    ("premium", _fen),
    ("cash_value", _fen),
)
