"""The one table of a policy's fields: class, mask, and how equal values are told to be equal.

Classes are those of JR/T 0171-2020: C1 is the insurer's own business (product, branch, dates), C2
tells who somebody is and what they own, C3 is what they prove themselves with. C1 is stored in
clear, C2 encrypted and masked. C3 has no place in policy records: a file that brings it is refused.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hubao.kit import phones
from hubao.kit.errors import BadInput

HIDDEN: Final = "*"
LEAST_HIDDEN: Final = 4  # characters of a number
_CHINESE_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}")
_BETWEEN: Final = re.compile(r"[\s\-]")
_DISTRICT: Final = re.compile(r".*?[区县旗]")
_CITY: Final = re.compile(r".*?市")


class FieldClass(StrEnum):
    """How sensitive a field is (JR/T 0171-2020, chapter 4)."""

    C1 = "C1"
    C2 = "C2"
    C3 = "C3"


@dataclass(frozen=True)
class Field:
    """An encrypted field.

    Attributes:
        name: as in files, the API and the ledger.
        mask: what lists and pages show of a value.
        normal: the form in which equal values are equal; None if it can't be searched for.
    """

    name: str
    mask: Callable[[str], str]
    normal: Callable[[str], str] | None = None
    field_class: FieldClass = FieldClass.C2


def _stars(head: int, tail: int) -> Callable[[str], str]:
    """Keep so many characters at each end, of a value of which at least four are hidden then."""

    def mask(value: str) -> str:
        hidden = len(value) - head - tail
        if hidden < LEAST_HIDDEN:
            return HIDDEN * max(len(value), 1)
        return value[:head] + HIDDEN * hidden + value[len(value) - tail :]

    return mask


def _name(value: str) -> str:
    return value[:1] + HIDDEN * max(min(len(value) - 1, 2), 1)


def _address(value: str) -> str:
    kept = _DISTRICT.match(value) or _CITY.match(value)
    return (kept.group() if kept and kept.end() < len(value) else "") + HIDDEN * 4


def _amount(_: str) -> str:
    return HIDDEN * 4  # as many for every amount: its length would tell its size


def _compact(value: str) -> str:
    if not value.isascii():
        value = unicodedata.normalize("NFKC", value)
    if not value.isalnum():  # else there is nothing between
        value = _BETWEEN.sub("", value)
    return value.upper()


def _phone(value: str) -> str:
    compact = _compact(value)
    if _CHINESE_MOBILE.fullmatch(compact):  # nearly all: spares the library's long way
        return f"+86{compact}"
    try:
        return phones.normalise(value)
    except BadInput:
        return compact


FIELDS: Final = {
    field.name: field
    for field in (
        Field("policy_number", _stars(0, 4), _compact),
        Field("holder_name", _name, _compact),
        Field("identity_number", _stars(1, 1), _compact),
        Field("phone", _stars(3, 4), _phone),
        Field("address", _address),
        Field("bank_account", _stars(0, 4)),
        Field("insured_name", _name),
        Field("beneficiary", _name),
        Field("premium", _amount),
        Field("cash_value", _amount),
    )
}
SEARCHED: Final = {name: field for name, field in FIELDS.items() if field.normal is not None}
PLAIN: Final = ("unit", "product", "channel", "status", "issued_on")  # C1
NEVER: Final = frozenset(  # C3
    {"password", "pin", "one_time_code", "cvn", "cvv", "card_track", "fingerprint", "face", "voice"}
)


def masked(field: str, value: str) -> str:
    """Give what may be shown of a value without a reveal."""
    return FIELDS[field].mask(value)


def normal(field: str, value: str) -> str:
    """Give the form of a value in which equal values of a searched field are equal."""
    form = SEARCHED[field].normal
    return form(value) if form else value
