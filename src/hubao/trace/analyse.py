"""From the relations that were read to the report."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from hubao.kit.errors import BadInput
from hubao.lake.engine import Engine
from hubao.lake.inputs import Input
from hubao.lake.steps import select_all, step
from hubao.trace.arrivals import Arrivals, arrivals
from hubao.trace.compose import compose
from hubao.trace.decide import decide
from hubao.trace.placing import Places, place
from hubao.trace.reduce import first_seen, load_victims, reduce_log, same_records
from hubao.trace.reduced import Ints, Reduced
from hubao.trace.report import Report

VICTIM_COLUMNS = ["line", "policy", "contacted_at", "reported_at", "asked_because"]
ACTORS = "SELECT DISTINCT actor FROM first_seen WHERE actor IN (SELECT asked_because FROM victims)"


class NoVictims(BadInput):
    """No victim is left to trace from."""

    code = "trace.no_victims"


def analyse(
    engine: Engine,
    *,
    inputs: Sequence[Input],
    known_columns: Sequence[str] | None,
    strata: Sequence[str] | None,
    alpha: float,
) -> Report:
    """Reduce, decide, compose.

    Args:
        engine: holds `access`, `victims` and, where `known_columns` is not None, `policies`.
        inputs: what was read.
        known_columns: columns of the policies table; None where there is no such table.
        strata: columns to compare within; None for the default.
        alpha: bound on the chance that any innocent is named.

    Raises:
        NoVictims: no victim is known to the log or the policies table.
        UnknownStratum: a name in `strata` is not known.
    """
    family = first_seen(engine)
    found = _arrivals(engine)
    places = place(engine, asked=strata, cuts=found.cut, known=known_columns)
    known = load_victims(engine, found, places)
    _check(found, known)
    reduced = reduce_log(engine, found=found, known=known, places=places, family=family)
    last = int(found.cut[known].max())
    decision = decide(
        reduced, alpha=alpha, same_records=lambda columns: same_records(engine, columns, last)
    )
    return compose(
        reduced,
        decision,
        places=places,
        found=found,
        unknown=_unknown(found, known),
        inputs=inputs,
        alpha=alpha,
        policies_given=known_columns is not None,
    )


def _arrivals(engine: Engine) -> Arrivals:
    suspected = engine.fetch(step(ACTORS)).column("actor").to_pylist()
    return arrivals(engine.fetch(select_all("victims", VICTIM_COLUMNS)), set(suspected))


def _unknown(found: Arrivals, known: Ints) -> list[str]:
    held = set(known.tolist())
    return [policy for t, policy in enumerate(found.policies) if t not in held]


def _check(found: Arrivals, known: Ints) -> None:
    if not len(known):
        raise NoVictims(
            f"None of the {len(found.policies)} victims is in the access log or the policies"
            " table: check that both use the same ids in their `policy` column.",
            victims=len(found.policies),
        )
