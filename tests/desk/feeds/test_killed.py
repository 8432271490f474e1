"""A real process killed at every step of an import: each event is in the lake exactly once."""

import signal
from pathlib import Path

import pytest

from hubao.desk.feeds.models import Batch, Source
from tests.makers.desk import make_branches, said
from tests.makers.feeds import lake, line, make_source, take, write
from tests.makers.killed import dying, running

FEEDS = "hubao.desk.feeds"
MOMENTS = [
    (f"{FEEDS}.operations.imports.land", 1),  # staged, and nothing in the lake
    (f"{FEEDS}.landing.sync", 2),  # one month of three written, another half
    (f"{FEEDS}.operations.imports.publish", 1),  # all written, none published
    ("pathlib.Path.replace", 3),  # noted that they come, and one month published
    (f"{FEEDS}.operations.imports.write_down", 1),  # all published, nothing written down
    (f"{FEEDS}.steps.append_entry", 1),  # everything written but the ledger's entry
    ("pathlib.Path.unlink", 2),  # written down, and still noted as begun
    ("pathlib.Path.unlink", 3),  # not tidied up
]


def import_and_die(folder: Path) -> None:
    """Import, in another process, up to the moment that the test names."""
    moment, nth = (folder / "moment").read_text().split()
    with dying(moment, int(nth)):
        take(folder)


@pytest.mark.parametrize(
    ("moment", "nth", "with_ids"), [(*one, True) for one in MOMENTS] + [(*MOMENTS[4], False)]
)
def test_each_event_is_there_once(
    moment: str, nth: int, database: str, tmp_path: Path, *, with_ids: bool
) -> None:
    make_branches()
    columns = {"at": "ts", "actor": "user", "policy": "policy_no"}
    place = make_source(
        tmp_path, columns=columns | ({"event": "log_id"} if with_ids else {}), actions={}
    )
    earlier = [line(n, ts=f"2026-{5 + n % 4:02d}-03 10:{n % 60:02d}") for n in range(400)]
    write(place / "a.csv", earlier[:200])
    take(tmp_path)
    write(place / "b.csv", earlier[100:])  # overlaps what is there
    (tmp_path / "moment").write_text(f"{moment} {nth}")

    with running(import_and_die, database=database, folder=tmp_path) as died:
        died.wait(60)
    take(tmp_path)

    assert died.returncode == -signal.SIGKILL
    ids = lake(tmp_path)["event"].to_pylist()
    assert len(ids) == len(set(ids)) == 400
    assert sum(Batch.objects.values_list("added", flat=True)) == 400
    assert Source.objects.get().batches == len(said("feed.imported")) == Batch.objects.count()
    assert list((tmp_path / "lake").glob("*/*.writing")) == []
    assert list((tmp_path / "feeds" / "core" / "scratch").iterdir()) == []
