"""Reads what a leaked-file trace rests on, through the lake's own readers.

Relations out: `leaked` (line, one VARCHAR column for each header), `known` (the policies table),
`history` (policy, field, value, valid_from, valid_to) and `first_seen` (actor, policy, at), in
which a batch stands as one more actor under `BATCH` + its name; `makers` (batch, actor).
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa

from hubao.kit.errors import BadInput
from hubao.lake.engines.duckdb import DuckDB
from hubao.lake.inputs import Input, Role
from hubao.lake.intake import Intake, Reading
from hubao.lake.readers import columnar
from hubao.lake.readers.delimited import DELIMITERS
from hubao.lake.readers.layout import Kind, Layout, Wanted
from hubao.lake.readers.lines import lines
from hubao.lake.reading import SMALL_FORMATS, read_access, read_actors
from hubao.lake.rejects import Reason
from hubao.lake.sources import Format, Source, find, head_of
from hubao.lake.steps import select_all, step
from hubao.trace.leaked.report import FileRead

Given: TypeAlias = Path | str | pa.Table
BATCH = "batch:"  # what a batch is called among actors, before its name
# A table of which no column need be filled must have one that might be at fault: this one, which
# no file has.
_NOTHING = Wanted("hubao:nothing", Kind.NUMBER)
_BOOK = (Wanted("policy", lacking=Reason.NO_POLICY, needed=True),)
_HISTORY = (
    *_BOOK,
    Wanted("field", needed=True),
    Wanted("value", needed=True),
    Wanted("valid_from", Kind.TIME, lacking=Reason.BAD_TIME, needed=True),
    Wanted("valid_to", Kind.TIME),
)
_EMPTY_MAKERS = pa.table({"batch": pa.array([], pa.string()), "actor": pa.array([], pa.string())})
FIRST_SEEN = "SELECT actor, policy, min(at) AS at FROM access GROUP BY actor, policy"
BY_BATCH = """
SELECT $mark || actor AS actor, policy, min(at) AS at FROM access GROUP BY actor, policy
"""
MAKERS = """
WITH counted AS (SELECT $mark || policy AS batch, actor, count(*) AS n FROM access GROUP BY ALL)
SELECT batch, max_by(actor, (n, actor)) AS actor FROM counted GROUP BY batch
"""


@dataclass(frozen=True)
class Asked:
    """What the caller handed over; see `tracing.leaked`."""

    leaked: Given
    access: Sequence[Given]
    policies: Given
    history: Given | None = None
    actors: Given | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


def read_all(reading: Reading, engine: DuckDB, asked: Asked) -> list[FileRead]:
    """Make every relation; the small tables first, since a fault in one is told soonest.

    Raises:
        BadInput: something given can't be read; the message says what, where and how to mend it.
    """
    inputs = [_table(reading, engine, "leaked", asked.leaked)]
    inputs.append(_table(reading, engine, "policies", asked.policies, relation="known"))
    if asked.history is not None:
        inputs.append(_table(reading, engine, "history", asked.history))
    if asked.actors is not None:
        inputs.append(_told(read_actors(reading, asked.actors), "actors"))
    read = read_access(reading, asked.access, columns=asked.columns)
    engine.create("first_seen", step(FIRST_SEEN))
    _batches(reading, engine, asked)
    return [*inputs, *(_told(one, "access") for one in read)]


def _told(one: Input, role: str) -> FileRead:
    path = one.path if one.sha256 else f"<{role}>"
    return FileRead(path, role, one.rows, one.rejected, one.sha256)


def _table(
    reading: Reading, engine: DuckDB, role: str, given: Given, *, relation: str | None = None
) -> FileRead:
    """Read one table of any columns; the lake knows no role for it, so it is read as policies.

    The relation is named as the role unless told otherwise.
    """
    _check_names(role, given)
    layout = _layout(role, given)
    intake = Intake(reading, layout)
    if isinstance(given, pa.Table):
        intake.table(given)
    else:
        source = _one(given, role)
        if source.format is Format.PARQUET:
            intake.parquet([source])
        else:
            intake.text(source)
    told = _told(intake.finish()[0], role)
    kept = [name for name in _names(engine, "policies") if name != _NOTHING.name]
    engine.create(relation or role, select_all("policies", kept))
    engine.drop("policies")
    return told


def _layout(role: str, given: Given) -> Layout:
    if role == "history":
        return Layout(Role.POLICIES, _HISTORY)
    if role == "policies":  # every column as text, dates too: cells are held against cells
        return Layout(Role.POLICIES, _BOOK, rest=True)
    if isinstance(given, pa.Table) or (source := _one(given, role)).format is not Format.CSV:
        return Layout(Role.POLICIES, (_NOTHING,), rest=True, numbered=True)
    # One header that must be found is what the CSV reader tells the delimiter by.
    first = next((one.strip() for one in headers_of(source) if one.strip()), "")
    if not first:
        raise BadInput(f"{source.name} has no headers: add a first row that names its columns.")
    return Layout(Role.POLICIES, (Wanted(first, needed=True), _NOTHING), rest=True, numbered=True)


def _check_names(role: str, given: Given) -> None:
    """Our own number of each row stands under `line`, so no column may."""
    names = given.column_names if isinstance(given, pa.Table) else _columns(_one(given, role))
    if role == "leaked" and "line" in [name.strip().casefold() for name in names]:
        file = "<leaked>" if isinstance(given, pa.Table) else given
        raise BadInput(f"{file} has a column 'line', which hubao uses itself: rename it.")


def _one(given: Path | str, role: str) -> Source:
    found = find([given])
    if len(found) > 1:
        raise BadInput(f"{given} is more than one file: give one {role} file at a time.")
    if found[0].format not in SMALL_FORMATS:
        known = ", ".join(SMALL_FORMATS)
        raise BadInput(f"{found[0].name} is {found[0].format}, not a table: use {known}.")
    return found[0]


def headers_of(source: Source) -> list[str]:
    """The cells of a CSV file's first row that is not blank, under the commonest delimiter."""
    head = head_of(source, 1 << 16)
    encodings = ("utf-8", "gb18030")
    texts = [next(_filled(head, encoding), None) for encoding in encodings]
    text = next((one for one, bad in filter(None, texts) if not bad), "")
    delimiter = max(DELIMITERS, key=text.count)
    try:
        return next(csv.reader([text], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return []


def _filled(head: bytes, encoding: str) -> "islice[tuple[str, bool]]":
    found = ((one.text, one.bad) for one in lines(io.BytesIO(head), encoding) if one.text.strip())
    return islice(found, 1)


def _batches(reading: Reading, engine: DuckDB, asked: Asked) -> None:
    """Let every batch stand as one more actor, where the log says which export a row was in."""
    header = asked.columns.get("batch", "batch")
    logs = [one for one in asked.access if isinstance(one, pa.Table)]
    files = find([one for one in asked.access if not isinstance(one, pa.Table)])
    having = [*(one for one in logs if header in one.column_names)]
    paths = [one.path for one in files if header in _columns(one)]
    engine.load("makers", _EMPTY_MAKERS)
    if not having and not paths:
        return
    # The lake's access table carries no batch, so the log is read again with the batch in the
    # actor's place, then in the policy's. Rows outside any export are no faults here.
    again = Reading(engine, reading.timezone)
    try:
        read_access(again, [*having, *paths], columns={**asked.columns, "actor": header})
    except BadInput:  # the column is there and every cell of it is empty
        return
    engine.append("first_seen", step(BY_BATCH), {"mark": BATCH})
    again = replace(again, denied=0)
    read_access(again, [*having, *paths], columns={**asked.columns, "policy": header})
    engine.create("makers", step(MAKERS), {"mark": BATCH})


def _columns(source: Source) -> list[str]:
    if source.format is Format.PARQUET:
        return list(columnar.schema_of(source.path).names)
    return [one.strip() for one in headers_of(source)] if source.format is Format.CSV else []


def leaked_headers(engine: DuckDB) -> list[str]:
    """Headers of the relation `leaked`, in the file's order."""
    return [name for name in _names(engine, "leaked") if name != "line"]


def policy_headers(engine: DuckDB) -> list[str]:
    """Headers of the policies table."""
    return _names(engine, "known")


def _names(engine: DuckDB, relation: str) -> list[str]:
    empty = engine.fetch(step("SELECT * FROM rows_ LIMIT 0", tables={"rows_": relation}))
    return list(empty.column_names)
