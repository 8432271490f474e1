"""The scoreboard's tables."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from accuracy_cells import ABLATIONS, RING_NOISES, TIMES
from accuracy_figures import CLEAN, TEAMS, Board, Score, by_times, scores
from accuracy_measures import (
    Line,
    ceiling,
    first,
    innocent,
    marginal,
    mean,
    named,
    others_wrong,
    whole_ring,
)
from accuracy_others import L1
from baselines import RANKERS
from figures import Cell
from figures import table as figures_table

SINGLE_CELLS = (
    "t1", "t1 even", "t1 7 days", "t1 30 days", "t2", "t2 even", "t2 7 days", "t2 30 days",
    "t5", "scrape", "belief 20", "belief 40", "belief 80", "belief 160",
)  # fmt: skip
METHODS = (*RANKERS, L1)


def table(headers: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """Tabulate; what has no draws is a dash."""
    clear = [[None if cell != cell else cell for cell in row] for row in rows]  # noqa: PLR0124 - nan
    return figures_table(headers, clear)


def show(board: Board) -> None:
    """Print all tables, and how much of the plan they rest on."""
    done, planned = len(board.outcomes), sum(board.planned.values())
    print(f"{done:,} of {planned:,} draws. {_seconds(board)}\n")
    print(f"{_scores(scores(board))}\n")
    for family in board.families:
        print(f"\n### Worlds of the family “{family}”\n")
        for title, text in _parts(board, family).items():
            if text.count("\n") > 1:  # more than the headers
                print(f"{title}\n\n{text}\n")
    for reason, count in Counter(one["failed"] for one in board.failed).most_common():
        print(f"{count:,} draws could not be made: {reason}")


def _seconds(board: Board) -> str:
    small = [o["seconds"] for o in board.outcomes if 0 < o["n"] <= 160]
    large = [o["seconds"] for o in board.outcomes if o["n"] > 160]
    told = [
        f"{np.median(times):.1f} s (median) of processor time a trace {about}"
        for times, about in ((small, "of up to 160 victims"), (large, "of more"))
        if times
    ]
    return "; ".join(told) + "." if told else ""


def _scores(every: Sequence[Score]) -> str:
    rows: list[list[Cell]] = []
    for one in every:
        if not one.draws:
            continue
        reached = {True: "yes", False: "NO", None: "not measured"}[one.figure.ok]
        between = "" if one.low is None else f"{one.low:.3f} to {one.high:.3f}"
        title = f"{one.title} ({one.family})" if one.family else one.title
        rows.append(
            [title, one.figure.value, one.figure.goal, reached, between, one.ceiling, one.best,
             one.draws]
        )  # fmt: skip
    headers = ["figure", "value", "goal", "reached", "95 % interval", "oracle", "others", "draws"]
    return table(headers, rows)


def _parts(board: Board, family: str) -> dict[str, str]:
    return {
        "One source: share of draws in which it stands first, passes the bound alone, is named; "
        "what an oracle would name; an innocent named; the others' share first.": _singles(
            board, family
        ),
        "The same by how the records got out.": _by_scenario(board, family),
        "Nobody leaked, and team-mates: share of draws in which an innocent is named.": _innocents(
            board, family
        ),
        "Power to name the (hardest) source, by victims as a multiple of the planning formula's "
        "n95; the oracle knows the wave too, which the formula does not.": _times(board, family),
        "Rings.": _rings(board, family),
        "Left out or changed, one at a time. Absolute against relative rates and the prior on the "
        "number of sources are inside the tracer; no board can leave them out.": _ablations(
            board, family
        ),
    }


def _singles(board: Board, family: str) -> str:
    found = {name: board.cells(family, name) for name in SINGLE_CELLS}
    rows: list[list[Cell]] = [[name, *_single(lines)] for name, lines in found.items() if lines]
    headers = ["cell", "draws", "first", "over the bound", "named", "oracle", "innocent", *METHODS]
    return table(headers, rows)


def _single(lines: Sequence[Line]) -> list[Cell]:
    measures = (first, marginal, named, ceiling, innocent)
    others = [
        mean(one["others"][name][0] for one in lines if name in one["others"]) for name in METHODS
    ]
    ours: list[Cell] = [round(mean(measure(one) for one in lines), 3) for measure in measures]
    return [len(lines), *ours, *(None if np.isnan(x) else x for x in others)]


def _by_scenario(board: Board, family: str) -> str:
    rows: list[list[Cell]] = []
    for cell in ("t1", "t2", "t5"):
        by_leak: dict[str, list[Line]] = {}
        for one in board.cells(family, cell):
            by_leak.setdefault(one["scenario"], []).append(one)
        rows += [[cell, leak, *_single(by_leak[leak])] for leak in sorted(by_leak)]
    headers = ["first", "over the bound", "named", "oracle", "innocent", *METHODS]
    return table(["cell", "leak", "draws", *headers], rows)


def _innocents(board: Board, family: str) -> str:
    hidden = [name for of, name in board.planned if of == family and "G=" in name]
    rows: list[list[Cell]] = []
    late = [name for of, name in board.planned if of == family and name.startswith("clean 640,")]
    for name in (*CLEAN, *late, *hidden, *TEAMS):
        lines = board.cells(family, name)
        if lines:
            rows.append(
                [
                    name,
                    len(lines),
                    mean(innocent(one) for one in lines),
                    mean(one["marginal"] > 0 for one in lines),
                    mean(named(one) for one in lines if one["sources"]),
                    others_wrong(lines),
                ]
            )
    headers = ["cell", "draws", "innocent", "over the bound alone", "source named", "others"]
    return table(headers, rows)


def _times(board: Board, family: str) -> str:
    singles = ("t6 single 50%", "t6 single 80%")
    power = {kind: by_times(board, family, kind) for kind in (*singles, "t6 ring")}
    for kind in singles:
        power[f"{kind}, over the bound alone"] = by_times(board, family, kind, measure=marginal)
    power["t6 single, oracle"] = by_times(board, family, *singles, measure=ceiling)
    rows: list[list[Cell]] = [
        [kind, *(found.get(k) for k in TIMES)] for kind, found in power.items() if found
    ]
    return table(["sources", *(f"{k:g} times" for k in TIMES)], rows)


def _rings(board: Board, family: str) -> str:
    cells = [f"{name} 400 {noise:.0%}" for name in ("ring-equal", "ring") for noise in RING_NOISES]
    rows: list[list[Cell]] = []
    for name in (*cells, "ring-equal 800", "ring 800", "two leaks"):
        lines = board.cells(family, name)
        if lines:
            measures = (named, ceiling, whole_ring, innocent)
            ours = [mean(measure(one) for one in lines) for measure in measures]
            rows.append([name, len(lines), *ours, others_wrong(lines)])
    headers = ["cell", "draws", "found", "oracle", "exactly they", "innocent", "others' innocents"]
    return table(headers, rows)


def _ablations(board: Board, family: str) -> str:
    rows: list[list[Cell]] = [_ablation(board, family, "as shipped", "")]
    rows += [_ablation(board, family, way, f", {way}") for way in ABLATIONS]
    leaks, clean, teams = (
        board.cells(family, *names) for names in (("t2",), ("clean 160",), TEAMS)
    )
    rows.append(
        [
            "no strong rule",
            len(leaks),
            mean(first(one) for one in leaks),
            mean(marginal(one) for one in leaks),
            mean(one["marginal"] > 0 for one in leaks),
            mean(one["marginal"] > 0 for one in clean),
            mean(one["marginal"] > 0 for one in teams),
        ]
    )
    headers = ["what", "draws", "t2 first", "t2 named", "t2 innocent", "clean 160", "teams"]
    return table(headers, [row for row in rows if row[1]])


def _ablation(board: Board, family: str, way: str, suffix: str) -> list[Cell]:
    leaks = board.cells(family, f"t2{suffix}")
    clean = board.cells(family, f"clean 160{suffix}")
    teams = board.cells(family, *TEAMS) if not suffix else []
    return [
        way,
        len(leaks),
        mean(first(one) for one in leaks),
        mean(named(one) for one in leaks),
        mean(innocent(one) for one in leaks),
        mean(innocent(one) for one in clean),
        mean(innocent(one) for one in teams) if teams else None,
    ]
