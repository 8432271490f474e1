"""Files of policies: taken in once, encrypted; killed in between, nothing is lost."""

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pyarrow as pa
import pytest
from django.db import connection
from pyarrow import parquet

from hubao.desk.core.actor import NotAllowed, Role
from hubao.desk.core.files import given
from hubao.desk.core.transactions import durable
from hubao.desk.policies.catalogue import FIELDS as NAMES
from hubao.desk.policies.models import Import, Policy
from hubao.desk.policies.operations.imports import import_policies, put_policies
from hubao.desk.policies.operations.put import Counts, put
from hubao.desk.policies.queries import by_records
from hubao.desk.policies.sealing import seal
from hubao.kit.errors import BadInput
from hubao.seal.suites import Unreadable
from tests.makers.desk import (
    CLEAR,
    FIELDS,
    KEYSET,
    NOON,
    SYSTEM,
    actor,
    make_branches,
    make_policy,
    said,
)

HEADER = ("policy_number", "unit", "product", "issued_on", "holder_name", "phone", "premium")


@pytest.fixture(autouse=True)
def _branches(database: str) -> None:
    del database
    make_branches()


def row(number: int, **changes: str) -> dict[str, str]:
    return {
        "policy_number": f"PN2020{number:08d}",
        "unit": "north",
        "product": "endowment",
        "issued_on": "2020-01-31",
        "holder_name": "欧阳测试",
        "phone": f"154{number:08d}",
        "premium": "1200.50",
        **changes,
    }


def written(path: Path, rows: Iterator[dict[str, str]] | list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, HEADER, extrasaction="raise")
        writer.writeheader()
        writer.writerows(rows)
    return path


def take_in(path: Path) -> tuple[Counts, list[tuple[int, str]]]:
    rejects: list[tuple[int, str]] = []
    counts = import_policies(
        given(path),
        actor=SYSTEM,
        at=NOON,
        keyset=KEYSET,
        reject=lambda line, reason: rejects.append((line, reason)),
    )
    return counts, rejects


