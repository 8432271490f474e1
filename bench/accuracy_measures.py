"""What became of one draw, or of several, as numbers."""

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

import numpy as np

Line = dict[str, Any]
Measure = Callable[[Line], float]


def first(one: Line) -> float:
    """Whether the (first) source stands strictly first."""
    return float(bool(one["sources"]) and one["sources"][0]["rank"] == 0)


def named(one: Line) -> float:
    """The share of the sources that are named."""
    return mean(source["named"] for source in one["sources"])


def marginal(one: Line) -> float:
    """Whether the source stands first and its own e-value reaches the bound."""
    e = one["sources"][0]["log10_e"] if one["sources"] else None
    return float(first(one) > 0 and e is not None and e >= one["bound"])


def innocent(one: Line) -> float:
    """Whether an innocent is named."""
    return float(one["wrong"] > 0)


def ceiling(one: Line) -> float:
    """Mean power of the oracle over the sources."""
    return mean(source["ceiling"] for source in one["sources"])


def whole_ring(one: Line) -> float:
    """Whether all sources are named, as groups of their own, and nobody else."""
    sources = one["sources"]
    right = all(source["named"] for source in sources) and one["groups"] == len(sources)
    return float(right and not one["wrong"])


def hardest(one: Line) -> float:
    """Whether the source is named that needs most victims."""
    planned = [source["planned"] or math.inf for source in one["sources"]]
    return float(one["sources"][int(np.argmax(planned))]["named"])


def mean(values: Iterable[float]) -> float:
    """Mean of some values; not a number where there is none."""
    found = [float(value) for value in values]
    return sum(found) / len(found) if found else math.nan


def best_other(lines: Sequence[Line]) -> str:
    """The other method that has the source first most often, and how often."""
    methods = {name for one in lines for name in one["others"]}
    shares = {
        name: mean(one["others"][name][0] for one in lines if name in one["others"])
        for name in sorted(methods)
    }
    if not shares:
        return ""
    best = max(shares, key=lambda name: shares[name])
    return f"{shares[best]:.2f} {best}"


def others_wrong(lines: Sequence[Line]) -> str:
    """How often each method that names people names an innocent."""
    methods = sorted({n for one in lines for n, a in one["others"].items() if a[2] is not None})
    return ", ".join(
        f"{mean(one['others'][n][2] > 0 for one in lines if n in one['others']):.2f} {n}"
        for n in methods
    )


def covered(one: Line) -> float:
    """Whether the window holds all of the copying; none, no."""
    source = one["sources"][0]
    dated, copied = source["dated"], source["copied"]
    return float(bool(dated) and dated[0][:10] <= copied[0] and copied[1] <= dated[1][:10])


def width(dated: Sequence[str]) -> int:
    """Days of a window, both ends counted."""
    begin, end = (date.fromisoformat(day[:10]) for day in dated)
    return (end - begin).days + 1
