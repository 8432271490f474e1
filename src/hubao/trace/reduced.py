"""The small tables that a trace rests on, once the log has been reduced in the engine."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Reduced:
    """n victims in order of arrival, m actors that saw at least one of their records in time.

    Attributes:
        actors: m names, in the order of the columns.
        family: actors in the whole log; the bound on naming an innocent covers all of them.
        records: records at risk (all policies known).
        policies: n victims' policies.
        batch: int (n,), ascending from 0; victims reported together share a number.
        stratum: int (n,); each victim's stratum, an index into `stratum_records`.
        stratum_records: int (s,); records of every stratum, with victims or without.
        stratum_labels: s labels.
        stratum_codes: int (s, f); the value of every stratum in each of the f columns compared
            within, numbered column by column.
        at_risk: int (n,); records of the victim's stratum that had been issued by its contact,
            those of earlier victims among them; all of them where issue dates are not known.
        touched: bool (n, m) sparse columns; actor j had seen victim t's record before the contact.
        share: float (n, m) sparse columns, in (0, 1]; share of the victim's stratum, still at risk
            when it was reported, that actor j had seen before the contact.
        seen: int (m,); records each actor had seen before the last contact.
        dated: whether any policy has a date of issue.
    """

    actors: Sequence[str]
    family: int
    records: int
    policies: Sequence[str]
    batch: Ints
    stratum: Ints
    stratum_records: Ints
    stratum_labels: Sequence[str]
    stratum_codes: Ints
    at_risk: Ints
    touched: sparse.csc_array
    share: sparse.csc_array
    seen: Ints
    dated: bool = True

    @cached_property
    def victims(self) -> int:
        """Number of victims, n."""
        return len(self.policies)

    @cached_property
    def touches(self) -> Ints:
        """int (m,): victims whose record each actor had seen in time."""
        return np.diff(self.touched.indptr).astype(np.int64)

    @cached_property
    def expected(self) -> Floats:
        """float (m,): victims each actor would have touched by its work alone, within strata."""
        return np.asarray(self.share.sum(axis=0), dtype=np.float64).ravel()

    def touched_by(self, columns: Ints) -> Floats:
        """float (n, k), 0 or 1: the chosen actors' columns, dense."""
        return self.touched[:, columns].toarray().astype(np.float64)

    def share_of(self, columns: Ints) -> Floats:
        """float (n, k): the chosen actors' shares of each victim's stratum, dense."""
        return self.share[:, columns].toarray().astype(np.float64)
