"""Append an entry within the transaction of what it tells of: both are committed, or neither."""

from collections.abc import Sequence
from typing import Final

from django.db import connection

from hubao.desk.core.transactions import require_open
from hubao.desk.ledger.rules import Entered, body_of
from hubao.kit.errors import HubaoError, Kind

# One statement, as its trigger fires for each; one text, as a list of them is slow to hand over.
_INSERT_LINES: Final = "INSERT INTO ledger_entry (body) SELECT unnest(string_to_array(%s, chr(10)))"
INSERT: Final = "INSERT INTO ledger_entry (body) VALUES (%s)"


class NotWritten(HubaoError):  # noqa: N818 - says what happened, as its base does
    """The ledger can't be written, so what was asked for didn't happen."""

    code = "ledger.not_written"
    kind = Kind.UNAVAILABLE


def append_bodies(bodies: Sequence[str]) -> None:
    """Append what `rules.body_of` gave, in the open transaction.

    Raises:
        OutsideTransaction: no transaction is open.
    """
    require_open("append_bodies")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_INSERT_LINES, ["\n".join(bodies)])
        else:
            cursor.executemany(INSERT, [(body,) for body in bodies])


def append_entry(entered: Entered) -> None:
    """Append one entry in the open transaction.

    Raises:
        NotForTheLedger: it holds something other than ids, words and counts.
        OutsideTransaction: no transaction is open.
    """
    require_open("append_entry")
    # Plain SQL: this stands on the way of every reveal.
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [body_of(entered)])
