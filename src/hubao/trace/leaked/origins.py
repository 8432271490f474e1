"""The shortest explanation of a leaked file: which actors' and exports' records it was made of.

A record of the file comes from origin k, a draw from the |S_k| records that k had seen before the
file was found, or from elsewhere, a draw from its stratum, whatever strata elsewhere prefers: a
list of one region must not look like the work of those who handle that region. Sets of origins are
compared by the length of the file's description under them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from hubao.trace.reduced import Floats, Ints

MOST_ORIGINS = 20
ROUNDS = 200  # of the weights' EM
SETTLED = 1e-9
LIKE = 0.95  # share of records that two origins have in common, above which they are one
WEIGHTS: Floats = np.array([0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9, 0.97, 0.999])


@dataclass(frozen=True)
class Exposure:
    """n records of the file, m origins that had seen at least one of them in time.

    Attributes:
        seen: bool (n, m) sparse columns; whether the origin had seen the record.
        sizes: int (m,); records that each origin had seen.
        family: origins in the whole log.
        elsewhere: float (n,); the chance of each record under a source that is not in the log.
    """

    seen: sparse.csc_array
    sizes: Ints
    family: int
    elsewhere: Floats

    @property
    def rows(self) -> int:
        """Records of the file, n."""
        return int(self.seen.shape[0])

    @cached_property
    def column(self) -> Ints:
        """int (nnz,): the origin of each entry of `seen`."""
        return np.repeat(np.arange(self.seen.shape[1]), np.diff(self.seen.indptr)).astype(np.int64)

    @cached_property
    def _level(self) -> Ints:
        """int (n,): a number for each different chance under elsewhere."""
        return np.unique(self.elsewhere, return_inverse=True)[1].astype(np.int64)

    @cached_property
    def inside(self) -> Ints:
        """int (m,): records of the file that each origin had seen."""
        return np.diff(self.seen.indptr).astype(np.int64)

    def patterns(self, members: "Sequence[int]") -> tuple[Floats, Ints, Ints]:
        """Records of one chance under all members, taken together, so that a fit is quick.

        Returns:
            float (p, c + 1): the chance of a record of each pattern under each member, last under
            elsewhere; int (n,): the pattern of each record; int (p,): records of each.
        """
        held = self.seen[:, list(members)].toarray()
        code = held @ (1 << np.arange(len(members), dtype=np.int64))
        _, first, pattern, counts = np.unique(
            code * (self._level.max() + 1) + self._level,
            return_index=True,
            return_inverse=True,
            return_counts=True,
        )
        inside = held[first] / self.sizes[list(members)]
        elsewhere = self.elsewhere[first, None]
        return np.hstack([inside, elsewhere]), pattern.astype(np.int64), counts.astype(np.int64)


@dataclass(frozen=True)
class Explanation:
    """One set of origins, fitted.

    Attributes:
        members: columns of the exposure.
        weights: float (c + 1,); the share of each member, last that of elsewhere.
        length: nats that describe the set, its weights and the file's records.
        row: float (n,); the chance of each record.
    """

    members: tuple[int, ...]
    weights: Floats
    length: float
    row: Floats


def explain(exposure: Exposure) -> Explanation:
    """Find the set of origins with the shortest description: forward, backward, with swaps.

    Returns:
        The best set found; its members in the order in which they were found. Searched greedily,
        so a shorter one may exist.
    """
    best = fitted(exposure, ())
    while len(best.members) < MOST_ORIGINS:
        longer = _extended(exposure, best)
        if longer is None:
            return best
        best = _tidied(exposure, longer)
    return best


def from_elsewhere(cell: Sequence[str], sizes: Ints, records: int) -> Floats:
    """The chance of each record under a source outside the log that prefers some strata.

    How much it prefers them is learnt from the other records of the file (each is left out of its
    own estimate), beside one record's worth of no preference for each stratum.

    Args:
        cell: n strata, one for each record of the file.
        sizes: int (n,); records at risk in each one's stratum.
        records: records at risk in all.

    Returns:
        float (n,).
    """
    _, place, count = np.unique(np.asarray(cell), return_inverse=True, return_counts=True)
    strata = len(count)
    prior = strata * sizes / records
    share = (count[place] - 1 + prior) / (len(place) - 1 + strata)
    return np.asarray(share / sizes, dtype=np.float64)


def fitted(exposure: Exposure, members: Sequence[int]) -> Explanation:
    """Fit the shares of a set by EM, and measure its description."""
    chances, pattern, counts = exposure.patterns(members)
    part = counts / exposure.rows
    weights = np.full(len(members) + 1, 1.0 / (len(members) + 1))
    for _ in range(ROUNDS if members else 0):
        blame = chances * weights
        after = part @ (blame / blame.sum(axis=1, keepdims=True))
        moved = float(np.abs(after - weights).max())
        weights = after
        if moved < SETTLED:
            break
    # Even a file that one export holds whole may have rows from elsewhere.
    weights = np.maximum(weights, 0.5 / (exposure.rows + 1))
    weights = weights / weights.sum()
    row = np.asarray(chances @ weights, dtype=np.float64)[pattern]
    cost = len(members) * (np.log(exposure.family) + 0.5 * np.log(exposure.rows))
    return Explanation(tuple(members), weights, float(cost - np.log(row).sum()), row)


def gains(exposure: Exposure, base: Explanation) -> Floats:
    """Nats that each origin would save beside a set, at its best share on a grid.

    Returns:
        float (m,): before the cost of naming one more; members read minus infinity.
    """
    entry = base.row[exposure.seen.indices]
    ratio = 1.0 / (exposure.sizes[exposure.column] * entry)
    saved = np.full(len(exposure.sizes), -np.inf)
    for weight in WEIGHTS:
        by_entry = np.log1p(weight / (1.0 - weight) * ratio)
        total = np.bincount(exposure.column, by_entry, minlength=len(saved))
        saved = np.maximum(saved, total + exposure.rows * np.log1p(-weight))
    saved[list(base.members)] = -np.inf
    return saved


def _extended(exposure: Exposure, base: Explanation) -> Explanation | None:
    """The set with the one origin that shortens it most; None where none does."""
    saved = gains(exposure, base)
    if not len(saved) or not np.isfinite(saved.max()):
        return None
    tried = (fitted(exposure, (*base.members, int(k))) for k in np.argsort(-saved)[:3])
    best = min(tried, key=lambda one: one.length)
    return best if best.length < base.length else None


def _tidied(exposure: Exposure, found: Explanation) -> Explanation:
    """Drop members that no longer pay, and put better ones in their places."""
    best = found
    while True:
        shorter = min(_neighbours(exposure, best), key=lambda one: one.length, default=best)
        if shorter.length >= best.length - 1e-6:
            return best
        best = shorter


def _neighbours(exposure: Exposure, found: Explanation) -> Iterator[Explanation]:
    for place in range(len(found.members)):
        without = fitted(exposure, found.members[:place] + found.members[place + 1 :])
        yield without
        swapped = _extended(exposure, without)
        if swapped is not None and set(swapped.members) != set(found.members):
            yield swapped


def needed(exposure: Exposure, found: Explanation) -> Floats:
    """float (c,): nats by which the description gets longer without each member."""
    without = [
        fitted(exposure, found.members[:k] + found.members[k + 1 :]).length - found.length
        for k in range(len(found.members))
    ]
    return np.array(without, dtype=np.float64)


def same_as(exposure: Exposure, member: int) -> list[int]:
    """Other origins with nearly the same records of the file, and nearly as many in all.

    A sign, not a proof: what the two hold outside the file is counted, not compared.
    """
    own = np.zeros(exposure.rows, dtype=np.bool_)
    own[exposure.seen.indices[slice(*exposure.seen.indptr[member : member + 2])]] = True
    both = np.bincount(exposure.column, own[exposure.seen.indices], minlength=len(exposure.sizes))
    either = exposure.inside[member] + exposure.inside - both
    ratio = exposure.sizes / exposure.sizes[member]
    like = (both > LIKE * either) & (ratio > LIKE) & (ratio < 1 / LIKE)
    return [int(k) for k in np.flatnonzero(like) if k != member]


def origin_of(exposure: Exposure, found: Explanation) -> Ints:
    """int (n,): the likeliest member of each record, as a place in `members`; -1 for elsewhere."""
    chances, pattern, _ = exposure.patterns(found.members)
    place = (chances * found.weights).argmax(axis=1).astype(np.int64)
    return np.where(place == len(found.members), -1, place)[pattern]
