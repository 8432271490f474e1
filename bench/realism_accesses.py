"""Who opened what and when, as plain arrays: from real logs and from a simulated insurer."""

import gzip
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from hubao.world.insurer import make_world
from hubao.world.model import DAY, MACHINES, NOBODY, PARTNERS, Bools, Floats, Ints, Scale
from hubao.world.work import work
from real_logs import FILES

CASE, PERSON, MOMENT = "case_id", "org:resource", "time:timestamp"
NOT_PEOPLE: Mapping[str, Sequence[str]] = {  # the system; shared and test accounts
    "bpi2012": ("112",),
    "receipt": ("admin1", "admin2", "admin3", "test", "TEST"),
}
QUARTER = 92  # days: October to December, the months of the loan log
EPOCH = np.datetime64("1970-01-01")


@dataclass(frozen=True)
class Accesses:
    """n accesses by people to cases.

    Attributes:
        name: where they are from.
        case, person: int (n,), any numbers.
        at: float (n,), seconds; only differences mean anything.
        clock: int (n,), seconds since 1970-01-01 00:00 on the wall clock of the place.
    """

    name: str
    case: Ints
    person: Ints
    at: Floats
    clock: Ints

    def only(self, which: Bools) -> Self:
        """Give a part of them."""
        return type(self)(
            self.name, self.case[which], self.person[which], self.at[which], self.clock[which]
        )


@dataclass(frozen=True)
class Simulated:
    """A world's accesses by people, read in three ways.

    Attributes:
        record: a case is a policy's record, watched over all years: what a trace reads.
        quarter: the same in the last `QUARTER` days only: as long as the loan log.
        work: a case is what was done with one record under one ticket; accesses without a
            ticket (the unexplained ones) are left out.
    """

    record: Accesses
    quarter: Accesses
    work: Accesses

    @property
    def readings(self) -> Mapping[str, Accesses]:
        """The three, by name."""
        return {"record": self.record, "quarter": self.quarter, "work": self.work}


def read_logs(folder: Path) -> list[Accesses]:
    """Read every log of the folder that tells person, case and time."""
    names = {file: name for name, file in FILES.items()}
    return [
        read_log(path, names.get(path.name, path.name.split(".")[0])) for path in _logs_in(folder)
    ]


def read_log(path: Path, name: str) -> Accesses:
    """Read one log; events without a person, and those of `NOT_PEOPLE`, are left out."""
    columns = (CASE, PERSON, MOMENT)
    rows = csv.read_csv(
        path,
        convert_options=csv.ConvertOptions(
            include_columns=columns,
            column_types=dict.fromkeys(columns, pa.string()),
            strings_can_be_null=True,
        ),
    )
    nobody = pa.array(NOT_PEOPLE.get(name, ()), pa.string())
    rows = rows.filter(pc.is_valid(rows[PERSON]))
    rows = rows.filter(pc.invert(pc.is_in(rows[PERSON], nobody)))
    moments = rows[MOMENT].cast(pa.timestamp("us", "UTC")).cast(pa.int64())
    wall = pc.utf8_slice_codeunits(rows[MOMENT], 0, 19).cast(pa.timestamp("s")).cast(pa.int64())
    return Accesses(
        name,
        _numbered(rows[CASE]),
        _numbered(rows[PERSON]),
        moments.to_numpy() / 1e6,
        wall.to_numpy(),
    )


def simulate(scale: Scale) -> Simulated:
    """Make a world and its ordinary work; partners and machines are left out."""
    world = make_world(scale)
    parts = list(work(world))
    actor, policy, at, ticket = (
        np.concatenate([getattr(part, column) for part in parts])
        for column in ("actor", "policy", "at", "ticket")
    )
    midnight = int((np.datetime64(scale.start) - EPOCH).astype(np.int64)) * DAY
    every = Accesses("world", policy, actor, at.astype(float), at + midnight)
    people = ~np.isin(world.staff.role[actor], (*PARTNERS, *MACHINES))
    job = Accesses("world", ticket * scale.policies + policy, actor, every.at, every.clock)
    return Simulated(
        every.only(people),
        every.only(people & (at >= (world.days - QUARTER) * DAY)),
        job.only(people & (ticket != NOBODY)),
    )


def _logs_in(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.glob("*.csv*")):
        start = gzip.open if path.suffix == ".gz" else open
        with start(path, "rt", encoding="utf-8", errors="replace") as file:
            if {CASE, PERSON, MOMENT} <= set(file.readline().strip().split(",")):
                yield path


def _numbered(column: "pa.ChunkedArray") -> Ints:
    codes = column.combine_chunks().dictionary_encode().indices
    return np.asarray(codes.to_numpy(), dtype=np.int64)
