"""Write encrypted policies: new ones at once, changed ones under the ids that they have."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.db.backends.utils import CursorWrapper

from hubao.desk.core.transactions import require_open
from hubao.desk.policies.sealing import COLUMNS, Clear, Sealed, seal
from hubao.seal.fields import Fields

_NAMED: Final = (*COLUMNS, "updated_at")
_NAMES: Final = ", ".join(_NAMED)
_INSERT: Final = (
    f"INSERT INTO policies_policy ({_NAMES}) VALUES ({', '.join(['%s'] * len(_NAMED))})"  # noqa: S608
    " ON CONFLICT (policy_number_index) DO NOTHING"
)
_UPDATE: Final = (
    f"UPDATE policies_policy SET {', '.join(f'{name} = %s' for name in _NAMED[1:])}"  # noqa: S608
    " WHERE record = %s"
)
_LANDED: Final = "policies_landed"
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


def put(
    sealed: Sequence[Sealed],
    *,
    clear: Callable[[], Sequence[Clear]],
    at: datetime,
    fields: Fields,
) -> Counts:
    """Write policies in the open transaction.

    Of two rows with the same number the later counts, the earlier is rejected.

    Args:
        sealed: encrypted under new record ids.
        clear: gives what they say in clear, for those that have a record already.
        at: now.
        fields: to encrypt those anew.

    Raises:
        Raced: another writer was faster; the transaction is to be tried again.
    """
    require_open("put")
    last = {one.numbers[0]: place for place, one in enumerate(sealed)}
    with connection.cursor() as cursor:
        known = _known(
            cursor, [number for place in last.values() for number in sealed[place].numbers]
        )
        fresh, changed, same = [], dict[int, str](), 0
        for place in last.values():
            one = sealed[place]
            record, said = next((known[n] for n in one.numbers if n in known), (None, None))
            if record is None:
                fresh.append(one)
            elif said == one.said:
                same += 1
            else:
                changed[place] = record
        now = connection.ops.adapt_datetimefield_value(at)
        _insert(cursor, [(*one.columns, now) for one in fresh])
        _change(cursor, changed, clear, now, fields)
    return Counts(len(fresh), len(changed), same, len(sealed) - len(last))


def _known(cursor: CursorWrapper, numbers: Sequence[bytes]) -> dict[bytes, tuple[str, bytes]]:
    """Say which numbers have a record already, and what it said."""
    found = dict[bytes, tuple[str, bytes]]()
    for begin in range(0, len(numbers), _KNOWN_AT_ONCE):
        some = numbers[begin : begin + _KNOWN_AT_ONCE]
        places = ", ".join(["%s"] * len(some))
        cursor.execute(
            "SELECT policy_number_index, record, said FROM policies_policy"  # noqa: S608
            f" WHERE policy_number_index IN ({places})",
            list(some),
        )
        found |= {bytes(number): (record, bytes(said)) for number, record, said in cursor}
    return found


def _change(
    cursor: CursorWrapper,
    changed: Mapping[int, str],
    clear: Callable[[], Sequence[Clear]],
    now: str | None,
    fields: Fields,
) -> None:
    if not changed:
        return
    said = clear()
    again = (seal(said[place], record=record, fields=fields) for place, record in changed.items())
    rows = [(*one.columns[1:], now, one.columns[0]) for one in again]
    cursor.executemany(_UPDATE, rows)


def _insert(cursor: CursorWrapper, fresh: Sequence[Sequence[Any]]) -> None:
    if not fresh:
        return
    if connection.vendor == "postgresql":
        _copy(cursor, fresh)
    else:
        cursor.executemany(_INSERT, fresh)
    if cursor.rowcount != len(fresh):
        raise Raced("another writer added one of these policies meanwhile")


def _copy(cursor: CursorWrapper, fresh: Sequence[Sequence[Any]]) -> None:
    """PostgreSQL's own way for many rows, through a table that only this transaction sees."""
    cursor.execute(
        f"CREATE TEMPORARY TABLE {_LANDED} ON COMMIT DROP AS"  # noqa: S608
        f" SELECT {_NAMES} FROM policies_policy WITH NO DATA"
    )
    with cursor.copy(f"COPY {_LANDED} ({_NAMES}) FROM STDIN") as copy:
        for row in fresh:
            copy.write_row(row)
    cursor.execute(
        f"INSERT INTO policies_policy ({_NAMES}) SELECT {_NAMES} FROM {_LANDED}"  # noqa: S608
        " ON CONFLICT (policy_number_index) DO NOTHING"
    )
