"""A proof that no few other actors explain the victims nearly as well as a named one does.

The strong rule's search may miss a rival set. Here every set C of at most R actors, at any
strengths in [LOWEST, HIGHEST], is bounded by branch and bound; its likelihood against chance is

    F(C, gamma) = sum over victims v of log(1 + X_v) - log(1 + A_v),
    X_v = sum gamma_k x_vk,  A_v = sum gamma_k a_vk,

x and a being touched and share over the victims' background rates. What makes it a proof:

1. Strengths on a grid. In t = log gamma both sums of logs are convex. Round every t_k at random to
   an end of its grid cell, of width w, with mean t_k: the first sum does not fall on average
   (Jensen), the second rises by at most w^2 / 8 times its largest curvature in t_k, and that is
   sum_v p(1 - p) with p = gamma_k a / (1 + A) <= gamma_k a / (1 + gamma_k a). So some grid point
   has F + slack >= F(C, gamma), `slack` being that rise for every actor and grid point.
2. What at most q more elements D (an actor at a grid point) add to a set E. With
   Y_d = gamma_d x / (1 + X_E) and b_d = gamma_d a / (1 + A_E), victim v adds
   log(1 + sum Y) - log(1 + sum b). For any part in [0, 1] let k(b) = (1 + b)^(1 - part) - 1, which
   is concave with k(0) = 0, so that k(sum b) >= sum k(q b_d) / q and k(sum b) >= k(b_d). Hence

       log(1 + sum Y) - (1 - part) log(1 + sum b) <= log(1 + sum y_d),
       y_d = max(0, Y_d - k(q b_d) / q) / (1 + k(b_d)),

   and -part * log(1 + sum b) <= -part / q * sum log(1 + q b_d), the log being concave too. Lastly
   log(1 + sum y_d) <= log u + sum log(1 + y_d / u) for every u >= 1: a victim whom several
   elements touch is paid for once. All of it is a sum over D, so its largest value over D is the
   sum of the q largest potentials. part (one for every kind of victim) and u (one for every
   victim) are free, and are chosen to make the bound low; part = 1, u = 1 is exact for q = 1.
   part = 0 holds every victim's gain below log(1 / share), which is what bounds actors that saw
   nearly everything.
3. Sets once each: the children of a node are its elements, each followed only by actors that come
   later in the node's order. Elements that can't lift any set above the threshold are dropped.
Source: methods/trace.md 4.4; Nemhauser, Wolsey & Fisher (1978), Mathematical Programming 14, for
bounds on submodular sums.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from hubao.trace.reduced import Floats, Ints
from hubao.trace.sets import HIGHEST, LOWEST, SPAN

POINTS = 10  # of the grid of strengths
FIRST_PART = 0.15
ROOT_STEPS, STEPS = 60, 8  # towards the best u and part, at the root and below
FEW_LEFT = 0.7  # of the actors, for the rest to be looked at alone
ROUNDING = 1e-7  # nats that floating-point sums may be off
NUDGE, PART_STEP = 0.01, 0.1  # in part: to see the slope, and of a first step at most
Mask = NDArray[np.bool_]


def proven(
    touched: sparse.csc_array,
    share: sparse.csc_array,
    backgrounds: Sequence[Floats],
    *,
    without: Collection[int],
    threshold: float,
    largest: int,
    nodes: int,
) -> bool:
    """Whether no set of other actors reaches the threshold, at any strengths, for certain.

    Args:
        touched, share: (n, m) sparse columns; see `Reduced`.
        backgrounds: float (n,) each; rates of the victims' strata, above 0.
        without: columns that the sets leave out: the named actor and its twins.
        threshold: natural log of the likelihood against chance that no set may exceed.
        largest: actors in a set, at most.
        nodes: work allowed, for all backgrounds together; False once it is used up.
    """
    left = nodes
    for background in backgrounds:
        used = _nodes_to_prove(
            _table(touched, share, background, without), threshold - ROUNDING, largest, left
        )
        if used is None:
            return False
        left -= used
    return True


@dataclass(frozen=True)
class _Table:
    """Victims with the same shares and background form one of s kinds; c actors; g strengths.

    Attributes:
        start, size: int (c,); where each actor's touches begin in `victim`, and how many.
        victim: int (e,); touched victims, actor by actor.
        background: float (n,).
        kind: int (n,).
        touched: float (n, c).
        alone: float (s, c); share over background.
        count: float (s,); victims of each kind.
        gamma: float (g,).
        slack: float (c, g).
    """

    start: Ints
    size: Ints
    victim: Ints
    background: Floats
    kind: Ints
    touched: Floats
    alone: Floats
    count: Floats
    gamma: Floats
    slack: Floats


def _table(
    touched: sparse.csc_array, share: sparse.csc_array, background: Floats, without: Collection[int]
) -> _Table:
    all_sizes = np.diff(touched.indptr).astype(np.int64)
    columns = np.setdiff1d(np.flatnonzero(all_sizes), np.array(sorted(without), dtype=np.int64))
    a = share[:, columns].toarray().astype(np.float64) / background[:, None]
    alone, kind, count = np.unique(a, axis=0, return_inverse=True, return_counts=True)
    kept = touched[:, columns]
    gamma = np.exp(np.linspace(np.log(LOWEST), np.log(HIGHEST), POINTS))
    weight = count.astype(np.float64)
    return _Table(
        start=kept.indptr[:-1].astype(np.int64),
        size=np.diff(kept.indptr).astype(np.int64),
        victim=kept.indices.astype(np.int64),
        background=background.astype(np.float64),
        kind=np.asarray(kind, dtype=np.int64).ravel(),
        touched=kept.toarray().astype(np.float64),
        alone=alone,
        count=weight,
        gamma=gamma,
        slack=_slack(alone, weight, gamma),
    )


def _slack(alone: Floats, count: Floats, gamma: Floats) -> Floats:
    upper = np.append(gamma[1:], gamma[-1])  # the higher of the two cells that meet in a point
    odds = np.minimum(upper * alone[:, :, None], 1.0)  # p(1 - p) is at most 1/4, reached at 1
    curve = np.tensordot(count, odds / (1.0 + odds) ** 2, axes=1)
    return np.asarray((SPAN / (POINTS - 1)) ** 2 / 8.0 * curve, dtype=np.float64)


@dataclass(frozen=True)
class _Price:
    """What is free in the bound: u, float (n,), and part, float (s,)."""

    u: Floats
    part: Floats


@dataclass(frozen=True)
class _Node:
    """A set E, and the actors that may still join it.

    Attributes:
        further: how many may join, q.
        value: F(E) with its slack.
        seen, alone: float (n,) and (s,); 1 + X_E and 1 + A_E.
        actors: int (c,).
        open: bool (c, g); elements not yet ruled out.
        price: the parent's, u times 1 + X_E.
    """

    further: int
    value: float
    seen: Floats
    alone: Floats
    actors: Ints
    open: Mask
    price: _Price


def _nodes_to_prove(table: _Table, threshold: float, largest: int, nodes: int) -> int | None:
    """Nodes it took to hold every set below the threshold, or None."""
    n, actors = len(table.kind), np.arange(len(table.size))
    root = _Node(
        further=min(largest, len(actors)), value=0.0, seen=np.ones(n),
        alone=np.ones(len(table.count)), actors=actors,
        open=np.ones((len(actors), POINTS), dtype=bool),
        price=_Price(np.ones(n), np.full(len(table.count), FIRST_PART)),
    )  # fmt: skip
    used, waiting = 0, [root]
    while waiting:
        node = waiting.pop()
        if node.value > threshold or used >= nodes:
            return None
        used += 1
        if node.further > 0:
            steps = ROOT_STEPS if used == 1 else STEPS
            children = _children(table, node, threshold, steps, nodes - used - len(waiting))
            if children is None:
                return None
            waiting.extend(children)
    return used


def _children(
    table: _Table, node: _Node, threshold: float, steps: int, most: int
) -> list[_Node] | None:
    """The nodes that may hold a set above the threshold, most promising last; None if too many."""
    terms = _terms(table, node)
    price = _Price(np.maximum(node.price.u / node.seen, 1.0), node.price.part)
    if node.further == 1:
        price = _Price(np.ones(len(node.seen)), np.ones(len(node.alone)))
    still, best, lowest = node.open, price, np.inf
    for step in range(steps if node.further > 1 else 1):
        bound, still, top = _look(terms, node, price, still, threshold)
        if not still.any():
            return []
        if bound < lowest:
            best, lowest = price, bound
        price = _better(table, node, top, price, 1.0 / (1.0 + step) ** 0.7)
        left = still.any(axis=1)
        if left.mean() < FEW_LEFT:
            node, still = replace(node, actors=node.actors[left], open=still[left]), still[left]
            terms = _terms(table, node)
    # What an element must add for itself and those after it to lift a set above the threshold.
    lacking = threshold - node.value - float(np.log(best.u).sum())
    potential = np.where(still, terms.potential(best), -np.inf)
    return _split(table, node, potential, lacking, _Price(best.u * node.seen, best.part), most)


def _split(
    table: _Table, node: _Node, potential: Floats, lacking: float, price: _Price, most: int
) -> list[_Node] | None:
    strongest = potential.max(axis=1)
    order = np.argsort(-strongest, kind="stable")[: int(np.isfinite(strongest).sum())]
    actors, value = node.actors[order], potential[order]
    sums = np.cumsum(np.append(0.0, np.maximum(strongest[order], 0.0)))
    place, q = np.arange(len(order)), node.further
    # The most that q - 1, and q - 2, later actors may add.
    after = sums[np.minimum(place + q, len(order))] - sums[1:]
    but_one = sums[np.clip(place + q - 1, place + 1, len(order))] - sums[1:]
    which = np.argwhere(value + after[:, None] > lacking)
    if len(which) > most:
        return None
    nodes = []
    for i, g in which:
        actor, gamma = actors[i], table.gamma[g]
        beside = value[i + 1 :] + value[i, g] + but_one[i] > lacking
        left = beside.any(axis=1)
        alone = node.alone + gamma * table.alone[:, actor]
        seen = node.seen.copy()
        mine = table.victim[table.start[actor] : table.start[actor] + table.size[actor]]
        seen[mine] += gamma / table.background[mine]
        gain = np.log(seen / node.seen).sum() - table.count @ np.log(alone / node.alone)
        nodes.append(
            _Node(
                further=min(node.further - 1, int(left.sum())),
                value=node.value + float(gain + table.slack[actor, g]),
                seen=seen,
                alone=alone,
                actors=actors[i + 1 :][left],
                open=beside[left],
                price=price,
            )
        )
    return nodes[::-1]


@dataclass(frozen=True)
class _Terms:
    """What the elements open at a node add, before the price is chosen.

    Attributes:
        q: how many may join.
        first: int (c,); where each actor's touches begin.
        victim, kind: int (e,).
        hit, risk: float (e, g); Y and b where an element touches a victim.
        penalty: float (s, c * g); sum over the kind's victims of log(1 + q b) / q.
        slack: float (c, g).
    """

    q: int
    first: Ints
    victim: Ints
    kind: Ints
    hit: Floats
    risk: Floats
    penalty: Floats
    slack: Floats

    def potential(self, price: _Price) -> Floats:
        """float (c, g): what each element adds at most."""
        gains = _gains(self.q, self.hit, self.risk, price.part[self.kind][:, None])
        logs = np.log1p(gains / price.u[self.victim][:, None])
        penalty = (price.part @ self.penalty).reshape(self.slack.shape)
        return np.asarray(np.add.reduceat(logs, self.first) - penalty + self.slack)


def _gains(q: int, hit: Floats, risk: Floats, part: Floats) -> Floats:
    """y of the bound, from Y and b."""
    power = 1.0 - part
    shared = ((1.0 + q * risk) ** power - 1.0) / q
    return np.asarray(np.maximum(hit - shared, 0.0) / (1.0 + risk) ** power)


def _terms(table: _Table, node: _Node) -> _Terms:
    size = table.size[node.actors]
    first = np.cumsum(size) - size
    entry = np.repeat(table.start[node.actors] - first, size) + np.arange(size.sum())
    actor, victim = np.repeat(node.actors, size), table.victim[entry]
    kind, q = table.kind[victim], node.further
    risk = table.alone[kind, actor] / node.alone[kind]
    odds = (table.alone[:, node.actors] / node.alone[:, None])[:, :, None] * (q * table.gamma)
    penalty = np.log1p(odds) * (table.count / q)[:, None, None]
    return _Terms(
        q=q,
        first=first,
        victim=victim,
        kind=kind,
        hit=table.gamma / (table.background[victim] * node.seen[victim])[:, None],
        risk=table.gamma * risk[:, None],
        penalty=penalty.reshape(len(table.count), -1),
        slack=table.slack[node.actors],
    )


def _look(
    terms: _Terms, node: _Node, price: _Price, still: Mask, threshold: float
) -> tuple[float, Mask, tuple[Ints, Ints]]:
    """The bound at a price, the elements it leaves open, and the strongest: actors and strengths.

    An element stays open only if it, with the strongest others, may lift a set above the threshold.
    """
    potential = np.where(still, terms.potential(price), -np.inf)
    strongest = np.maximum(potential.max(axis=1), 0.0)
    order = np.argsort(-strongest, kind="stable")[: terms.q]
    top = strongest[order]
    beside = np.full(len(strongest), top[: terms.q - 1].sum())
    beside[order[: terms.q - 1]] = top.sum() - top[: terms.q - 1]
    base = node.value + float(np.log(price.u).sum())
    still = still & (base + potential + beside[:, None] > threshold)
    chosen = order[top > 0.0]
    return base + float(top.sum()), still, (node.actors[chosen], potential[chosen].argmax(axis=1))


def _better(
    table: _Table, node: _Node, top: tuple[Ints, Ints], price: _Price, step: float
) -> _Price:
    """One step down the bound's slope, seen from the elements that are strongest now."""
    actors, gamma = top[0], table.gamma[top[1]]
    kind, q = table.kind, node.further
    hit = gamma * table.touched[:, actors] / (table.background * node.seen)[:, None]
    risk = (gamma * table.alone[:, actors] / node.alone[:, None])[kind]
    shared = np.log1p(q * risk).sum(axis=1) / q

    def paid(part: Floats) -> tuple[Floats, Floats]:
        ratio = _gains(q, hit, risk, part[kind][:, None]) / price.u[:, None]
        total = np.log1p(ratio).sum(axis=1) - part[kind] * shared
        return np.bincount(kind, total) / table.count, (ratio / (1.0 + ratio)).sum(axis=1)

    more, less = np.minimum(price.part + NUDGE, 1.0), np.maximum(price.part - NUDGE, 0.0)
    slope = (paid(more)[0] - paid(less)[0]) / (more - less)
    u = np.exp(np.maximum(np.log(price.u) + step * (paid(price.part)[1] - 1.0), 0.0))
    return _Price(u, np.clip(price.part - PART_STEP * step * np.clip(slope, -1.0, 1.0), 0.0, 1.0))
