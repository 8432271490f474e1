"""The sources that what follows a naming reckons with, and the records each may have passed on.

Relation out: `copied_rows` (policy, k, chance), or another name: what source k had opened before
the last contact, and how likely it is, k being a source, that the record was in what it copied.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from hubao.lake.engine import Engine
from hubao.lake.steps import step
from hubao.trace.arrivals import as_time
from hubao.trace.copied import CopiedBetween
from hubao.trace.indexed import index_step
from hubao.trace.openings import DAY
from hubao.trace.reduced import Floats, Ints

NEVER = np.iinfo(np.int64).max
EVER = -NEVER

COPIED = """
WITH opened AS (
  SELECT asked_sources.k, access.policy, epoch_us(access.at) AS at
  FROM access JOIN asked_sources ON asked_sources.actor = access.actor
  WHERE access.at < $last)
SELECT opened.policy, opened.k, max(under_way.chance) AS chance
FROM opened ASOF JOIN under_way
  ON under_way.k = opened.k AND opened.at >= under_way.since
GROUP BY opened.policy, opened.k
"""
INDEX_COPIED = """
SELECT DISTINCT records.policy, asked_sources.k, CAST(1 AS DOUBLE) AS chance
FROM first_seen
JOIN actors ON actors.id = first_seen.actor
JOIN asked_sources ON asked_sources.actor = actors.actor
JOIN records ON records.id = first_seen.record
WHERE first_seen.at < $last
"""
INDEX_PLACED = "SELECT policy, stratum FROM records"


@dataclass(frozen=True)
class Source:
    """An actor that may be a source.

    Attributes:
        actor: its name.
        chance: chance in [0, 1] that it is one.
        strength: fitted rate (gamma) at which its records are contacted, if it is one, in units
            of the mean rate.
        left: contacts still to come from it, if it is one.
        copied: when it copied; None where that can't be told.
        gone: microseconds since 1970 UTC when it left; None if it is still there.
    """

    actor: str
    chance: float
    strength: float
    left: float
    copied: CopiedBetween | None = None
    gone: int | None = None


def copied_rows(
    engine: Engine,
    sources: Sequence[Source],
    *,
    last: int,
    shift: int = 0,
    indexed: bool = False,
    name: str = "copied_rows",
) -> None:
    """Make `copied_rows`; where the log is an index, make `placed` too.

    Args:
        engine: holds `access`, or has an index attached.
        sources: k of them; the relation numbers them in this order.
        last: microseconds since 1970 UTC; the last contact, after which nothing counts.
        shift: microseconds by which local time is ahead of UTC, as the copies were dated.
        indexed: whether the log is an index, in which every record opened counts in full.
        name: what to call the relation.
    """
    actors = pa.array([one.actor for one in sources], pa.string())
    engine.load(
        "asked_sources",
        pa.table({"k": pa.array(range(len(sources)), pa.int64()), "actor": actors}),
    )
    values = {"last": as_time(last)}
    if indexed:
        engine.view("placed", index_step(INDEX_PLACED))
        engine.create(name, index_step(INDEX_COPIED), values)
        return
    engine.load("under_way", _under_way(sources, shift))
    engine.create(name, step(COPIED), values)


def _under_way(sources: Sequence[Source], shift: int) -> pa.Table:
    """Relation (k, since, chance): how likely each source was copying from each moment on."""
    parts = [_of_one(one, shift) for one in sources]
    return pa.table(
        {
            "k": np.repeat(np.arange(len(parts)), [len(since) for since, _ in parts]),
            "since": np.concatenate([np.zeros(0, dtype=np.int64), *(p[0] for p in parts)]),
            "chance": np.concatenate([np.zeros(0), *(p[1] for p in parts)]),
        }
    )


def _of_one(source: Source, shift: int) -> tuple[Ints, Floats]:
    """Ascending moments, and the chance from each on; somebody gone copies nothing more."""
    since, chance = np.array([EVER]), np.ones(1)
    if source.copied is not None:
        since = np.append(since, source.copied.chance_from * DAY - shift)
        chance = np.append(0.0, source.copied.chance)
    if source.gone is not None:
        kept = since < source.gone
        since, chance = np.append(since[kept], source.gone), np.append(chance[kept], 0.0)
    return since, chance
