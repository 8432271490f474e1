"""Write encrypted policies: new ones at once, changed ones under the ids that they have."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import IntegrityError, connection
from django.db.backends.utils import CursorWrapper

from hubao.desk.core.transactions import require_open
from hubao.desk.policies.sealing import COLUMNS, OPEN, Sealed, opened, seal
from hubao.seal.fields import Fields

_NAMED: Final = (*COLUMNS, "updated_at")
_NAMES: Final = ", ".join(_NAMED)
_INSERT: Final = (
    f"INSERT INTO policies_policy ({_NAMES}) VALUES ({', '.join(['%s'] * len(_NAMED))})"  # noqa: S608
)
_COPY: Final = f"COPY policies_policy ({_NAMES}) FROM STDIN (FORMAT BINARY)"
_TYPES: Final = {
    **dict.fromkeys(_NAMED, "bytea"),
    **dict.fromkeys(("record", *OPEN), "text"),
    "issued_on": "date",
    "updated_at": "timestamptz",
}
_DAY: Final = _NAMED.index("issued_on")
_UPDATE: Final = (
    f"UPDATE policies_policy SET {', '.join(f'{name} = %s' for name in _NAMED[1:])}"  # noqa: S608
    " WHERE record = %s"
)
_LOOK: Final = (
    "SELECT policy_number_index, record, said FROM policies_policy WHERE policy_number_index"
)
_KNOWN_AT_ONCE: Final = 10_000


@dataclass(frozen=True)
class Counts:
    """What became of rows."""

    added: int = 0
    changed: int = 0
    same: int = 0
    rejected: int = 0

    def facts(self) -> dict[str, int]:
        """As a ledger entry has them."""
        return dict(vars(self))


class Raced(RuntimeError):  # noqa: N818 - says what happened, as others do
    """Another writer added one of these policies since we looked; looking again mends it."""


def put(sealed: Sequence[Sealed], *, at: datetime, fields: Fields) -> Counts:
    """Write policies in the open transaction.

    Of two rows with the same number the later counts, the earlier is rejected.

    Args:
        sealed: encrypted under new record ids.
        at: now.
        fields: to encrypt those anew that have a record already, and say something else.

    Raises:
        Raced: another writer was faster; the transaction is to be tried again.
    """
    require_open("put")
    last = {one.numbers[0]: place for place, one in enumerate(sealed)}
    with connection.cursor() as cursor:
        known = _known(
            cursor, [number for place in last.values() for number in sealed[place].numbers]
        )
        fresh, changed, same = list[Sealed](), list[tuple[str, Sealed]](), 0
        for place in last.values():
            one = sealed[place]
            record, said = next((known[n] for n in one.numbers if n in known), (None, None))
            if record is None:
                fresh.append(one)
            elif said == one.said:
                same += 1
            else:
                changed.append((record, one))
        _insert(cursor, fresh, at)
        _change(cursor, changed, at, fields)
    return Counts(len(fresh), len(changed), same, len(sealed) - len(last))


def _known(cursor: CursorWrapper, numbers: Sequence[bytes]) -> dict[bytes, tuple[str, bytes]]:
    """Say which numbers have a record already, and what it said."""
    some_of = _among_array if connection.vendor == "postgresql" else _among_list
    found = dict[bytes, tuple[str, bytes]]()
    for begin in range(0, len(numbers), _KNOWN_AT_ONCE):
        among, values = some_of(numbers[begin : begin + _KNOWN_AT_ONCE])
        cursor.execute(f"{_LOOK} {among}", values)
        found |= {bytes(number): (record, bytes(said)) for number, record, said in cursor}
    return found


def _among_list(numbers: Sequence[bytes]) -> tuple[str, list[bytes]]:
    return f"IN ({', '.join(['%s'] * len(numbers))})", list(numbers)


def _among_array(numbers: Sequence[bytes]) -> tuple[str, list[list[bytes]]]:
    """One value instead of thousands, each of which PostgreSQL would have to read as SQL."""
    return "= ANY(%s)", [list(numbers)]


def _change(
    cursor: CursorWrapper, changed: Sequence[tuple[str, Sealed]], at: datetime, fields: Fields
) -> None:
    """Write what was encrypted under a new record id under the one that there is."""
    if not changed:
        return
    now = connection.ops.adapt_datetimefield_value(at)
    again = (seal(opened(one, fields=fields), record=to, fields=fields) for to, one in changed)
    cursor.executemany(_UPDATE, [(*one.columns[1:], now, one.columns[0]) for one in again])


def _insert(cursor: CursorWrapper, fresh: Sequence[Sealed], at: datetime) -> None:
    if not fresh:
        return
    try:
        if connection.vendor == "postgresql":
            _copy(cursor, fresh, at)
        else:
            now = connection.ops.adapt_datetimefield_value(at)
            cursor.executemany(_INSERT, [(*one.columns, now) for one in fresh])
    except IntegrityError as error:
        raise Raced("another writer added one of these policies meanwhile") from error


def _copy(cursor: CursorWrapper, fresh: Sequence[Sealed], at: datetime) -> None:
    """PostgreSQL's own way for many rows; in binary, as half of them is encrypted bytes."""
    with connection.wrap_database_errors, cursor.copy(_COPY) as copy:
        copy.set_types(_TYPES.values())
        for one in fresh:
            row: list[object] = [*one.columns, at]
            row[_DAY] = date.fromisoformat(day) if (day := one.issued_on) else None
            copy.write_row(row)
