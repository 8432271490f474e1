"""Makers of small worlds: who opened which record when, who was called, and who did it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import sparse

from hubao.trace import Report, trace
from hubao.trace.reduced import Reduced

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DAY = 86_400
ORIGIN = 1_735_689_600  # 1 January 2025, 00:00 UTC
TIME = pa.timestamp("us", tz="UTC")


class Access(NamedTuple):
    """One row of an access log; `at` in seconds since ORIGIN; `fields` as in C1;C2."""

    actor: str
    policy: str
    at: float
    action: str = "view"
    fields: str | None = None


class Call(NamedTuple):
    """One row of a victims table; times in seconds since ORIGIN."""

    policy: str
    contacted: float | None = None
    reported: float | None = None
    asked_because: str | None = None
    confidence: float | None = None
    quoted: str | None = None


@dataclass(frozen=True)
class World:
    """Raw rows, as an insurer has them; `book` maps every policy to its columns.

    `issued` maps some policies to when they were issued, in seconds since ORIGIN.
    """

    accesses: Sequence[Access]
    calls: Sequence[Call]
    book: Mapping[str, Mapping[str, str]]
    issued: Mapping[str, float] = field(default_factory=dict)

    def access_table(self) -> "pa.Table":
        return access_table(self.accesses)

    def victims_table(self) -> "pa.Table":
        return pa.table(
            {
                "policy": pa.array([call.policy for call in self.calls], pa.string()),
                "contacted_at": moments([call.contacted for call in self.calls]),
                "reported_at": moments([call.reported for call in self.calls]),
                "asked_because": pa.array([call.asked_because for call in self.calls], pa.string()),
                "confidence": pa.array([call.confidence for call in self.calls], pa.float64()),
                "fields_quoted": pa.array([call.quoted for call in self.calls], pa.string()),
            }
        )

    def policies_table(self) -> "pa.Table":
        columns = list(next(iter(self.book.values())))
        return pa.table(
            {
                "policy": pa.array(list(self.book), pa.string()),
                "issued": moments([self.issued.get(policy) for policy in self.book]),
                **{name: [row[name] for row in self.book.values()] for name in columns},
            }
        )

    def relabelled(self, actors: Mapping[str, str], policies: Mapping[str, str]) -> "World":
        """The same world under other names; names not given stay."""
        return World(
            [
                one._replace(
                    actor=actors.get(one.actor, one.actor),
                    policy=policies.get(one.policy, one.policy),
                )
                for one in self.accesses
            ],
            [one._replace(policy=policies.get(one.policy, one.policy)) for one in self.calls],
            {policies.get(policy, policy): row for policy, row in self.book.items()},
            {policies.get(policy, policy): at for policy, at in self.issued.items()},
        )

    def but(self, **changes: Any) -> "World":  # noqa: ANN401 - any field's new value
        return replace(self, **changes)


def access_table(accesses: Sequence[Access]) -> "pa.Table":
    return pa.table(
        {
            "actor": pa.array([one.actor for one in accesses], pa.string()),
            "policy": pa.array([one.policy for one in accesses], pa.string()),
            "at": moments([one.at for one in accesses]),
            "action": pa.array([one.action for one in accesses], pa.string()),
            "fields": pa.array([one.fields for one in accesses], pa.string()),
        }
    )


def moments(seconds: Sequence[float | None]) -> "pa.Array":
    micros = [None if s is None else round((ORIGIN + s) * 1e6) for s in seconds]
    return pa.array(micros, pa.int64()).cast(TIME)


def traced(world: World, **options: Any) -> Report:  # noqa: ANN401 - options of trace
    """The report over a world's tables, compared within branches unless told otherwise."""
    given: dict[str, Any] = {"access": [world.access_table()], "strata": ["branch"]} | options
    access = given.pop("access")
    policies = given.pop("policies", world.policies_table())
    return trace(access, victims=world.victims_table(), policies=policies, **given)


