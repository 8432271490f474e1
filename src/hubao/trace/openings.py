"""All that a few actors opened, re-openings too: what dating a copy needs beyond first accesses.

Relations in: `access` (actor, policy, at), `placed` (policy, stratum). An index keeps only the
hour of each first access, so there is nothing to read there and no copy is dated.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from hubao.lake.engine import Engine
from hubao.lake.steps import step
from hubao.trace.reduced import Floats, Ints

DAY = 86_400_000_000  # microseconds
# The first opening of a record on a day tells all that a later one of that day could.
ACTOR_ROWS = """
WITH opened AS (
  SELECT access.actor, access.policy, epoch_us(access.at) AS at
  FROM access JOIN asked_actors ON asked_actors.actor = access.actor),
daily AS (
  SELECT actor, policy, min(at) AS at FROM opened
  GROUP BY actor, policy, (at + $shift) // $day)
SELECT daily.actor, daily.policy, placed.stratum, daily.at
FROM daily JOIN placed ON placed.policy = daily.policy
ORDER BY daily.actor, daily.at, daily.policy
"""


@dataclass(frozen=True)
class Openings:
    """What one actor opened, in order of time: r rows, each record at most once a day.

    Attributes:
        policies: the records' names; a record's number is its place here.
        record, stratum: int (r,); its number, and its stratum.
        at: int (r,); microseconds since 1970 UTC, ascending.
        after: openings on its account after it had left; they are not among the rows.
    """

    policies: Sequence[str]
    record: Ints
    stratum: Ints
    at: Ints
    after: int

    def numbers(self, policies: Sequence[str]) -> Ints:
        """int (n,): each policy's number, -1 for one the actor never opened."""
        place = {policy: i for i, policy in enumerate(self.policies)}
        return np.array([place.get(policy, -1) for policy in policies], dtype=np.int64)


@dataclass(frozen=True)
class Called:
    """The victims as one actor met them: n rows.

    Attributes:
        record: int (n,); number among what the actor opened, -1 = never opened.
        cut: int (n,); microseconds; what was opened at or after it does not count.
        stratum, size: int (n,); the victim's stratum, and its records at risk by then.
        seen, alone: float (n,); rate of contact, without this actor, of the victim's own record
            and of the mean record of its stratum (background and other sources); all ones
            where nothing is fitted.
    """

    record: Ints
    cut: Ints
    stratum: Ints
    size: Ints
    seen: Floats
    alone: Floats


def actor_rows(engine: Engine, actors: Sequence[str], *, shift: int = 0) -> pa.Table:
    """Read all that these actors opened.

    Args:
        engine: holds `access` and `placed`.
        actors: their names; a few, since the rows come back to Python.
        shift: microseconds by which local time is ahead of UTC; days are local.

    Returns:
        (actor, policy, stratum, at): each record once a local day, `at` in microseconds UTC.
    """
    asked = sorted(set(actors))
    engine.load("asked_actors", pa.table({"actor": pa.array(asked, pa.string())}))
    return engine.fetch(step(ACTOR_ROWS), {"shift": shift, "day": DAY})


def openings(rows: pa.Table, actor: str, *, left: int | None = None) -> Openings:
    """Take one actor's part, frozen at the moment it left.

    Args:
        rows: of `actor_rows`.
        actor: its name.
        left: microseconds since 1970 UTC; None if it is still there. Whoever uses the account of
            somebody gone is somebody else, so later openings are counted apart.
    """
    names = rows.column("actor").to_numpy(zero_copy_only=False)
    own = rows.filter(pa.array(names == actor))
    at = own.column("at").to_numpy()
    there = np.ones(len(at), dtype=bool) if left is None else at < left
    kept = own.filter(pa.array(there)).combine_chunks().sort_by("at")
    policy = kept.column("policy").combine_chunks().dictionary_encode()
    if isinstance(policy, pa.ChunkedArray):
        policy = policy.combine_chunks()
    return Openings(
        policies=policy.dictionary.to_pylist(),
        record=policy.indices.to_numpy().astype(np.int64),
        stratum=kept.column("stratum").to_numpy().astype(np.int64),
        at=kept.column("at").to_numpy().astype(np.int64),
        after=int(len(at) - there.sum()),
    )
