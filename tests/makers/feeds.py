"""Makers of sources and of the files that systems hand in. Imports Django's models, so late."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from pyarrow import dataset

from hubao.desk.feeds.models import Batch
from hubao.desk.feeds.operations.imports import Wires, import_source
from hubao.desk.feeds.operations.sources import add_source
from hubao.desk.feeds.places import Places
from hubao.desk.feeds.queries import rejects
from hubao.desk.feeds.rules import Terms, Way
from hubao.desk.people.imports import import_logins
from tests.makers.desk import FIELDS, NOON, SYSTEM, rows

# The core system's own words, which a source's settings put into the lake's.
COLUMNS: Final = {"event": "log_id", "at": "ts", "actor": "user", "action": "op",
                  "policy": "policy_no"}  # fmt: skip
ACTIONS: Final = {"open": "view", "query": "search", "logon": "skip"}


def wires(folder: Path) -> Wires:
    """The places of a test's folder."""
    return Wires(Places(folder / "lake", folder / "feeds"), FIELDS)


def make_source(folder: Path, name: str = "core", **changes: Any) -> Path:  # noqa: ANN401 - as Terms has them
    """A source that drops files into a folder; gives the folder."""
    place = folder / f"drop-{name}"
    place.mkdir()
    kept: dict[str, Any] = {"kind": Way.FOLDER, "place": str(place), "columns": COLUMNS,
                            "actions": ACTIONS}  # fmt: skip
    add_source(name=name, terms=Terms(**(kept | changes)), actor=SYSTEM, at=NOON)
    return place


def make_push_source(name: str = "crm", client: str = "crm", **changes: Any) -> None:  # noqa: ANN401 - as above
    """A source that a service account pushes, under the lake's own names."""
    terms = Terms(kind=Way.PUSH, client=client, **changes)
    add_source(name=name, terms=terms, actor=SYSTEM, at=NOON)


def make_logins(system: str, **persons: str) -> None:
    """Whose logins are in a system."""
    given = [{"login": login, "actor": who, "system": system} for login, who in persons.items()]
    outcome = import_logins(rows(*given), actor=SYSTEM, at=NOON)
    assert not outcome.rejects


def line(number: int, **changes: str) -> dict[str, str]:
    """An event as the core system writes it, a minute after the one before."""
    at = f"2026-11-{1 + number // 1440:02d} {number // 60 % 24:02d}:{number % 60:02d}:00"
    return {"log_id": f"L{number}", "ts": at, "user": "zhang", "op": "open",
            "policy_no": f"PN2020{number:08d}", **changes}  # fmt: skip


def write(path: Path, lines: Iterable[Mapping[str, str]], *, encoding: str = "utf-8") -> Path:
    """A CSV file."""
    listed = list(lines)
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(listed[0]))
        writer.writeheader()
        writer.writerows(listed)
    return path


def take(
    folder: Path, name: str = "core", files: Sequence[Path] = (), *, at: datetime = NOON
) -> list[Batch]:
    """Import a source."""
    return import_source(name=name, files=files, actor=SYSTEM, at=at, wires=wires(folder))


def lake(folder: Path) -> pa.Table:
    """What the lake holds, as a reader finds it."""
    found = sorted((folder / "lake").glob("**/*.parquet"))
    return dataset.dataset(found).to_table()


def events(folder: Path) -> list[dict[str, Any]]:
    """The lake's events, by time."""
    found: list[dict[str, Any]] = lake(folder).sort_by([("at", "ascending")]).to_pylist()
    return found


def reasons(folder: Path, number: int = 1) -> list[tuple[str, str]]:
    """Lines and reasons of the rows that a batch of "core" set aside."""
    listed = rejects(name="core", number=number, places=wires(folder).places, actor=SYSTEM)
    return [(row[1], row[2]) for row in csv.reader(listed.decode().splitlines()[1:])]


def with_columns(*names: str) -> dict[str, str]:
    return {"event": "log_id", "at": "ts", "actor": "user", "action": "op",
            "policy": "policy_no", **{name: name for name in names}}  # fmt: skip
