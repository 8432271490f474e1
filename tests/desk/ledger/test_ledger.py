"""The ledger on real databases: nothing is lost, changed, moved, or written on its own."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import Error, connection, transaction

from hubao.desk.core.transactions import OutsideTransaction
from hubao.desk.ledger import queries
from hubao.desk.ledger.operations import sequence_pending
from hubao.desk.ledger.rules import Entered, NotForTheLedger, body_of
from hubao.desk.ledger.steps import append_entry
from hubao.seal.proofs import is_consistent, is_included
from hubao.seal.tree import EMPTY, Frontier, leaf_hash
from tests.makers.desk import append_entries

NOON = datetime(2026, 11, 26, 4, tzinfo=UTC)


def entered(number: int = 1, **others: str) -> Entered:
    return Entered(
        action="policy.reveal", actor="clerk-7", at=NOON, facts={"number": number}, **others
    )


def append(*some: Entered) -> None:
    with transaction.atomic(durable=True):
        for one in some:
            append_entry(one)


def root_of(bodies: Sequence[str]) -> bytes:
    frontier = Frontier()
    for body in bodies:
        frontier.append(leaf_hash(body.encode()))
    return frontier.root()


@pytest.mark.usefixtures("database")
class TestAppend:
    def test_an_entry_is_committed_with_what_it_tells_of(self) -> None:
        append(entered(1), entered(2))

        assert sequence_pending() == 2
        assert [json.loads(one)["fact.number"] for one in queries.bodies(2)] == [1, 2]

    def test_an_entry_is_undone_with_what_it_tells_of(self) -> None:
        with transaction.atomic(durable=True):
            append_entry(entered())
            transaction.set_rollback(True)

        assert sequence_pending() == 0

    def test_outside_a_transaction_nothing_is_appended(self) -> None:
        with pytest.raises(OutsideTransaction):
            append_entry(entered())

        assert sequence_pending() == 0

    def test_many_are_appended_at_once_or_not_at_all(self) -> None:
        with pytest.raises(NotForTheLedger):
            append_entries([entered(1), entered(subject="张三")])

        assert append_entries(entered(i) for i in range(700)) == 700
        assert queries.size() == 700


@pytest.mark.usefixtures("database")
class TestTree:
    def test_an_empty_log_has_the_root_of_nothing(self) -> None:
        assert (queries.size(), queries.root_at(0)) == (0, EMPTY)

    @pytest.mark.parametrize("parts", [[1, 1, 1], [255, 1, 1], [256, 300], [700], [513, 7]])
    def test_every_earlier_root_can_be_told_whatever_the_batches(self, parts: list[int]) -> None:
        for number in parts:
            append_entries(entered(i) for i in range(number))
        bodies = list(queries.bodies(sum(parts)))

        sizes = {1, sum(parts) // 3, sum(parts) // 2, sum(parts) - 1, sum(parts)} - {0}

        for size in sizes:
            assert queries.root_at(size) == root_of(bodies[:size])

    def test_entries_and_growth_can_be_proved(self) -> None:
        append_entries(entered(i) for i in range(600))
        old, new = 290, 600

        for number in (1, 256, 257, 290):
            proof = queries.prove_entry(number, entries=old)
            assert is_included(
                leaf_hash(proof.body.encode()),
                index=proof.index,
                size=old,
                path=proof.path,
                root=queries.root_at(old),
            )
        assert is_consistent(
            old=old,
            new=new,
            old_root=queries.root_at(old),
            new_root=queries.root_at(new),
            path=queries.prove_growth(old, new),
        )

    @pytest.mark.parametrize(("number", "entries"), [(4, 3), (3, 2), (9, 3), (1, 5)])
    def test_what_is_not_in_the_tree_is_not_proved(self, number: int, entries: int) -> None:
        append_entries(entered(i) for i in range(3))
        append(entered())  # committed, not yet in the tree

        with pytest.raises(queries.NoSuchEntry):
            queries.prove_entry(number, entries=entries)


FORBIDDEN = [
    "UPDATE {} SET {}",
    "DELETE FROM {}",
]
TABLES = {
    "ledger_entry": "body = '{}'",
    "ledger_run": "entry = 2",
    "ledger_node": "place = 7",
    "ledger_about": "entry = 2",
}


@pytest.mark.usefixtures("database")
class TestAppendOnly:
    @pytest.mark.parametrize("statement", FORBIDDEN)
    @pytest.mark.parametrize("table", TABLES)
    def test_nothing_can_be_changed_or_deleted(self, statement: str, table: str) -> None:
        append_entries(entered(i) for i in range(300))
        sequence_pending()
        before = self.rows()

        with pytest.raises(Error, match="append-only"), connection.cursor() as cursor:
            cursor.execute(statement.format(table, TABLES[table]))

        assert self.rows() == before

    @pytest.mark.parametrize(
        "statement",
        [
            "{} INTO ledger_entry (id, body) VALUES (1, '')",
            "{} INTO ledger_run (place, entry, length) VALUES (0, 9, 1)",
            "{} INTO ledger_run (place, entry, length) VALUES (900, 1, 1)",
            "{} INTO ledger_node (level, place, hash) VALUES (8, 0, '')",
        ],
    )
    def test_nothing_can_be_replaced(self, statement: str) -> None:
        append_entries(entered(i) for i in range(300))
        sequence_pending()
        before = self.rows()
        replace = "INSERT OR REPLACE" if connection.vendor == "sqlite" else "INSERT"

        with pytest.raises(Error), connection.cursor() as cursor:
            cursor.execute(statement.format(replace))

        assert self.rows() == before

    def test_tables_can_not_be_emptied(self) -> None:
        if connection.vendor == "sqlite":
            pytest.skip("SQLite has no TRUNCATE")
        append_entries([entered()])

        with pytest.raises(Error, match="append-only"), connection.cursor() as cursor:
            cursor.execute("TRUNCATE ledger_entry CASCADE")

    @staticmethod
    def rows() -> list[list[tuple[str, ...]]]:
        with connection.cursor() as cursor:
            found = []
            for table in TABLES:
                cursor.execute(f"SELECT * FROM {table} ORDER BY 1, 2")  # noqa: S608 - constants
                found.append([tuple(map(str, row)) for row in cursor.fetchall()])
            return found


@pytest.mark.usefixtures("database")
def test_racing_writers_and_sequencers_lose_nothing_and_place_nothing_twice() -> None:
    def work(writer: int) -> None:
        for i in range(25):
            append(entered(1_000 * writer + i))
            if i % 5 == writer % 5:
                sequence_pending()
        connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))  # raises what a thread raised
    sequence_pending()
    bodies = list(queries.bodies(queries.size()))

    assert len({json.loads(one)["fact.number"] for one in bodies}) == len(bodies) == 200
    assert queries.root_at(200) == root_of(bodies)


class TestBody:
    def test_one_entry_has_one_text(self) -> None:
        there = Entered(
            action="policy.reveal",
            actor="clerk-7",
            at=NOON.astimezone(timezone(timedelta(hours=8))),
            facts={"b": ["C1", "C2"], "a": 3},
        )

        assert body_of(there, event="e1") == (
            '{"action":"policy.reveal","actor":"clerk-7","at":"2026-11-26T04:00:00.000000+00:00",'
            '"event":"e1","fact.a":3,"fact.b":["C1","C2"],"v":1}'
        )

    def test_every_entry_has_an_id_of_its_own(self) -> None:
        events = {json.loads(body_of(entered()))["event"] for _ in range(100)}

        assert len(events) == 100

    def test_an_id_that_happens_to_be_all_digits_is_no_persons_number(self) -> None:
        assert '"event":"e1111' in body_of(entered(), event="e" + "1" * 32)
        assert json.loads(body_of(entered()))["event"].startswith("e")

    @pytest.mark.parametrize(
        "part",
        [
            "张三",
            "Zhang San",
            "13800138000",
            "11010519491231002X",
            "a\nb",
            "",
            "x" * 61,
            '"',
            "a,b",
        ],
    )
    @pytest.mark.parametrize("name", ["subject", "purpose", "item", "actor", "action"])
    def test_names_numbers_of_people_and_free_text_are_refused(self, name: str, part: str) -> None:
        parts = {"action": "policy.reveal", "actor": "clerk-7", "at": NOON, name: part}

        with pytest.raises(NotForTheLedger, match=f"“{name}”") as refused:
            body_of(Entered(**parts))  # type: ignore[arg-type] # strings all but one

        assert not part or part not in str(refused.value)

    @pytest.mark.parametrize("fact", ["张三", ["C1", "李四"], 13800138000, 1.5, True, {"a": 1}])
    def test_facts_are_ids_words_and_counts(self, fact: object) -> None:
        with pytest.raises(NotForTheLedger):
            body_of(entered_with({"fields": fact}))

    def test_a_facts_name_is_a_word_too(self) -> None:
        with pytest.raises(NotForTheLedger, match="name of a part") as refused:
            body_of(entered_with({"13800138000 张": 1}))

        assert "138" not in str(refused.value)


def entered_with(facts: dict[str, object]) -> Entered:
    return Entered(action="a", actor="b", at=NOON, facts=facts)  # type: ignore[arg-type]
