"""Reduce a log in the engine to the small tables that a trace rests on.

Relations in: `access` (actor, policy, at, and `fields` if callers quoted any), `victims`, and
`policies` where there is such a table. Every step is SQL; what comes back to Python is in
proportion to the victims' rows, not to the log.

An *ask* is a set of fields that callers quoted, by its number in `Arrivals.asks`; 0 quotes nothing
and is all there is in most logs. For any other, an access counts if its fields are unknown or hold
all of them. A victim's ask holds for its own record and, so that both sides of the test agree, for
every record still at risk that it is compared with.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from hubao.lake.engine import Engine
from hubao.lake.steps import step
from hubao.trace.arrivals import TIME, Arrivals, Fields, as_time, field_names
from hubao.trace.assemble import Counts
from hubao.trace.placing import Places, place
from hubao.trace.reduced import Ints
from hubao.trace.risk import DATED, ISSUES, LATE, Waiting

FIRST_SEEN = "SELECT actor, policy, min(at) AS at FROM access GROUP BY actor, policy"
FAMILY = "SELECT count(DISTINCT actor) AS n FROM first_seen"
ASKED_FOR = """
SELECT DISTINCT actor FROM first_seen WHERE actor IN (SELECT asked_because FROM victims)
"""
ASKED_FOR_LOGIN = """
SELECT DISTINCT login FROM identities
WHERE login IN (SELECT asked_because FROM victims) AND actor IN (SELECT actor FROM first_seen)
"""
LISTED = """
SELECT DISTINCT fields FROM access WHERE fields IS NOT NULL
"""
BEGINS = "SELECT epoch_us(min(at)) AS begins FROM first_seen"
TOUCHES = """
SELECT victim.t, 0 AS ask, first_seen.actor, epoch_us(first_seen.at) AS at
FROM first_seen JOIN victim ON victim.policy = first_seen.policy
"""
# Other victims of the stratum under the same ask: they leave its records at risk.
ASKED_TOUCHES = """
WITH asked AS (SELECT DISTINCT stratum, ask FROM located WHERE ask > 0)
SELECT located.t, asked.ask, access.actor, epoch_us(min(access.at)) AS at
FROM access
JOIN located ON located.policy = access.policy
JOIN asked ON asked.stratum = located.stratum
JOIN shows ON shows.ask = asked.ask AND shows.fields IS NOT DISTINCT FROM access.fields
GROUP BY located.t, asked.ask, access.actor
"""
MEMBERS = """
SELECT policy, stratum FROM placed WHERE stratum IN (SELECT stratum FROM cuts)
"""
LOCATED = """
SELECT victim.t, victim.policy, victim.ask, placed.stratum
FROM victim JOIN placed ON placed.policy = victim.policy
"""
CANDIDATE_ROWS = """
SELECT first_seen.policy, candidates.j, first_seen.at
FROM first_seen JOIN candidates ON candidates.actor = first_seen.actor
"""
PLACED_ROWS = """
SELECT candidate_rows.j, candidate_rows.at, members.stratum
FROM candidate_rows JOIN members ON members.policy = candidate_rows.policy
"""
# A stratum under an ask is a stratum of its own from here on, by the number of the cell.
ASKED_ROWS = """
SELECT candidates.j, min(access.at) AS at, cells.cell AS stratum
FROM access
JOIN candidates ON candidates.actor = access.actor
JOIN placed ON placed.policy = access.policy
JOIN cells ON cells.stratum = placed.stratum
JOIN shows ON shows.ask = cells.ask AND shows.fields IS NOT DISTINCT FROM access.fields
GROUP BY access.policy, candidates.j, cells.cell
"""
# What was seen before the first contact of the stratum, most of it, needs no search for its cut.
SEEN = """
WITH rows AS (
  SELECT placed_rows.j, placed_rows.at, placed_rows.stratum, openings.c, openings.cut
  FROM placed_rows JOIN openings ON openings.stratum = placed_rows.stratum),
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
        fields: whether `access` has the column `fields`; without it, what callers quoted is
            not weighed.
        joined: whether `identities` is there.

    Attributes:
        family: actors in the log.
    """

    indexed = False

    def __init__(
        self,
        engine: Engine,
        *,
        columns: Sequence[str] | None,
        asked: Sequence[str] | None,
        fields: bool = False,
        joined: bool = False,
    ) -> None:
        self.engine, self._columns, self._asked = engine, columns, asked
        self._joined, self._quotes = joined, False
        self._lists = self._listed() if fields else {}
        self._dated = columns is not None and engine.fetch(step(DATED)).column("dated")[0].as_py()
        engine.create("first_seen", step(FIRST_SEEN))
        self.family = int(engine.fetch(step(FAMILY)).column("n")[0].as_py())

    def suspected(self) -> set[str]:
        """Actors of the log, and logins of theirs, on whose account a victim was asked."""
        names = set(self.engine.fetch(step(ASKED_FOR)).column("actor").to_pylist())
        if self._joined:
            names |= set(self.engine.fetch(step(ASKED_FOR_LOGIN)).column("login").to_pylist())
        return names

    def listed(self) -> set[str]:
        """Names of the fields that any access lists."""
        return {name for names in self._lists.values() for name in names}

    def _listed(self) -> dict[str, Fields]:
        """What each cell of `fields` lists, as it is written there."""
        found = self.engine.fetch(step(LISTED)).column("fields").to_pylist()
        return {text: field_names(text) for text in found}

    def locate(self, found: Arrivals) -> tuple[Places, Ints, Ints]:
        """Put the records and the victims in their strata.

        Returns:
            The strata; int (n,): which victims any table knows, ascending; int (n,): their strata.

        Raises:
            UnknownStratum: a name that was asked for is not known.
        """
        engine = self.engine
        places = place(engine, asked=self._asked, cuts=found.cut, known=self._columns)
        load_victims(engine, found)
        placed = engine.fetch(step(LOCATED)).sort_by("t")
        self._quotes = len(found.asks) > 1
        if self._quotes:
            engine.load("located", placed)
            engine.load("shows", shows_table(found.asks, self._lists))
        return places, placed.column("t").to_numpy(), placed.column("stratum").to_numpy()

    def begins(self) -> int:
        """The first access of the log, in microseconds since 1970 UTC."""
        return int(self.engine.fetch(step(BEGINS)).column("begins")[0].as_py())

    def touches(self) -> pa.Table:
        """(t, ask, actor, at): every first access to a victim's record, `at` in microseconds."""
        touches = self.engine.fetch(step(TOUCHES))
        if not self._quotes:
            return touches
        asked = self.engine.fetch(step(ASKED_TOUCHES)).cast(touches.schema)
        return pa.concat_tables([touches, asked])

    def seen(self, counts: Counts) -> tuple[pa.Table, pa.Table]:
        """(j, c, n) and (j, n), as `assemble` wants them."""
        engine = self.engine
        engine.load("candidates", counts.candidates())
        engine.load("cuts", counts.cut_table())
        engine.create("openings", step(OPENINGS))
        engine.create("candidate_rows", step(CANDIDATE_ROWS))
        engine.create("members", step(MEMBERS))
        engine.view("placed_rows", step(PLACED_ROWS))
        totals = engine.fetch(step(TOTALS), {"last": as_time(counts.last)})
        seen = engine.fetch(step(SEEN))
        return (self._with_asked(counts, seen) if self._quotes else seen), totals

    def waiting(self, counts: Counts, known: Ints) -> Waiting:
        """Records not yet issued at each cut; none where there are no issue dates."""
        if not self._dated:
            return Waiting.none(len(counts.cuts), len(known))
        self.engine.create("issues", step(ISSUES))
        self.engine.create("late", step(LATE))
        return Waiting.of(self.engine, counts.cuts, known)

    def _with_asked(self, counts: Counts, seen: pa.Table) -> pa.Table:
        engine = self.engine
        engine.load("cells", counts.cell_table())
        engine.load("cuts", counts.asked_cut_table())
        engine.create("openings", step(OPENINGS))
        engine.create("placed_rows", step(ASKED_ROWS))
        return pa.concat_tables([seen, engine.fetch(step(SEEN)).cast(seen.schema)])

    def shared(self, pairs: Sequence[tuple[int, int]], last: int) -> Ints:
        """int (p,): records that both actors of each pair of columns had seen before `last`."""
        self.engine.load("pairs", pair_table(pairs))
        found = self.engine.fetch(step(SHARED), {"last": as_time(last)})
        return shared_counts(found, len(pairs))


def load_victims(engine: Engine, found: Arrivals) -> None:
    """Make `victim` (t, policy, cut, ask)."""
    engine.load(
        "victim",
        pa.table(
            {
                "t": pa.array(range(len(found.policies)), pa.int64()),
                "policy": pa.array(found.policies, pa.string()),
                "cut": pa.array(found.cut).cast(TIME),
                "ask": pa.array(found.ask, pa.int64()),
            }
        ),
    )


def shows_table(asks: Sequence[Fields], lists: Mapping[str, Fields]) -> pa.Table:
    """Relation (ask, fields): what an access must have in `fields` to count for an ask but 0."""
    pairs = [
        (number, text)
        for number, wanted in enumerate(asks)
        if number > 0
        for text, shown in [(None, ()), *lists.items()]
        if not shown or set(wanted) <= set(shown)
    ]
    return pa.table(
        {
            "ask": pa.array([number for number, _ in pairs], pa.int64()),
            "fields": pa.array([text for _, text in pairs], pa.string()),
        }
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