def policy(number: int) -> str:
    return f"P{number:05d}"


def actor(number: int) -> str:
    return f"agent-{number:03d}"


def book(*branches: tuple[str, int]) -> dict[str, dict[str, str]]:
    """So many policies of each branch, numbered through."""
    names = [name for name, count in branches for _ in range(count)]
    return {policy(number): {"branch": name} for number, name in enumerate(names)}


def messy_world(seed: int) -> World:
    """Everything that real tables have, in small.

    Contacts over two months that cut through the work of a dozen actors, denied tries, events
    twice, complaints handled after the contact, ties and gaps in the report times, repeated,
    unknown and deliberately asked victims; two branches, a third too small to stand alone; a third
    of the policies issued on the way.
    """
    rng = np.random.default_rng(seed)
    records = book(("north", 130), ("south", 110), ("tiny", 20), ("speck", 9))
    names = list(records)
    seen = rng.random((12, len(names))) < rng.uniform(0.02, 0.6, size=(12, 1))
    accesses = [
        Access(actor(j), names[i], float(rng.integers(100 * DAY)), _action(rng))
        for j, i in np.argwhere(seen)
        for _ in range(1 + (rng.random() < 0.2))
    ]
    copied = np.flatnonzero(seen[3])
    called = [names[i] for i in [*rng.permutation(copied)[:8], *rng.permutation(len(names))[:14]]]
    calls = [_call(rng, one) for one in [*called, called[2], called[5], "P99998", "P99999"]]
    calls = [calls[i] for i in rng.permutation(len(calls))]
    asked = Call(names[4], 80.0 * DAY, 81.0 * DAY, asked_because=actor(5))
    handled = [
        Access(actor(11), call.policy, call.contacted + 3_600.0)
        for call in calls
        if call.contacted is not None and call.policy in records
    ]
    issued = {name: float(i % 11 * 10 * DAY) for i, name in enumerate(names) if i % 3 == 0}
    return World([*accesses, *handled], [*calls, asked], records, issued)


def telling_world(seed: int) -> World:
    """A messy world whose log says what was shown, and whose callers let slip what they knew.

    Some accesses list nothing, some callers quote what no access lists, some contacts are certain
    to have nothing to do with a leak.
    """
    world, rng = messy_world(seed), np.random.default_rng([seed, 1])
    shown = [None, "", "C3", "c2;C3", "C1|C2 C3", "['C1', 'C2']"]
    quoted = [None, None, "C3", "C2", "C1；C2", "C2、Ｃ３", "C9", "C9,C1"]
    return world.but(
        accesses=[one._replace(fields=_one_of(rng, shown)) for one in world.accesses],
        calls=[
            one._replace(
                quoted=_one_of(rng, quoted),
                confidence=[None, 1.0, 0.4, 0.0][rng.choice(4, p=[0.4, 0.2, 0.3, 0.1])],
            )
            for one in world.calls
        ],
    )


def _one_of(rng: np.random.Generator, texts: Sequence[str | None]) -> str | None:
    return texts[int(rng.integers(len(texts)))]


def _action(rng: np.random.Generator) -> str:
    return str(rng.choice(["view", "edit", "denied", "Denied"], p=[0.7, 0.2, 0.06, 0.04]))


