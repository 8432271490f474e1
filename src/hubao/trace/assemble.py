"""From the engine's small tables to the arrays of `Reduced`."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
from scipy import sparse

from hubao.trace.arrivals import TIME, Arrivals
from hubao.trace.placing import Places
from hubao.trace.reduced import Floats, Ints, Reduced
from hubao.trace.risk import Waiting


@dataclass(frozen=True)
class Counts:
    """The victims' own rows of the log.

    Attributes:
        actors: m names, sorted; each saw a victim's record before the contact.
        policies: n victims.
        cut, batch, stratum: int (n,).
        ask: int (n,); what each victim's caller quoted, see `Arrivals`.
        cut_number: int (n,); number of the victim's (stratum, ask, cut).
        cuts: int (c, 3); the stratum, ask and cut of that number, sorted.
        row, column, asked, at: int (r,); victim, actor, ask and time of every first access to a
            victim's record that counts for the ask, by one of the m actors, later ones too. There
            are rows for every ask of the victim's stratum.
    """

    actors: list[str]
    policies: list[str]
    cut: Ints
    batch: Ints
    stratum: Ints
    ask: Ints
    cut_number: Ints
    cuts: Ints
    row: Ints
    column: Ints
    asked: Ints
    at: Ints

    @classmethod
    def of(cls, touches: pa.Table, *, found: Arrivals, known: Ints, stratum: Ints) -> Self:
        """Number the actors that count, and the triples of stratum, ask and cut."""
        place = np.full(len(found.policies), -1)
        place[known] = np.arange(len(known))
        cut, ask = found.cut[known], found.ask[known]
        row = place[touches.column("t").to_numpy()]
        at = touches.column("at").to_numpy()
        asked = touches.column("ask").to_numpy()
        names = touches.column("actor").combine_chunks().dictionary_encode()
        code, labels = names.indices.to_numpy(), names.dictionary.to_pylist()
        actors = sorted({labels[i] for i in np.unique(code[(at < cut[row]) & (asked == ask[row])])})
        number = {name: j for j, name in enumerate(actors)}
        column_of = np.array([number.get(label, -1) for label in labels], dtype=np.int64)
        column = column_of[code] if len(code) else np.zeros(0, dtype=np.int64)
        counts = column >= 0
        places = np.column_stack([stratum, ask, cut]).astype(np.int64)
        cuts, cut_number = np.unique(places, axis=0, return_inverse=True)
        return cls(
            actors=actors,
            policies=[found.policies[t] for t in known],
            cut=cut,
            batch=found.batch[known],
            stratum=stratum,
            ask=ask,
            cut_number=cut_number.ravel(),
            cuts=cuts,
            row=row[counts],
            column=column[counts],
            asked=asked[counts],
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
        """Relation (c, stratum, cut), where nothing was quoted."""
        plain = np.flatnonzero(self.cuts[:, 1] == 0)
        return self._cuts(plain, self.cuts[:, 0])

    def asked_cut_table(self) -> pa.Table:
        """Relation (c, stratum, cut), where something was; the cell's number for the stratum."""
        asked = np.flatnonzero(self.cuts[:, 1] > 0)
        return self._cuts(asked, self.cell)

    def cell_table(self) -> pa.Table:
        """Relation (cell, stratum, ask): a stratum with what was quoted in it."""
        cells, first = np.unique(self.cell, return_index=True)
        return pa.table({"cell": cells, "stratum": self.cuts[first, 0], "ask": self.cuts[first, 1]})

    @property
    def cell(self) -> Ints:
        """int (c,), ascending: number of each cut's stratum and ask."""
        _, number = np.unique(self.cuts[:, :2], axis=0, return_inverse=True)
        return np.asarray(number.ravel(), dtype=np.int64)

    def _cuts(self, chosen: Ints, stratum: Ints) -> pa.Table:
        return pa.table(
            {
                "c": pa.array(chosen, pa.int64()),
                "stratum": pa.array(stratum[chosen], pa.int64()),
                "cut": pa.array(self.cuts[chosen, 2], pa.int64()).cast(TIME),
            }
        )


