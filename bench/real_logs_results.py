"""What every method made of the planted lists, as tables."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

import baselines
from baselines import RANKERS
from figures import Cell, table
from real_logs import FILES, NOISES, SIZES, Log, Planted

NAMERS = {
    "Fisher, Bonferroni": baselines.named_by_fisher,
    "Fisher, BH": baselines.named_by_fisher_bh,
    "Mantel-Haenszel, BH": baselines.named_by_mantel_haenszel,
}

METHODS = ("hubao", *RANKERS)


@dataclass(frozen=True)
class Placed:
    """Where a method put the true source."""

    first: bool
    rank: float


@dataclass(frozen=True)
class Naming:
    """Whom a method named: the source, and how many innocents."""

    source: bool
    innocents: int


@dataclass(frozen=True)
class Outcome:
    """What every method made of one list; `placed` is empty where nobody leaked."""

    planted: Planted
    placed: Mapping[str, Placed]
    named: Mapping[str, Naming]


Cells = Mapping[tuple[str, int, float], Sequence[Outcome]]


def by_cell(planted: Sequence[Outcome]) -> Cells:
    """Sort outcomes by log, victims and noise; cells without lists are left out."""
    cells: dict[tuple[str, int, float], list[Outcome]] = {
        (log, n, noise): [] for log in FILES for n in SIZES for noise in NOISES
    }
    for outcome in planted:
        p = outcome.planted
        cells[p.log, p.n, p.noise].append(outcome)
    return {cell: found for cell, found in cells.items() if found}


def best_baseline(found: Sequence[Outcome]) -> str:
    """Return the baseline that has the source first most often."""
    return max(RANKERS, key=lambda m: sum(o.placed[m].first for o in found))


def in_errors(found: Sequence[Outcome]) -> float:
    """Compare hubao's share first with the best baseline's, in standard errors, list by list."""
    best = best_baseline(found)
    ahead = np.array([int(o.placed["hubao"].first) - int(o.placed[best].first) for o in found])
    if not ahead.any():
        return 0.0
    error = max(float(ahead.std(ddof=1)) / math.sqrt(len(ahead)), 1 / len(ahead))
    return float(ahead.mean()) / error


def firsts(cells: Cells) -> str:
    """Tabulate the share of lists with the source strictly first."""

    def entries(found: Sequence[Outcome]) -> list[Cell]:
        shares = [share(o.placed[m].first for o in found) for m in METHODS]
        return [*shares, f"{in_errors(found):+.1f} {best_baseline(found)}"]

    return _over_cells(cells, [*METHODS, "against the best, errors"], entries)


def ranks(cells: Cells) -> str:
    """Tabulate the mean rank of the source."""

    def entries(found: Sequence[Outcome]) -> list[Cell]:
        return [float(np.mean([o.placed[m].rank for o in found])) for m in METHODS]

    return _over_cells(cells, METHODS, entries)


def names(cells: Cells) -> str:
    """Tabulate the share of lists with the source named, and with an innocent named."""

    def entries(found: Sequence[Outcome]) -> list[Cell]:
        return [_named(found, method) for method in ("hubao", *NAMERS)]

    return _over_cells(cells, ["hubao", *NAMERS], entries)


def _over_cells(
    cells: Cells, headers: Sequence[str], entries: Callable[[Sequence[Outcome]], list[Cell]]
) -> str:
    rows = [[n, f"{noise:.0%}", len(o), *entries(o)] for (_, n, noise), o in cells.items()]
    together = [o for found in cells.values() for o in found]
    rows.append(["all", "all", len(together), *entries(together)])
    return table(["victims", "noise", "lists", *headers], rows)


def _named(found: Sequence[Outcome], method: str) -> str:
    source = share(o.named[method].source for o in found)
    innocents = share(o.named[method].innocents > 0 for o in found)
    return f"{source:.3f} / {innocents:.3f}"


def no_leak(nobody: Sequence[Outcome]) -> str:
    """Tabulate the share of lists on which anyone is named though nobody leaked."""
    by_log: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in nobody:
        by_log[outcome.planted.log].append(outcome)
    rows: list[list[Cell]] = []
    for log, found in by_log.items():
        named = [share(o.named[m].innocents > 0 for o in found) for m in ("hubao", *NAMERS)]
        rows.append([log, len(found), *named])
    return table(["log", "lists", "hubao", *NAMERS], rows)


def power(by_need: Mapping[str, Sequence[Outcome]]) -> str:
    """Tabulate the lists at 40 victims and 50 % noise by whether 40 should do."""
    return table(
        ["n95", "plants", "lists", "hubao named", "innocents named", "first"],
        [
            (
                label,
                len({(o.planted.log, o.planted.actor) for o in found}),
                len(found),
                share(o.named["hubao"].source for o in found),
                share(blames(o) for o in found),
                share(o.placed["hubao"].first for o in found),
            )
            for label, found in by_need.items()
            if found
        ],
    )


def blames(outcome: Outcome) -> bool:
    """Whether hubao named an innocent."""
    return outcome.named["hubao"].innocents > 0


def share(values: Iterable[bool]) -> float:
    """Return the share that is true; not a number where there is none."""
    found = list(values)
    return sum(found) / len(found) if found else math.nan


def about(log: Log) -> str:
    """Return a line on a log."""
    strata = ", ".join(log.policies.column_names[1:])
    return (
        f"{len(log.cases):,} cases, {len(log.actors)} actors, {len(log.plants)} of them planted; "
        f"compared within {strata} (for hubao and Mantel-Haenszel)"
    )
