"""Append an entry within the transaction of what it tells of: both are committed, or neither."""

from datetime import UTC
from typing import Final

from django.db import connection

from hubao.desk.core.transactions import require_open
from hubao.desk.ledger.rules import Entered, body_of
from hubao.kit.errors import HubaoError, Kind

INSERT: Final = (
    "INSERT INTO ledger_entry (body, at, action, actor, subject) VALUES (%s, %s, %s, %s, %s)"
)
Row = tuple[str, str | None, str, str, str | None]


class NotWritten(HubaoError):  # noqa: N818 - says what happened, as its base does
    """The ledger can't be written, so what was asked for didn't happen."""

    code = "ledger.not_written"
    kind = Kind.UNAVAILABLE


def append_entry(entered: Entered) -> None:
    """Append one entry in the open transaction.

    Raises:
        NotForTheLedger: it holds something other than ids, words and counts.
        OutsideTransaction: no transaction is open.
    """
    require_open("append_entry")
    # Plain SQL: this stands on the way of every reveal.
    with connection.cursor() as cursor:
        cursor.execute(INSERT, row_of(entered))


def row_of(entered: Entered) -> Row:
    """Give the values of INSERT."""
    at = entered.at.astimezone(UTC).isoformat(" ", "microseconds")
    if connection.vendor == "sqlite":  # where Django keeps times without their zone
        at = at.removesuffix("+00:00")
    return body_of(entered), at, entered.action, entered.actor, entered.subject
