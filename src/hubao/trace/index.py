"""Index a log once, so that each trace after it costs with the victims, not with the log.

Strata are fixed when the index is made; records that a later addition brings form a stratum of
their own. Additions only append rows, in one transaction: a crash leaves the index as it was.
"""

import json
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from hubao.kit.errors import BadInput
from hubao.lake.engines.duckdb import DuckDB
from hubao.lake.inputs import Input
from hubao.lake.reading import Reading, read_access, read_policies
from hubao.lake.rejects import Rejects
from hubao.lake.steps import step
from hubao.trace.arrivals import TIME, WHOLE_LOG
from hubao.trace.indexed import FORMAT, HOUR, described, index_step, open_index, unharmed
from hubao.trace.placing import place
from hubao.trace.reduce import FIRST_SEEN
from hubao.trace.tracing import Progress, Source, policy_columns

ADDED_LATER = "added_later"

EMPTY = {
    "meta": {"key": pa.string(), "value": pa.string()},
    "actors": {"id": pa.int64(), "actor": pa.string()},
    "records": {"id": pa.int64(), "key": pa.uint64(), "policy": pa.string(), "stratum": pa.int64()},
    "strata": {"stratum": pa.int64(), "label": pa.string(), "records": pa.int64()},
    "first_seen": {"record": pa.int64(), "actor": pa.int64(), "at": TIME},
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
  policy, stratum
FROM placed_records ANTI JOIN records USING (policy)
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
SELECT id, md5_number_lower(policy) AS key, policy, stratum FROM new_records ORDER BY id
""",
    "strata": "SELECT stratum, label, records FROM new_strata",
    "first_seen": "SELECT record, actor, at FROM earlier ORDER BY record, actor",
    "counts": """
SELECT actor, stratum, hour, CAST(sum(n) AS BIGINT) AS n FROM moves
GROUP BY actor, stratum, hour ORDER BY actor, stratum, hour
""",
    "moments": "SELECT hour, stratum, actor, at, n FROM moves ORDER BY hour, stratum, actor, at",
    "meta": "SELECT key, value FROM new_meta",
}
PLACED_RECORDS = "SELECT policy, stratum FROM placed"
FIXED_STRATA = "SELECT DISTINCT stratum, label FROM strata ORDER BY stratum"
LATER_RECORDS = "SELECT DISTINCT policy, CAST($stratum AS BIGINT) AS stratum FROM first_seen"
COUNTED = """
SELECT (SELECT count(*) FROM actors) AS actors, (SELECT count(*) FROM records) AS records,
  (SELECT CAST(sum(n) AS BIGINT) FROM counts) AS pairs
"""
NEW_STRATA = """
SELECT fixed.stratum, fixed.label, count(new_records.id) AS records
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
            `policies` and `strata` are then left out.

    Raises:
        BadInput: something given can't be used.
        AlreadyIndexed: all the files given went into this index before.
    """
    if out.exists():
        _check_fixed(out, policies, strata)
    with DuckDB() as engine:
        with Rejects(rejects) as set_aside:
            reading = Reading(engine, timezone, strict, set_aside, progress)
            if out.exists():
                return _add(engine, lambda: read_access(reading, access, columns=columns), out)
            known = None
            if policies is not None:
                read_policies(reading, policies)
                known = policy_columns(engine)
            inputs = read_access(reading, access, columns=columns)
        if progress:
            progress(0, 0, "Writing the index")
        return _make(engine, inputs, out, known, strata)


def _check_fixed(out: Path, policies: Source | None, strata: Sequence[str] | None) -> None:
    if policies is not None or strata is not None:
        raise BadInput(
            f"{out} exists, so its strata are fixed: leave --policies and --strata out to add to"
            " it, or give another --out."
        )


def _make(
    engine: DuckDB,
    inputs: Sequence[Input],
    out: Path,
    known: Sequence[str] | None,
    strata: Sequence[str] | None,
) -> IndexSummary:
    """Write a whole new file beside `out`, then give it its name: never half an index."""
    engine.create("first_seen", step(FIRST_SEEN))
    places = place(engine, asked=strata, cuts=np.array([WHOLE_LOG]), known=known)
    engine.create("placed_records", step(PLACED_RECORDS))
    labels = [*places.labels, ADDED_LATER]
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as folder:
        path = Path(folder) / out.name
        engine.attach("index", path, read_only=False)
        for name, columns in EMPTY.items():
            engine.load("empty", pa.schema(columns).empty_table())
            engine.create(f"index.{name}", step("SELECT * FROM empty"))
        fixed = {"format": str(FORMAT), "strata": json.dumps(places.strata.names)}
        _append(engine, labels, [*fixed.items(), *_told(inputs)])
        summary = _summary(engine, out, places.strata.names, added=False)
        engine.detach("index")
        path.replace(out)
    return summary


def _add(engine: DuckDB, read: Callable[[], list[Input]], out: Path) -> IndexSummary:
    about = open_index(engine, out, read_only=False)
    inputs = read()
    _check_new(out, inputs, about.digests)
    engine.create("first_seen", step(FIRST_SEEN))
    with unharmed(out):
        fixed = engine.fetch(index_step(FIXED_STRATA)).column("label").to_pylist()
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


def _append(engine: DuckDB, labels: Sequence[str], meta: Sequence[tuple[str, str]]) -> None:
    """Add what `first_seen` and `placed_records` hold to the index, in one transaction."""
    for name, template in STEPS.items():
        engine.create(name, index_step(template, own=("first_seen",)))
    engine.create("known", index_step(KNOWN))
    engine.create("earlier", step(EARLIER))
    engine.create("moves", step(MOVES), {"hour": HOUR})
    engine.load("fixed", pa.table({"stratum": range(len(labels)), "label": labels}))
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
