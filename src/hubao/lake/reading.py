"""Reading what people really have: access logs and the small tables that go with them."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import pyarrow as pa

from hubao.kit.errors import BadInput
from hubao.lake.inputs import Input
from hubao.lake.intake import Intake, Reading
from hubao.lake.readers import columnar
from hubao.lake.readers.layout import (
    ACTORS,
    IDENTITIES,
    POLICIES,
    VICTIMS,
    Layout,
    access_layout,
)
from hubao.lake.sources import Format, Source, find
from hubao.lake.steps import step
from hubao.lake.times import check_timezone

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "Reading",
    "read_access",
    "read_actors",
    "read_identities",
    "read_policies",
    "read_victims",
]

ACCESS_FORMATS = (Format.CSV, Format.JSON_LINES, Format.PARQUET, Format.XES)
SMALL_FORMATS = (Format.CSV, Format.JSON_LINES, Format.PARQUET, Format.XLSX)
TWO_ACTORS = """
SELECT other.line AS line, one.line AS earlier
FROM identities AS one
JOIN identities AS other ON other.login = one.login AND other.line > one.line
WHERE other.actor <> one.actor
ORDER BY other.line, one.line LIMIT 1
"""
ACTOR_IS_LOGIN = """
SELECT one.line AS line, other.line AS other
FROM identities AS one JOIN identities AS other ON other.login = one.actor
WHERE other.actor <> other.login
ORDER BY one.line, other.line LIMIT 1
"""


def read_access(
    reading: Reading,
    sources: "Sequence[Path | str | pa.Table]",
    *,
    columns: Mapping[str, str] | None = None,
    fields: bool = False,
) -> list[Input]:
    """Make the relation `access`: actor VARCHAR, policy VARCHAR, at TIMESTAMP (UTC), none null.

    Rows whose action is "denied" are not access; `reading.denied` counts them. After
    `read_identities` the actor is the one whose account was used.

    Args:
        reading: what the reads of this run share.
        sources: files, globs, folders of Parquet, Arrow tables; their rows are put together.
        columns: canonical name -> the files' header, where it is another.
        fields: make the column `fields` VARCHAR too: what was shown, as the log writes it, a list
            with semicolons between; null = unknown.

    Returns:
        One record for each file, in the order they were given.

    Raises:
        BadInput: a file can't be read as what it is named, lacks a needed column or is empty; no
            row can be used; the zone is not known; or `reading.strict` met a bad row.
        EngineFailed: memory or scratch space ran out.
    """
    return _read(reading, access_layout(columns, fields=fields), sources, ACCESS_FORMATS)


def read_victims(reading: Reading, source: "Path | str | pa.Table") -> Input:
    """Make the relation `victims`: reported contacts, one row each.

    Columns: policy VARCHAR, contacted_at and reported_at TIMESTAMP (UTC) or null, asked_because
    VARCHAR or null, confidence DOUBLE in [0, 1] or null, fields_quoted VARCHAR or null, line BIGINT
    ascending as in the file.

    Raises:
        BadInput, EngineFailed: as `read_access`.
    """
    return _read_small(reading, VICTIMS, source)


def read_policies(reading: Reading, source: "Path | str | pa.Table") -> Input:
    """Make the relation `policies`: policy VARCHAR, issued TIMESTAMP (UTC) or null, others VARCHAR.

    Repeated policies stay repeated.

    Raises:
        BadInput, EngineFailed: as `read_access`.
    """
    return _read_small(reading, POLICIES, source)


def read_actors(reading: Reading, source: "Path | str | pa.Table") -> Input:
    """Make the relation `actors`: actor, kind, unit, role VARCHAR; hired, notice, left TIMESTAMP.

    All but `actor` may be null; times are UTC.

    Raises:
        BadInput, EngineFailed: as `read_access`.
    """
    return _read_small(reading, ACTORS, source)


def read_identities(reading: Reading, source: "Path | str | pa.Table") -> Input:
    """Make the relation `identities`: login VARCHAR, actor VARCHAR, line BIGINT, none null.

    Accesses read after it are those of the actor, as are all that it made under its own name.

    Raises:
        BadInput: as `read_access`; or it is not clear whose a login is.
        EngineFailed: as `read_access`.
    """
    found = _read_small(reading, IDENTITIES, source)
    for rows in reading.engine.fetch(step(TWO_ACTORS)).to_pylist():
        raise BadInput(
            f"{found.path} line {rows['line']} gives the login of line {rows['earlier']} to another"
            " actor: remove the row that is wrong."
        )
    for rows in reading.engine.fetch(step(ACTOR_IS_LOGIN)).to_pylist():
        raise BadInput(
            f"{found.path} line {rows['line']} names as actor what line {rows['other']} has as"
            " another actor's login: name the same actor in both rows."
        )
    reading.joined = True
    return found


def _read_small(reading: Reading, layout: Layout, source: "Path | str | pa.Table") -> Input:
    inputs = _read(reading, layout, [source], SMALL_FORMATS)
    return inputs[0]


def _read(
    reading: Reading,
    layout: Layout,
    given: "Sequence[Path | str | pa.Table]",
    formats: Sequence[Format],
) -> list[Input]:
    check_timezone(reading.engine, reading.timezone)
    tables = [one for one in given if isinstance(one, pa.Table)]
    files = find([one for one in given if not isinstance(one, pa.Table)])
    _check(layout, tables, files, formats)
    intake = Intake(reading, layout, total=sum(file.size for file in files))
    for table in tables:
        intake.table(table)
    for schema, group in groupby(files, key=_schema):
        if schema is None:
            for file in group:
                intake.text(file)
        else:
            intake.parquet(list(group))
    return intake.finish()


def _schema(file: Source) -> "pa.Schema | None":
    """Columns and types without their metadata, so that files of one shape are read as one."""
    if file.format is not Format.PARQUET:
        return None
    return columnar.schema_of(file.path).remove_metadata()


def _check(
    layout: Layout, tables: "list[pa.Table]", files: list[Source], formats: Sequence[Format]
) -> None:
    if not tables and not files:
        raise BadInput(f"There is no file of {layout.role}: give at least one.")
    if layout.columns and formats is SMALL_FORMATS and len(tables) + len(files) > 1:
        raise BadInput(f"More than one file of {layout.role} was found: give one.")
    for file in files:
        if file.format not in formats:
            known = ", ".join(formats)
            raise BadInput(
                f"{file.name} is {file.format}, which is not read as {layout.role}: use {known}."
            )
