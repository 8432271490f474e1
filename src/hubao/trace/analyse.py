"""From what was read to the report."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pyarrow as pa

from hubao.kit.errors import BadInput
from hubao.lake.inputs import Input
from hubao.trace.arrivals import Arrivals, arrivals
from hubao.trace.assemble import Counts, assemble
from hubao.trace.compose import compose
from hubao.trace.decide import decide
from hubao.trace.placing import Places
from hubao.trace.reduced import Ints, Reduced
from hubao.trace.report import Report
from hubao.trace.twins import twins


class NoVictims(BadInput):
    """No victim is left to trace from."""

    code = "trace.no_victims"


class Evidence(Protocol):
    """Where the accesses are: a log read in this run (`reduce.Log`) or an index of one."""

    family: int

    def suspected(self) -> set[str]:
        """Actors on whose account a victim was asked."""

    def locate(self, found: Arrivals) -> tuple[Places, Ints, Ints]:
        """Strata; which victims are known; their strata."""

    def begins(self) -> int:
        """The first access, in microseconds since 1970 UTC."""

    def touches(self) -> pa.Table:
        """(t, actor, at)."""

    def seen(self, counts: Counts) -> tuple[pa.Table, pa.Table]:
        """(j, c, n) and (j, n)."""

    def shared(self, pairs: Sequence[tuple[int, int]], last: int) -> Ints:
        """Records that both actors of each pair had seen."""


def analyse(
    log: Evidence,
    victims: pa.Table,
    *,
    inputs: Sequence[Input],
    alpha: float,
    policies_given: bool,
) -> Report:
    """Reduce, decide, compose.

    Args:
        log: where the accesses are.
        victims: the relation `victims`.
        inputs: what was read.
        alpha: bound on the chance that any innocent is named.
        policies_given: whether strata could rest on more than access counts.

    Raises:
        NoVictims: no victim is known to the log or the policies table.
        UnknownStratum: a name in `strata` is not known.
    """
    found = arrivals(victims, log.suspected())
    reduced, places, known = reduce(log, found)
    last = int(found.cut[known].max())
    decision = decide(
        reduced,
        alpha=alpha,
        same_records=lambda asked: twins(reduced, asked, lambda pairs: log.shared(pairs, last)),
    )
    return compose(
        reduced,
        decision,
        places=places,
        found=found,
        unknown=_unknown(found, known),
        inputs=inputs,
        alpha=alpha,
        policies_given=policies_given,
        begins=log.begins(),
    )


def reduce(log: Evidence, found: Arrivals) -> tuple[Reduced, Places, Ints]:
    """Count, for the victims that are known, who had seen what by when.

    Returns:
        The small tables; the strata; int (n,): which of the victims are known.

    Raises:
        NoVictims: none is.
    """
    places, known, stratum = log.locate(found)
    _check(found, known)
    counts = Counts.of(log.touches(), found=found, known=known, stratum=stratum)
    seen, totals = log.seen(counts)
    return (
        assemble(counts, seen=seen, totals=totals, places=places, family=log.family),
        places,
        known,
    )


def _unknown(found: Arrivals, known: Ints) -> list[str]:
    held = np.isin(np.arange(len(found.policies)), known)
    return [policy for policy, is_known in zip(found.policies, held, strict=True) if not is_known]


def _check(found: Arrivals, known: Ints) -> None:
    if len(known):
        return
    if not found.policies:
        raise NoVictims(
            "Every victim was asked because of an actor in the log (asked_because), so none can"
            " be held against anybody: add contacts that came in by themselves."
        )
    raise NoVictims(
        f"None of the {len(found.policies)} victims is in the access log or the policies"
        " table: check that both use the same ids in their `policy` column.",
        victims=len(found.policies),
    )
