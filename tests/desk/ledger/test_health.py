"""Whether the ledger takes entries is found out without leaving one, or a gap."""

import pytest
from django.db import connection, transaction

from hubao.desk.ledger.health import is_writable
from hubao.desk.ledger.models import Entry, Run
from hubao.desk.ledger.operations import sequence_pending
from hubao.desk.ledger.queries import standing
from hubao.desk.ledger.rules import Entered
from hubao.desk.ledger.steps import append_entry
from tests.makers.desk import NOON


def append() -> None:
    with transaction.atomic():
        append_entry(Entered(action="test", actor="li", at=NOON))


@pytest.mark.usefixtures("database")
class TestWritable:
    def test_leaves_neither_entry_nor_gap(self) -> None:
        append()

        assert is_writable()
        assert is_writable()
        append()
        sequence_pending()

        assert list(Entry.objects.order_by("id").values_list("id", flat=True)) == [1, 2]
        assert Run.objects.count() == 1
        assert standing().pending == 0

    def test_tells_when_nothing_can_be_written(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "PRAGMA query_only = ON"
                if connection.vendor == "sqlite"
                else "SET default_transaction_read_only = on"
            )

        assert not is_writable()
