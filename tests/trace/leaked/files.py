"""Makers of leaked files: a small book, who opened what, and files copied from it.

Names, numbers and places are made of digits and belong to nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
FOUND = BEGIN + timedelta(days=120)
BRANCHES = ("north", "south", "west")
Row = dict[str, Any]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Office:
    """A book of records and its access log.

    Attributes:
        book: the policies table, one dict for each record.
        seen: actor -> places in the book.
        batches: (actor, batch) -> places in the book.
    """

    book: Sequence[Row]
    seen: dict[str, Ints]
    batches: dict[tuple[str, str], Ints]

    @property
    def policies(self) -> "pa.Table":
        return pa.Table.from_pylist(list(self.book))

    @property
    def access(self) -> "pa.Table":
        rows: list[Row] = []
        for actor, places in self.seen.items():
            rows += [_access(actor, int(i), self.book, 1 + int(i) % 90, None) for i in places]
        for (actor, batch), places in self.batches.items():
            rows += [_access(actor, int(i), self.book, 95, batch) for i in places]
        schema = pa.schema(
            [
                ("actor", pa.string()),
                ("policy", pa.string()),
                ("at", pa.timestamp("us", tz="UTC")),
                ("batch", pa.string()),
            ]
        )
        return pa.Table.from_pylist(rows, schema=schema)

    def copied(self, places: Ints, *columns: str) -> list[Row]:
        """The book's rows at these places, with these columns."""
        return [{name: self.book[int(i)][name] for name in columns} for i in places]


def _access(actor: str, place: int, book: Sequence[Row], day: int, batch: str | None) -> Row:
    at = BEGIN + timedelta(days=day, minutes=place)
    return {"actor": actor, "policy": book[place]["policy"], "at": at, "batch": batch}


def person(rng: np.random.Generator, number: int) -> Row:
    return {
        "policy": f"P{number:05d}",
        "name": f"name {rng.integers(3_000)}",
        "identity_number": f"X{rng.integers(10**12):012d}",
        "phone": f"000{rng.integers(10**8):08d}",
        "address": f"road {rng.integers(200)} house {rng.integers(300)}",
        "branch": BRANCHES[number % 3],
    }


def office(seed: int = 1, *, records: int = 900, actors: int = 12, size: int = 60) -> Office:
    """So many actors who each opened some records, and two of them made an export each."""
    rng = np.random.default_rng(seed)
    book = [person(rng, number) for number in range(records)]
    drawn = [rng.choice(records, size, replace=False).astype(np.int64) for _ in range(actors + 2)]
    seen = {f"agent-{k:02d}": drawn[k] for k in range(actors)}
    batches = {("agent-03", "export-3"): drawn[-2], ("agent-07", "export-7"): drawn[-1]}
    return Office(book, seen, batches)


def table(rows: Sequence[Row]) -> "pa.Table":
    return pa.Table.from_pylist(list(rows))


def mistyped(rng: np.random.Generator, text: str) -> str:
    place = int(rng.integers(len(text)))
    return text[:place] + str(rng.integers(10)) + text[place + 1 :]
