import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pyarrow import csv, parquet

from hubao.kit.errors import BadInput
from hubao.lake.engines.duckdb import DuckDB
from hubao.lake.reading import Reading, read_access, read_actors, read_policies, read_victims
from hubao.lake.schema import ACCESS
from hubao.world.build import MOST_POLICY_YEARS, NAMES, Built, build
from hubao.world.files import Format
from hubao.world.model import Campaign, Scale
from hubao.world.scenarios import Scenario
from hubao.world.truth import OUTSIDE

SCALE = Scale(policies=2_500, years=1, actors=180)
CAMPAIGN = Campaign(reports=20)
IN_A_PROCESS = """
import os, sys
from pathlib import Path
from hubao.world.build import build
from hubao.world.model import Campaign, Scale
from hubao.world.scenarios import Scenario

def told(done, total, what):
    if what == sys.argv[2] and done == 3:
        os.kill(os.getpid(), 9)

build(Scenario.RING, scale=Scale(policies=2_500, years=1, actors=180),
      campaign=Campaign(reports=20), out=Path(sys.argv[1]), progress=told)
"""


def made(
    scenario: Scenario,
    out: Path,
    *,
    campaign: Campaign = CAMPAIGN,
    formats: Sequence[Format] = (Format.PARQUET,),
) -> Built:
    return build(scenario, scale=SCALE, campaign=campaign, out=out, formats=formats)


def started(out: Path, *, dies_while: str = "", seed: str = "0") -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", IN_A_PROCESS, str(out), dies_while]
    return subprocess.Popen(command, env={**os.environ, "PYTHONHASHSEED": seed})


