"""From the engine's small tables to the arrays of `Reduced`."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
from scipy import sparse

from hubao.trace.arrivals import TIME, Arrivals
from hubao.trace.placing import Places
from hubao.trace.reduced import Floats, Ints, Reduced


@dataclass(frozen=True)
class Counts:
    """The victims' own rows of the log.

    Attributes:
        actors: m names, sorted; each saw a victim's record before the contact.
        policies: n victims.
        cut, batch, stratum: int (n,).
        cut_number: int (n,); number of the victim's (stratum, cut) pair.
        cuts: int (c, 2); stratum and cut of each pair, sorted.
        row, column, at: int (r,); victim, actor and time of every first access to a victim's
            record by one of the m actors, later ones too.
    """

    actors: list[str]
    policies: list[str]
    cut: Ints
    batch: Ints
    stratum: Ints
    cut_number: Ints
    cuts: Ints
    row: Ints
    column: Ints
    at: Ints

    @classmethod
    def of(cls, touches: pa.Table, *, found: Arrivals, known: Ints, stratum: Ints) -> Self:
        """Number the actors that count, and the pairs of stratum and cut."""
        place = np.full(len(found.policies), -1)
        place[known] = np.arange(len(known))
        cut = found.cut[known]
        row = place[touches.column("t").to_numpy()]
        at = touches.column("at").to_numpy()
        names = touches.column("actor").combine_chunks().dictionary_encode()
        code, labels = names.indices.to_numpy(), names.dictionary.to_pylist()
        actors = sorted({labels[i] for i in np.unique(code[at < cut[row]])})
        number = {name: j for j, name in enumerate(actors)}
        column_of = np.array([number.get(label, -1) for label in labels], dtype=np.int64)
        column = column_of[code] if len(code) else np.zeros(0, dtype=np.int64)
        counts = column >= 0
        pairs = np.column_stack([stratum, cut]) if len(cut) else np.zeros((0, 2), dtype=np.int64)
        cuts, cut_number = np.unique(pairs, axis=0, return_inverse=True)
        return cls(
            actors=actors,
            policies=[found.policies[t] for t in known],
            cut=cut,
            batch=found.batch[known],
            stratum=stratum,
            cut_number=cut_number.ravel(),
            cuts=cuts,
            row=row[counts],
            column=column[counts],
            at=at[counts],
        )

    @property
    def last(self) -> int:
        """The last cut, in microseconds; 0 where there is no victim."""
        return int(self.cut.max(initial=0))

    def candidates(self) -> pa.Table:
        """Relation (actor, j)."""
        return pa.table(
            {
                "actor": pa.array(self.actors, pa.string()),
                "j": pa.array(range(len(self.actors)), pa.int64()),
            }
        )

    def cut_table(self) -> pa.Table:
        """Relation (c, stratum, cut)."""
        return pa.table(
            {
                "c": pa.array(range(len(self.cuts)), pa.int64()),
                "stratum": pa.array(self.cuts[:, 0]),
                "cut": pa.array(self.cuts[:, 1]).cast(TIME),
            }
        )


def assemble(
    counts: Counts, *, seen: pa.Table, totals: pa.Table, places: Places, family: int
) -> Reduced:
    """Put the counts together.

    Args:
        counts: the victims' own rows.
        seen: (j, c, n); records of the pair's stratum that actor j first saw before the pair's cut
            and not before the cut that precedes it in the stratum.
        totals: (j, n); records each actor had seen before the last contact.
        places: the strata.
        family: actors in the log.
    """
    size = (len(counts.policies), len(counts.actors))
    in_time = counts.at < counts.cut[counts.row]
    touched = sparse.csc_array(
        (np.ones(in_time.sum(), dtype=bool), (counts.row[in_time], counts.column[in_time])), size
    )
    records = np.zeros(size[1], dtype=np.int64)
    records[totals.column("j").to_numpy()] = totals.column("n").to_numpy()
    return Reduced(
        actors=counts.actors,
        family=family,
        records=places.all_records,
        policies=counts.policies,
        batch=counts.batch,
        stratum=counts.stratum,
        stratum_records=places.records,
        stratum_labels=places.labels,
        touched=touched,
        share=_shares(counts, _seen_by_cut(counts, seen), places.records),
        seen=records,
    )


def _seen_by_cut(counts: Counts, seen: pa.Table) -> sparse.csr_array:
    """int (c, m): records of the pair's stratum each actor had seen before the pair's cut."""
    size = (len(counts.cuts), len(counts.actors))
    at_cut = (
        seen.column("n").to_numpy(),
        (seen.column("c").to_numpy(), seen.column("j").to_numpy()),
    )
    fresh = sparse.csr_array(at_cut, shape=size)
    # Pairs are sorted by stratum, then cut: a running sum that starts anew with each stratum.
    first = np.searchsorted(counts.cuts[:, 0], counts.cuts[:, 0])
    length = np.arange(len(first)) - first + 1
    rows = np.repeat(np.arange(len(first)), length)
    columns = np.arange(len(rows)) - np.repeat(np.cumsum(length) - length, length) + first[rows]
    earlier = sparse.csr_array(
        (np.ones(len(rows), dtype=np.int64), (rows, columns)), (size[0],) * 2
    )
    return sparse.csr_array(earlier @ fresh)


def _shares(counts: Counts, seen: sparse.csr_array, records: Ints) -> sparse.csc_array:
    """float (n, m): what each actor had seen of the records still at risk when a victim came.

    Earlier victims of the stratum are no longer at risk: they leave the count of records, and of
    records seen where the actor had opened theirs before this victim's contact.
    """
    own = sparse.csr_array(
        (counts.at, (counts.row, counts.column)), (len(counts.policies), len(counts.actors))
    )
    rows = [
        _share_row(counts, seen, own, records, victim) for victim in range(len(counts.policies))
    ]
    if not rows:
        return sparse.csc_array((0, len(counts.actors)), dtype=np.float64)
    lengths = [len(columns) for columns, _ in rows]
    return sparse.csc_array(
        sparse.csr_array(
            (
                np.concatenate([values for _, values in rows]),
                np.concatenate([columns for columns, _ in rows]),
                np.concatenate([[0], np.cumsum(lengths)]),
            ),
            (len(rows), len(counts.actors)),
        )
    )


def _share_row(
    counts: Counts, seen: sparse.csr_array, own: sparse.csr_array, records: Ints, victim: int
) -> tuple[Ints, Floats]:
    gone = (counts.stratum == counts.stratum[victim]) & (counts.batch < counts.batch[victim])
    columns, values = _row(seen, int(counts.cut_number[victim]))
    earlier = np.flatnonzero(gone)
    left = int(records[counts.stratum[victim]]) - len(earlier)
    if len(earlier):
        removed = own[earlier]
        by_then = removed.indices[removed.data < counts.cut[victim]]
        values = values - np.bincount(by_then, minlength=len(counts.actors))[columns]
    kept = values > 0
    return columns[kept], values[kept] / left


def _row(matrix: sparse.csr_array, number: int) -> tuple[Ints, Ints]:
    first, last = matrix.indptr[number], matrix.indptr[number + 1]
    return matrix.indices[first:last].astype(np.int64), matrix.data[first:last]
