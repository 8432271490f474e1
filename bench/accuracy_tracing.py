"""Trace one draw as an insurer would: the product's own readers, reduction, decision and report."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from accuracy_worlds import COLUMNS, Site
from hubao.lake.engines.duckdb import DuckDB
from hubao.lake.reading import Reading, read_actors, read_policies
from hubao.lake.steps import step
from hubao.trace.reduce import Log
from hubao.trace.report import Report
from hubao.trace.running import Facts, Trace, Victims
from hubao.world.model import NEVER, Contacts, Ints, Leak
from hubao.world.tables import Spelling, actors_table

ALPHA = 0.01
BASE = "SELECT actor, policy, at, NULL::VARCHAR[] AS fields FROM first_accesses"
ALL = """
SELECT actor, policy, at, fields FROM base
UNION ALL SELECT actor, policy, at, NULL::VARCHAR[] AS fields FROM added
"""
FACTS = Facts(ALPHA, "Asia/Shanghai", policies_given=True, actors_given=True)


@dataclass(frozen=True)
class Way:
    """How to trace: with which columns of the policies table, compared within what, and when.

    Attributes:
        columns: of the policies table. asked: as `--strata`; None for the default.
        issued: whether the policies table says when each was issued.
        timed: whether the victims say when they were contacted.
    """

    columns: Sequence[str] = COLUMNS
    asked: Sequence[str] | None = None
    issued: bool = True
    timed: bool = True


EVERY = (*COLUMNS, "branch", "channel", "premium_band", "cash_value_band")
WAYS: Mapping[str, Way] = {
    "as shipped": Way(),
    "no strata": Way(asked=()),
    "no access counts": Way(asked=COLUMNS),
    "no contact times": Way(timed=False),
    "no issue dates": Way(issued=False),
    "years in force": Way(columns=("region", "tenure_band", "product", "age_band")),
    "every column": Way(columns=EVERY),
}


class Tracer:
    """An engine of one thread that holds a world's log; each draw adds its own few accesses.

    Args:
        site: the world, whose first accesses are loaded once.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self.engine = DuckDB(threads=1, memory_limit="1GB")
        self._reading = Reading(self.engine)
        self._known: Sequence[str] = ()
        engine, seen = self.engine, site.seen
        engine.load("first_accesses", site.access(seen.actor, seen.policy, seen.at))
        engine.create("base", step(BASE))
        engine.drop("first_accesses")
        world = site.insurer
        read_actors(self._reading, actors_table(world, Spelling(world)))

    def ask(self, leak: Leak, contacts: Contacts, way: Way) -> Report:
        """Trace the reported contacts of one draw."""
        self.engine.load("added", self._added(leak))
        self.engine.view("access", step(ALL))
        self._know(["policy", *(["issued"] if way.issued else []), *way.columns])
        victims = Victims(self._reading)
        victims.add(self._victims(contacts, way))
        log = Log(self.engine, columns=way.columns, asked=way.asked)
        self._case = Trace(log, victims, [], [], FACTS)
        return self._case.update()

    def exposed(self, most: int) -> Ints:
        """Give the head of the list of exposed policies of the draw last traced."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "exposed.parquet"
            self._case.write_exposed(path)
            listed = parquet.read_table(path, columns=["policy"]).column("policy")[:most]
        numbers: Ints = pc.index_in(listed, self._site.policies).to_numpy()
        return numbers

    def close(self) -> None:
        """Let go of the engine."""
        self.engine.close()

    def _know(self, columns: Sequence[str]) -> None:
        """Read the policies table, unless it was with these columns."""
        if columns != self._known:
            read_policies(self._reading, self._site.book.select(columns))
            self._known = columns

    def _added(self, leak: Leak) -> "pa.Table":
        """The leak's accesses, and what its sources opened again: that a copy is dated by."""
        again, events = self._site.openings, leak.events
        sources = [copy.actor for copy in leak.copies]
        more = ~self._site.first & np.isin(again.actor, sources)
        return self._site.access(
            np.concatenate([events.actor, again.actor[more]]),
            np.concatenate([events.policy, again.policy[more]]),
            np.concatenate([events.at, again.at[more]]),
        )

    def _victims(self, contacts: Contacts, way: Way) -> "pa.Table":
        told = reported(contacts)
        named = {"policy": self._site.policies.take(pa.array(contacts.policy[told]))}
        if way.timed:
            named["contacted_at"] = self._site.times(contacts.stated[told], "UTC")
            named["reported_at"] = self._site.times(contacts.reported[told], "UTC")
        return pa.table(named)


def reported(contacts: Contacts) -> Ints:
    """The contacts that reach the insurer, in the order in which they do."""
    told = np.flatnonzero(contacts.reported < NEVER)
    return told[np.argsort(contacts.reported[told], kind="stable")]
