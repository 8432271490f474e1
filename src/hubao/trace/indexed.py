"""Trace over an index: what is read is in proportion to the victims' rows, not to the log.

The file (made by `index.py`) holds, in a DuckDB database attached as `index`:
`meta` (key, value) · `actors` (id, actor) · `records` (id, key, policy, stratum, issued), key a
digest of the policy, issued null where it is not known · `strata` (stratum, label, cell, records),
cell the values compared within · `first_seen` (record, actor, at), a row more where an earlier
access was added later · `counts` (actor, stratum, hour, n), fresh records an hour · `moments`
(hour, stratum, actor, at, n), the same rows one by one, for the hours that a contact cuts through ·
`logins` (login, actor), whose accounts were joined. Rows are only ever added, so figures are sums:
an access found later to be earlier is -1 in one hour, 1 in the other. Which fields an access showed
is not kept.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from sqlglot import exp

from hubao.kit.errors import BadInput
from hubao.lake.engines.duckdb import DuckDB
from hubao.lake.engines.failed import EngineFailed, OutOfMemory
from hubao.lake.inputs import Input, Role
from hubao.lake.steps import step
from hubao.trace.arrivals import Arrivals, as_time
from hubao.trace.assemble import Counts
from hubao.trace.placing import Places
from hubao.trace.reduce import BEGINS, load_victims, pair_table, shared_counts
from hubao.trace.reduced import Ints
from hubao.trace.risk import Waiting
from hubao.trace.strata import ACCESS_DEGREE, Strata

FORMAT = 3
HOUR = 3_600_000_000
TABLES = ("actors", "records", "strata", "first_seen", "counts", "moments", "logins", "meta")

STRATA_SUMS = """
SELECT label, any_value(cell) AS cell, CAST(sum(records) AS BIGINT) AS records FROM strata
GROUP BY stratum, label ORDER BY stratum
"""
# The short key first: it spares reading every policy's name.
KEYED = """
SELECT id, policy, stratum FROM records
WHERE key IN (SELECT md5_number_lower(policy) FROM victim)
"""
LOCATED = """
SELECT victim.t, keyed.id AS record, keyed.stratum
FROM keyed JOIN victim ON victim.policy = keyed.policy
"""
# As `risk.LATE`, by the index's own numbers.
INDEX_LATE = """
WITH issues AS (
  SELECT id, policy, stratum, issued AS at FROM records
  WHERE issued >= (SELECT min(cut) FROM victim)),
opened AS (
  SELECT first_seen.record, min(first_seen.at) AS at
  FROM first_seen JOIN issues ON issues.id = first_seen.record
  GROUP BY first_seen.record)
SELECT issues.policy, issues.stratum,
  least(issues.at, opened.at, victim.cut - to_microseconds(1)) AS at
FROM issues
LEFT JOIN opened ON opened.record = issues.id
LEFT JOIN victim ON victim.policy = issues.policy
"""
INDEX_DATED = "SELECT count(issued) > 0 AS dated FROM records"
INDEX_TOUCHES = """
SELECT located.t, 0 AS ask, actors.actor, epoch_us(min(first_seen.at)) AS at
FROM first_seen
JOIN located ON located.record = first_seen.record
JOIN actors ON actors.id = first_seen.actor
GROUP BY located.t, actors.actor
"""
ASKED_FOR = """
SELECT actor AS name FROM actors WHERE actor IN (SELECT asked_because FROM victims)
UNION
SELECT logins.login AS name FROM logins JOIN actors ON actors.actor = logins.actor
WHERE logins.login IN (SELECT asked_because FROM victims)
"""
NUMBERED = """
SELECT actors.id, candidates.j FROM actors JOIN candidates ON candidates.actor = actors.actor
"""
CANDIDATE_HOURS = """
SELECT numbered.j, counts.stratum, counts.hour, counts.n
FROM counts JOIN numbered ON numbered.id = counts.actor
"""
# An hour that a contact cuts through is counted access by access, every other hour as a whole.
CUT_HOURS = """
SELECT DISTINCT stratum, epoch_us(cut) // $hour AS hour FROM cuts WHERE epoch_us(cut) % $hour <> 0
"""
# Which cut an hour's accesses count for is found once an hour, not once an access.
HOUR_CUTS = """
WITH span AS (SELECT min(hour) AS first, max(hour) AS last FROM candidate_hours),
hours AS (
  SELECT used.stratum, unnest(range(span.first, span.last + 1)) AS hour
  FROM span CROSS JOIN (SELECT DISTINCT stratum FROM cuts) AS used)
SELECT hours.stratum, hours.hour, cuts.c
FROM (SELECT stratum, hour, hour * $hour AS at FROM hours) AS hours
ASOF JOIN (SELECT stratum, c, epoch_us(cut) AS cut FROM cuts) AS cuts
  ON cuts.stratum = hours.stratum AND hours.at < cuts.cut
