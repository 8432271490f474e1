"""Index a log once, so that each trace after it costs with the victims, not with the log.

Strata are fixed when the index is made; records that a later addition brings form a stratum of
their own. Additions only append rows, in one transaction: a crash leaves the index as it was.
"""

import json
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
from sqlglot import exp

from hubao.kit.errors import BadInput
from hubao.lake.engines.duckdb import DuckDB
from hubao.lake.inputs import Input
from hubao.lake.reading import Reading, read_access, read_identities, read_policies
from hubao.lake.rejects import Rejects
from hubao.lake.steps import expression, step
from hubao.lake.times import utc_of_local
from hubao.trace.arrivals import TIME, WHOLE_LOG
from hubao.trace.indexed import FORMAT, HOUR, About, described, index_step, open_index, unharmed
from hubao.trace.placing import Places, place
from hubao.trace.reduce import BEGINS, FIRST_SEEN
from hubao.trace.tracing import Progress, Source, policy_columns

ADDED_LATER = "added_later"
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00Z")

EMPTY = {
    "meta": {"key": pa.string(), "value": pa.string()},
    "actors": {"id": pa.int64(), "actor": pa.string()},
    "records": {
        "id": pa.int64(),
        "key": pa.uint64(),
        "policy": pa.string(),
        "stratum": pa.int64(),
        "issued": TIME,
    },
    "strata": {
        "stratum": pa.int64(),
        "label": pa.string(),
        "cell": pa.list_(pa.string()),
        "records": pa.int64(),
    },
    "first_seen": {"record": pa.int64(), "actor": pa.int64(), "at": TIME},
    "logins": {"login": pa.string(), "actor": pa.string()},
    "counts": {"actor": pa.int64(), "stratum": pa.int64(), "hour": pa.int64(), "n": pa.int64()},
    "moments": {
        "hour": pa.int64(),
        "stratum": pa.int64(),
        "actor": pa.int64(),
        "at": TIME,
        "n": pa.int64(),
    },
}
STEPS = {
    "new_actors": """
SELECT (SELECT count(*) FROM actors) + row_number() OVER (ORDER BY actor) - 1 AS id, actor
FROM (SELECT DISTINCT actor FROM first_seen) AS fresh
WHERE actor NOT IN (SELECT actor FROM actors)
""",
    "new_records": """
SELECT (SELECT count(*) FROM records) + row_number() OVER (ORDER BY policy) - 1 AS id,
  policy, stratum, issued
FROM placed_records ANTI JOIN records USING (policy)
""",
    "new_logins": """
SELECT DISTINCT identities.login, identities.actor FROM identities ANTI JOIN logins USING (login)
""",
    "all_actors": "SELECT id, actor FROM actors UNION ALL SELECT id, actor FROM new_actors",
    "all_records": """
SELECT id, policy, stratum FROM records UNION ALL SELECT id, policy, stratum FROM new_records
""",
    "fresh": """
SELECT all_records.id AS record, all_actors.id AS actor, all_records.stratum, first_seen.at
FROM first_seen
JOIN all_actors ON all_actors.actor = first_seen.actor
JOIN all_records ON all_records.policy = first_seen.policy
""",
}
KNOWN = "SELECT record, actor, min(at) AS at FROM first_seen GROUP BY record, actor"
# An access earlier than the one known moves the count from that hour to its own.
EARLIER = """
SELECT fresh.record, fresh.actor, fresh.stratum, fresh.at, known.at AS was
FROM fresh LEFT JOIN known ON known.record = fresh.record AND known.actor = fresh.actor
WHERE known.at IS NULL OR fresh.at < known.at
"""
MOVES = """
SELECT epoch_us(at) // $hour AS hour, stratum, actor, at, 1 AS n FROM earlier
UNION ALL
SELECT epoch_us(was) // $hour AS hour, stratum, actor, was AS at, -1 AS n
FROM earlier WHERE was IS NOT NULL
"""
# Sorted, so that DuckDB skips the blocks that hold none of the rows asked for.
PARTS = {
    "actors": "SELECT id, actor FROM new_actors ORDER BY id",
    "records": """
SELECT id, md5_number_lower(policy) AS key, policy, stratum, issued FROM new_records ORDER BY id
""",
    "strata": "SELECT stratum, label, cell, records FROM new_strata",
    "first_seen": "SELECT record, actor, at FROM earlier ORDER BY record, actor",
    "counts": """
SELECT actor, stratum, hour, CAST(sum(n) AS BIGINT) AS n FROM moves
GROUP BY actor, stratum, hour ORDER BY actor, stratum, hour
""",
    "logins": "SELECT login, actor FROM new_logins ORDER BY login",
    "moments": "SELECT hour, stratum, actor, at, n FROM moves ORDER BY hour, stratum, actor, at",
    "meta": "SELECT key, value FROM new_meta",
}
ALL_LOGINS = """
SELECT login, actor FROM logins UNION SELECT login, actor FROM identities
"""
# A login that was counted under another name can't be joined any more: only sums are kept.
CLASHES = """
SELECT identities.line
FROM identities
LEFT JOIN logins ON logins.login = identities.login
WHERE logins.actor <> identities.actor OR (
  identities.login <> identities.actor AND (
    (logins.login IS NULL AND identities.login IN (SELECT actor FROM actors))
    OR identities.login IN (SELECT actor FROM logins)
    OR identities.actor IN (SELECT login FROM logins WHERE login <> actor)))
ORDER BY identities.line LIMIT 1
"""
PLACED_RECORDS = "SELECT policy, stratum, CAST(NULL AS TIMESTAMP) AS issued FROM placed"
ISSUED_RECORDS = """
SELECT placed.policy, placed.stratum, dates.issued
FROM placed
LEFT JOIN (SELECT policy, min(issued) AS issued FROM policies GROUP BY policy) AS dates
  ON dates.policy = placed.policy
"""
FIXED_STRATA = """
SELECT stratum, label, any_value(cell) AS cell FROM strata GROUP BY stratum, label ORDER BY stratum
"""
LATER_RECORDS = """
SELECT DISTINCT policy, CAST($stratum AS BIGINT) AS stratum, CAST(NULL AS TIMESTAMP) AS issued
FROM first_seen
"""
COUNTED = """
SELECT (SELECT count(*) FROM actors) AS actors, (SELECT count(*) FROM records) AS records,
  (SELECT CAST(sum(n) AS BIGINT) FROM counts) AS pairs
"""
NEW_STRATA = """
SELECT fixed.stratum, fixed.label, any_value(fixed.cell) AS cell, count(new_records.id) AS records
FROM fixed LEFT JOIN new_records ON new_records.stratum = fixed.stratum
GROUP BY fixed.stratum, fixed.label
"""


