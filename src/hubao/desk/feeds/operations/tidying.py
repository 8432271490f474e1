"""Before a source's batches are touched: what a crash left goes, what a restore forgot is kept.

A database that was restored from a backup has no row of a batch that came after the backup. Its
events are real, and what they came from may be gone, so they stay; they get a row again, since new
events are held against batches that have one.
"""

import glob
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from hubao.desk.core.transactions import durable
from hubao.desk.feeds.landing import AHEAD
from hubao.desk.feeds.models import Source
from hubao.desk.feeds.places import Places
from hubao.desk.feeds.steps import Kept, write_down_kept
from hubao.desk.policies.numbers import TOKEN
from hubao.lake.engines.duckdb import DuckDB
from hubao.lake.steps import step

ROWS: Final = "SELECT * FROM read_parquet($paths, hive_partitioning = FALSE)"
COUNTS: Final = """
SELECT count(*) AS added,
  count(*) FILTER (WHERE starts_with(actor, $system)) AS unknown_actors,
  count(*) FILTER (WHERE starts_with(policy, $token)) AS unknown_policies,
  epoch_us(min(at)) AS first_at, epoch_us(max(at)) AS last_at,
  epoch_us(max(at) FILTER (WHERE epoch_us(at) <= $until)) AS last_event_at
FROM rows_
"""
HOURS: Final = """
SELECT epoch_us(at) // 3600000000 AS hour, count(*) AS events FROM rows_ GROUP BY hour ORDER BY hour
"""
_NONE: Final = (
    "files", "repeated", "skipped", "rejected", "unknown_actions", "ahead", "furthest_ahead",
)  # fmt: skip
_BEGIN: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = 1_000_000  # microseconds


def tidy(source: Source, *, places: Places, by: str, at: datetime) -> None:
    """Bring lake and database together, for whoever is alone at the source.

    Raises:
        EngineFailed: a file of the lake is broken.
    """
    places.sweep(source.name, source.batches)
    numbers = places.keep(source.name, source.batches)
    if not numbers:
        return
    with DuckDB() as engine:
        kept = [
            _look_at(engine, places.of_batches(source.name, {number}), number, source.system, at)
            for number in numbers
        ]
    with durable():
        write_down_kept(source, kept, by=by, at=at)


def _look_at(engine: DuckDB, files: list[Path], number: int, system: str, at: datetime) -> Kept:
    engine.view("rows_", step(ROWS), {"paths": [glob.escape(str(path)) for path in files]})
    until = int(at.timestamp() + AHEAD) * _SECOND
    told = {"system": f"{system}:", "token": TOKEN, "until": until}
    counts = engine.fetch(step(COUNTS), told).to_pylist()[0]
    last = _moment(counts.pop("last_event_at"))
    counts |= {one: _moment(counts[one]) for one in ("first_at", "last_at")}
    counts |= dict.fromkeys(_NONE, 0) | {"rows": counts["added"]}
    hours = engine.fetch(step(HOURS)).to_pylist()
    events = [(_BEGIN + timedelta(hours=one["hour"]), one["events"]) for one in hours]
    return Kept(number, counts, events, last)


def _moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else _BEGIN + timedelta(microseconds=microseconds)