def assemble(
    counts: Counts,
    *,
    seen: pa.Table,
    totals: pa.Table,
    waiting: Waiting,
    places: Places,
    family: int,
) -> Reduced:
    """Put the counts together.

    Args:
        counts: the victims' own rows.
        seen: (j, c, n); records of the stratum that actor j first saw, as the ask wants it, before
            the cut of number c and not before the cut that precedes it under that ask.
        totals: (j, n); records each actor had seen before the last contact.
        waiting: records not yet issued at each cut.
        places: the strata.
        family: actors in the log.
    """
    size = (len(counts.policies), len(counts.actors))
    in_time = (counts.at < counts.cut[counts.row]) & (counts.asked == counts.ask[counts.row])
    touched = sparse.csc_array(
        (np.ones(in_time.sum(), dtype=bool), (counts.row[in_time], counts.column[in_time])), size
    )
    at_risk = places.records[counts.cuts[:, 0]] - waiting.records
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
        stratum_codes=places.codes,
        at_risk=at_risk[counts.cut_number],
        touched=touched,
        share=_shares(counts, _seen_by_cut(counts, seen), at_risk, waiting.since),
        seen=records,
        dated=waiting.dated,
    )


def _seen_by_cut(counts: Counts, seen: pa.Table) -> sparse.csr_array:
    """int (c, m): records of the stratum each actor had seen before the cut, for the ask."""
    size = (len(counts.cuts), len(counts.actors))
    at_cut = (
        seen.column("n").to_numpy(),
        (seen.column("c").to_numpy(), seen.column("j").to_numpy()),
    )
    fresh = sparse.csr_array(at_cut, shape=size)
    # Sorted by stratum, ask, cut: a running sum that starts anew with each stratum and ask.
    first = np.searchsorted(counts.cell, counts.cell)
    length = np.arange(len(first)) - first + 1
    rows = np.repeat(np.arange(len(first)), length)
    columns = np.arange(len(rows)) - np.repeat(np.cumsum(length) - length, length) + first[rows]
    earlier = sparse.csr_array(
        (np.ones(len(rows), dtype=np.int64), (rows, columns)), (size[0],) * 2
    )
    return sparse.csr_array(earlier @ fresh)


def _shares(counts: Counts, seen: sparse.csr_array, at_risk: Ints, since: Ints) -> sparse.csc_array:
    """float (n, m): what each actor had seen of the records still at risk when a victim came.

    Earlier victims of the stratum are no longer at risk: they leave the count of records, and of
    records seen where the actor had opened theirs before this victim's contact, as its ask wants.

    Args:
        at_risk: int (c,); records of the stratum issued by each cut.
        since: int (n,); from when each victim's own record was among them, in microseconds.
    """
    own = {int(ask): _first_accesses(counts, int(ask)) for ask in np.unique(counts.ask)}
    rows = [
        _share_row(counts, seen, own[int(counts.ask[victim])], at_risk, since, victim)
        for victim in range(len(counts.policies))
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


def _first_accesses(counts: Counts, ask: int) -> sparse.csr_array:
    """int (n, m): when each actor first opened each victim's record in a way that counts."""
    rows = counts.asked == ask
    size = (len(counts.policies), len(counts.actors))
    return sparse.csr_array((counts.at[rows], (counts.row[rows], counts.column[rows])), size)


def _share_row(
    counts: Counts,
    seen: sparse.csr_array,
    own: sparse.csr_array,
    at_risk: Ints,
    since: Ints,
    victim: int,
) -> tuple[Ints, Floats]:
    gone = (counts.stratum == counts.stratum[victim]) & (counts.batch < counts.batch[victim])
    gone &= since < counts.cut[victim]
    columns, values = _row(seen, int(counts.cut_number[victim]))
    earlier = np.flatnonzero(gone)
    left = int(at_risk[counts.cut_number[victim]]) - len(earlier)
    if len(earlier):
        removed = own[earlier]
        by_then = removed.indices[removed.data < counts.cut[victim]]
        values = values - np.bincount(by_then, minlength=len(counts.actors))[columns]
    kept = values > 0
    return columns[kept], values[kept] / left


def _row(matrix: sparse.csr_array, number: int) -> tuple[Ints, Ints]:
    first, last = matrix.indptr[number], matrix.indptr[number + 1]
    return matrix.indices[first:last].astype(np.int64), matrix.data[first:last]
