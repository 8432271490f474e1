"""The estimators once more, slowly: plain loops over raw rows, after the formulas alone.

Nothing of the product's statistics is imported, so that an error has to be made twice to pass.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise, product

import numpy as np
from numpy.typing import NDArray
from scipy import integrate, optimize, stats
from scipy.special import gammaln

from tests.makers.logs import Call, World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
BETAS = (1, 3, 10, 30, 100, 300, 1000)
FEWEST = 100
NEVER = math.inf


@dataclass(frozen=True)
class Victim:
    """One distinct victim: the record, when its log is cut, and when it was reported."""

    policy: str
    cut: float
    reported: float | None
    quoted: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Dense:
    """n victims x every actor of the log: who had seen whom, and what chance would have done."""

    actors: list[str]
    victims: list[Victim]
    unknown: list[str]
    stratum: list[object]
    sizes: dict[object, int]
    touched: Floats
    share: Floats
    seen: Floats


def words(text: str | None) -> frozenset[str]:
    """Names of fields in a cell, whatever stands between them."""
    plain = (text or "").replace("\uff23", "c").replace("\uff13", "3").lower()
    for mark in "\uff1b;,|\u3001[]'":
        plain = plain.replace(mark, " ")
    return frozenset(plain.split())


def first_accesses(
    world: World, quoted: frozenset[str] = frozenset()
) -> dict[str, dict[str, float]]:
    """Actor -> record -> when it was first opened, so that all that was quoted may have shown.

    A denied try opens nothing.
    """
    first: dict[str, dict[str, float]] = {}
    for one in world.accesses:
        if one.action.lower() == "denied":
            continue
        if words(one.fields) and not quoted <= words(one.fields):
            first.setdefault(one.actor, {})
            continue
        own = first.setdefault(one.actor, {})
        own[one.policy] = min(own.get(one.policy, NEVER), one.at)
    return first


def victims_of(world: World, actors: Sequence[str]) -> list[Victim]:
    """Distinct victims in order of arrival; the earliest time in any of a victim's rows cuts."""
    calls = [
        call for call in world.calls if call.asked_because not in actors and call.confidence != 0
    ]
    timed = sorted((c for c in calls if c.reported is not None), key=lambda c: c.reported or 0.0)
    ordered = [*timed, *(c for c in calls if c.reported is None)]
    distinct = list(dict.fromkeys(call.policy for call in ordered))
    reported = {call.policy: call.reported for call in reversed(ordered)}
    listed = [name for one in world.accesses for name in words(one.fields)
              if one.action.lower() != "denied"]  # fmt: skip
    quoted = {
        one: frozenset(name for call in calls if call.policy == one for name in words(call.quoted)
                       if name in listed)
        for one in distinct
    }  # fmt: skip
    return [Victim(one, _cut(world.calls, one), reported[one], quoted[one]) for one in distinct]


def _cut(calls: Sequence[Call], policy: str) -> float:
    """A contact can't be later than a report of it, so a report bounds it as well."""
    own = [call for call in calls if call.policy == policy]
    times = [*(call.contacted for call in own), *(call.reported for call in own)]
    return min((time for time in times if time is not None), default=NEVER)


def strata_of(world: World) -> dict[str, str]:
    """Record -> branch, the branches of fewer than a hundred records put together."""
    sizes: dict[str, int] = {}
    for row in world.book.values():
        sizes[row["branch"]] = sizes.get(row["branch"], 0) + 1
    return {
        policy: row["branch"] if sizes[row["branch"]] >= FEWEST else "*"
        for policy, row in world.book.items()
    }