def digests(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def true_of(built: Built) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(built.truth.read_text(encoding="utf-8"))
    return found


def lake(built: Built) -> "pa.Table":
    files = sorted(built.access.rglob("*.parquet"))
    return pa.concat_tables([parquet.ParquetFile(path).read() for path in files])


@pytest.fixture(scope="module")
def leaver(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return made(Scenario.LEAVER, tmp_path_factory.mktemp("leaver") / "world", formats=[*Format])


@pytest.mark.parametrize("scenario", Scenario)
def test_every_scenario_is_written_and_the_truth_is_in_its_tables(
    scenario: Scenario, tmp_path: Path
) -> None:
    built = made(scenario, tmp_path / "world")

    true, log = true_of(built), lake(built)
    assert true["scenario"] == scenario
    assert log.num_rows == built.events
    for source in true["sources"]:
        span = [pa.scalar(source[f"copied_{end}"]).cast(ACCESS.field("at").type) for end in
                ("from", "to")]  # fmt: skip
        inside = pc.and_(pc.greater_equal(log["at"], span[0]), pc.less_equal(log["at"], span[1]))
        mine = log.filter(pc.and_(inside, pc.equal(log["actor"], source["actor"])))
        seen = pc.count_distinct(mine["policy"]).as_py()
        assert seen >= source["records"] if source["actor"] != OUTSIDE else seen == 0
    reports = true["reports"]
    victims = parquet.read_table(built.victims).num_rows
    assert victims == built.contacts == CAMPAIGN.reports
    assert victims == sum(reports["by_source"]) + reports["cold_calls"] + reports["mistaken"]


class TestLog:
    def test_lies_in_the_months_of_utc_sorted_by_policy(self, leaver: Built) -> None:
        for path in leaver.access.rglob("*.parquet"):
            rows = parquet.ParquetFile(path).read()

            assert path.name == "part-0.parquet"
            assert rows.schema.equals(ACCESS)
            months = pc.unique(pc.strftime(rows["at"], "%Y-%m")).to_pylist()
            assert [f"month={month}" for month in months] == [path.parent.name]
            policy = rows["policy"].to_numpy(zero_copy_only=False)
            assert (policy[:-1] <= policy[1:]).all()

    def test_is_numbered_in_order_of_time_without_gaps(self, leaver: Built) -> None:
        rows = lake(leaver).sort_by("event")

        assert rows["event"].to_pylist() == [f"E{n:010d}" for n in range(leaver.events)]
        assert (np.diff(rows["at"].cast(pa.int64()).to_numpy()) >= 0).all()

    def test_is_the_same_in_both_formats(self, leaver: Built) -> None:
        text = csv.read_csv(
            leaver.folder / "access.csv.gz",
            convert_options=csv.ConvertOptions(
                column_types={f.name: pa.string() for f in ACCESS if f.name != "at"}
                | {"at": ACCESS.field("at").type},
                strings_can_be_null=True,
            ),
        )
        rows = lake(leaver).sort_by("event")

        joined = pc.binary_join(rows["fields"], ";")
        assert text["fields"].to_pylist() == joined.to_pylist()
        assert text.drop(["fields"]).equals(
            rows.drop(["fields"]).cast(text.drop(["fields"]).schema)
        )


@pytest.mark.parametrize("kind", Format)
def test_readers_of_the_lake_take_every_row(leaver: Built, kind: Format) -> None:
    folder = leaver.folder
    log = folder / ("access" if kind is Format.PARQUET else "access.csv.gz")

    with DuckDB() as engine:
        reading = Reading(engine, "Asia/Shanghai", strict=True)
        inputs = [
            *read_access(reading, [log]),
            read_victims(reading, folder / f"victims.{kind}"),
            read_policies(reading, folder / f"policies.{kind}"),
            read_actors(reading, folder / f"actors.{kind}"),
        ]

    assert sum(i.rejected for i in inputs) == 0
    rows = {str(i.role): 0 for i in inputs}
    for one in inputs:
        rows[str(one.role)] += one.rows
    assert rows == {"access": leaver.events, "victims": 20, "policies": 2_500, "actors": 180}


def test_holds_what_it_names_and_nothing_else(leaver: Built) -> None:
    found = {path.name for path in leaver.folder.iterdir()}

    assert found == set(NAMES)
    assert [path.name for path in leaver.folder.parent.iterdir()] == ["world"]
    assert leaver.size == sum(p.stat().st_size for p in leaver.folder.rglob("*") if p.is_file())


def test_says_what_it_was_made_with(leaver: Built) -> None:
    made_with = true_of(leaver)["made_with"]

    assert (made_with["policies"], made_with["years"], made_with["seed"]) == (2_500, 1, 7)
    assert made_with["start"] == "2023-01-01"
    assert made_with["campaign"]["reports"] == 20


def test_hidden_targeting_needs_no_source(tmp_path: Path) -> None:
    built = made(Scenario.NONE, tmp_path / "world", campaign=Campaign(reports=20, hidden=5.0))

    true = true_of(built)
    assert true["sources"] == []
    assert true["hidden"]["favours"] in lake(built)["actor"].to_pylist()


def test_the_same_seed_gives_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    runs = [started(tmp_path / seed, seed=seed) for seed in ("1", "2")]

    codes = [run.wait() for run in runs]

    assert codes == [0, 0]
    assert digests(tmp_path / "1") == digests(tmp_path / "2")
    assert len(digests(tmp_path / "1")) == len(NAMES) - 1 + 13  # thirteen months


@pytest.mark.parametrize("while_", ["Working out who saw what", "Writing"])
def test_a_killed_run_leaves_no_world_and_the_next_one_makes_it(
    tmp_path: Path, while_: str
) -> None:
    killed = started(tmp_path / "world", dies_while=while_).wait()

    assert killed == -signal.SIGKILL
    assert [path.name for path in tmp_path.iterdir()] == ["world.part"]
    assert made(Scenario.NONE, tmp_path / "world").events > 0
    assert [path.name for path in tmp_path.iterdir()] == ["world"]


def test_refuses_more_than_the_numbers_of_tickets_bear(tmp_path: Path) -> None:
    scale = Scale(policies=MOST_POLICY_YEARS, years=2)

    with pytest.raises(BadInput, match="policies times years at most"):
        build(Scenario.NONE, scale=scale, campaign=CAMPAIGN, out=tmp_path / "world")

    assert list(tmp_path.iterdir()) == []


def test_leaves_nothing_where_the_world_is_too_small_for_the_reports(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="too small for 5000 reports"):
        made(Scenario.NONE, tmp_path / "world", campaign=Campaign(reports=5_000))

    assert list(tmp_path.iterdir()) == []
