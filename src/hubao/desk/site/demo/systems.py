"""The insurer's other systems: sources of the desk, which hand their three years of looks in."""

import os
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import dataset, parquet

from hubao.desk.core.actor import Actor
from hubao.desk.feeds.operations.imports import Wires, import_source
from hubao.desk.feeds.operations.sources import add_source
from hubao.desk.feeds.rules import Terms, Way
from hubao.lake.schema import ACCESS

SYSTEMS: Final = {  # by the simulation's word for where it was seen: the source's name
    "desk": "core-system",  # what people did there beyond looking, which they do at our desk
    "app": "customer-app",
    "api": "partner-api",
    "feed": "partner-files",
}
_LATEST: Final = timedelta(days=1)  # house rule: what comes by itself, apart from the past
_LATE: Final = timedelta(minutes=20)  # after its last event, a system writes its file
_COLUMNS: Final = [
    "event",
    "at",
    "actor",
    "action",
    "policy",
    "fields",
    "purpose",
    "ticket",
    "batch",
]
_FAULTY: Final = 3
Told = Callable[[int, int], None]


def import_systems(
    log: "dataset.Dataset",
    folder: Path,
    *,
    numbers: Mapping[str, str],
    actor: Actor,
    at: datetime,
    wires: Wires,
    told: Told,
) -> int:
    """Set up each system as a source and take in what was seen there; gives how many events.

    Args:
        log: all looks of three years, those at the desk left out.
        folder: where the systems drop their files, which are deleted once they are taken in.
        numbers: by the simulation's record, the policy number on paper.
        actor: who sets up and imports.
        at: now.
        wires: what an import needs.
        told: hears how many systems are done, of how many.
    """
    count = 0
    for done, (seen, name) in enumerate(SYSTEMS.items()):
        told(done, len(SYSTEMS))
        place = folder / name
        place.mkdir(parents=True, exist_ok=True)
        week = 7 * 24 * 60
        terms = Terms(kind=Way.FOLDER, place=str(place.resolve()), own_ids=True, silent_after=week)
        add_source(name=name, terms=terms, actor=actor, at=at)
        events = log.filter(pc.field("source") == seen).to_table().sort_by("at")
        for part in _two(_with_numbers(events, numbers)):
            path = _drop(_with_faults(part) if seen == "app" else part, place)
            batches = import_source(name=name, actor=actor, at=at, wires=wires)
            path.unlink()  # numbers are clear in it
            count += sum(one.added for one in batches)
    return count


def _with_numbers(events: pa.Table, numbers: Mapping[str, str]) -> pa.Table:
    written = pa.array([numbers[one] for one in events["policy"].to_pylist()])
    place = events.schema.get_field_index("policy")
    return events.set_column(place, "policy", written).select(_COLUMNS)


def _with_faults(events: pa.Table) -> pa.Table:
    """Add rows that say of no policy, as a system does now and then: they are set aside."""
    some = events.slice(0, _FAULTY)
    place = events.schema.get_field_index("policy")
    return pa.concat_tables(
        [events, some.set_column(place, "policy", pa.nulls(some.num_rows, pa.string()))]
    )


def _two(events: pa.Table) -> list[pa.Table]:
    """Part what a system did so far from what it did of late."""
    if not events.num_rows:
        return []
    since = pc.max(events["at"]).as_py() - _LATEST
    of_late = pc.greater(events["at"], pa.scalar(since, ACCESS.field("at").type))
    return [part for part in (events.filter(pc.invert(of_late)), events.filter(of_late)) if part]


def _drop(events: pa.Table, place: Path) -> Path:
    """Write a file as its system does: soon after its last event."""
    last = pc.max(events["at"]).as_py() + _LATE
    path = place / f"access-{last:%Y-%m-%d}.parquet"
    parquet.write_table(events, path)
    os.utime(path, (last.timestamp(), last.timestamp()))
    return path
