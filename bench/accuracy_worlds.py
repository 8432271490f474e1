"""The scoreboard's worlds: made once, kept in a folder, loaded into an engine of one thread."""

import os
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from accuracy_cells import World
from accuracy_family import FAMILIES
from hubao.trace.strata import merge_sparse
from hubao.world import model
from hubao.world.ids import actor_ids, policy_ids
from hubao.world.insurer import make_world
from hubao.world.leaks import Seen
from hubao.world.model import DAY, Bools, Events, Ints, Leak, Scale
from hubao.world.tables import Spelling, policies_table
from hubao.world.work import work

COLUMNS = ("region", "product", "age_band")  # what the tracer compares within
LOCAL = timedelta(hours=8)


@dataclass(frozen=True)
class Site:
    """A world and its log.

    Attributes:
        insurer: the world.
        openings: every actor's first access to each record on each day, by actor, then policy.
    """

    insurer: model.World
    openings: Seen

    @classmethod
    def of(cls, world: World, folder: Path) -> Self:
        """Make a world, or take its log from `folder` if it was made before."""
        scale = Scale(world.policies, world.years, world.seed, world.actors)
        insurer = make_world(scale, FAMILIES[world.family])
        name = f"{world.family}-{world.policies}-{world.actors}-{world.years}-{world.seed}.parquet"
        path = folder / name
        if not path.exists():
            _write(path, daily_openings(insurer))
        rows = parquet.read_table(path)
        return cls(insurer, Seen(*(rows.column(c).to_numpy().astype(np.int64) for c in _NAMES)))

    @cached_property
    def seen(self) -> Seen:
        """Each actor's first access to each record, as `work.seen.first_seen` gives it."""
        o = self.openings
        return Seen(o.actor[self.first], o.policy[self.first], o.at[self.first])

    @cached_property
    def first(self) -> Bools:
        """bool (rows,): which of the openings is the first of its actor and record."""
        o = self.openings
        new: Bools = (np.diff(o.actor, prepend=-1) != 0) | (np.diff(o.policy, prepend=-1) != 0)
        return new

    @cached_property
    def actors(self) -> "pa.StringArray":
        """The actors' names, by number."""
        count = len(self.insurer.staff.role)
        return actor_ids(np.arange(count), of=count)

    @cached_property
    def policies(self) -> "pa.StringArray":
        """The policies' names, by number."""
        count = len(self.insurer.book.issued)
        return policy_ids(np.arange(count), of=count)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each actor's name."""
        return {name: i for i, name in enumerate(self.actors.to_pylist())}

    def times(self, seconds: Ints, zone: str | None = None) -> "pa.Array":
        """Seconds since the world's first midnight as UTC times, marked so or not."""
        midnight = datetime.combine(self.insurer.scale.start, time(), tzinfo=UTC) - LOCAL
        micros = (int(midnight.timestamp()) + seconds) * 1_000_000
        return pa.array(micros).cast(pa.timestamp("us", zone))

    def access(self, actor: Ints, policy: Ints, at: Ints) -> "pa.Table":
        """Accesses as rows of the relation `access`."""
        return pa.table(
            {
                "actor": self.actors.take(pa.array(actor)),
                "policy": self.policies.take(pa.array(policy)),
                "at": self.times(at),
            }
        )

    @cached_property
    def book(self) -> "pa.Table":
        """The policies table as `hubao world build` writes it."""
        return policies_table(self.insurer, Spelling(self.insurer), slice(None))

    @cached_property
    def cells(self) -> Ints:
        """int (N,): the policies by `COLUMNS`, sparse cells merged as the tracer does."""
        columns = [self.book.column(name).to_pylist() for name in COLUMNS]
        names = list(zip(*columns, strict=True))
        into = merge_sparse(Counter(names))
        place = {target: i for i, target in enumerate(sorted(set(into.values())))}
        return np.array([place[into[name]] for name in names], dtype=np.int64)

    def with_leak(self, leak: Leak) -> Seen:
        """Each actor's first access to each record, the leak's own among them; in no order."""
        seen, events, count = self.seen, leak.events, len(self.policies)
        key = seen.actor * count + seen.policy  # ascending
        extra, earliest = np.unique(events.actor * count + events.policy, return_index=True)
        extra_at = events.at[earliest]  # events are in order of time
        place = np.minimum(np.searchsorted(key, extra), len(key) - 1)
        known = key[place] == extra
        at = seen.at.copy()
        at[place[known]] = np.minimum(at[place[known]], extra_at[known])
        actor, policy = np.divmod(extra[~known], count)
        return Seen(
            np.concatenate([seen.actor, actor]),
            np.concatenate([seen.policy, policy]),
            np.concatenate([at, extra_at[~known]]),
        )


_NAMES = ("actor", "policy", "at")


def daily_openings(insurer: model.World) -> "pa.Table":
    """(actor, policy, at): first accesses of each day, by actor, then policy, then time."""
    parts = [_first_of_day(events) for events in work(insurer)]
    actor, policy, at = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((at, policy, actor))
    columns = (actor[order], policy[order], at[order])
    return pa.table(
        {name: pa.array(c.astype(np.int32)) for name, c in zip(_NAMES, columns, strict=True)}
    )


def _first_of_day(events: Events) -> tuple[Ints, Ints, Ints]:
    order = np.lexsort((events.at, events.policy, events.actor))
    actor, policy, at = (x[order] for x in (events.actor, events.policy, events.at))
    new = np.diff(actor, prepend=-1) != 0
    new |= np.diff(policy, prepend=-1) != 0
    new |= np.diff(at // DAY, prepend=-1) != 0
    return actor[new], policy[new], at[new]


def _write(path: Path, rows: "pa.Table") -> None:
    """Put the file there in one step: two processes may both have made it, with the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}")
    parquet.write_table(rows, unfinished, compression="zstd")
    unfinished.replace(path)
