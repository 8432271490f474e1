"""Files that people hand in: rows of text with the line each stands on, whatever the format."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from pyarrow import parquet

from hubao.kit.errors import BadInput
from hubao.lake.facts import FactFinder
from hubao.lake.inputs import Role
from hubao.lake.readers.columnar import schema_of
from hubao.lake.readers.delimited import Delimited
from hubao.lake.readers.jsonlines import JsonLines
from hubao.lake.readers.layout import Layout, Wanted, placed
from hubao.lake.readers.lines import lines
from hubao.lake.readers.sheet import Sheet
from hubao.lake.sources import Format, Source, find, opened

BATCH: Final = 5_000
Told = Callable[[int], None]


class Row(NamedTuple):
    """One row; a tuple, since millions are made.

    Attributes:
        line: where it stands; in Parquet its number.
        cells: by column, as text without blanks around it; what is blank is left out.
        fault: why it can't be used, if so.
    """

    line: int
    cells: dict[str, str]
    fault: str | None = None


@dataclass(frozen=True)
class Given:
    """A file about to be read.

    Attributes:
        source: where, and what it holds.
        sha256: of its bytes, in hexadecimal.
        encoding: of its text.
    """

    source: Source
    sha256: str
    encoding: str


def given(path: Path) -> Given:
    """Look at one file as a whole.

    Raises:
        BadInput: there is no such file, it is a folder of several, or it can't be read.
    """
    found = find([path])
    if len(found) != 1:
        raise BadInput(f"{path} is {len(found)} files: give one at a time.")
    with FactFinder(found) as finder:
        facts = finder.facts()[0]
    return Given(found[0], facts.sha256, facts.encoding)


def rows(
    file: Given, *, needed: Sequence[str], optional: Sequence[str] = (), told: Told | None = None
) -> Iterator[Row]:
    """Read a file's rows, one by one.

    Args:
        file: of CSV, JSON lines, XLSX or Parquet.
        needed: columns that it must have, and that every row must fill.
        optional: columns that it may have.
        told: hears the bytes read so far.

    Raises:
        BadInput: the file as a whole can't be read, or a needed column is missing.
    """
    wanted = (*(Wanted(name, needed=True) for name in needed), *map(Wanted, optional))
    layout = Layout(Role.POLICIES, wanted)
    must = set(needed)
    found = _columnar(file, layout) if file.source.format is Format.PARQUET else None
    for line, reason, cells in found or _textual(file, layout, told or (lambda _: None)):
        if reason is not None:
            yield Row(line, {}, reason)
            continue
        filled = {name: text for name, cell in cells if cell and (text := cell.strip())}
        lacking = None if must <= filled.keys() else min(must - filled.keys())
        yield Row(line, filled, f"no {lacking}" if lacking else None)


_Found = Iterator[tuple[int, str | None, Iterable[tuple[str, str | None]]]]


def _textual(file: Given, layout: Layout, told: Told) -> _Found:
    done = 0

    def seen(block: memoryview) -> None:
        nonlocal done
        done += len(block)
        told(done)

    with opened(file.source, seen) as stream:
        name = file.source.name
        reader: Delimited | JsonLines | Sheet
        match file.source.format:
            case Format.CSV:
                reader = Delimited(lines(stream, file.encoding), layout, name)
            case Format.JSON_LINES:
                reader = JsonLines(lines(stream, file.encoding), layout, name)
            case Format.XLSX:
                reader = Sheet(file.source.path, layout)
            case _:
                raise BadInput(f"{name} is no table: give CSV, JSON lines, XLSX or Parquet.")
        names = list(reader.places)
        for line, reason, cells in reader.rows():
            told_reason = None if reason is None else str(reason)
            yield line, told_reason, zip(names, cells, strict=False)


def _columnar(file: Given, layout: Layout) -> _Found:
    path = file.source.path
    places = placed(layout, schema_of(path).names, file.source.name)
    with parquet.ParquetFile(path) as table:
        headers = {name: table.schema_arrow.names[place] for name, place in places.items()}
        first = 1
        for batch in table.iter_batches(BATCH, columns=list(headers.values())):
            columns = [batch.column(header).to_pylist() for header in headers.values()]
            for number, cells in enumerate(zip(*columns, strict=True), start=first):
                texts = (None if cell is None else str(cell) for cell in cells)
                yield number, None, zip(headers, texts, strict=True)
            first += batch.num_rows
