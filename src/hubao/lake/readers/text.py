"""Files of text: the engine's own CSV reader where a file is plain, ours wherever it is not."""

import glob
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from sqlglot import exp

from hubao.kit.errors import BadInput
from hubao.lake.readers.delimited import Delimited
from hubao.lake.readers.jsonlines import JsonLines
from hubao.lake.readers.layout import Layout
from hubao.lake.readers.lines import lines
from hubao.lake.readers.rows import Landing, Row
from hubao.lake.readers.sheet import Sheet
from hubao.lake.readers.tidy import Raw
from hubao.lake.readers.xes import Xes
from hubao.lake.sources import Format, Source, head_of, opened
from hubao.lake.steps import step

LONGEST_LINE = 131_072  # as in Python's csv: a longer cell is no cell, so both ways agree
_LANDED = "SELECT * FROM read_parquet($landed)"


class Reader(Protocol):
    """What every format's reader offers."""

    @property
    def places(self) -> "dict[str, int] | dict[str, str]":
        """The columns found, in the order of the cells."""

    def rows(self) -> Iterator[Row]:
        """Every row of the file, broken or not."""


def by_engine(source: Source, layout: Layout, timezone: str) -> Raw | None:
    """A plain CSV file as the engine reads it; None where its head already needs care.

    Whether it was plain is known only at the end: see `facts.Facts.plain`. Nothing is guessed by
    the engine; headers, delimiter and types are given.

    Raises:
        BadInput: a needed column is missing.
    """
    if source.format is not Format.CSV or layout.numbered:
        return None
    head = head_of(source)
    first = next((line for line in lines(io.BytesIO(head), "utf-8") if line.text.strip()), None)
    if first is None or first.bad or first.long:
        return None
    found = Delimited(lines(io.BytesIO(head), "utf-8"), layout, source.name)
    if not found.simple:
        return None
    columns = {f"c{place}": "VARCHAR" for place in range(len(found.headers))}
    template = f"""SELECT * FROM read_csv($path, auto_detect = FALSE, header = TRUE,
        delim = '{found.delimiter}', quote = '"', escape = '"', strict_mode = TRUE,
        null_padding = FALSE, ignore_errors = FALSE, max_line_size = {LONGEST_LINE},
        compression = '{"gzip" if source.zipped else "none"}', columns = {columns})"""  # noqa: S608 - no input stands in it
    query = step(template)
    cells = {name: exp.column(f"c{place}", quoted=True) for name, place in found.places.items()}
    return Raw(query, cells, values={"path": glob.escape(source.name), "timezone": timezone})


@contextmanager
def landing(
    source: Source,
    layout: Layout,
    encoding: str,
    timezone: str,
    folder: Path,
    told: Callable[[int], None],
    *,
    strict: bool,
) -> Iterator[Raw]:
    """Read a file row by row into a Parquet file of text, which is there while the context lasts.

    Args:
        source: the file.
        layout: the columns wanted.
        encoding: "utf-8" or "gb18030", for CSV and JSON lines.
        timezone: zone of times written without one.
        folder: where to put the Parquet file.
        told: hears how many bytes of the file have been read.
        strict: read no further than the first broken row.

    Raises:
        BadInput: the file as a whole can't be read, or a needed column is missing.
    """
    path = folder / "landed.parquet"
    done = 0

    def seen(block: memoryview) -> None:
        nonlocal done
        done += len(block)
        told(done)

    with opened(source, seen) as file:
        reader = _reader(source, layout, encoding, file)
        land = Landing(path, [f"c{place}" for place in range(len(reader.places))])
        land.fill(reader.rows(), strict=strict)
    cells = {name: exp.column(f"c{n}", quoted=True) for n, name in enumerate(reader.places)}
    line, broken = exp.column("line", quoted=True), exp.column("broken", quoted=True)
    values = {"landed": glob.escape(str(path)), "timezone": timezone}
    yield Raw(step(_LANDED), cells, line=line, broken=broken, values=values)
    path.unlink()


def _reader(source: Source, layout: Layout, encoding: str, file: IO[bytes]) -> Reader:
    match source.format:
        case Format.CSV:
            return Delimited(lines(file, encoding), layout, source.name)
        case Format.JSON_LINES:
            return JsonLines(lines(file, encoding), layout, source.name)
        case Format.XES:
            return Xes(file, layout, source.name)
        case Format.XLSX:
            return Sheet(source.path, layout)
        case Format.PARQUET:
            raise BadInput(f"{source.name} holds columns, not rows of text.")
