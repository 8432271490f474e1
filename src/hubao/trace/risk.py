"""From when each record was at risk: nobody opens a policy, or calls about it, before it is issued.

An account that swept the whole book last year has seen none of the policies issued since. If these
counted as records it might have seen, it would seem to have seen less of its strata than it had of
what there was, and every victim's record would speak against it. So a record is compared only with
those issued by the time of the contact. What is known to have been opened, or called about, earlier
was there: its date of issue is then put that early.

Relations in: `issues` (policy, at; policies issued at or after the first contact), `victim`,
`placed`, `first_seen`. Relation out: `late` (policy, stratum, at).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa

from hubao.lake.engine import Engine
from hubao.lake.steps import step
from hubao.trace.arrivals import TIME
from hubao.trace.reduced import Ints

ALWAYS = np.iinfo(np.int64).min

# Most records were issued before the first contact: only the others are looked at again.
ISSUES = """
SELECT policy, min(issued) AS at FROM policies GROUP BY policy
HAVING min(issued) >= (SELECT min(cut) FROM victim)
"""
LATE = """
WITH opened AS (
  SELECT first_seen.policy, min(first_seen.at) AS at
  FROM first_seen JOIN issues ON issues.policy = first_seen.policy
  GROUP BY first_seen.policy)
SELECT issues.policy, placed.stratum,
  least(issues.at, opened.at, victim.cut - to_microseconds(1)) AS at
FROM issues
JOIN placed ON placed.policy = issues.policy
LEFT JOIN opened ON opened.policy = issues.policy
LEFT JOIN victim ON victim.policy = issues.policy
"""
WAITING = """
SELECT all_cuts.c, count(*) AS n
FROM late JOIN all_cuts ON all_cuts.stratum = late.stratum
WHERE late.at >= all_cuts.cut
GROUP BY all_cuts.c
"""
DATED = "SELECT count(issued) > 0 AS dated FROM policies"
OWN = (
    "SELECT victim.t, epoch_us(late.at) AS at FROM late JOIN victim ON victim.policy = late.policy"
)


@dataclass(frozen=True)
class Waiting:
    """What was not at risk yet.

    Attributes:
        records: int (c,); for each cut, records of its stratum issued at or after it.
        since: int (n,); microseconds; from when each victim's own record was at risk.
        dated: whether any policy has a date of issue.
    """

    records: Ints
    since: Ints
    dated: bool = True

    @classmethod
    def of(cls, engine: Engine, cuts: Ints, known: Ints) -> Self:
        """Count.

        Args:
            engine: holds `late` and `victim`.
            cuts: int (c, 3); see `assemble.Counts`.
            known: int (n,); numbers of the victims counted.
        """
        moments = pa.array(cuts[:, 2], pa.int64()).cast(TIME)
        table = {"c": pa.array(range(len(cuts)), pa.int64()), "stratum": cuts[:, 0], "cut": moments}
        engine.load("all_cuts", pa.table(table))
        found, own = engine.fetch(step(WAITING)), engine.fetch(step(OWN)).to_pydict()
        records = np.zeros(len(cuts), dtype=np.int64)
        records[found.column("c").to_numpy()] = found.column("n").to_numpy()
        since = dict(zip(own["t"], own["at"], strict=True))
        return cls(records, np.array([since.get(t, ALWAYS) for t in known.tolist()]))

    @classmethod
    def none(cls, cuts: int, victims: int) -> Self:
        """Where no issue date is known, every record was there from the start."""
        return cls(np.zeros(cuts, dtype=np.int64), np.full(victims, ALWAYS), dated=False)