def at_risk(
    t: int, victims: Sequence[Victim], stratum_of: Callable[[Victim, str], object],
    records: Sequence[str],
) -> list[str]:  # fmt: skip
    """Records of the stratum of victim t that nobody had reported before its moment of report."""
    now = victims[t]
    wanted = stratum_of(now, now.policy)
    gone = set()
    for s, earlier in enumerate(victims[:t]):
        together = earlier.reported is not None and earlier.reported == now.reported
        if not together and s < t and stratum_of(earlier, earlier.policy) == wanted:
            gone.add(earlier.policy)
    return [one for one in records if one not in gone and stratum_of(now, one) == wanted]


def risky_from(
    world: World, policy: str, victims: Sequence[Victim], first: dict[str, dict[str, float]]
) -> float:
    """When a record came to be: issued, or before that opened by somebody or called about."""
    opened = [own[policy] for own in first.values() if policy in own]
    called = [victim.cut - 1e-6 for victim in victims if victim.policy == policy]
    return min([world.issued.get(policy, -NEVER), *opened, *called])


def dense(
    world: World, stratum_of: Callable[[Victim, str], object] | None = None, *, cut_log: bool = True
) -> Dense:
    """Count, record by record; `cut_log=False` is the mistake of counting later accesses too."""
    first = first_accesses(world)
    actors = sorted(first)
    branches = strata_of(world)
    place = stratum_of or (lambda _, policy: branches[policy])
    everyone = victims_of(world, actors)
    victims = [one for one in everyone if one.policy in world.book]
    touched, share = np.zeros((len(victims), len(actors))), np.zeros((len(victims), len(actors)))
    since = {one: risky_from(world, one, everyone, first) for one in world.book}
    for t, victim in enumerate(victims):
        cut = victim.cut if cut_log else NEVER
        risk = [one for one in at_risk(t, victims, place, list(world.book)) if since[one] < cut]
        told = first_accesses(world, victim.quoted)
        for j, actor in enumerate(actors):
            own = told[actor]
            touched[t, j] = own.get(victim.policy, NEVER) < cut
            share[t, j] = sum(own.get(one, NEVER) < cut for one in risk) / len(risk)
    last = max(victim.cut for victim in victims)
    return Dense(
        actors=actors,
        victims=victims,
        unknown=[one.policy for one in everyone if one.policy not in world.book],
        stratum=[place(victim, victim.policy) for victim in victims],
        sizes=_sizes(world, victims, place),
        touched=touched,
        share=share,
        seen=np.array([sum(at < last for at in first[actor].values()) for actor in actors]),
    )


def _sizes(
    world: World, victims: Sequence[Victim], place: Callable[[Victim, str], object]
) -> dict[object, int]:
    sizes: dict[object, int] = {}
    for victim in victims:
        own = place(victim, victim.policy)
        sizes[own] = sum(place(victim, one) == own for one in world.book)
    return sizes


def start_of(world: World) -> float:
    """The first cut after the log's first access; a microsecond after its last at the latest."""
    first = first_accesses(world)
    times = [at for own in first.values() for at in own.values()]
    cuts = [one.cut for one in victims_of(world, sorted(first)) if one.cut > min(times)]
    return min([*cuts, max(times) + 1e-6])


