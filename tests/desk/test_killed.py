"""Processes killed in the midst of their work: nothing is lost or shown without an entry."""

import time
from pathlib import Path

import pytest
from pyarrow import dataset

from hubao.desk.core.actor import Role
from hubao.desk.ledger.checking import check
from hubao.desk.ledger.lake import export_to_lake
from hubao.desk.ledger.operations import sequence_pending
from hubao.desk.policies.accesses import ACTIONS
from hubao.desk.policies.models import Policy, Quota
from hubao.desk.policies.operations.imports import put_policies
from hubao.desk.policies.operations.rotate import is_rotated, rotate
from hubao.desk.policies.queries import by_records
from hubao.seal.fields import Fields
from hubao.seal.suites import Suite
from tests.desk.killed_work import export_on_and_on, reveal_on_and_on, rotate_step_by_step
from tests.makers.desk import (
    CLEAR,
    FIELDS,
    KEYSET,
    NOON,
    SYSTEM,
    actor,
    make_branches,
    make_item,
    make_policy,
    said,
)
from tests.makers.killed import kill, running, write_keys

BOSS = actor("boss", Role.SUPERVISOR, units=None)
MOMENT = 0.25  # seconds within which the blow falls at random


@pytest.fixture(autouse=True)
def _branches(database: str) -> None:
    del database
    make_branches()


def lines(folder: Path) -> list[str]:
    """Whole lines that the killed process said."""
    return (folder / "said").read_text(encoding="utf-8").rpartition("\n")[0].splitlines()


@pytest.mark.parametrize("_time", range(3))
def test_whatever_was_revealed_before_the_blow_is_in_the_ledger(
    _time: int, database: str, tmp_path: Path
) -> None:
    records = [make_policy() for _ in range(5)]
    (tmp_path / "item").write_text(make_item(*records))

    with running(reveal_on_and_on, database=database, folder=tmp_path) as child:
        kill(child, seen=lambda: len(lines(tmp_path)) > 20, within=MOMENT)
    sequence_pending()

    entered = [one["subject"] for one in said("policy.reveal")]
    shown = [line.split()[0] for line in lines(tmp_path)]
    assert entered[: len(shown)] == shown
    assert len(entered) - len(shown) <= 1  # the one that was entered, and never shown
    assert Quota.objects.get().used == len(entered)
    assert check().faults == []


def test_a_rotation_that_was_cut_off_leaves_everything_readable_and_goes_on(
    database: str, tmp_path: Path
) -> None:
    rows = [
        {**CLEAR, "policy_number": f"PN2020{n * 7919:08d}", "unit": "north"} for n in range(2_500)
    ]
    put_policies(rows, actor=SYSTEM, at=NOON, fields=FIELDS)
    rotated = KEYSET.rotated(Suite.NATIONAL)
    write_keys(rotated, tmp_path / "rotated")
    both = Fields(rotated)

    with running(rotate_step_by_step, database=database, folder=tmp_path) as child:
        kill(child, seen=lambda: len(lines(tmp_path)) > 1, within=MOMENT)
    old = Policy.objects.count() - _new(both)
    records = list(Policy.objects.values_list("record", flat=True))
    phones = {one.fields["phone"] for one in by_records(records=records, actor=BOSS, fields=both)}

    assert 0 < old < 2_500
    assert len(phones) == 1
    assert rotate(actor=SYSTEM, at=NOON, fields=both) == old
    assert is_rotated(fields=Fields(rotated.retired()))


def test_an_export_to_the_lake_that_was_cut_off_has_each_event_once(
    database: str, tmp_path: Path
) -> None:
    for _ in range(3):
        with running(export_on_and_on, database=database, folder=tmp_path) as child:
            before = len(lines(tmp_path))
            kill(child, seen=lambda: len(lines(tmp_path)) > before + 3, within=MOMENT)  # noqa: B023
        time.sleep(0.05)

    sequence_pending()
    export_to_lake(tmp_path / "lake", actions=ACTIONS)

    events = dataset.dataset(tmp_path / "lake", format="parquet").to_table(["event"])["event"]
    assert sorted(events.to_pylist()) == sorted(one["event"] for one in said("policy.open"))


def _new(fields: Fields) -> int:
    rows = Policy.objects.values_list("phone", flat=True)
    return sum(bytes(one).startswith(fields.prefix) for one in rows if one is not None)