class AlreadyIndexed(BadInput):
    """Files whose every byte is in the index already."""

    code = "trace.already_indexed"


@dataclass(frozen=True)
class IndexSummary:
    """What an index holds after it was made or added to.

    Attributes:
        out: the file.
        rows: access rows that went in so far; rejected: those set aside so far.
        actors, records, pairs: how many of each; a pair is an actor and a record it opened.
        strata: names of what records are compared within.
        added: whether the index was there before.
    """

    out: Path
    rows: int
    rejected: int
    actors: int
    records: int
    pairs: int
    strata: Sequence[str]
    added: bool


def build_index(
    access: Sequence[Source],
    *,
    out: Path,
    policies: Source | None = None,
    strata: Sequence[str] | None = None,
    identities: Source | None = None,
    before: datetime | None = None,
    columns: Mapping[str, str] | None = None,
    timezone: str = "Asia/Shanghai",
    strict: bool = False,
    rejects: Path | None = None,
    progress: Progress | None = None,
) -> IndexSummary:
    """Make an index of access logs, or add logs to one that is there.

    Args:
        access, policies, strata, columns, timezone, strict, rejects, progress: see `trace`.
        out: the index; added to if it exists. Its strata are fixed by the first call, so
            `policies`, `strata` and `before` are then left out.
        identities: whose each login is. The index keeps it: what is added later is joined by it,
            and a later call need only name new logins.
        before: how many actors had opened a record is counted up to this moment, for the strata;
            None counts the whole log. Best before the calls began: the complaints' handling
            opens victims' records. Local time in `timezone` unless it has a zone.

    Raises:
        BadInput: something given can't be used; or a login was counted under another name before.
        AlreadyIndexed: all the files given went into this index before.
    """
    if out.exists() and any(one is not None for one in (policies, strata, before)):
        raise BadInput(
            f"{out} exists, so its strata are fixed: leave --policies, --strata and --before out to"
            " add to it, or give another --out."
        )
    with DuckDB() as engine:
        with Rejects(rejects) as set_aside:
            reading = Reading(engine, timezone, strict, set_aside, progress)
            engine.load("identities", pa.schema(EMPTY["logins"]).empty_table())
            if out.exists():
                about = open_index(engine, out, read_only=False)
                _join_accounts(engine, reading, identities, out)
                inputs = read_access(reading, access, columns=columns)
                return _add(engine, inputs, out, about)
            known = None
            if policies is not None:
                read_policies(reading, policies)
                known = policy_columns(engine)
            if identities is not None:
                read_identities(reading, identities)
            inputs = read_access(reading, access, columns=columns)
        if progress:
            progress(0, 0, "Writing the index")
        until = None if before is None else _micros(engine, before, timezone)
        return _make(engine, inputs, out, known, strata, until)


def _join_accounts(engine: DuckDB, reading: Reading, given: Source | None, out: Path) -> None:
    """Let the index's logins, and those given now, be known as their actors'."""
    with unharmed(out):
        if given is not None:
            file = read_identities(reading, given).path
            for row in engine.fetch(index_step(CLASHES)).to_pylist():
                raise BadInput(
                    f"{file} line {row['line']} names a login or an actor that {out} has counted"
                    " under another name: mend the row, or make the index anew."
                )
        everyone = engine.fetch(index_step(ALL_LOGINS))
    engine.load("identities", everyone)
    reading.joined = everyone.num_rows > 0


