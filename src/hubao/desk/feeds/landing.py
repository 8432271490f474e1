"""Staged rows into the lake: times read, equal rows counted, what is there already left out.

All of it is steps of the engine, which spills to disk: memory doesn't grow with a file. An event
whose source gives it no id is named by what it says, when, and which of the equal rows of its file
it is; so the same file, or one that overlaps it, names it the same again.
"""

import glob
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pyarrow import parquet
from sqlglot import exp

from hubao.desk.core.durably import make, sync
from hubao.lake.engines.duckdb import DuckDB
from hubao.lake.rejects import Reason
from hubao.lake.schema import ACCESS
from hubao.lake.steps import step
from hubao.lake.times import utc_of_text

SLICE: Final = 250_000  # events that are in memory at once
MEMORY: Final = "1GB"  # the worker does other things meanwhile; beyond it, the disk
AHEAD: Final = 120  # seconds that clocks may differ
TOO_FAR: Final = 86_400_000_000  # microseconds ahead from which a time is no time
READ: Final = """
SELECT *, utc_ AS at FROM read_parquet($paths, filename = TRUE, hive_partitioning = FALSE)
"""
CHECKED: Final = """
SELECT *, CASE
    WHEN fault IS NOT NULL THEN fault
    WHEN at IS NULL THEN $bad_time
    WHEN epoch_us(at) - epoch_us(noticed) > $too_far THEN $ahead_reason
  END AS reason
FROM read
"""
GIVEN: Final = "SELECT *, given AS event FROM checked WHERE reason IS NULL AND given IS NOT NULL"
DERIVED: Final = """
SELECT *, 'd' || substr(sha256(concat_ws(':', digest, epoch_us(at),
    row_number() OVER (PARTITION BY filename, digest, at ORDER BY line))), 1, 32) AS event
FROM checked WHERE reason IS NULL AND given IS NULL
"""
NAMED: Final = "SELECT * FROM given_ UNION ALL SELECT * FROM derived"
BOUNDS: Final = "SELECT min(at) AS first_at, max(at) AS last_at FROM named"
KNOWN: Final = "SELECT event FROM read_parquet($paths, hive_partitioning = FALSE)"
NOTHING_KNOWN: Final = "SELECT CAST(NULL AS VARCHAR) AS event WHERE FALSE"
FRESH: Final = """
SELECT * FROM (
  SELECT *, row_number() OVER (PARTITION BY event ORDER BY filename, line) AS nth FROM named
) AS numbered ANTI JOIN known USING (event)
WHERE nth = 1
"""
PLACED: Final = """
SELECT event, at, actor, action, policy, fields, purpose, ticket, $source AS source, batch,
  strftime(at, '%Y-%m') AS month,
  (row_number() OVER (PARTITION BY strftime(at, '%Y-%m') ORDER BY policy, at, event) - 1) // $slice
    AS slice
FROM fresh
"""
MONTHS: Final = "SELECT month, max(slice) AS last FROM placed GROUP BY month ORDER BY month"
ONE_SLICE: Final = """
SELECT event, at, actor, action, policy, fields, purpose, ticket, source, batch FROM placed
WHERE month = $month AND slice = $slice ORDER BY policy, at, event
"""
REJECTS: Final = """
SELECT filename, line, reason FROM checked WHERE reason IS NOT NULL
ORDER BY filename, line LIMIT $most
"""
COUNTS: Final = """
SELECT (SELECT count(*) FROM checked) AS rows,
  (SELECT count(reason) FROM checked) AS rejected,
  count(*) AS added,
  count(*) FILTER (WHERE unknown_actor) AS unknown_actors,
  count(*) FILTER (WHERE unknown_policy) AS unknown_policies,
  count(*) FILTER (WHERE unknown_action) AS unknown_actions,
  count(*) FILTER (WHERE ahead_ > $ahead) AS ahead,
  coalesce(max(ahead_) FILTER (WHERE ahead_ > $ahead), 0) AS furthest_ahead,
  CAST(median(lag_) AS BIGINT) AS lag_median,
  max(lag_) AS lag_worst,
  min(at) AS first_at, max(at) AS last_at,
  max(at) FILTER (WHERE ahead_ <= $ahead) AS last_event_at
FROM (
  SELECT *, CAST((epoch_us(at) - epoch_us(noticed)) // 1000000 AS BIGINT) AS ahead_,
    CAST(greatest(epoch_us(arrived) - epoch_us(at), 0) // 1000000 AS BIGINT) AS lag_
  FROM fresh
) AS timed
"""
HOURS: Final = """
SELECT date_trunc('hour', at) AS hour, count(*) AS events FROM fresh GROUP BY hour ORDER BY hour
"""
AHEAD_REASON: Final = "a time more than a day ahead"
Near = Callable[[datetime, datetime], Sequence[Path]]
Told = Callable[[float], None]