class TestImportPolicies:
    def test_takes_in_what_is_new_leaves_what_is_the_same_and_changes_the_rest(
        self, tmp_path: Path
    ) -> None:
        take_in(written(tmp_path / "a.csv", [row(1), row(2)]))
        before = set(Policy.objects.values_list("record", flat=True))

        counts, _ = take_in(
            written(tmp_path / "b.csv", [row(1), row(2, phone="15499999999"), row(3)])
        )

        assert counts == Counts(added=1, changed=1, same=1)
        assert before < set(Policy.objects.values_list("record", flat=True))
        shown = by_records(records=before, actor=actor("x", Role.CLERK), fields=FIELDS)
        assert {one.fields["phone"] for one in shown} == {"154****0001", "154****9999"}

    def test_sets_bad_rows_aside_by_line_and_reason(self, tmp_path: Path) -> None:
        rows = [row(1), row(2, unit="nowhere"), row(3, premium="much"), row(4, policy_number="")]

        counts, rejects = take_in(written(tmp_path / "a.csv", rows))

        assert (counts.added, counts.rejected) == (1, 3)
        assert [line for line, _ in rejects] == [3, 4, 5]
        assert rejects[2][1] == "no policy_number"

    def test_of_two_rows_with_one_number_takes_the_later(self, tmp_path: Path) -> None:
        counts, _ = take_in(
            written(tmp_path / "a.csv", [row(1), row(1, phone="15400009999"), row(2)])
        )

        assert (counts.added, counts.rejected) == (2, 1)

    def test_refuses_a_file_with_passwords_and_takes_nothing(self, tmp_path: Path) -> None:
        path = tmp_path / "a.csv"
        path.write_text("policy_number,unit,password\nP1,north,secret\n")

        with pytest.raises(BadInput, match="authentication data"):
            take_in(path)

        assert not Policy.objects.exists()

    def test_enters_how_many_and_of_which_file(self, tmp_path: Path) -> None:
        take_in(written(tmp_path / "a.csv", [row(1)]))

        (entry,) = said("policy.import")
        assert entry["fact.added"] == 1
        assert given(tmp_path / "a.csv").sha256[:32] in str(entry)

    def test_needs_the_scope(self, tmp_path: Path) -> None:
        with pytest.raises(NotAllowed):
            import_policies(
                given(written(tmp_path / "a.csv", [row(1)])),
                actor=actor("x", *Role),
                at=NOON,
                keyset=KEYSET,
                reject=lambda *_: None,
            )

    def test_killed_goes_on_where_it_was_and_loses_nothing(
        self, tmp_path: Path, database: str
    ) -> None:
        total = 40_000
        path = written(tmp_path / "a.csv", (row(n) for n in range(total)))
        keys = tmp_path / "keys"
        keys.write_text("\n".join(key.text for key in (*KEYSET.keys, *KEYSET.indexes)))
        script = Path(__file__).parent / "import_until_killed.py"
        child = subprocess.Popen(
            [sys.executable, script, database, path, keys], start_new_session=True
        )
        while not Import.objects.filter(rows__gte=8_000).exists():
            assert child.poll() is None
            time.sleep(0.02)

        child.kill()  # the process that writes; the one that reads must see that itself
        child.wait()
        await_end_of_group(child.pid)
        there = Policy.objects.count()
        counts, _ = take_in(path)

        assert 8_000 <= there < total
        assert counts == Counts(added=total)
        assert Policy.objects.count() == total
        assert Import.objects.get().rows == total

    def test_sees_what_another_writer_commits_while_it_writes_the_same(
        self, tmp_path: Path
    ) -> None:
        path = written(tmp_path / "a.csv", [row(n) for n in range(100)])
        there = Event()

        def other() -> None:
            try:
                with durable():
                    put([seal(row(7), record="b7", fields=FIELDS)], at=NOON, fields=FIELDS)
                    there.set()
                    wait_until_somebody_waits()
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            writing = pool.submit(other)
            assert there.wait(30)
            counts, _ = take_in(path)
            writing.result()

        assert counts == Counts(added=99, changed=1)
        assert Policy.objects.filter(record="b7").exists()

    def test_sets_a_nul_in_parquet_aside(self, tmp_path: Path) -> None:
        path = tmp_path / "a.parquet"
        parquet.write_table(pa.Table.from_pylist([row(1), row(2, product="a\0b")]), path)

        counts, rejects = take_in(path)

        assert counts == Counts(added=1, rejected=1)
        assert rejects == [(2, "bad bytes")]

    def test_leaves_blank_what_a_row_leaves_blank(self, tmp_path: Path) -> None:
        take_in(written(tmp_path / "a.csv", [row(1, issued_on="", holder_name="", product="")]))

        policy = Policy.objects.get()

        assert (policy.issued_on, policy.holder_name, policy.product) == (None, None, "")
        assert policy.holder_name_index is None
        assert policy.updated_at == NOON

    def test_racing_with_the_api_keeps_one_record_a_policy(self, tmp_path: Path) -> None:
        path = written(tmp_path / "a.csv", [row(n) for n in range(100)])
        made = {key: CLEAR[key] for key in CLEAR} | {"unit": "north"}
        same = [{**made, "policy_number": f"PN2020{n:08d}"} for n in range(0, 100, 2)]

        put_policies(same, actor=SYSTEM, at=NOON, fields=FIELDS)
        counts, _ = take_in(path)

        assert counts == Counts(added=50, changed=50)
        assert Policy.objects.count() == 100


def await_end_of_group(leader: int) -> None:
    """Wait until no process of a session is left: each of them knows the keys."""
    for _ in range(500):
        try:
            os.killpg(leader, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)
    os.killpg(leader, signal.SIGKILL)
    raise AssertionError("a process was left behind")


def wait_until_somebody_waits() -> None:
    """On PostgreSQL for our row; SQLite's writers wait for their turn before they look."""
    if connection.vendor == "sqlite":
        time.sleep(1)
        return
    for _ in range(1_000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits")


class TestPutPolicies:
    def test_changes_every_field_of_a_record_that_is_known(self) -> None:
        record = make_policy(policy_number="PN20200000017788")
        made = {name: f"{value}0" for name, value in CLEAR.items()}
        after = {**made, "policy_number": "PN20200000017788", "unit": "south", "channel": "bank"}

        counts = put_policies([after], actor=SYSTEM, at=NOON, fields=FIELDS)

        policy = Policy.objects.get()
        found = {
            name: FIELDS.decrypt(bytes(getattr(policy, name)), field=name, record=record)
            for name in NAMES
        }
        assert counts == Counts(changed=1)
        assert {**found, "unit": policy.unit_id, "channel": policy.channel} == after
        assert (policy.record, policy.product) == (record, "")

    def test_keeps_no_clear_value_in_any_column(self) -> None:
        make_policy()

        row = Policy.objects.get()

        for name in NAMES:
            assert CLEAR[name].encode() not in bytes(getattr(row, name))

    def test_reads_back_only_under_its_own_record(self) -> None:
        make_policy()
        row = Policy.objects.get()
        sealed = bytes(row.policy_number)

        assert FIELDS.decrypt(sealed, field="policy_number", record=row.record).startswith("PN")
        with pytest.raises(Unreadable):
            FIELDS.decrypt(sealed, field="policy_number", record="b0")
