"""Victims in their order of arrival: repeats merged, order kept, each with the cut of its log."""

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from hubao.trace.reduced import Ints

WHOLE_LOG = np.int64(253402300799_000000)  # 9999-12-31T23:59:59Z: no contact time, no cut
TIME = pa.timestamp("us")
Fields = tuple[str, ...]  # names of fields as `field_names` gives them, sorted
# Also what programs put around the names when they write a list into one cell.
_BETWEEN = re.compile(r"[\s;,|、\[\]{}\"']+")


@dataclass(frozen=True)
class Arrivals:
    """Distinct victims in order of arrival.

    Attributes:
        policies: n names.
        cut: int (n,); microseconds since 1970 UTC; accesses at or after it don't count.
        batch: int (n,), ascending; victims reported at the same moment share a number.
        asks: sets of fields that callers quoted, each once; the first is empty.
        ask: int (n,); which of `asks` each victim's caller quoted: only accesses that may have
            shown all of them count.
        rows: readable rows of the victims table.
        chosen: rows left out because the victim was asked on account of an actor in the log.
        doubted: other rows left out because their confidence is 0.
        cut_missing: victims without a contact time; the report time stands in, else the whole log.
        order_missing: victims without a report time in a table that has some; they come last.
        ordered_by: "reported_at" or "file".
        quoted_unknown: victims whose caller quoted a field that no access lists, though others
            are listed; that field is passed over.
        quoted_ignored: victims whose caller quoted a field, where no access lists any.
    """

    policies: list[str]
    cut: Ints
    batch: Ints
    asks: Sequence[Fields]
    ask: Ints
    rows: int
    chosen: int
    doubted: int
    cut_missing: int
    order_missing: int
    ordered_by: str
    quoted_unknown: int
    quoted_ignored: int

    @property
    def merged(self) -> int:
        """Rows that repeat a policy already reported."""
        return self.rows - self.chosen - self.doubted - len(self.policies)


def arrivals(victims: pa.Table, actors: Collection[str], listed: Collection[str] = ()) -> Arrivals:
    """Merge repeats and put victims in order of `reported_at`, else of the file.

    The first report of a policy gives its place. The log is cut for it at the earliest time among
    all its rows: of a contact, or of a report, before which its contact must have been.
    Rows whose `asked_because` is an actor's name are left out: evidence gathered because of a
    suspect can't be held against it (methods/trace.md 10.4). Rows whose `confidence` (the chance
    that the contact used leaked data) is 0 are no victims; any other counts in full: a weight q
    between keeps the e-value's mean at most 1 only inside the bet (1 - q + q * factor), not where
    it scales what was touched and what was expected apart, and no other figure knows it. Either
    way confidence must be set without looking at who had opened the record.
    All the fields quoted in the rows of a policy that are left must have been shown.

    Args:
        victims: the relation `victims` of the lake's readers.
        actors: names of the actors in the log, and their accounts'.
        listed: names of the fields that any access lists; none where the log names no fields.
    """
    every = _rows(victims)
    cut = _cuts(every)
    freely = [row for row in every if row["asked_because"] not in actors]
    rows = [row for row in freely if row["confidence"] != 0]
    ordered_by = "reported_at" if any(row["reported"] is not None for row in rows) else "file"
    # Python's sort is stable, so rows reported together keep the order of the file.
    rows.sort(key=lambda row: (row["reported"] is None, row["reported"] or 0))
    first: dict[str, dict[str, Any]] = {}
    for row in rows:
        first.setdefault(row["policy"], row)
    contacted = {row["policy"] for row in every if row["contacted"] is not None}
    reported = [row["reported"] for row in first.values()]
    quoted = _quoted(rows)
    known = {policy: _known(fields, listed) for policy, fields in quoted.items()}
    asks = list(dict.fromkeys([(), *(known[policy] for policy in first)]))
    number = {fields: i for i, fields in enumerate(asks)}
    return Arrivals(
        policies=list(first),
        cut=np.array([cut.get(policy, WHOLE_LOG) for policy in first], dtype=np.int64),
        batch=_batches(reported),
        asks=asks,
        ask=np.array([number[known[policy]] for policy in first], dtype=np.int64),
        rows=victims.num_rows,
        chosen=len(every) - len(freely),
        doubted=len(freely) - len(rows),
        cut_missing=sum(policy not in contacted for policy in first),
        order_missing=reported.count(None) if ordered_by == "reported_at" else 0,
        ordered_by=ordered_by,
        quoted_unknown=sum(known[p] != quoted[p] for p in quoted) if listed else 0,
        quoted_ignored=0 if listed else sum(bool(fields) for fields in quoted.values()),
    )


def field_names(text: str | None) -> Fields:
    """Read names of fields, as in "C1;C2" or "手机号、证件号": sorted, each once, case folded.

    Between names may stand ; , | 、 (full width too) and blanks, so that a name of two words is two
    names; it is read so wherever it stands. Empty = unknown.
    """
    folded = unicodedata.normalize("NFKC", text or "").casefold()
    return tuple(sorted(dict.fromkeys(name for name in _BETWEEN.split(folded) if name)))


def _quoted(rows: list[dict[str, Any]]) -> dict[str, Fields]:
    """What the callers of each policy knew, taken together."""
    texts: dict[str, list[str]] = {}
    for row in rows:
        texts.setdefault(row["policy"], []).append(row["fields_quoted"] or "")
    return {policy: field_names(";".join(own)) for policy, own in texts.items()}


def _known(fields: Fields, listed: Collection[str]) -> Fields:
    return tuple(name for name in fields if name in listed)


def _rows(victims: pa.Table) -> list[dict[str, Any]]:
    ordered = victims.sort_by("line")
    micros = {
        "contacted": _micros(ordered.column("contacted_at")),
        "reported": _micros(ordered.column("reported_at")),
    }
    kept = ["policy", "asked_because", "confidence", "fields_quoted"]
    plain = ordered.select(kept).to_pylist()
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
