import csv
from pathlib import Path

import pyarrow.compute as pc
import pytest
from pyarrow import parquet

from hubao.world.volume import Volume, write_volume


def make_volume(folder: Path, *, seed: int = 3, rows: int = 20_000) -> Volume:
    return write_volume(
        folder / f"log{seed}.parquet",
        rows=rows,
        actors=200,
        policies=4_000,
        seed=seed,
        victims=folder / f"victims{seed}.csv",
    )


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> Volume:
    return make_volume(tmp_path_factory.mktemp("volume"))


def test_log_has_the_rows_asked_for_sorted_by_time(volume: Volume) -> None:
    log = parquet.read_table(volume.access)

    assert log.num_rows == 20_000
    assert log.column_names == ["at", "actor", "action", "policy"]
    assert log["at"].to_pylist() == sorted(log["at"].to_pylist())
    assert pc.min(log["at"]).as_py().year == 2024
    assert pc.max(log["at"]).as_py().year == 2025
    assert set(pc.utf8_length(log["policy"]).to_pylist()) == {9}


def test_source_sees_each_leaked_record_once_before_every_contact(volume: Volume) -> None:
    log = parquet.read_table(volume.access)
    with volume.victims.open(encoding="utf-8", newline="") as file:
        victims = list(csv.DictReader(file))

    theirs = log.filter(pc.equal(log["actor"], volume.source))
    leaked = theirs["policy"].to_pylist()

    assert len(leaked) == len(set(leaked)) == 500
    assert len(victims) == len({v["policy"] for v in victims}) == 500
    assert 250 <= sum(v["policy"] in set(leaked) for v in victims) < 300
    assert str(pc.max(theirs["at"]).as_py()) < min(v["contacted_at"] for v in victims)
    assert [v["reported_at"] for v in victims] == sorted(v["reported_at"] for v in victims)


def test_actors_have_a_heavy_tail(volume: Volume) -> None:
    log = parquet.read_table(volume.access)

    counts = sorted(pc.value_counts(log["actor"]).field("counts").to_pylist(), reverse=True)

    assert counts[0] > 10 * counts[len(counts) // 2]


def test_same_seed_gives_the_same_rows(volume: Volume, tmp_path: Path) -> None:
    again, other = make_volume(tmp_path), make_volume(tmp_path, seed=4)

    assert parquet.read_table(again.access).equals(parquet.read_table(volume.access))
    assert not parquet.read_table(other.access).equals(parquet.read_table(volume.access))