@dataclass(frozen=True)
class Landed:
    """What staged rows came to.

    Attributes:
        counts: by the names of a batch's columns.
        last_event_at: of the events whose clock isn't ahead.
        hours: events by hour, UTC.
        rejects: staged file, line and reason of the first rows that can't be used.
        files: the lake's new files, under names that no reader takes for a part of it yet.
    """

    counts: dict[str, Any]
    last_event_at: datetime | None
    hours: list[tuple[datetime, int]]
    rejects: list[tuple[str, int, str]]
    files: list[Path]


def land(
    staged: Sequence[Path],
    *,
    source: str,
    timezone: str,
    near: Near,
    lake: Path,
    name: str,
    most_rejects: int,
    told: Told | None = None,
) -> Landed:
    """Write the events that aren't there yet beside the lake's files, one file a month.

    Args:
        staged: files of `staging.STAGED`.
        source: its name, as the lake has it.
        timezone: of times that name no zone.
        near: gives the lake's files that may hold events between two times.
        lake: the folder.
        name: of the new files, without an ending.
        most_rejects: that are listed.
        told: hears the share of a step that is done.

    Raises:
        EngineFailed: memory or scratch space ran out, or a file of the lake is broken.
    """
    with DuckDB(memory_limit=MEMORY) as engine:
        engine.told = told
        _name_events(engine, staged, timezone)
        _leave_known_out(engine, near)
        counts = engine.fetch(step(COUNTS), {"ahead": AHEAD}).to_pylist()[0]
        last = _utc(counts.pop("last_event_at"))
        counts |= {one: _utc(counts[one]) for one in ("first_at", "last_at")}
        counts["repeated"] = counts["rows"] - counts["rejected"] - counts["added"]
        hours = [(_utc_of(one["hour"]), one["events"]) for one in _rows(engine, HOURS)]
        rejects = _rows(engine, REJECTS, most=most_rejects)
        engine.drop("checked")
        engine.create("placed", step(PLACED), {"source": source, "slice": SLICE})
        return Landed(
            counts,
            last,
            hours,
            [(one["filename"], one["line"], one["reason"]) for one in rejects],
            write_months(engine, lake, name),
        )


def write_months(engine: DuckDB, lake: Path, name: str) -> list[Path]:
    """Write the relation `placed`, sorted by policy; returns a file a month, not yet the lake's."""
    written = []
    for one in _rows(engine, MONTHS):
        month = {"month": one["month"]}
        folder = lake / f"month={one['month']}"
        make(folder)
        half = folder / f"{name}.writing"  # a reader must never see half a file
        with parquet.ParquetWriter(half, ACCESS, compression="zstd") as writer:
            for number in range(one["last"] + 1):
                part = engine.fetch(step(ONE_SLICE), month | {"slice": number})
                writer.write_table(part.cast(ACCESS))
        sync(half)
        written.append(half)
    return written


def publish(files: Sequence[Path]) -> None:
    """Make written files parts of the lake."""
    for half in files:
        half.replace(half.with_suffix(".parquet"))
        sync(half.parent)


def _name_events(engine: DuckDB, staged: Sequence[Path], timezone: str) -> None:
    when = utc_of_text(exp.column("written", quoted=True))
    paths = {"paths": [glob.escape(str(path)) for path in staged], "timezone": timezone}
    engine.create("read", step(READ, columns={"utc_": when}), paths)
    told = {"bad_time": Reason.BAD_TIME.value, "ahead_reason": AHEAD_REASON, "too_far": TOO_FAR}
    engine.create("checked", step(CHECKED), told)
    engine.drop("read")
    engine.view("given_", step(GIVEN))
    engine.view("derived", step(DERIVED))
    engine.create("named", step(NAMED))


def _leave_known_out(engine: DuckDB, near: Near) -> None:
    (bounds,) = _rows(engine, BOUNDS)
    first, last = _utc(bounds["first_at"]), _utc(bounds["last_at"])
    files = near(first, last) if first and last else []
    if files:
        paths = {"paths": [glob.escape(str(path)) for path in files]}
        engine.view("known", step(KNOWN), paths)
    else:
        engine.view("known", step(NOTHING_KNOWN))
    engine.create("fresh", step(FRESH))
    engine.drop("named")


def _rows(engine: DuckDB, template: str, **values: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    found: list[dict[str, Any]] = engine.fetch(step(template), values).to_pylist()
    return found


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else _utc_of(moment)


def _utc_of(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)
