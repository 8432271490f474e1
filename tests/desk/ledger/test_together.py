"""Entries that share a commit: each is on disk when its caller goes on, or its caller is told."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier

import pytest
from django.db import DatabaseError, connection

from hubao.desk.core.transactions import durable
from hubao.desk.ledger import together
from hubao.desk.ledger.rules import Entered, NotForTheLedger
from hubao.desk.ledger.steps import NotWritten
from hubao.desk.ledger.together import append_together
from tests.makers.desk import NOON, said


def entered(number: int = 1, **others: str) -> Entered:
    return Entered(
        action="policy.open", actor="clerk-7", at=NOON, facts={"number": number}, **others
    )


@pytest.mark.usefixtures("database")
class TestAppendTogether:
    def test_whoever_returns_finds_their_entry(self) -> None:
        def work(writer: int) -> None:
            for i in range(40):
                append_together([entered(1_000 * writer + i)])
                with connection.cursor() as cursor:
                    cursor.execute(
                        "SELECT count(*) FROM ledger_entry WHERE body LIKE %s",
                        [f'%"fact.number":{1_000 * writer + i},%'],
                    )
                    assert cursor.fetchone() == (1,)
            connection.close()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, range(8)))  # raises what a thread raised

        assert len({one["fact.number"] for one in said()}) == len(said()) == 320

    def test_callers_at_the_same_time_share_transactions(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened = []
        everybody = Barrier(8)

        @contextmanager
        def counted() -> Iterator[None]:
            opened.append(1)
            with durable():
                yield

        monkeypatch.setattr(together, "durable", counted)

        def work(writer: int) -> None:
            everybody.wait()
            for _ in range(20):
                append_together([entered(writer)])
            connection.close()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, range(8)))

        assert len(said()) == 160
        assert len(opened) < 160

    def test_nothing_to_enter_opens_nothing(self) -> None:
        append_together([])

        assert not said()

    def test_what_is_no_entry_keeps_only_its_own_caller_from_going_on(self) -> None:
        with pytest.raises(NotForTheLedger):
            append_together([entered(1), entered(subject="张三")])
        append_together([entered(2)])

        assert [one["fact.number"] for one in said()] == [2]

    def test_everybody_is_told_when_it_can_not_be_written(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE ledger_entry RENAME TO gone")

        def work(writer: int) -> bool:
            try:
                append_together([entered(writer)])
            except NotWritten as told:
                return isinstance(told.__cause__, DatabaseError)
            finally:
                connection.close()
            return False

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(work, range(8)))
