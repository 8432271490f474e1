"""Reduce the log in the engine to the small tables that a trace rests on.

Relations in: `access` (actor, policy, at), and what `placing` makes.
Every step is SQL; what comes back to Python is in proportion to the victims' rows, not to the log.
"""

import numpy as np
import pyarrow as pa

from hubao.lake.engine import Engine
from hubao.lake.steps import step
from hubao.trace.arrivals import Arrivals, as_time
from hubao.trace.assemble import Counts, assemble
from hubao.trace.placing import TIME, VICTIM_STRATA, Places, span_of
from hubao.trace.reduced import Ints, Reduced

FIRST_SEEN = "SELECT actor, policy, min(at) AS at FROM access GROUP BY actor, policy"
FAMILY = "SELECT count(DISTINCT actor) AS n FROM first_seen"
KNOWN = "SELECT victim.t FROM victim SEMI JOIN records ON records.policy = victim.policy"
TOUCHES = """
SELECT victim.t, first_seen.actor, epoch_us(first_seen.at) AS at
FROM first_seen JOIN victim ON victim.policy = first_seen.policy
"""
MEMBERS = """
SELECT placed.policy, degree_strata.stratum
FROM placed
JOIN degree_strata ON degree_strata.cell = placed.cell AND degree_strata.span = placed.span
  AND degree_strata.degree = placed.degree
WHERE degree_strata.stratum IN (SELECT stratum FROM cuts)
"""
CANDIDATE_ROWS = """
SELECT first_seen.policy, candidates.j, first_seen.at
FROM first_seen JOIN candidates ON candidates.actor = first_seen.actor
"""
SEEN = """
SELECT candidate_rows.j, cuts.c, count(*) AS n
FROM candidate_rows
JOIN members ON members.policy = candidate_rows.policy
ASOF JOIN cuts ON cuts.stratum = members.stratum AND candidate_rows.at < cuts.cut
GROUP BY candidate_rows.j, cuts.c
"""
TOTALS = """
SELECT j, count(*) FILTER (WHERE at < $last) AS n FROM candidate_rows GROUP BY j
"""
SAME_RECORDS = """
WITH chosen AS (SELECT * FROM candidate_rows WHERE at < $last AND j IN (SELECT j FROM leading)),
sizes AS (SELECT j, count(*) AS n FROM chosen GROUP BY j),
near AS (
  SELECT one.j AS a, other.j AS b, one.n AS na, other.n AS nb
  FROM sizes AS one JOIN sizes AS other
    ON one.j < other.j AND least(one.n, other.n) > $same * greatest(one.n, other.n)),
shared AS (
  SELECT near.a, near.b, near.na, near.nb, count(*) AS n
  FROM near
  JOIN chosen AS one ON one.j = near.a
  JOIN chosen AS other ON other.j = near.b AND other.policy = one.policy
  GROUP BY near.a, near.b, near.na, near.nb)
SELECT a, b FROM shared WHERE n > $same * (na + nb - n) ORDER BY a, b
"""
SAME = 0.95  # Jaccard: actors above it can't be told apart


def first_seen(engine: Engine) -> int:
    """Make `first_seen` from `access`; return how many actors the log has."""
    engine.create("first_seen", step(FIRST_SEEN))
    return int(engine.fetch(step(FAMILY)).column("n")[0].as_py())


def load_victims(engine: Engine, found: Arrivals, places: Places) -> Ints:
    """Make `victim` (t, policy, span, cut); return which of them any table knows."""
    engine.load(
        "victim",
        pa.table(
            {
                "t": pa.array(range(len(found.policies)), pa.int64()),
                "policy": pa.array(found.policies, pa.string()),
                "span": pa.array(span_of(places, found.cut), pa.int64()),
                "cut": pa.array(found.cut).cast(TIME),
            }
        ),
    )
    return np.sort(engine.fetch(step(KNOWN)).column("t").to_numpy())


def reduce_log(
    engine: Engine, *, found: Arrivals, known: Ints, places: Places, family: int
) -> Reduced:
    """Count, for the victims that are known, who had seen what by when.

    Args:
        engine: holds `first_seen`, `victim` and what `placing` made.
        found: victims in order of arrival.
        known: int (n,); those of them that any table knows.
        places: the strata.
        family: actors in the log.
    """
    strata = np.zeros(len(found.policies), dtype=np.int64)
    placed = engine.fetch(step(VICTIM_STRATA))
    strata[placed.column("t").to_numpy()] = placed.column("stratum").to_numpy()
    touches = engine.fetch(step(TOUCHES))
    counts = Counts.of(touches, found=found, known=known, stratum=strata[known])
    engine.load("candidates", counts.candidates())
    engine.load("cuts", counts.cut_table())
    engine.create("candidate_rows", step(CANDIDATE_ROWS))
    engine.create("members", step(MEMBERS))
    last = as_time(int(counts.cut.max(initial=0)))
    return assemble(
        counts,
        seen=engine.fetch(step(SEEN)),
        totals=engine.fetch(step(TOTALS), {"last": last}),
        places=places,
        family=family,
    )


def same_records(engine: Engine, columns: Ints, last: int) -> list[tuple[int, int]]:
    """Pairs of the given columns whose records, up to the last contact, are the same.

    Args:
        engine: holds `candidate_rows`.
        columns: int (k,).
        last: microseconds since 1970 UTC.

    Returns:
        Pairs with a Jaccard index above `SAME`; only those of like size are ever counted.
    """
    engine.load("leading", pa.table({"j": pa.array(columns, pa.int64())}))
    found = engine.fetch(step(SAME_RECORDS), {"last": as_time(last), "same": SAME})
    return list(zip(found.column("a").to_pylist(), found.column("b").to_pylist(), strict=True))