ANTI JOIN cut_hours ON cut_hours.stratum = hours.stratum AND cut_hours.hour = hours.hour
"""
INDEX_SEEN = """
WITH whole AS (
  SELECT candidate_hours.j, hour_cuts.c, candidate_hours.n
  FROM candidate_hours JOIN hour_cuts
    ON hour_cuts.stratum = candidate_hours.stratum AND hour_cuts.hour = candidate_hours.hour),
moved AS (
  SELECT numbered.j, moments.stratum, epoch_us(moments.at) AS at, moments.n
  FROM moments
  JOIN cut_hours ON cut_hours.hour = moments.hour AND cut_hours.stratum = moments.stratum
  JOIN numbered ON numbered.id = moments.actor),
parts AS (
  SELECT moved.j, cuts.c, moved.n
  FROM moved ASOF JOIN (SELECT stratum, c, epoch_us(cut) AS cut FROM cuts) AS cuts
    ON cuts.stratum = moved.stratum AND moved.at < cuts.cut)
SELECT j, c, CAST(sum(n) AS BIGINT) AS n
FROM (SELECT j, c, n FROM whole UNION ALL SELECT j, c, n FROM parts) AS both GROUP BY j, c
"""
INDEX_TOTALS = """
WITH whole AS (
  SELECT j, sum(n) AS n FROM candidate_hours WHERE hour < $last // $hour GROUP BY j),
part AS (
  SELECT numbered.j, sum(moments.n) AS n
  FROM moments JOIN numbered ON numbered.id = moments.actor
  WHERE moments.hour = $last // $hour AND epoch_us(moments.at) < $last
  GROUP BY numbered.j)
SELECT j, CAST(sum(n) AS BIGINT) AS n
FROM (SELECT j, n FROM whole UNION ALL SELECT j, n FROM part) AS both GROUP BY j
"""
INDEX_SHARED = """
WITH chosen AS (
  SELECT DISTINCT first_seen.record, numbered.j
  FROM first_seen JOIN numbered ON numbered.id = first_seen.actor
  WHERE first_seen.at < $last
    AND numbered.j IN (SELECT a FROM pairs UNION SELECT b FROM pairs))
SELECT pairs.p, count(*) AS n
FROM pairs
JOIN chosen AS one ON one.j = pairs.a
JOIN chosen AS other ON other.j = pairs.b AND other.record = one.record
GROUP BY pairs.p
"""


class NotAnIndex(BadInput):
    """The file given to `--index` was not made by `hubao index`, or by another version of it."""

    code = "trace.not_an_index"


class OtherStrata(BadInput):
    """The strata asked for are not those that the index was made for."""

    code = "trace.other_strata"


class Indexed:
    """An index, opened for reading.

    Args:
        engine: holds `victims` by the time it is asked; the file is attached to it.
        path: the index.
        asked: names of strata; None for those of the index.

    Attributes:
        family: actors in the log.
        input: the index as an input of the report.

    Raises:
        NotAnIndex, OtherStrata: see there.
    """

    indexed = True

    def __init__(self, engine: DuckDB, path: Path, *, asked: Sequence[str] | None) -> None:
        self.engine = engine
        about = open_index(engine, path, read_only=True)
        self._strata = about.strata
        if asked is not None and list(asked) != self._strata.names:
            have = ",".join(self._strata.names) or "none"
            raise OtherStrata(
                f"{path} was made for the strata {have}: leave --strata out, or make the index"
                f" anew with: hubao index … --strata {','.join(asked)}"
            )
        self.family = self._count("actors")
        self._dated = engine.fetch(index_step(INDEX_DATED)).column("dated")[0].as_py()
        self.input = Input(str(path), Role.INDEX, about.rows, about.rejected, about.digest)

    def _count(self, relation: str) -> int:
        found = self.engine.fetch(step("SELECT count(*) AS n FROM t", tables={"t": _of(relation)}))
        return int(found.column("n")[0].as_py())

    def suspected(self) -> set[str]:
        """Actors of the log, and logins of theirs, on whose account a victim was asked."""
        found = self.engine.fetch(index_step(ASKED_FOR))
        return set(found.column("name").to_pylist())

    def listed(self) -> set[str]:
        """Names of fields that accesses list: an index keeps none."""
        return set()

    def locate(self, found: Arrivals) -> tuple[Places, Ints, Ints]:
        """Strata as they were fixed; which victims the index knows; their strata."""
        load_victims(self.engine, found)
        self.engine.create("keyed", index_step(KEYED))
        self.engine.create("located", step(LOCATED))
        rows = self.engine.fetch(step("SELECT t, stratum FROM located ORDER BY t"))
        strata = self.engine.fetch(index_step(STRATA_SUMS))
        records = strata.column("records").to_numpy()
        places = Places(
            strata=self._strata,
            records=records,
            labels=strata.column("label").to_pylist(),
            values=[tuple(cell) for cell in strata.column("cell").to_pylist()],
            all_records=int(records.sum()),
        )
        return places, rows.column("t").to_numpy(), rows.column("stratum").to_numpy()

    def begins(self) -> int:
        """The first access of the log, in microseconds since 1970 UTC."""
        return int(self.engine.fetch(index_step(BEGINS)).column("begins")[0].as_py())

    def touches(self) -> pa.Table:
        """(t, ask, actor, at): every first access to a victim's record, `at` in microseconds."""
        return self.engine.fetch(index_step(INDEX_TOUCHES))

    def seen(self, counts: Counts) -> tuple[pa.Table, pa.Table]:
        """(j, c, n) and (j, n), as `assemble` wants them."""
        engine = self.engine
        engine.load("candidates", counts.candidates())
        engine.load("cuts", counts.cut_table())
        engine.create("numbered", index_step(NUMBERED))
        engine.create("candidate_hours", index_step(CANDIDATE_HOURS))
        engine.create("cut_hours", step(CUT_HOURS), {"hour": HOUR})
        engine.create("hour_cuts", step(HOUR_CUTS), {"hour": HOUR})
        seen = engine.fetch(index_step(INDEX_SEEN))
        return seen, engine.fetch(index_step(INDEX_TOTALS), {"hour": HOUR, "last": counts.last})

    def waiting(self, counts: Counts, known: Ints) -> Waiting:
        """Records not yet issued at each cut, by the dates that the index was given."""
        if not self._dated:
            return Waiting.none(len(counts.cuts), len(known))
        self.engine.create("late", index_step(INDEX_LATE))
        return Waiting.of(self.engine, counts.cuts, known)

    def shared(self, pairs: Sequence[tuple[int, int]], last: int) -> Ints:
        """int (p,): records that both actors of each pair of columns had seen before `last`."""
        self.engine.load("pairs", pair_table(pairs))
        found = self.engine.fetch(index_step(INDEX_SHARED), {"last": as_time(last)})
        return shared_counts(found, len(pairs))


@dataclass(frozen=True)
class About:
    """What an index says of itself.

    Attributes:
        strata: what it was made for.
        rows, rejected: access rows that went in, and those set aside.
        digests: SHA-256 of each file, in the order they went in.
    """

    strata: Strata
    rows: int
    rejected: int
    digests: Sequence[str]

    @property
    def digest(self) -> str:
        """SHA-256 of the list of the files' digests, a line each."""
        return hashlib.sha256("\n".join(self.digests).encode()).hexdigest()


def open_index(engine: DuckDB, path: Path, *, read_only: bool) -> About:
    """Attach the file as `index` and read what it says of itself.

    Raises:
        NotAnIndex: it is no index of this version.
    """
    if not path.is_file():
        raise NotAnIndex(f"There is no index {path}: make it with hubao index ACCESS… --out {path}")
    try:
        engine.attach("index", path, read_only=read_only)
        return described(engine)
    except (EngineFailed, KeyError):
        raise NotAnIndex(
            f"{path} is no index of this version, or another command is writing it:"
            " make one with hubao index ACCESS… --out FILE"
        ) from None


@contextmanager
def unharmed(path: Path) -> Iterator[None]:
    """Tell a damaged file as one: DuckDB opens a truncated database, and fails where it ends.

    Raises:
        NotAnIndex: a step inside could not read the index.
    """
    try:
        yield
    except OutOfMemory:
        raise
    except EngineFailed:
        raise NotAnIndex(
            f"{path} can't be read to its end, so it is damaged: make the index anew from its logs."
        ) from None


def described(engine: DuckDB) -> About:
    """Read `meta`; KeyError if it is of another format."""
    rows = engine.fetch(index_step("SELECT key, value FROM meta")).to_pylist()
    fixed = {row["key"]: row["value"] for row in rows}
    if fixed["format"] != str(FORMAT):
        raise KeyError("format")
    inputs = [json.loads(row["value"]) for row in rows if row["key"] == "input"]
    names = json.loads(fixed["strata"])
    columns = tuple(name for name in names if name != ACCESS_DEGREE)
    return About(
        strata=Strata(columns, by_degree=ACCESS_DEGREE in names),
        rows=sum(one["rows"] for one in inputs),
        rejected=sum(one["rejected"] for one in inputs),
        digests=[one["sha256"] or "" for one in inputs],
    )


def _of(relation: str) -> str:
    return f"index.{relation}"


def index_step(template: str, own: Collection[str] = ()) -> exp.Query:
    """A step over the index's tables, save those of the run's `own` by the same name."""
    return step(template, tables={name: _of(name) for name in TABLES if name not in own})
