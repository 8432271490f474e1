"""Reduce a log in the engine to the small tables that a trace rests on.

Relations in: `access` (actor, policy, at), `victims`, and `policies` where there is such a table.
Every step is SQL; what comes back to Python is in proportion to the victims' rows, not to the log.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from hubao.lake.engine import Engine
from hubao.lake.steps import step
from hubao.trace.arrivals import TIME, Arrivals, as_time
from hubao.trace.assemble import Counts
from hubao.trace.placing import Places, place
from hubao.trace.reduced import Ints

FIRST_SEEN = "SELECT actor, policy, min(at) AS at FROM access GROUP BY actor, policy"
FAMILY = "SELECT count(DISTINCT actor) AS n FROM first_seen"
ASKED_FOR = """
SELECT DISTINCT actor FROM first_seen WHERE actor IN (SELECT asked_because FROM victims)
"""
BEGINS = "SELECT epoch_us(min(at)) AS begins FROM first_seen"
TOUCHES = """
SELECT victim.t, first_seen.actor, epoch_us(first_seen.at) AS at
FROM first_seen JOIN victim ON victim.policy = first_seen.policy
"""
MEMBERS = """
SELECT policy, stratum FROM placed WHERE stratum IN (SELECT stratum FROM cuts)
"""
VICTIM_STRATA = """
SELECT victim.t, placed.stratum
FROM victim JOIN placed ON placed.policy = victim.policy
"""
CANDIDATE_ROWS = """
SELECT first_seen.policy, candidates.j, first_seen.at
FROM first_seen JOIN candidates ON candidates.actor = first_seen.actor
"""
# What was seen before the first contact of the stratum, most of it, needs no search for its cut.
SEEN = """
WITH rows AS (
  SELECT candidate_rows.j, candidate_rows.at, members.stratum, openings.c, openings.cut
  FROM candidate_rows
  JOIN members ON members.policy = candidate_rows.policy
  JOIN openings ON openings.stratum = members.stratum),
early AS (SELECT j, c, count(*) AS n FROM rows WHERE at < cut GROUP BY j, c),
late AS (SELECT j, at, stratum FROM rows WHERE at >= cut),
searched AS (
  SELECT late.j, cuts.c, count(*) AS n
  FROM late ASOF JOIN cuts ON cuts.stratum = late.stratum AND late.at < cuts.cut
  GROUP BY late.j, cuts.c)
SELECT j, c, n FROM early UNION ALL SELECT j, c, n FROM searched
"""
OPENINGS = """
SELECT stratum, min(cut) AS cut, min(c) AS c FROM cuts GROUP BY stratum
"""
TOTALS = """
SELECT j, count(*) FILTER (WHERE at < $last) AS n FROM candidate_rows GROUP BY j
"""
SHARED = """
SELECT pairs.p, count(*) AS n
FROM pairs
JOIN candidate_rows AS one ON one.j = pairs.a
JOIN candidate_rows AS other ON other.j = pairs.b AND other.policy = one.policy
WHERE one.at < $last AND other.at < $last
GROUP BY pairs.p
"""


class Log:
    """A log that was read in this run.

    Args:
        engine: holds `access`, `victims` and, where `columns` is not None, `policies`.
        columns: columns of the policies table; None where there is no such table.
        asked: names of strata; None for the default.

    Attributes:
        family: actors in the log.
    """

    def __init__(
        self, engine: Engine, *, columns: Sequence[str] | None, asked: Sequence[str] | None
    ) -> None:
        self._engine, self._columns, self._asked = engine, columns, asked
        engine.create("first_seen", step(FIRST_SEEN))
        self.family = int(engine.fetch(step(FAMILY)).column("n")[0].as_py())

    def suspected(self) -> set[str]:
        """Actors of the log on whose account a victim was asked."""
        return set(self._engine.fetch(step(ASKED_FOR)).column("actor").to_pylist())

    def locate(self, found: Arrivals) -> tuple[Places, Ints, Ints]:
        """Put the records and the victims in their strata.

        Returns:
            The strata; int (n,): which victims any table knows, ascending; int (n,): their strata.

        Raises:
            UnknownStratum: a name that was asked for is not known.
        """
        engine = self._engine
        places = place(engine, asked=self._asked, cuts=found.cut, known=self._columns)
        load_victims(engine, found)
        placed = engine.fetch(step(VICTIM_STRATA)).sort_by("t")
        return places, placed.column("t").to_numpy(), placed.column("stratum").to_numpy()

    def begins(self) -> int:
        """The first access of the log, in microseconds since 1970 UTC."""
        return int(self._engine.fetch(step(BEGINS)).column("begins")[0].as_py())

    def touches(self) -> pa.Table:
        """(t, actor, at): every first access to a victim's record, `at` in microseconds."""
        return self._engine.fetch(step(TOUCHES))

    def seen(self, counts: Counts) -> tuple[pa.Table, pa.Table]:
        """(j, c, n) and (j, n), as `assemble` wants them."""
        engine = self._engine
        engine.load("candidates", counts.candidates())
        engine.load("cuts", counts.cut_table())
        engine.create("openings", step(OPENINGS))
        engine.create("candidate_rows", step(CANDIDATE_ROWS))
        engine.create("members", step(MEMBERS))
        last = as_time(counts.last)
        return engine.fetch(step(SEEN)), engine.fetch(step(TOTALS), {"last": last})

    def shared(self, pairs: Sequence[tuple[int, int]], last: int) -> Ints:
        """int (p,): records that both actors of each pair of columns had seen before `last`."""
        self._engine.load("pairs", pair_table(pairs))
        found = self._engine.fetch(step(SHARED), {"last": as_time(last)})
        return shared_counts(found, len(pairs))


def load_victims(engine: Engine, found: Arrivals) -> None:
    """Make `victim` (t, policy, cut)."""
    engine.load(
        "victim",
        pa.table(
            {
                "t": pa.array(range(len(found.policies)), pa.int64()),
                "policy": pa.array(found.policies, pa.string()),
                "cut": pa.array(found.cut).cast(TIME),
            }
        ),
    )


def pair_table(pairs: Sequence[tuple[int, int]]) -> pa.Table:
    """Relation (p, a, b)."""
    return pa.table(
        {
            "p": pa.array(range(len(pairs)), pa.int64()),
            "a": pa.array([a for a, _ in pairs], pa.int64()),
            "b": pa.array([b for _, b in pairs], pa.int64()),
        }
    )


def shared_counts(found: pa.Table, pairs: int) -> Ints:
    """int (p,) from rows (p, n); a pair without a row shares nothing."""
    shared = np.zeros(pairs, dtype=np.int64)
    shared[found.column("p").to_numpy()] = found.column("n").to_numpy()
    return shared
