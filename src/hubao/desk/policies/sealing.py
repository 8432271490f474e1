"""A policy's clear fields to encrypted columns."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

from hubao.desk.policies.catalogue import FIELDS, PLAIN, SEARCHED, normal
from hubao.seal.fields import Fields

_OTHERS: Final = tuple(name for name in SEARCHED if name != "policy_number")
OPEN: Final = ("unit", "product", "channel", "status")
COLUMNS: Final = (
    "record",
    *OPEN,
    "issued_on",
    "said",
    *FIELDS,
    *(f"{name}_index" for name in ("policy_number", *_OTHERS)),
)
_SAID: Final = (*PLAIN, *FIELDS)
Clear = Mapping[str, str]


class Sealed(NamedTuple):
    """An encrypted policy.

    Attributes:
        numbers: the policy number's index by every key in use.
        columns: values of COLUMNS.
    """

    numbers: Sequence[bytes]
    columns: Sequence[str | bytes | None]

    @property
    def issued_on(self) -> str | None:
        """The day of issue in ISO form."""
        return cast(str | None, self.columns[_DAY_AT])

    @property
    def said(self) -> str | bytes | None:
        """A keyed hash of all that the row says."""
        return self.columns[_SAID_AT]


_DAY_AT: Final = COLUMNS.index("issued_on")
_SAID_AT: Final = COLUMNS.index("said")


def seal(clear: Clear, *, record: str, fields: Fields) -> Sealed:
    """Encrypt a policy for a record, as which alone it can be read again."""
    number = normal("policy_number", clear["policy_number"])
    numbers = fields.indexes(number, field="policy_number")
    get = clear.get
    columns = (
        record,
        *[get(name, "") for name in OPEN],
        get("issued_on"),
        said(clear, fields=fields),
        *fields.encrypt_each(clear, fields=FIELDS, record=record),
        numbers[0],
        *[
            fields.index(normal(name, value), field=name) if (value := get(name)) else None
            for name in _OTHERS
        ],
    )
    return Sealed(numbers, columns)


def opened(sealed: Sealed, *, fields: Fields) -> Clear:
    """Decrypt a policy; gives what `seal` was told."""
    row: dict[str, Any] = dict(zip(COLUMNS, sealed.columns, strict=True))
    return {name: row[name] for name in PLAIN if row[name]} | {
        name: fields.decrypt(row[name], field=name, record=row["record"])
        for name in FIELDS
        if row[name] is not None
    }


def said(clear: Clear, *, fields: Fields) -> bytes:
    """Give a keyed hash of all that a row says: rows that say the same need no writing."""
    get = clear.get
    # `policy_of` lets no NUL through, so that no two rows give the same text.
    return fields.index("\0".join([get(name, "") for name in _SAID]), field="*")
