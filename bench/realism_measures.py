"""What is compared between logs, and how far apart two logs are in it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from hubao.world.model import DAY, HOUR, Floats, Ints
from realism_accesses import Accesses

Distance = Callable[[Floats, Floats], float]


@dataclass(frozen=True)
class Measure:
    """One thing that logs are compared in.

    Attributes:
        title: what it is called.
        of: float (k,) from a log: a sample, or shares that sum to 1.
        apart: the distance of two of these, in [0, 1].
        kind: name of the distance.
    """

    title: str
    of: Callable[[Accesses], Floats]
    apart: Distance
    kind: str


@dataclass(frozen=True)
class Compared:
    """How far a world is from the real logs, beside how far these are from each other.

    Attributes:
        to: distance to each real log, by name.
        spread: the largest distance between two real logs.
    """

    to: Mapping[str, float]
    spread: float

    @property
    def nearest(self) -> float:
        """The distance to the nearest real log."""
        return min(self.to.values())

    @property
    def within(self) -> bool:
        """Whether the world lies within the spread of the real logs."""
        return self.nearest <= self.spread


def compare(measure: Measure, world: Accesses, logs: Sequence[Accesses]) -> Compared:
    """Compare a world with two real logs or more."""
    values = {log.name: measure.of(log) for log in logs}
    ours = measure.of(world)
    to = {name: measure.apart(ours, theirs) for name, theirs in values.items()}
    return Compared(to, max(measure.apart(a, b) for a, b in combinations(values.values(), 2)))


def cases_per_person(log: Accesses) -> Floats:
    """float (people,): how many cases each person opened, ascending."""
    return _sorted_counts(_pairs(log)[1])


def relative_load(log: Accesses) -> Floats:
    """float (people,): cases per person over the mean, as logs differ in size."""
    counts = cases_per_person(log)
    return np.asarray(counts / counts.mean(), dtype=float)


def people_per_case(log: Accesses) -> Floats:
    """float (cases,): how many people opened each case that anybody opened, ascending."""
    return _sorted_counts(_pairs(log)[0])


def gaps(log: Accesses) -> Floats:
    """float (gaps,): seconds between an access and the next one to the same case, ascending."""
    order = np.lexsort((log.at, log.case))
    case = log.case[order]
    return np.sort(np.diff(log.at[order])[case[1:] == case[:-1]])


def hours(log: Accesses) -> Floats:
    """float (24,): share of the accesses in each hour of the day."""
    return _shares(log.clock // HOUR % 24, 24)


def weekdays(log: Accesses) -> Floats:
    """float (7,): share of the accesses on each day of the week, Monday first."""
    return _shares((log.clock // DAY + 3) % 7, 7)  # 1970-01-01 was a Thursday


def gini(values: Floats) -> float:
    """Give the Gini coefficient of values not below 0: 0 if all are equal, ~1 if one has all."""
    ordered, count = np.sort(values), len(values)
    ranks = 2 * np.arange(1, count + 1) - count - 1
    return float(ranks @ ordered / (count * ordered.sum()))


def kolmogorov_smirnov(one: Floats, other: Floats) -> float:
    """Give the largest difference between the distribution functions of two samples, ascending."""
    points = np.union1d(one, other)
    # scipy's test would work out a chance too, which means nothing here and needs larger samples.
    below = [np.searchsorted(each, points, side="right") / len(each) for each in (one, other)]
    return float(np.abs(below[0] - below[1]).max())


def total_variation(one: Floats, other: Floats) -> float:
    """Give how much of the whole would have to move to turn one's shares into the other's."""
    return float(np.abs(one - other).sum() / 2)


def by_chance(sizes: Iterable[int]) -> float:
    """Give the KS distance that two samples of one distribution pass in one case of 20."""
    return 1.36 * float(np.sqrt(sum(1 / size for size in sizes)))


def _difference(one: Floats, other: Floats) -> float:
    return float(abs(one[0] - other[0]))


def _concentration(log: Accesses) -> Floats:
    return np.array([gini(cases_per_person(log))])


SAMPLED = {  # compared in all three readings of a world
    "cases_per_person": Measure("Cases per person", relative_load, kolmogorov_smirnov, "KS"),
    "concentration": Measure("Gini of cases per person", _concentration, _difference, "difference"),
    "people_per_case": Measure("People per case", people_per_case, kolmogorov_smirnov, "KS"),
    "gaps": Measure("Gaps within a case", gaps, kolmogorov_smirnov, "KS"),
}
CLOCK = {
    "hour_of_day": Measure("Hour of day", hours, total_variation, "total variation"),
    "weekday": Measure("Day of the week", weekdays, total_variation, "total variation"),
}


def _pairs(log: Accesses) -> tuple[Ints, Ints]:
    """Each pair of case and person once."""
    people = int(log.person.max()) + 1
    case, person = np.divmod(np.unique(log.case * people + log.person), people)
    return case, person


def _sorted_counts(values: Ints) -> Floats:
    return np.sort(np.unique(values, return_counts=True)[1].astype(float))


def _shares(values: Ints, kinds: int) -> Floats:
    counts = np.bincount(values, minlength=kinds)
    return np.asarray(counts / counts.sum(), dtype=float)
