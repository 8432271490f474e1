"""Victims in their order of arrival: repeats merged, order kept, each with the cut of its log."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from hubao.trace.reduced import Ints

WHOLE_LOG = np.int64(253402300799_000000)  # 9999-12-31T23:59:59Z: no contact time, no cut
TIME = pa.timestamp("us")


@dataclass(frozen=True)
class Arrivals:
    """Distinct victims in order of arrival.

    Attributes:
        policies: n names.
        cut: int (n,); microseconds since 1970 UTC; accesses at or after it don't count.
        batch: int (n,), ascending; victims reported at the same moment share a number.
        rows: readable rows of the victims table.
        chosen: rows left out because the victim was asked on account of an actor in the log.
        cut_missing: victims without a contact time; the report time stands in, else the whole log.
        order_missing: victims without a report time in a table that has some; they come last.
        ordered_by: "reported_at" or "file".
    """

    policies: list[str]
    cut: Ints
    batch: Ints
    rows: int
    chosen: int
    cut_missing: int
    order_missing: int
    ordered_by: str

    @property
    def merged(self) -> int:
        """Rows that repeat a policy already reported."""
        return self.rows - self.chosen - len(self.policies)


def arrivals(victims: pa.Table, actors: Collection[str]) -> Arrivals:
    """Merge repeats and put victims in order of `reported_at`, else of the file.

    The first report of a policy gives its place. The log is cut for it at the earliest time among
    all its rows: of a contact, or of a report, before which its contact must have been.
    Rows whose `asked_because` is an actor's name are left out: evidence gathered because of a
    suspect can't be held against it (methods/trace.md 10.4).

    Args:
        victims: the relation `victims` of the lake's readers.
        actors: names of the actors in the log.
    """
    every = _rows(victims)
    cut = _cuts(every)
    rows = [row for row in every if row["asked_because"] not in actors]
    ordered_by = "reported_at" if any(row["reported"] is not None for row in rows) else "file"
    # Python's sort is stable, so rows reported together keep the order of the file.
    rows.sort(key=lambda row: (row["reported"] is None, row["reported"] or 0))
    first: dict[str, dict[str, Any]] = {}
    for row in rows:
        first.setdefault(row["policy"], row)
    contacted = {row["policy"] for row in every if row["contacted"] is not None}
    reported = [row["reported"] for row in first.values()]
    return Arrivals(
        policies=list(first),
        cut=np.array([cut.get(policy, WHOLE_LOG) for policy in first], dtype=np.int64),
        batch=_batches(reported),
        rows=victims.num_rows,
        chosen=len(every) - len(rows),
        cut_missing=sum(policy not in contacted for policy in first),
        order_missing=reported.count(None) if ordered_by == "reported_at" else 0,
        ordered_by=ordered_by,
    )


def _rows(victims: pa.Table) -> list[dict[str, Any]]:
    ordered = victims.sort_by("line")
    micros = {
        "contacted": _micros(ordered.column("contacted_at")),
        "reported": _micros(ordered.column("reported_at")),
    }
    plain = ordered.select(["policy", "asked_because"]).to_pylist()
    return [
        row | {name: values[i] for name, values in micros.items()} for i, row in enumerate(plain)
    ]


def _micros(times: pa.ChunkedArray) -> list[int | None]:
    values: list[int | None] = times.cast(TIME).cast(pa.int64()).to_pylist()
    return values


def _cuts(rows: list[dict[str, Any]]) -> dict[str, int]:
    """The earliest time of each policy; none where no row has one."""
    cut: dict[str, int] = {}
    for row in rows:
        for time in (row["contacted"], row["reported"]):
            if time is not None:
                cut[row["policy"]] = min(time, cut.get(row["policy"], time))
    return cut


def _batches(reported: list[int | None]) -> Ints:
    """Number the arrivals; rows without a report time each come alone."""
    batch, numbers = -1, []
    for i, time in enumerate(reported):
        together = i > 0 and time is not None and time == reported[i - 1]
        batch += not together
        numbers.append(batch)
    return np.array(numbers, dtype=np.int64)


def as_time(micros: int) -> datetime:
    """Turn microseconds since 1970 UTC into a naive UTC time, as the lake keeps them."""
    return datetime.fromisoformat("1970-01-01") + timedelta(microseconds=micros)
