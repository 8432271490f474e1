"""The desk's own log in the lake: each access once, whatever crashes; and a leaker found in it."""

from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import dataset

from hubao.desk.core.actor import Role
from hubao.desk.ledger.lake import export_to_lake
from hubao.desk.ledger.models import Mark
from hubao.desk.ledger.operations import sequence_pending
from hubao.desk.ledger.rules import Entered
from hubao.desk.policies.accesses import ACTIONS
from hubao.desk.policies.operations.reveal import NoWorkItem, reveal
from hubao.desk.policies.operations.search import search
from hubao.desk.policies.rules import Purpose
from tests.makers.desk import (
    CLEAR,
    FIELDS,
    NOON,
    actor,
    append_entries,
    denials,
    make_branches,
    make_item,
    make_policy,
)


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """An empty lake, apart from whatever else the test's folder holds."""
    return tmp_path / "lake"


def read(lake: Path) -> pa.Table:
    return dataset.dataset(lake, partitioning="hive").to_table()


def reveals(count: int, who: str = "li") -> list[Entered]:
    return [
        Entered(action="policy.reveal", actor=who, at=NOON, subject=f"b{n:024x}",
                purpose="service", item="d1", facts={"fields": ["phone"]})
        for n in range(count)
    ]  # fmt: skip


@pytest.mark.usefixtures("database")
class TestExportToLake:
    def test_writes_what_was_shown_and_refused_and_nothing_else(self, tmp_path: Path) -> None:
        make_branches()
        clerk = actor("li", Role.CLERK)
        record = make_policy()
        told = {"actor": clerk, "at": NOON, "fields": FIELDS, "denials": denials(tmp_path)}
        search(field="phone", value=CLEAR["phone"], **told)  # type: ignore[arg-type]
        item = make_item(record)
        reveal(record=record, field="phone", purpose=Purpose.SERVICE, item=item, **told)  # type: ignore[arg-type]
        with pytest.raises(NoWorkItem):
            reveal(record=record, field="phone", purpose=Purpose.SERVICE, item="d0", **told)  # type: ignore[arg-type]
        sequence_pending()

        export_to_lake(tmp_path / "lake", actions=ACTIONS)

        rows = read(tmp_path / "lake").sort_by("action").to_pylist()
        assert [(one["action"], one["fields"]) for one in rows] == [
            ("denied", ["phone"]), ("search", ["C1"]), ("view", ["phone"])]  # fmt: skip
        assert {one["policy"] for one in rows} == {record}
        assert (rows[2]["actor"], rows[2]["ticket"], rows[2]["purpose"]) == ("li", item, "service")

    def test_goes_on_where_it_was(self, lake: Path) -> None:
        for count in (5, 0, 7):
            append_entries(reveals(count))
            export_to_lake(lake, actions=ACTIONS)

        rows = read(lake)
        assert rows.num_rows == 12
        assert len(set(rows["event"].to_pylist())) == 12

    @pytest.mark.parametrize("more", [0, 3])
    def test_after_a_crash_before_it_was_written_down_writes_nothing_twice(
        self, more: int, lake: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        append_entries(reveals(5))
        with monkeypatch.context() as broken:
            broken.setattr(Mark.objects, "update_or_create", _crash)
            with pytest.raises(KeyboardInterrupt):
                export_to_lake(lake, actions=ACTIONS)
        append_entries(reveals(more))

        export_to_lake(lake, actions=ACTIONS)

        assert read(lake).num_rows == 5 + more
        assert len(set(read(lake)["event"].to_pylist())) == 5 + more

    def test_leaves_other_files_of_the_lake_alone(self, lake: Path) -> None:
        other = lake / "month=2026-11" / "part-0.parquet"
        other.parent.mkdir(parents=True)
        other.write_bytes(b"theirs")
        append_entries(reveals(1))

        export_to_lake(lake, actions=ACTIONS)

        assert other.read_bytes() == b"theirs"


def _crash(**_: object) -> None:
    raise KeyboardInterrupt
