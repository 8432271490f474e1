"""Which strata calls from outside the sources fall on: one factor a column, held near 1.

A stratum's own victims are few or none. Callers mostly choose by region, age and product, each by
itself, so rates that are products of one factor a column say more of strata without victims, and
don't take a source's few victims in a quiet region for the region's own:

    mean_z = level * prod over columns f of m_f(value of z in f),

every factor shrunk to 1 by a gamma prior of so many pseudo-victims, fitted in turn. `rates` lets
each stratum's own rate lie about its mean.
Source: methods/trace.md 4.2; iterative proportional fitting with gamma-Poisson shrinkage.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from hubao.trace.reduced import Floats, Ints

FOR_COLUMN = 1.5  # pseudo-victims that hold a factor at 1
ROUNDS = 500
SETTLED = 1e-9  # a round that moves no rate by more than this share is the last


@dataclass(frozen=True)
class Means:
    """Rates by columns.

    Attributes:
        mean: float (s,); each stratum's, in units of the mean rate.
        factors: for each column, float (values,).
    """

    mean: Floats
    factors: Sequence[Floats]

    @classmethod
    def even(cls, codes: Ints) -> Self:
        """One everywhere, to start from."""
        values = [int(column.max(initial=0)) + 1 for column in codes.T]
        return cls(np.ones(len(codes)), [np.ones(count) for count in values])

    def turned(self, cold: Floats, size: Floats, codes: Ints) -> "Means":
        """Fit every factor once, the others held, then the level.

        Args:
            cold: float (s,); victims of each stratum that no source accounts for.
            size: float (s,); victims it would have at the mean rate.
            codes: int (s, f); the value of each stratum in each column.
        """
        mean, factors = self.mean, list(self.factors)
        for f, column in enumerate(codes.T):
            count = len(factors[f])
            expected = np.bincount(column, mean * size, minlength=count) / factors[f]
            fresh = np.bincount(column, cold, minlength=count) + FOR_COLUMN
            fresh /= expected + FOR_COLUMN
            mean = mean * (fresh / factors[f])[column]
            factors[f] = fresh.astype(np.float64)
        level = max(float(cold.sum()), 1e-9) / max(float(mean @ size), 1e-300)
        return Means(mean * level, factors)


def means(cold: Floats, size: Floats, codes: Ints) -> Means:
    """Fit till no rate moves; see `Means.turned`."""
    found = Means.even(codes)
    for _ in range(ROUNDS):
        before, found = found, found.turned(cold, size, codes)
        # A stratum without records says nothing, so it must not say when to stop either.
        moved = np.log(found.mean / before.mean)[size > 0]
        if np.abs(moved).max(initial=0.0) < SETTLED:
            break
    return found
