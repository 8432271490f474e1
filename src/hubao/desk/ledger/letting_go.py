"""Take entries that were archived off the database, and what would tell of them still."""

from collections.abc import Sequence

from django.db import DatabaseError, connection
from django.db.backends.utils import CursorWrapper

from hubao.desk.core.transactions import alone, require_open
from hubao.desk.ledger.about import keys_of
from hubao.desk.ledger.models import Segment
from hubao.desk.ledger.places import Placed, read_runs
from hubao.kit.errors import HubaoError, Kind


class NotOwner(HubaoError):  # noqa: N818 - says what happened, as its base does
    """The role that asks may only add to the ledger."""

    code = "ledger.not_owner"
    kind = Kind.FORBIDDEN


def let_go(row: Segment, some: Sequence[Placed]) -> None:
    """Note a segment, and take its entries off, in the open transaction.

    Raises:
        NotOwner: the database's role may only add to the ledger.
        OutsideTransaction: no transaction is open.
    """
    require_open("let_go")
    try:
        row.save(force_insert=True)  # the triggers let go of what lies in a segment, and no more
        with connection.cursor() as cursor:
            _delete(cursor, row, some)
    except DatabaseError as error:
        raise NotOwner(
            "This database's role may not take entries off the ledger: archive as the role that"
            " owns the tables, which HUBAO_DATABASE_URL names."
        ) from error


def overwrite() -> None:
    """Have the database write over what it holds of entries that were let go.

    SQLite's file is written anew, while other writers wait: pages keep pieces of rows that were
    moved long ago, which zeroing what is deleted doesn't reach.
    """
    with alone(), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            cursor.execute("VACUUM ledger_entry, ledger_about, ledger_count")


def _delete(cursor: CursorWrapper, row: Segment, some: Sequence[Placed]) -> None:
    for run in read_runs(cursor, row.place, row.place + row.length):
        cursor.execute(
            "DELETE FROM ledger_entry WHERE id >= %s AND id < %s",
            [run.entry, run.entry + run.length],
        )
    # After their entries: the trigger lets go of what leads to none.
    cursor.executemany(
        "DELETE FROM ledger_about WHERE key = %s AND entry = %s",
        sorted((key, one.entry) for one in some for key in keys_of(one.body)),
    )