def _call(rng: np.random.Generator, policy_: str) -> Call:
    contacted = float(rng.integers(30 * DAY, 95 * DAY))
    reported = (contacted // DAY + float(rng.integers(1, 6))) * DAY  # whole days: ties
    return Call(
        policy_,
        contacted if rng.random() < 0.85 else None,
        reported if rng.random() < 0.85 else None,
        "routine survey" if rng.random() < 0.3 else None,
    )


@dataclass(frozen=True)
class Seen:
    """What actors had seen of a book of records before any call; one contact each, no repeats.

    Attributes:
        seen: bool (m, N).
        branch: int (N,).
        victims: int (n,); records, in order of arrival.
    """

    seen: Bools
    branch: Ints
    victims: Ints

    def reduced(self, *, family: int | None = None) -> Reduced:
        """The small tables that the engine would make of it, one batch per victim."""
        active = np.flatnonzero(self.seen[:, self.victims].any(axis=1))
        rows = [self._share(t) for t in range(len(self.victims))]
        return Reduced(
            actors=[actor(int(j)) for j in active],
            family=family or len(self.seen),
            records=len(self.branch),
            policies=[policy(int(i)) for i in self.victims],
            batch=np.arange(len(self.victims)),
            stratum=self.branch[self.victims],
            stratum_records=np.bincount(self.branch).astype(np.int64),
            stratum_labels=[f"branch={z}" for z in range(int(self.branch.max()) + 1)],
            stratum_codes=np.arange(int(self.branch.max()) + 1)[:, None],
            at_risk=np.bincount(self.branch)[self.branch[self.victims]].astype(np.int64),
            touched=sparse.csc_array(self.seen[np.ix_(active, self.victims)].T),
            share=sparse.csc_array(np.array(rows)[:, active]),
            seen=self.seen[active].sum(axis=1).astype(np.int64),
        )

    def _share(self, t: int) -> Floats:
        at_risk = self.branch == self.branch[self.victims[t]]
        at_risk[self.victims[:t]] = False
        return np.asarray(self.seen[:, at_risk].mean(axis=1), dtype=np.float64)

    def world(self) -> World:
        """The same as raw rows: work in the first thirty days, calls in the order of arrival."""
        names = {policy(i): {"branch": f"branch-{z}"} for i, z in enumerate(self.branch.tolist())}
        accesses = [
            Access(actor(int(j)), policy(int(i)), float((7 * j + 13 * i) % 30) * DAY)
            for j, i in np.argwhere(self.seen)
        ]
        calls = [
            Call(policy(int(i)), (40.0 + t) * DAY, (41.0 + t) * DAY)
            for t, i in enumerate(self.victims.tolist())
        ]
        return World(accesses, calls, names)


def drawn(rng: np.random.Generator, seen: Bools, sources: Mapping[int, int], noise: int) -> Ints:
    """Victims in random order: so many from each source's records, the rest from everyone."""
    chosen: list[int] = []
    for source, count in sources.items():
        left = np.setdiff1d(np.flatnonzero(seen[source]), chosen)
        chosen += rng.choice(left, size=count, replace=False).tolist()
    left = np.setdiff1d(np.arange(seen.shape[1]), chosen)
    chosen += rng.choice(left, size=noise, replace=False).tolist()
    return rng.permutation(np.array(chosen, dtype=np.int64))


def loners(
    seed: int, *, sources: Mapping[int, int], noise: int, actors: int = 40, records: int = 1_500
) -> Seen:
    """Actors whose records have nothing to do with each other's: 2 % to 10 % each, two branches."""
    rng = np.random.default_rng(seed)
    seen = rng.random((actors, records)) < rng.uniform(0.02, 0.1, size=(actors, 1))
    branch = np.repeat([0, 1], [records - records // 3, records // 3])
    return Seen(seen, branch, drawn(rng, seen, sources, noise))


def teams(
    seed: int, *, source: int, leaked: int, noise: int, shared: float = 0.9, size: int = 6
) -> Seen:
    """Six teams of `size`, each member with `shared` of the team's 150 records and a few more."""
    rng = np.random.default_rng(seed)
    records, count = 3_000, 6
    seen = np.zeros((count * size, records), dtype=bool)
    for team in range(count):
        base = rng.choice(records, size=150, replace=False)
        for member in range(size):
            own = rng.choice(base, size=round(150 * shared), replace=False)
            others = rng.choice(records, size=round(150 * (1 - shared)), replace=False)
            seen[team * size + member, [*own, *others]] = True
    branch = np.zeros(records, dtype=np.int64)
    return Seen(seen, branch, drawn(rng, seen, {source: leaked}, noise))
