"""Rows of a source on their way to the lake: their policies' numbers gone, logins known as people.

What is staged may lie on disk, as pushed events do until they are imported: the numbers in the
policy column have become record ids or tokens by then, in the row's other cells too, and the ids of
events keyed hashes. Another policy's number in another cell isn't looked for.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from pyarrow import parquet

from hubao.desk.core.files import Row
from hubao.desk.feeds.rules import ACTIONS, SKIP, Terms, plain_word
from hubao.desk.policies.numbers import is_token, plain_number
from hubao.kit.parts import in_parts

AT_ONCE: Final = 20_000  # rows that are looked up and written together
LONGEST: Final = 200  # characters of a cell
REMEMBERED: Final = 500_000  # logins or numbers whose meaning is kept in memory
_LEAST_HIDDEN: Final = 6  # shorter numbers stand in too many words to be looked for there
_SHOWN: Final = ("at", "actor", "fields", "purpose", "ticket", "batch")
_MOMENT: Final = pa.timestamp("us")
STAGED: Final = pa.schema(
    [
        ("line", pa.int64()),
        ("fault", pa.string()),
        ("given", pa.string()),
        ("digest", pa.string()),
        ("written", pa.string()),
        ("arrived", _MOMENT),
        ("noticed", _MOMENT),
        ("actor", pa.string()),
        ("action", pa.string()),
        ("policy", pa.string()),
        ("fields", pa.list_(pa.string())),
        ("purpose", pa.string()),
        ("ticket", pa.string()),
        ("batch", pa.string()),
        ("unknown_actor", pa.bool_()),
        ("unknown_policy", pa.bool_()),
        ("unknown_action", pa.bool_()),
    ]
)
Find = Callable[[set[str]], Mapping[str, str]]


@dataclass(frozen=True)
class Arrival:
    """When rows came.

    Attributes:
        arrived: when they were written down: a file's own time.
        noticed: when hubao had them; an event later than that has a wrong clock.
    """

    arrived: datetime
    noticed: datetime


@dataclass
class Stage:
    """What turns a source's rows into staged ones.

    Attributes:
        terms: of the source.
        salt: its own secret, which event ids are hashed with.
        people: finds whose logins are.
        policies: finds records or tokens of policy numbers.
        skipped: rows whose action is none, so far.
        rejected: rows that can't be used, so far; a time that can't be read shows later.
    """

    terms: Terms
    salt: bytes
    people: Find
    policies: Find
    skipped: int = 0
    rejected: int = 0
    _known: dict[str, dict[str, str]] = field(default_factory=lambda: {"actor": {}, "policy": {}})

    def write(self, rows: Iterable[Row], path: Path, arrival: Arrival) -> int:
        """Stage rows as a Parquet file, in bounded memory; returns how many it holds."""
        count = 0
        with parquet.ParquetWriter(path, STAGED, compression="zstd") as writer:
            for part in in_parts(rows, AT_ONCE):
                table = self._table(part, arrival)
                writer.write_table(table)
                count += table.num_rows
        return count

    def _table(self, rows: list[Row], arrival: Arrival) -> pa.Table:
        kept = [row for row in rows if self._action_of(row) != SKIP]
        self.skipped += len(rows) - len(kept)
        self._look_up(kept)
        staged = [self._staged(row) for row in kept]
        self.rejected += sum("fault" in one for one in staged)
        came = {
            "arrived": arrival.arrived.replace(tzinfo=None),
            "noticed": arrival.noticed.replace(tzinfo=None),
        }
        return pa.Table.from_pylist([one | came for one in staged], schema=STAGED)

    def _action_of(self, row: Row) -> str | None:
        word = plain_word(row.cells.get("action", ""))
        return self.terms.actions.get(word, word if word in ACTIONS else None)

    def _look_up(self, rows: list[Row]) -> None:
        for name, find in (("actor", self.people), ("policy", self.policies)):
            known = self._known[name]
            if len(known) > REMEMBERED:
                known.clear()
            wanted = {row.cells[name] for row in rows if row.fault is None} - known.keys()
            known |= dict.fromkeys(wanted, "") | dict(find(wanted))

    def _staged(self, row: Row) -> dict[str, Any]:
        fault = row.fault or _too_long(row.cells)
        if fault is not None:
            return {"line": row.line, "fault": fault}
        cells, action = row.cells, self._action_of(row)
        number, login = plain_number(cells["policy"]), cells["actor"]
        record, person = self._known["policy"][cells["policy"]], self._known["actor"][login]
        hidden = {name: _without(number, cells[name], record) for name in _SHOWN if name in cells}
        return {
            "line": row.line,
            "given": self._hashed("f", cells["event"]) if "event" in cells else None,
            "digest": self._hashed("", login, cells.get("action", ""), number),
            "written": hidden["at"],
            "actor": person or f"{self.terms.system}:{hidden['actor']}",
            "action": action,
            "policy": record,
            "fields": _listed(hidden.get("fields")),
            "purpose": hidden.get("purpose"),
            "ticket": hidden.get("ticket"),
            "batch": hidden.get("batch"),
            "unknown_actor": not person,
            "unknown_policy": is_token(record),
            "unknown_action": "action" in cells and action is None,
        }

    def _hashed(self, letter: str, *parts: str) -> str:
        """Keyed, since an id may have been made of a policy number."""
        text = "".join(f"{len(part)}:{part}" for part in parts).encode()
        return letter + hashlib.blake2b(text, key=self.salt, digest_size=16).hexdigest()


def _too_long(cells: Mapping[str, str]) -> str | None:
    name = next((name for name, text in cells.items() if len(text) > LONGEST), None)
    return f"its {name} is longer than {LONGEST} characters" if name else None


def _without(number: str, text: str, record: str) -> str:
    """Take a row's policy number out of another cell of it, where it has no business."""
    if len(number) < _LEAST_HIDDEN or len(text) < len(number):
        return text
    return record if number in plain_number(text) else text


def _listed(text: str | None) -> list[str] | None:
    if text is None:
        return None
    return [one.strip() for one in text.split(";") if one.strip()] or None
