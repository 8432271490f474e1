"""Name the source of a leaked file with a bound: a sample of its records, traced as victims.

Relations in: `first_seen`, `known`, `matched`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from hubao.lake.engine import Engine
from hubao.lake.steps import select_all, step
from hubao.trace import tracing
from hubao.trace.leaked.columns import POLICY
from hubao.trace.report import Report
from hubao.trace.strata import ACCESS_DEGREE, MOST_VALUES

SAMPLE = 1_000
SEED = 20_150_401
_UTC = pa.timestamp("us", tz="UTC")
_KINDS = "SELECT approx_count_distinct(cell_) AS kinds FROM known"


def sampled(policies: Sequence[str], most: int = SAMPLE) -> list[str]:
    """Draw records of the file, in an order that neither the file nor the log has a say in."""
    generator = np.random.Generator(np.random.PCG64(SEED))
    order = generator.permutation(len(policies))[:most]
    every = sorted(policies)
    return [every[place] for place in order]


def name_source(
    engine: Engine,
    sample: Sequence[str],
    *,
    found_at: int,
    strata: Sequence[str] | None,
    alpha: float,
) -> Report:
    """Trace a sample of the file's records, as if each had been called when the file was found.

    The sample keeps the bound. The null of the trace says: within a stratum, the file's records are
    exchangeable with the others as far as one actor's accesses go. Records drawn from them by
    chance, without a look at the log, and put in random order are exchangeable again, so for each
    sample the e-values have mean at most 1, and so have they over all samples. A larger sample
    would only add evidence, which a file has enough of.

    Args:
        engine: holds `first_seen` and `known`.
        sample: records of the file, in random order.
        found_at: microseconds since 1970 UTC; the log is cut there.
        strata: columns to compare within; None for all of few values and access counts.
        alpha: bound on the chance that any innocent is named.

    Raises:
        BadInput: `strata` names a column that the policies table does not have.
    """
    moment = pa.scalar(found_at, pa.int64()).cast(_UTC)
    victims = pa.table(
        {POLICY: list(sample), "contacted_at": pa.array([moment.as_py()] * len(sample), _UTC)}
    )
    seen = engine.fetch(select_all("first_seen", ["actor", POLICY, "at"]))
    seen = seen.set_column(2, "at", seen.column("at").cast(pa.timestamp("us")).cast(_UTC))
    return tracing.trace(
        [seen],
        victims=victims,
        policies=_strata_table(engine, strata),
        strata=strata,
        timezone="UTC",
        alpha=alpha,
    )


def _strata_table(engine: Engine, strata: Sequence[str] | None) -> pa.Table:
    """The policies with the columns that may be strata; no name or phone leaves the engine."""
    empty = engine.fetch(step("SELECT * FROM known LIMIT 0"))
    names = [name for name in empty.column_names if name != POLICY]
    asked = [name for name in strata or [] if name in names and name != ACCESS_DEGREE]
    kept = asked or [name for name in names if _kinds(engine, name) <= 2 * MOST_VALUES]
    return engine.fetch(select_all("known", [POLICY, *kept]))


def _kinds(engine: Engine, name: str) -> int:
    return int(engine.fetch(step(_KINDS, columns={"cell_": name})).column("kinds")[0].as_py())


def moment(micros: int) -> str:
    """A time as the report gives it: RFC 3339, UTC."""
    return datetime.fromtimestamp(micros / 1e6, UTC).isoformat(timespec="seconds")
