"""Two public event logs of real offices, and leaks planted in them with a known source."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from baselines import Seen

SIZES = (10, 20, 40, 80)
NOISES = (0.0, 0.3, 0.5, 0.8)
POWER_CELL = (40, 0.5)  # where the share of sources named is a published figure
FEWEST_CASES = 60
LARGEST_SHARE = 0.9
AMOUNT_BANDS = 4
FILES = {"bpi2012": "bpic2012_first3months.csv.gz", "receipt": "receipt_events.csv.gz"}


@dataclass(frozen=True)
class Log:
    """One log: who worked on which case, and what the cases are compared within.

    Attributes:
        name: short name.
        cases, actors: distinct values, sorted; the order of the matrices.
        seen: bool (cases, actors).
        stratum: int (cases,), numbered from 0.
        access: table of policy, actor, at: each actor's first event on each case.
        policies: table of policy and the strata columns.
        end: time of the log's last event.
    """

    name: str
    cases: Sequence[str]
    actors: Sequence[str]
    seen: npt.NDArray[np.bool_]
    stratum: npt.NDArray[np.int64]
    access: "pa.Table"
    policies: "pa.Table"
    end: datetime

    @cached_property
    def sizes(self) -> npt.NDArray[np.int64]:
        """Cases each actor saw in each stratum; int (actors, strata)."""
        one_hot = np.eye(int(self.stratum.max()) + 1, dtype=np.int64)[self.stratum]
        return np.asarray(self.seen.T.astype(np.int64) @ one_hot)

    @cached_property
    def exposure(self) -> npt.NDArray[np.float64]:
        """Share of all cases that each actor saw; float (actors,)."""
        return np.asarray(self.seen.mean(axis=0))

    @cached_property
    def plants(self) -> Sequence[int]:
        """Actors that could have leaked: at least 60 cases, at most 90 % of all."""
        enough = self.seen.sum(axis=0) >= FEWEST_CASES
        found: list[int] = np.flatnonzero(enough & (self.exposure <= LARGEST_SHARE)).tolist()
        return found

    def against(self, victims: npt.NDArray[np.int64]) -> Seen:
        """Return what the baselines need of a list of victims."""
        totals = np.bincount(self.stratum)
        return Seen(self.seen[victims], self.stratum[victims], self.sizes, totals)

    def victims_table(self, victims: npt.NDArray[np.int64]) -> "pa.Table":
        """Return a victims table; every contact comes a day after the log ends."""
        contacted = pa.array(
            [self.end + timedelta(days=1)] * len(victims), pa.timestamp("us", "UTC")
        )
        policies = pa.array([self.cases[v] for v in victims], pa.string())
        return pa.table({"policy": policies, "contacted_at": contacted})


@dataclass(frozen=True)
class Planted:
    """One list of victims to draw: `actor` is the source, or None for no leak at all."""

    log: str
    actor: int | None
    n: int
    noise: float
    draw: int


def load(name: str, folder: Path) -> Log:
    """Read one of the two logs."""
    rows = csv.read_csv(
        folder / FILES[name],
        convert_options=csv.ConvertOptions(
            column_types={"case_id": pa.string(), "org:resource": pa.string()},
            strings_can_be_null=True,
        ),
    )
    return _log(name, rows)


def every_list(log: Log, *, draws: int, without_leak: int, every: int = 1) -> Iterator[Planted]:
    """List what to draw from a log.

    Args:
        log: where to plant.
        draws: lists for each plant and cell.
        without_leak: lists without a leak, their sizes taking turns.
        every: plant only at every so-manyth actor; in the cell of the power figure, at all.
    """
    for turn, actor in enumerate(log.plants):
        own = int(log.seen[:, actor].sum())
        for n in SIZES:
            for noise in NOISES:
                wanted = turn % every == 0 or (n, noise) == POWER_CELL
                if wanted and n - round(n * noise) <= own:
                    yield from (Planted(log.name, actor, n, noise, d) for d in range(draws))
    for draw in range(without_leak):
        yield Planted(log.name, None, SIZES[draw % len(SIZES)], 1.0, draw)


def draw_victims(log: Log, planted: Planted, *, seed: int) -> npt.NDArray[np.int64]:
    """Draw one list, in random order; the same for the same seed whatever else is drawn."""
    name = list(FILES).index(log.name)
    actor = len(log.actors) if planted.actor is None else planted.actor
    key = (name, actor, planted.n, round(planted.noise * 100), planted.draw)
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
    noisy = planted.n if planted.actor is None else round(planted.n * planted.noise)
    leaked = np.empty(0, dtype=np.int64)
    if planted.actor is not None:
        own = np.flatnonzero(log.seen[:, planted.actor])
        leaked = rng.choice(own, planted.n - noisy, replace=False)
    others = np.setdiff1d(np.arange(len(log.cases)), leaked)
    return rng.permutation(np.concatenate([leaked, rng.choice(others, noisy, replace=False)]))


def _policies(name: str, rows: "pa.Table") -> "pa.Table":
    """One row per case, sorted: policy and the columns that cases are compared within."""
    first = rows.group_by("case_id", use_threads=False)
    if name == "bpi2012":
        cases = first.aggregate([("case_AMOUNT_REQ", "first")]).sort_by("case_id")
        amount = cases["case_AMOUNT_REQ_first"].to_numpy()
        cuts = np.quantile(amount, np.arange(1, AMOUNT_BANDS) / AMOUNT_BANDS)
        strata = {"amount_band": [f"band {b}" for b in np.searchsorted(cuts, amount)]}
    else:
        columns = ["department", "channel", "group"]
        cases = first.aggregate([(f"case_{c}", "first") for c in columns]).sort_by("case_id")
        strata = {c: pc.fill_null(cases[f"case_{c}_first"], "none") for c in columns}
    return pa.table({"policy": cases["case_id"], **strata})


def _log(name: str, rows: "pa.Table") -> Log:
    policies = _policies(name, rows)
    moments = rows["time:timestamp"].cast(pa.timestamp("us", "UTC"), safe=False)
    rows = rows.set_column(rows.column_names.index("time:timestamp"), "time:timestamp", moments)
    done = rows.filter(pc.is_valid(rows["org:resource"]))
    access = done.group_by(["case_id", "org:resource"]).aggregate([("time:timestamp", "min")])
    access = access.rename_columns(["policy", "actor", "at"])
    access = access.sort_by([("at", "ascending"), ("policy", "ascending"), ("actor", "ascending")])
    cases, case = _codes(policies["policy"].to_pylist(), access["policy"].to_pylist())
    actors, actor = _codes(access["actor"].to_pylist(), access["actor"].to_pylist())
    seen = np.zeros((len(cases), len(actors)), dtype=np.bool_)
    seen[case, actor] = True
    labels = list(zip(*(policies[c].to_pylist() for c in policies.column_names[1:]), strict=True))
    return Log(
        name=name,
        cases=cases,
        actors=actors,
        seen=seen,
        stratum=_codes(labels, labels)[1],
        access=access,
        policies=policies,
        end=pc.max(access["at"]).as_py(),
    )


def _codes(known: Iterable[Any], values: Iterable[Any]) -> tuple[list[Any], npt.NDArray[np.int64]]:
    """Return the distinct `known` values, sorted, and where in them each value stands."""
    names = sorted(set(known))
    place = {name: i for i, name in enumerate(names)}
    return names, np.array([place[value] for value in values], dtype=np.int64)
