"""A log held in plain arrays, behind the same door as a log in an engine: for many small draws."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from hubao.trace.analyse import reduce
from hubao.trace.arrivals import Arrivals, arrivals
from hubao.trace.assemble import Counts
from hubao.trace.placing import Places
from hubao.trace.reduced import Ints, Reduced
from hubao.trace.strata import Strata
from tests.makers.logs import Floats, actor, moments

MICRO = 1_000_000


@dataclass
class PlainLog:
    """Who first opened what when.

    Attributes:
        at: float (m, N); whole seconds since 1970, infinity = never.
        stratum: int (N,).
    """

    at: Floats
    stratum: Ints

    def __post_init__(self) -> None:
        self.family = len(self.at)
        self._records: Ints = np.zeros(0, dtype=np.int64)

    def suspected(self) -> set[str]:
        return set()

    def locate(self, found: Arrivals) -> tuple[Places, Ints, Ints]:
        self._records = np.array([int(name) for name in found.policies])
        sizes = np.bincount(self.stratum).astype(np.int64)
        places = Places(
            strata=Strata(("stratum",), by_degree=False),
            records=sizes,
            labels=[f"stratum={z}" for z in range(len(sizes))],
            all_records=len(self.stratum),
        )
        return places, np.arange(len(self._records)), self.stratum[self._records]

    def begins(self) -> int:
        return int(self.at[np.isfinite(self.at)].min() * MICRO)

    def touches(self) -> "pa.Table":
        own = self.at[:, self._records]
        j, t = np.nonzero(np.isfinite(own))
        return pa.table(
            {
                "t": t,
                "actor": pa.array([actor(int(one)) for one in j], pa.string()),
                "at": (own[j, t] * MICRO).astype(np.int64),
            }
        )

    def seen(self, counts: Counts) -> tuple["pa.Table", "pa.Table"]:
        chosen = self.at[[int(name.removeprefix("agent-")) for name in counts.actors]] * MICRO
        rows = []
        for c, (stratum, cut) in enumerate(counts.cuts.tolist()):
            earlier = [other for z, other in counts.cuts.tolist() if z == stratum and other < cut]
            own = chosen[:, self.stratum == stratum]
            fresh = (own < cut) & (own >= max(earlier, default=-np.inf))
            rows += [(j, c, int(n)) for j, n in enumerate(fresh.sum(axis=1)) if n]
        totals = (chosen < counts.last).sum(axis=1)
        named = ("j", "c", "n")
        return (
            pa.table({name: np.array([r[i] for r in rows], int) for i, name in enumerate(named)}),
            pa.table({"j": np.arange(len(totals)), "n": totals}),
        )

    def shared(self, pairs: Sequence[tuple[int, int]], last: int) -> Ints:
        raise AssertionError(f"no twins are looked for here: {pairs}, {last}")


def reduced(
    log: PlainLog, victims: Sequence[int], contacted: Sequence[float], reported: Sequence[float]
) -> Reduced:
    """The small tables of one draw; times in whole seconds since the origin of `moments`."""
    table = pa.table(
        {
            "line": range(1, len(victims) + 1),
            "policy": [str(int(one)) for one in victims],
            "contacted_at": moments(contacted),
            "reported_at": moments(reported),
            "asked_because": pa.nulls(len(victims), pa.string()),
        }
    )
    small, _, _ = reduce(log, arrivals(table, set()))
    return small