def degree_strata(world: World) -> Callable[[Victim, str], object]:
    """Branches refined by tenths of how many actors had opened a record by the start."""
    first, branches, start = first_accesses(world), strata_of(world), start_of(world)
    degrees = {
        one: sum(own.get(one, NEVER) < start for own in first.values()) for one in world.book
    }
    placed: dict[str, object] = {}
    for one, own in degrees.items():
        cell = [degrees[other] for other in degrees if branches[other] == branches[one]]
        tenths = max(1, min(10, len(cell) // FEWEST))
        below = sum(other < own for other in cell)
        placed[one] = (branches[one], below * tenths // len(cell))
    return lambda _, policy: placed[policy]


def log_e(touched: Floats, share: Floats, betas: Sequence[float] = BETAS) -> float:
    """One actor's e-value: (n,) and (n,) -> natural log."""
    total = 0.0
    for beta in betas:
        factor = 1.0
        for x, a in zip(touched, share, strict=True):
            factor *= (1 + beta * x) / (1 + beta * a)
        total += factor / len(betas)
    return math.log(total)


def log_e_given(
    touched: Floats, share: Floats, found: Sequence[int], gamma: Sequence[float], rate: Floats,
    strengths: Sequence[float],
) -> list[float]:  # fmt: skip
    """Every actor's evidence once the found sources are known: ratio of two mixtures of rates."""
    logs = []
    for j in range(touched.shape[1]):
        total = 0.0
        for strength in strengths:
            factor = 1.0
            for t in range(len(touched)):
                seen = rate[t] + sum(g * touched[t, k] for g, k in zip(gamma, found, strict=True))
                alone = rate[t] + sum(g * share[t, k] for g, k in zip(gamma, found, strict=True))
                factor *= ((seen + strength * touched[t, j]) / seen) / (
                    (alone + strength * share[t, j]) / alone
                )
            total += factor / len(strengths)
        logs.append(math.log(total))
    return logs


def log_value(x: Floats, a: Floats, chosen: Sequence[int], gamma: Sequence[float]) -> float:
    """A set's likelihood against chance at given strengths; x and a over the background's rates."""
    total = 0.0
    for t in range(len(x)):
        seen = sum(g * x[t, k] for g, k in zip(gamma, chosen, strict=True))
        alone = sum(g * a[t, k] for g, k in zip(gamma, chosen, strict=True))
        total += math.log((1 + seen) / (1 + alone))
    return total


def _values(x: Floats, a: Floats, chosen: Sequence[int], log_gamma: Floats) -> Floats:
    """The same for many crossings of strengths at once: (p, c) -> (p,)."""
    columns, gamma = list(chosen), np.exp(log_gamma)
    seen, alone = gamma @ x[:, columns].T, gamma @ a[:, columns].T
    return np.asarray(np.log((1 + seen) / (1 + alone)).sum(axis=1))


def best_strengths(
    x: Floats, a: Floats, chosen: Sequence[int], between: tuple[float, float],
    starts: Sequence[float] = (1.0, 10.0, 100.0, 1000.0),
) -> tuple[Floats, float]:  # fmt: skip
    """A set's best strengths and its likelihood there: hill climbing from every crossing."""
    columns = list(chosen)
    seen, alone = x[:, columns], a[:, columns]

    def worse(log_gamma: Floats) -> tuple[float, Floats]:
        gamma = np.exp(log_gamma)
        up, down = 1 + seen @ gamma, 1 + alone @ gamma
        slope = gamma * ((seen / up[:, None]).sum(0) - (alone / down[:, None]).sum(0))
        return -float(np.log(up / down).sum()), -slope

    if not columns:
        return np.zeros(0), 0.0
    tried = [
        optimize.minimize(worse, np.log(start), jac=True, method="L-BFGS-B",
                          bounds=[(math.log(between[0]), math.log(between[1]))] * len(columns))
        for start in product(starts, repeat=len(columns))
    ]  # fmt: skip
    best = min(tried, key=lambda one: float(one.fun))
    return np.exp(best.x), -float(best.fun)


def log_integrated(
    x: Floats, a: Floats, chosen: Sequence[int], between: tuple[float, float], steps: int = 200
) -> float:
    """A set's likelihood averaged over strengths, each even in its logarithm, by midpoints."""
    low, high = map(math.log, between)
    line = low + (np.arange(steps) + 0.5) * (high - low) / steps
    crossings = np.array(list(product(line, repeat=len(chosen))))
    values = _values(x, a, chosen, crossings)
    return float(np.logaddexp.reduce(values) - math.log(len(values)))


def log_laplace(x: Floats, a: Floats, chosen: Sequence[int], between: tuple[float, float]) -> float:
    """The same by a normal curve around the best strengths, its curvature by finite steps.

    A direction of curvature h costs ln(1 + h span^2 / 2 pi) / 2: nothing where the data are flat.
    """
    gamma, value = best_strengths(x, a, chosen, between, (20.0,))
    count, step = len(chosen), 1e-3
    if not count:
        return 0.0
    curve, away = np.zeros((count, count)), np.eye(count) * step
    for i, j in product(range(count), repeat=2):
        corners = [np.log(gamma) + p * away[i] + q * away[j] for p in (1, -1) for q in (1, -1)]
        pp, pm, mp, mm = _values(x, a, chosen, np.array(corners))
        curve[i, j] = -(pp - pm - mp + mm) / (4 * step**2)
    span = math.log(between[1] / between[0])
    curvature = np.maximum(np.linalg.eigvalsh(curve), 0.0)
    return value - sum(math.log(1 + h * span**2 / (2 * math.pi)) / 2 for h in curvature)


class Strong:
    """Every explanation weighed, none searched for.

    Args: as for the product's `Field`, and the singles' evidence against chance.
    """

    def __init__(
        self, touched: Floats, share: Floats, backgrounds: Sequence[Floats], *, family: int,
        found: Sequence[int], singles: Sequence[float], between: tuple[float, float],
        weights: Sequence[float],
    ) -> None:  # fmt: skip
        self.weights = weights
        self.tables = [(touched / b[:, None], share / b[:, None]) for b in backgrounds]
        self.actors, self.family, self.found, self.between = (
            touched.shape[1], family, list(found), between,
        )  # fmt: skip
        self.any_one = 0.1 + 0.9 * sum(map(math.exp, singles)) / family
        self.known: dict[tuple[int, ...], list[float]] = {}

    def evidence(self, chosen: tuple[int, ...]) -> list[float]:
        if chosen not in self.known:
            self.known[chosen] = [log_laplace(x, a, chosen, self.between) for x, a in self.tables]
        return self.known[chosen]

    def log_e(self, null: tuple[int, ...], column: int) -> float:
        """One null's e-value, where `column` and the found count in its numerator."""
        added = [j for j in sorted({column, *self.found}) if j not in null]
        beside = [
            w * math.exp(one)
            for j in added
            for w, one in zip(self.weights, self.evidence(tuple(sorted((*null, j)))), strict=True)
        ]
        # Half of an actor's weight is on its whole record, the other half on copies: none here.
        return math.log(0.1 * self.any_one + 0.9 * sum(beside) / (2 * self.family)) - max(
            self.evidence(null)
        )

    def least(self, column: int, most: int = 3) -> tuple[float, tuple[int, ...]]:
        """The null without `column`, of so many actors at most, that is rejected least."""
        others = [j for j in range(self.actors) if j != column]
        nulls = [one for size in range(most + 1) for one in combinations(others, size)]
        return min((self.log_e(one, column), one) for one in nulls)


def log_marginal(
    victims: Sequence[int], touches: Sequence[int], size: Sequence[float], mean: Sequence[float],
    *, gamma: float, share: float, firmness: float,
) -> float:  # fmt: skip
    """Integrate every stratum's unknown rate out by quadrature.

    A stratum's victims come at rate x, those the source had seen at x + gamma; x has a gamma prior
    of mean (1 - share) times its stratum's. `victims`, `touches`, `size` and `mean` have one number
    per stratum.
    """
    total = -share * sum(victims)
    for v, k, expected, own in zip(victims, touches, size, mean, strict=True):
        total += _log_integral(v, k, expected, gamma, firmness * own * (1 - share), firmness)
    return total


def _log_integral(
    v: int, k: int, size: float, gamma: float, shape: float, firmness: float
) -> float:
    def log_density(log_x: float) -> float:
        x = math.exp(log_x)
        value = (v - k + shape) * log_x - (size + firmness) * x
        return value + (k * math.log(x + gamma) if k else 0.0)

    # On the log scale the integrand falls as exp(shape * u) to the left and faster to the right.
    low, high = -60.0 / (v - k + shape), 8.0
    grid = np.linspace(low, high, 4_001)
    peak = float(grid[np.argmax([log_density(u) for u in grid])])
    top = log_density(peak)

    def height(log_x: float) -> float:
        return math.exp(max(log_density(log_x) - top, -700.0))

    parts = sorted({low, peak - 8, peak - 2, peak, peak + 2, high} - {0.0})
    area = sum(
        integrate.quad(height, one, other, epsabs=0, epsrel=1e-10, limit=400)[0]
        for one, other in pairwise(parts)
        if other > one
    )
    return float(shape * math.log(firmness) - gammaln(shape) + top + math.log(area))


def log_score(
    victims: Sequence[int], touches: Sequence[int], size: Sequence[float], mean: Sequence[float],
    *, exposure: float, shares: Sequence[float], firmnesses: Sequence[float],
) -> tuple[float, float]:  # fmt: skip
    """An actor as the only source against no source, over all shares and firmnesses."""
    none = [0] * len(victims)
    null = [
        log_marginal(victims, none, size, mean, gamma=0.0, share=0.0, firmness=f)
        for f in firmnesses
    ]
    one = [
        (s, log_marginal(victims, touches, size, mean, gamma=s / exposure, share=s, firmness=f))
        for s in shares
        for f in firmnesses
    ]
    top = max(value for _, value in one)
    weight = [math.exp(value - top) for _, value in one]
    averaged = math.log(sum(weight) / len(one)) + top
    base = math.log(sum(math.exp(n - null[0]) for n in null) / len(null)) + null[0]
    expected = sum(w * s for w, (s, _) in zip(weight, one, strict=True)) / sum(weight)
    return averaged - base, expected


def n95(exposure: float, share: float, *, family: int, alpha: float, power: float = 0.95) -> int:
    """The fewest victims from which on a binomial count of hits passes the bound with `power`."""
    hit = share + (1 - share) * exposure
    bound = math.log(family / alpha)

    def passes(n: int) -> bool:
        hits = np.arange(n + 1)
        by_beta = [hits * math.log1p(b) - n * math.log1p(b * exposure) for b in BETAS]
        evidence = np.logaddexp.reduce(by_beta, axis=0) - math.log(len(BETAS))
        return bool(stats.binom.pmf(hits[evidence >= bound], n, hit).sum() >= power)

    return next(n for n in range(1, 10_000) if passes(n) and passes(n + 1))


def information(seen: Ints, records: Ints, share: float) -> tuple[float, float]:
    """Mean and variance of a victim's log likelihood ratio, over every way it can fall."""
    total_seen, total = sum(seen), sum(records)
    ways: list[tuple[float, float]] = []  # chance, log likelihood ratio
    for held, size in zip(seen, records, strict=True):
        here = share * held / total_seen + (1 - share) * size / total
        if here == 0:
            continue
        hit = (share * held / total_seen + (1 - share) * held / total) / here
        by_chance = held / size
        for chance, without in ((hit, by_chance), (1 - hit, 1 - by_chance)):
            if chance > 1e-12 and without > 0:
                ways.append((here * chance, math.log(chance / without)))
    mean = sum(chance * ratio for chance, ratio in ways)
    return mean, sum(chance * ratio**2 for chance, ratio in ways) - mean**2


def jaccard(one: set[str], other: set[str]) -> float:
    """Records that both had seen over records that either had."""
    return len(one & other) / len(one | other)


def most_targeting(touched: Floats, share: Floats, bound: float) -> float | None:
    """The largest strength of hidden targeting that the accusation survives, to one in 10^7."""

    def margin(strength: float) -> float:
        shifted = np.array([strength * a / (strength * a + 1 - a) for a in share])
        return log_e(touched, shifted) - bound

    if margin(1.0) < 0:
        return None
    return float(optimize.brentq(margin, 1.0, 1e6, rtol=1e-10)) if margin(1e6) < 0 else 1e6
