"""The same few rows of an access log in every format that is read."""

import csv
import gzip
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from hubao.lake.engine import Engine
from hubao.lake.reading import Reading
from hubao.lake.steps import step

HEADERS = ("at", "actor", "policy", "action")
ROWS = (
    ("2015-03-04 12:00:00", "A1", "P1", "view"),
    ("2015-03-04 12:00:01.5", "A2", "P1", "edit"),
    ("2015-03-05 00:30:00", "坐席7", "P2", "view"),
)


def utc(*parts: int) -> datetime:
    """A moment as relations hold it: UTC, without saying so."""
    return datetime(*parts, tzinfo=UTC).replace(tzinfo=None)  # type: ignore[arg-type,misc]


# What the rows mean where the zone is Asia/Shanghai.
MEANT = (
    ("A1", "P1", utc(2015, 3, 4, 4)),
    ("A2", "P1", utc(2015, 3, 4, 4, 0, 1, 500_000)),
    ("坐席7", "P2", utc(2015, 3, 4, 16, 30)),
)


def csv_text(rows: Sequence[Sequence[str]] = ROWS, *, headers: Sequence[str] = HEADERS) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([headers, *rows])
    return text.getvalue()


def json_lines(rows: Sequence[Sequence[str]] = ROWS) -> str:
    return "".join(
        json.dumps(dict(zip(HEADERS, row, strict=True)), ensure_ascii=False) + "\n" for row in rows
    )


def xes(rows: Sequence[Sequence[str]] = ROWS, *, before: str = "") -> str:
    """One trace for each row: the event stands on its third line."""
    traces = "".join(
        f'<trace>\n<string key="concept:name" value="{policy}"/>\n<event>'
        f'<string key="org:resource" value="{actor}"/>'
        f'<date key="time:timestamp" value="{at.replace(" ", "T")}+08:00"/>'
        f'<string key="action" value="{action}"/></event></trace>\n'
        for at, actor, policy, action in rows
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>{before}\n<log>\n{traces}</log>'


def table(rows: Sequence[Sequence[str]] = ROWS) -> "pa.Table":
    at, actor, policy, action = zip(*rows, strict=True)
    moments = [datetime.fromisoformat(f"{one}+08:00").astimezone(UTC) for one in at]
    return pa.table(
        {
            "at": pa.array(moments, pa.timestamp("us", "UTC")),
            "actor": list(actor),
            "policy": list(policy),
            "action": list(action),
        }
    )


def write(path: Path, content: "str | bytes | pa.Table") -> Path:
    """Write text (as UTF-8), bytes or a table; gzip where the name says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, pa.Table):
        parquet.write_table(content, path)
        return path
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    return path


def rows_of(engine: Engine, relation: str = "access") -> list[tuple[Any, ...]]:
    """All rows of a relation, sorted; the access log's by time."""
    if relation == "access":
        found = engine.fetch(step('SELECT actor, policy, "at" FROM access ORDER BY 3, 1, 2'))
    else:
        found = engine.fetch(step("SELECT * FROM relation", tables={"relation": relation}))
    rows = [tuple(row.values()) for row in found.to_pylist()]
    return sorted(rows, key=lambda row: row[-1]) if relation == "victims" else rows


def set_aside(reading: Reading) -> list[tuple[int, str]]:
    """Line and reason of every row in the rejects file."""
    path = reading.rejects.path
    assert path is not None
    if not path.exists():
        return []
    _, *rows = path.read_text(encoding="utf-8").splitlines()
    return [(int(line), reason) for _, line, reason in (row.rsplit(",", 2) for row in rows)]


def contents(format_: str) -> "str | bytes | pa.Table":
    return {
        "csv": csv_text(),
        "bom": "\ufeff" + csv_text(),
        "gb18030": csv_text().encode("gb18030"),
        "tabs": csv_text().replace(",", "\t"),
        "semicolons": csv_text().replace(",", ";"),
        "bars": csv_text().replace(",", "|"),
        "line feeds": csv_text().replace("\r\n", "\n"),
        "carriage returns": csv_text().replace("\r\n", "\r"),
        "json": json_lines(),
        "gb18030 json": json_lines().encode("gb18030"),
        "xes": xes(),
        "parquet": table(),
    }[format_]
