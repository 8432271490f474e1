"""Who is to be warned: every policy nobody has reported yet, by the contacts it may still expect.

    expected(i) = background of i's stratum + sum over sources k of
                  chance(k) * left(k) * c_ik / sum over unreported records of c_ik,

c_ik = how likely i was in what k copied, k being a source. So the policies' expectations from a
source sum to what is left of its victims, and the background's to as many contacts as it brought
so far, times `ahead`. Relations in: `copied_rows`, `placed`, `victims`; out: `exposed`.
Source: methods/trace.md 4.2, 4.5 (who to warn now).
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet

from hubao.kit.errors import BadInput
from hubao.lake.engine import Engine
from hubao.lake.steps import step
from hubao.trace import rates
from hubao.trace.leaking import Source
from hubao.trace.reduced import Floats, Reduced

BLOCK = 500_000  # rows fetched at a time

SHARED_OUT = """
WITH fresh AS (
  SELECT copied_rows.policy, copied_rows.k, copied_rows.chance
  FROM copied_rows ANTI JOIN victims ON victims.policy = copied_rows.policy
  WHERE copied_rows.chance > 0),
whole AS (SELECT k, sum(chance) AS chance FROM fresh GROUP BY k),
parts AS (
  SELECT fresh.policy, fresh.k, fresh.chance * sources.chance AS leaked,
    sources.chance * sources.victims_left * fresh.chance / whole.chance AS contacts
  FROM fresh JOIN whole ON whole.k = fresh.k JOIN sources ON sources.k = fresh.k),
ordered AS (
  SELECT policy, k, leaked, contacts,
    row_number() OVER (PARTITION BY policy ORDER BY contacts DESC, leaked DESC, k) AS place
  FROM parts)
SELECT policy, sum(contacts) AS contacts, 1 - product(1 - leaked) AS leaked,
  max(k) FILTER (WHERE place = 1) AS k
FROM ordered GROUP BY policy
"""
# Sums come in any order, so they are rounded before they rank; ties fall by a digest of the id,
# which favours no branch or year as the ids themselves would.
EXPOSED = """
WITH whole_book AS (
  SELECT placed.policy, stratum_contacts.contacts AS background,
    coalesce(shared_out.contacts, 0) AS from_sources,
    round(coalesce(shared_out.leaked, 0), 9) AS leaked, sources.actor
  FROM placed
  JOIN stratum_contacts ON stratum_contacts.stratum = placed.stratum
  LEFT JOIN shared_out ON shared_out.policy = placed.policy
  LEFT JOIN sources ON sources.k = shared_out.k
  ANTI JOIN victims ON victims.policy = placed.policy),
reckoned AS (
  SELECT policy, round(background + from_sources, 12) AS expected, leaked, actor,
    from_sources > background AS by_source
  FROM whole_book)
SELECT
  row_number() OVER (
    ORDER BY expected DESC, leaked DESC, md5_number_lower(policy), policy) AS rank,
  policy, expected AS expected_contacts, leaked AS leaked_copy, actor AS source, by_source
FROM reckoned
"""
HOW_MANY = "SELECT count(*) AS n FROM exposed"
RANKED = """
SELECT rank, policy, expected_contacts, leaked_copy, source,
  CASE WHEN by_source THEN $by_source ELSE $by_stratum END AS why
FROM exposed WHERE rank >= $first AND rank < $beyond ORDER BY rank
"""
WHY = {"by_source": "source", "by_stratum": "stratum"}


def background_contacts(reduced: Reduced, fit: rates.Fit, *, ahead: float = 1.0) -> Floats:
    """float (s,): contacts from outside the sources that a record of each stratum may expect.

    Args:
        reduced: n victims, s strata.
        fit: its rates.
        ahead: time looked ahead, in units of the time that brought the victims so far.
    """
    return np.asarray(fit.background * (reduced.victims / reduced.records * ahead))


def find_exposed(engine: Engine, sources: Sequence[Source], background: Floats) -> int:
    """Make the relation `exposed`, a row for each policy that nobody has reported.

    Args:
        engine: holds `copied_rows` (made for these sources), `placed` and `victims`.
        sources: as `copied_rows` numbers them.
        background: float (s,); contacts a record of each stratum may expect without them.

    Returns:
        How many policies that is.
    """
    engine.load("sources", _source_table(sources))
    strata = pa.array(range(len(background)), pa.int64())
    engine.load("stratum_contacts", pa.table({"stratum": strata, "contacts": background}))
    engine.create("shared_out", step(SHARED_OUT))
    engine.create("exposed", step(EXPOSED))
    return int(engine.fetch(step(HOW_MANY)).column("n")[0].as_py())


def ranked(engine: Engine, *, first: int = 1, count: int = BLOCK) -> pa.Table:
    """Policies of `exposed` in order of rank, the most exposed first.

    Returns:
        (rank, policy, expected_contacts, leaked_copy, source, why): contacts it may still expect;
        chance that it was in a copy that got out; the actor most of that is from, null if none;
        "source" or "stratum", whichever its expectation mostly comes from.
    """
    values = {**WHY, "first": first, "beyond": first + count}
    return engine.fetch(step(RANKED), values)


def write_exposed(engine: Engine, path: Path, *, most: int | None = None) -> int:
    """Write `ranked` to a file, a block at a time.

    Args:
        engine: holds `exposed`.
        path: .csv or .parquet.
        most: rows to write; None for all.

    Returns:
        Rows written.

    Raises:
        BadInput: the name ends otherwise.
    """
    blocks = _blocks(engine, most)
    head = next(blocks)
    with _writer(path, head.schema) as writer:
        writer.write_table(head)
        rows = int(head.num_rows)
        for block in blocks:
            writer.write_table(block)
            rows += block.num_rows
    return rows


def check_exposed(path: Path) -> None:
    """Refuse a name that says neither CSV nor Parquet.

    Raises:
        BadInput: the name ends otherwise.
    """
    if path.suffix.lower() not in (".csv", ".parquet"):
        raise BadInput(f"{path}: give the list of exposed policies a name in .csv or .parquet.")


def _blocks(engine: Engine, most: int | None) -> Iterator[pa.Table]:
    """The rows in order; one empty block where there are none."""
    first = 1
    while True:
        count = BLOCK if most is None else min(BLOCK, most + 1 - first)
        block = ranked(engine, first=first, count=count)
        if block.num_rows or first == 1:
            yield block
        first += block.num_rows
        if block.num_rows < BLOCK:
            return


def _writer(path: Path, schema: pa.Schema) -> "csv.CSVWriter | parquet.ParquetWriter":
    check_exposed(path)
    if path.suffix.lower() == ".csv":
        return csv.CSVWriter(path, schema)
    return parquet.ParquetWriter(path, schema, compression="zstd")


def _source_table(sources: Sequence[Source]) -> pa.Table:
    return pa.table(
        {
            "k": pa.array(range(len(sources)), pa.int64()),
            "actor": pa.array([one.actor for one in sources], pa.string()),
            "chance": pa.array([one.chance for one in sources], pa.float64()),
            "victims_left": pa.array([one.left for one in sources], pa.float64()),
        }
    )
