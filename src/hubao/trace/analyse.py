"""From what was read to the decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa

from hubao.kit.errors import BadInput
from hubao.lake.engine import Engine
from hubao.trace.arrivals import Arrivals, arrivals
from hubao.trace.assemble import Counts, assemble
from hubao.trace.copies import Copies, likeliest_copies
from hubao.trace.decide import Decision, decide
from hubao.trace.placing import Places
from hubao.trace.reduced import Ints, Reduced
from hubao.trace.risk import Waiting
from hubao.trace.twins import twins


class NoVictims(BadInput):
    """No victim is left to trace from."""

    code = "trace.no_victims"


class Accesses(Protocol):
    """What victims are reduced against."""

    family: int

    def suspected(self) -> set[str]:
        """Actors, and their logins, on whose account a victim was asked."""

    def listed(self) -> set[str]:
        """Names of the fields that accesses list; none where the evidence keeps no fields."""

    def locate(self, found: Arrivals) -> tuple[Places, Ints, Ints]:
        """Strata; which victims are known; their strata."""

    def begins(self) -> int:
        """The first access, in microseconds since 1970 UTC."""

    def touches(self) -> pa.Table:
        """(t, ask, actor, at)."""

    def seen(self, counts: Counts) -> tuple[pa.Table, pa.Table]:
        """(j, c, n) and (j, n)."""

    def waiting(self, counts: Counts, known: Ints) -> Waiting:
        """Records not yet issued at each cut; `known` numbers the victims counted."""

    def shared(self, pairs: Sequence[tuple[int, int]], last: int) -> Ints:
        """Records that both actors of each pair had seen."""


class Evidence(Accesses, Protocol):
    """Where the accesses are: a log read in this run (`reduce.Log`) or an index of one."""

    indexed: bool

    @property
    def engine(self) -> Engine:
        """What runs the steps."""


@dataclass(frozen=True)
class Traced:
    """Victims weighed against a log.

    Attributes:
        found: all victims, in order of arrival.
        known: int (n,); which of them any table knows.
        places: the strata.
        reduced: the small tables, for the known ones.
        decision: what they say.
        last: microseconds; the last contact, after which no access counts.
    """

    found: Arrivals
    known: Ints
    places: Places
    reduced: Reduced
    decision: Decision
    last: int

    @property
    def unknown(self) -> list[str]:
        """Victims that no table knows."""
        held = np.isin(np.arange(len(self.found.policies)), self.known)
        return [
            name for name, is_known in zip(self.found.policies, held, strict=True) if not is_known
        ]


def analyse(log: Evidence, victims: pa.Table, *, alpha: float) -> Traced:
    """Reduce and decide.

    Args:
        log: where the accesses are.
        victims: the relation `victims`.
        alpha: bound on the chance that any innocent is named.

    Raises:
        NoVictims: no victim is known to the log or the policies table.
        UnknownStratum: a name in `strata` is not known.
    """
    found = arrivals(victims, log.suspected(), log.listed())
    reduced, places, known = reduce(log, found)
    last = int(found.cut[known].max())

    def copies_of(columns: Ints) -> Copies:
        return likeliest_copies(log.engine, reduced, found.cut[known], columns.tolist())

    decision = decide(
        reduced,
        alpha=alpha,
        same_records=lambda asked: twins(reduced, asked, lambda pairs: log.shared(pairs, last)),
        copies_of=None if log.indexed else copies_of,
    )
    return Traced(found, known, places, reduced, decision, last)


def reduce(log: Accesses, found: Arrivals) -> tuple[Reduced, Places, Ints]:
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
    reduced = assemble(
        counts, seen=seen, totals=totals, waiting=log.waiting(counts, known), places=places,
        family=log.family,
    )  # fmt: skip
    return reduced, places, known


def _check(found: Arrivals, known: Ints) -> None:
    if len(known):
        return
    if not found.policies and found.doubted:
        raise NoVictims(
            "Every victim was left out, by a confidence of 0 or because it was asked on account of"
            " an actor in the log (asked_because): add contacts that may have used leaked data."
        )
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
