"""What follows a naming, once more and slowly: plain loops over rows, after the formulas alone."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

STRENGTHS = [2.0**power for power in range(-2, 13)]
DAY = 86_400_000_000


class Row(NamedTuple):
    """One opening by the actor: the record, its stratum, microseconds."""

    record: str
    stratum: int
    at: int


class Victim(NamedTuple):
    """One victim: its record, its stratum, the stratum's records, when the log is cut."""

    record: str
    stratum: int
    size: int
    cut: int


def window_likelihood(
    rows: Sequence[Row], victims: Sequence[Victim], first: int, last: int
) -> float:
    """Natural log of the likelihood of having copied what was opened on days first..last."""
    inside = [row for row in rows if first <= row.at // DAY <= last]
    total = []
    for strength in STRENGTHS:
        value = 0.0
        for victim in victims:
            opened = {r.record for r in inside if r.stratum == victim.stratum and r.at < victim.cut}
            value += math.log1p(strength * (victim.record in opened))
            value -= math.log1p(strength * len(opened) / victim.size)
        total.append(value)
    return float(np.logaddexp.reduce(total) - math.log(len(STRENGTHS)))


def unusual(rows: Sequence[Row]) -> dict[int, float]:
    """Day -> openings above the upper quartile by more than one and a half quartile ranges."""
    counts: dict[int, int] = {}
    for row in rows:
        counts[row.at // DAY] = counts.get(row.at // DAY, 0) + 1
    low, high = np.quantile(list(counts.values()), [0.25, 0.75])
    fence = high + 1.5 * (high - low)
    return {day: count - fence for day, count in counts.items() if count > fence}


def window_chances(rows: Sequence[Row], victims: Sequence[Victim]) -> dict[tuple[int, int], float]:
    """Chance of each window of the actor's own days, steady and bulk put together."""
    days = sorted({row.at // DAY for row in rows})
    excess = unusual(rows)
    busy = [row for row in rows if row.at // DAY in excess]
    chances: dict[tuple[int, int], float] = {}
    for i, first in enumerate(days):
        lengths = [
            math.log(((days[j + 1] if j + 1 < len(days) else days[-1] + 1) - first + 1.0)
                     / (days[j] - first + 1.0))
            for j in range(i, len(days))
        ]  # fmt: skip
        near = [excess.get(last, 0.0) / (14.0 + last - first) for last in days[i:]]
        for j, last in enumerate(days[i:]):
            chance = 0.03 / len(days) * lengths[j] / sum(lengths)
            chance *= math.exp(window_likelihood(rows, victims, first, last))
            if first in excess and last in excess:
                bulk = 0.97 * excess[first] / sum(excess.values()) * near[j] / sum(near)
                chance += bulk * math.exp(window_likelihood(busy, victims, first, last))
            chances[first, last] = chance
    whole = sum(chances.values())
    return {window: chance / whole for window, chance in chances.items()}


def shortest(chances: dict[tuple[int, int], float], coverage: float) -> tuple[int, int, float]:
    """The fewest days that hold a window with that chance; the earliest of those."""
    days = sorted({day for window in chances for day in window})
    found = []
    for first in days:
        for last in days:
            mass = sum(p for (a, b), p in chances.items() if first <= a and b <= last)
            if last >= first and mass >= coverage:
                found.append((last - first, first, last, mass))
    _, first, last, mass = min(found)
    return first, last, mass


def left(
    weight: Sequence[float], delay: Sequence[float], watched: Sequence[float]
) -> tuple[float, float]:
    """Victims left and mean delay, posterior means; sums over even steps of the log of the mean."""
    means = [math.exp(x) for x in np.linspace(math.log(0.2), math.log(1000.0), 601)]
    logs, lefts = [], []
    for shape in (1, 2):
        for mean in means:
            rate = shape / mean
            log = 3.0 * (-math.log(mean) - 10.0 / mean)
            whole = 0.0
            for w, d, wait in zip(weight, delay, watched, strict=True):
                later = math.exp(-rate * wait) * (1.0 if shape == 1 else 1.0 + rate * wait)
                seen = 1.0 - later
                log += w * (shape * math.log(rate) + (shape - 1) * math.log(d) - rate * d)
                log -= w * math.log(seen)
                whole += w / seen
            logs.append(log)
            lefts.append(whole - sum(weight))
    chance = np.exp(np.array(logs) - max(logs))
    return float(chance @ lefts / chance.sum()), float(chance @ (means * 2) / chance.sum())


def affinity(first: Sequence[float], second: Sequence[float]) -> float:
    """Chernoff information of two lists of yes-or-no answers, by a fine grid."""
    best = 0.0
    for s in np.linspace(0.001, 0.999, 999):
        value = 0.0
        for p, q in zip(first, second, strict=True):
            value += math.log(p**s * q ** (1 - s) + (1 - p) ** s * (1 - q) ** (1 - s))
        best = max(best, -value)
    return best


def shared_rates(
    cold: Sequence[float],
    size: Sequence[float],
    values: Sequence[Sequence[int]],
    for_column: float,
) -> list[float]:
    """Rate of each stratum: a level times a factor a column, each fitted in turn.

    A factor is the victims of its strata over those the rest of the product would bring, both
    with so many pseudo-victims added; the level brings as many victims as there are.
    """
    level = sum(cold) / sum(size)
    columns = len(values[0])
    factors: list[dict[int, float]] = [{} for _ in range(columns)]

    def rate(stratum: int, but: int = -1) -> float:
        product = level
        for f, factor in enumerate(factors):
            product *= 1.0 if f == but else factor.get(values[stratum][f], 1.0)
        return product

    for _ in range(400):
        for f in range(columns):
            fresh = {}
            for value in {row[f] for row in values}:
                own = [z for z in range(len(size)) if values[z][f] == value]
                seen = sum(cold[z] for z in own) + for_column
                due = sum(rate(z, but=f) * size[z] for z in own) + for_column
                fresh[value] = seen / due
            factors[f] = fresh
        level *= sum(cold) / sum(rate(z) * size[z] for z in range(len(size)))
    return [rate(z) for z in range(len(size))]
