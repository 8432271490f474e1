"""A log held in plain arrays, behind the same door as a log in an engine: for many small draws."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from hubao.trace.analyse import reduce
from hubao.trace.arrivals import Arrivals, Fields, arrivals
from hubao.trace.assemble import Counts
from hubao.trace.placing import Places
from hubao.trace.reduced import Ints, Reduced
from hubao.trace.risk import Waiting
from hubao.trace.strata import Strata
from tests.makers.logs import Floats, actor, moments

MICRO = 1_000_000


@dataclass
class PlainLog:
    """Who first opened what when.

    Attributes:
        at: float (m, N); whole seconds since 1970, infinity = never.
        stratum: int (N,).
        shown: the same as `at`, of the accesses that may have shown all of some fields.
        issued: float (N,); when each record came to be, by the same clock; empty = long ago.
    """

    at: Floats
    stratum: Ints
    shown: Mapping[Fields, Floats] = field(default_factory=dict)
    issued: Floats = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        self.family = len(self.at)
        self._records: Ints = np.zeros(0, dtype=np.int64)
        self._firsts = [self.at]

    def suspected(self) -> set[str]:
        return set()

    def listed(self) -> set[str]:
        return {name for fields in self.shown for name in fields}

    def locate(self, found: Arrivals) -> tuple[Places, Ints, Ints]:
        self._records = np.array([int(name) for name in found.policies])
        self._firsts = [self.shown[ask] if ask else self.at for ask in found.asks]
        sizes = np.bincount(self.stratum).astype(np.int64)
        places = Places(
            strata=Strata(("stratum",), by_degree=False),
            records=sizes,
            labels=[f"stratum={z}" for z in range(len(sizes))],
            values=[(str(z),) for z in range(len(sizes))],
            all_records=len(self.stratum),
        )
        return places, np.arange(len(self._records)), self.stratum[self._records]

    def begins(self) -> int:
        return int(self.at[np.isfinite(self.at)].min() * MICRO)

    def touches(self) -> "pa.Table":
        own = np.array([first[:, self._records] for first in self._firsts])
        ask, j, t = np.nonzero(np.isfinite(own))
        return pa.table(
            {
                "t": t,
                "ask": ask,
                "actor": pa.array([actor(int(one)) for one in j], pa.string()),
                "at": (own[ask, j, t] * MICRO).astype(np.int64),
            }
        )

    def seen(self, counts: Counts) -> tuple["pa.Table", "pa.Table"]:
        actors = [int(name.removeprefix("agent-")) for name in counts.actors]
        chosen = [first[actors] * MICRO for first in self._firsts]
        rows = []
        for c, (stratum, ask, cut) in enumerate(counts.cuts.tolist()):
            earlier = [
                o for z, q, o in counts.cuts.tolist() if (z, q) == (stratum, ask) and o < cut
            ]
            own = chosen[ask][:, self.stratum == stratum]
            fresh = (own < cut) & (own >= max(earlier, default=-np.inf))
            rows += [(j, c, int(n)) for j, n in enumerate(fresh.sum(axis=1)) if n]
        totals = (chosen[0] < counts.last).sum(axis=1)
        named = ("j", "c", "n")
        return (
            pa.table({name: np.array([r[i] for r in rows], int) for i, name in enumerate(named)}),
            pa.table({"j": np.arange(len(totals)), "n": totals}),
        )

    def waiting(self, counts: Counts, known: Ints) -> Waiting:
        if not len(self.issued):
            return Waiting.none(len(counts.cuts), len(known))
        issued = self.issued * MICRO
        late = [
            int(((self.stratum == z) & (issued >= cut)).sum()) for z, _, cut in counts.cuts.tolist()
        ]
        return Waiting(np.array(late), issued[self._records].astype(np.int64))

    def shared(self, pairs: Sequence[tuple[int, int]], last: int) -> Ints:
        raise AssertionError(f"no twins are looked for here: {pairs}, {last}")


def reduced(
    log: PlainLog, victims: Sequence[int], contacted: Sequence[float], reported: Sequence[float],
    quoted: Sequence[str | None] | None = None,
) -> Reduced:  # fmt: skip
    """The small tables of one draw; times in whole seconds since the origin of `moments`."""
    table = pa.table(
        {
            "line": range(1, len(victims) + 1),
            "policy": [str(int(one)) for one in victims],
            "contacted_at": moments(contacted),
            "reported_at": moments(reported),
            "asked_because": pa.nulls(len(victims), pa.string()),
            "confidence": pa.nulls(len(victims), pa.float64()),
            "fields_quoted": pa.array(quoted or [None] * len(victims), pa.string()),
        }
    )
    small, _, _ = reduce(log, arrivals(table, set(), log.listed()))
    return small