def _micros(engine: DuckDB, moment: datetime, timezone: str) -> int:
    """Microseconds since 1970 UTC; a moment without a zone is in `timezone`."""
    if moment.tzinfo is not None:
        return (moment - EPOCH) // timedelta(microseconds=1)
    query = exp.select(exp.alias_(exp.func("epoch_us", utc_of_local(expression("$moment"))), "at"))
    found = engine.fetch(query, {"moment": moment, "timezone": timezone})
    return int(found.column("at")[0].as_py())


def _make(
    engine: DuckDB,
    inputs: Sequence[Input],
    out: Path,
    known: Sequence[str] | None,
    strata: Sequence[str] | None,
    before: int | None,
) -> IndexSummary:
    """Write a whole new file beside `out`, then give it its name: never half an index."""
    engine.create("first_seen", step(FIRST_SEEN))
    if before is not None and before <= engine.fetch(step(BEGINS)).column("begins")[0].as_py():
        raise BadInput("--before is no later than the log's first access: give a later moment.")
    until = np.array([WHOLE_LOG if before is None else before])
    places = place(engine, asked=strata, cuts=until, known=known)
    engine.create("placed_records", step(PLACED_RECORDS if known is None else ISSUED_RECORDS))
    fixed_strata = _fixed(places)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as folder:
        path = Path(folder) / out.name
        engine.attach("index", path, read_only=False)
        for name, columns in EMPTY.items():
            engine.load("empty", pa.schema(columns).empty_table())
            engine.create(f"index.{name}", step("SELECT * FROM empty"))
        fixed = {"format": str(FORMAT), "strata": json.dumps(places.strata.names)}
        _append(engine, fixed_strata, [*fixed.items(), *_told(inputs)])
        summary = _summary(engine, out, places.strata.names, added=False)
        engine.detach("index")
        path.replace(out)
    return summary


def _add(engine: DuckDB, inputs: Sequence[Input], out: Path, about: About) -> IndexSummary:
    _check_new(out, inputs, about.digests)
    engine.create("first_seen", step(FIRST_SEEN))
    with unharmed(out):
        fixed = engine.fetch(index_step(FIXED_STRATA))
        engine.create("placed_records", step(LATER_RECORDS), {"stratum": len(fixed) - 1})
        _append(engine, fixed, _told(inputs))
        summary = _summary(engine, out, about.strata.names, added=True)
        engine.detach("index")
    return summary


def _check_new(out: Path, inputs: Sequence[Input], held: Collection[str]) -> None:
    """Files half known are read again: an access counts once however often it is read."""
    if inputs and all(one.sha256 in held for one in inputs):
        raise AlreadyIndexed(
            f"Every file given is in {out} already, byte for byte: there is nothing to add."
        )


def _told(inputs: Sequence[Input]) -> list[tuple[str, str]]:
    return [
        ("input", json.dumps({"rows": one.rows, "rejected": one.rejected, "sha256": one.sha256}))
        for one in inputs
    ]


def _fixed(places: Places) -> pa.Table:
    """(stratum, label, cell): the strata as they stay, the last for records that come later."""
    later = [ADDED_LATER] * len(places.strata.columns)
    return pa.table(
        {
            "stratum": pa.array(range(len(places.labels) + 1), pa.int64()),
            "label": [*places.labels, ADDED_LATER],
            "cell": pa.array([*map(list, places.values), later], pa.list_(pa.string())),
        }
    )


def _append(engine: DuckDB, fixed: pa.Table, meta: Sequence[tuple[str, str]]) -> None:
    """Add what `first_seen` and `placed_records` hold to the index, in one transaction."""
    for name, template in STEPS.items():
        engine.create(name, index_step(template, own=("first_seen",)))
    engine.create("known", index_step(KNOWN))
    engine.create("earlier", step(EARLIER))
    engine.create("moves", step(MOVES), {"hour": HOUR})
    engine.load("fixed", fixed)
    engine.create("new_strata", step(NEW_STRATA))
    engine.load("new_meta", pa.table({"key": [k for k, _ in meta], "value": [v for _, v in meta]}))
    with engine.transaction():
        for name, template in PARTS.items():
            engine.append(f"index.{name}", step(template))


def _summary(engine: DuckDB, out: Path, names: Sequence[str], *, added: bool) -> IndexSummary:
    about = described(engine)
    counted = engine.fetch(index_step(COUNTED)).to_pylist()[0]
    return IndexSummary(
        out=out,
        rows=about.rows,
        rejected=about.rejected,
        actors=counted["actors"],
        records=counted["records"],
        pairs=counted["pairs"],
        strata=list(names),
        added=added,
    )
