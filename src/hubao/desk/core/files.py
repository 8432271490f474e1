"""Files that people hand in: rows of text with the line each stands on, whatever the format."""

import io
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from hubao.desk.core.typed import check_flat, columnar_rows
from hubao.kit.errors import BadInput
from hubao.lake.facts import FactFinder
from hubao.lake.inputs import Role
from hubao.lake.readers.columnar import schema_of
from hubao.lake.readers.delimited import Delimited
from hubao.lake.readers.jsonlines import JsonLines
from hubao.lake.readers.layout import Layout, Wanted, placed
from hubao.lake.readers.lines import Line, lines
from hubao.lake.readers.rows import spoilt
from hubao.lake.readers.sheet import Sheet
from hubao.lake.rejects import Reason
from hubao.lake.sources import Format, Source, find, opened

_ENDS: Final = ("\n", "\r")
Told = Callable[[int], None]
IsWhole = Callable[[], bool]


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


@dataclass(frozen=True)
class Columns:
    """Which columns rows have.

    Attributes:
        needed: those that there must be, and that every row must fill.
        optional: those that there may be.
        lists: of both, those that may hold lists, which become text with semicolons between.
        headers: by column, the file's own name for it, where it is another.
    """

    needed: Sequence[str]
    optional: Sequence[str] = ()
    lists: Collection[str] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def layout(self) -> Layout:
        """As the lake's readers want it."""
        must = set(self.needed)
        return Layout(
            Role.POLICIES,
            tuple(
                Wanted(name, needed=name in must, many=name in self.lists)
                for name in (*self.needed, *self.optional)
            ),
            headers=self.headers,
        )


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
    return rows_by(file, Columns(needed, optional), told=told)


def rows_by(
    file: Given, columns: Columns, *, told: Told | None = None, is_whole: IsWhole | None = None
) -> Iterator[Row]:
    """Read a file's rows by columns that may have other names there; else as `rows`.

    Args:
        file: as in `rows`.
        columns: which columns.
        told: hears the bytes read so far.
        is_whole: asked about a last line of text that has no end, whether to take it.
    """
    layout = columns.layout()
    if file.source.format is Format.PARQUET:
        return _filled(_columnar(file, layout), columns)
    found = _textual(file, layout, told or (lambda _: None), is_whole or (lambda: True))
    return _filled(found, columns)


def json_rows(body: bytes, columns: Columns, *, name: str) -> Iterator[Row]:
    """Read rows of JSON lines that are no file.

    Args:
        body: the lines, UTF-8.
        columns: which columns.
        name: what to call the whole in messages.

    Raises:
        BadInput: there is no object, or a needed column is missing.
    """
    reader = JsonLines(lines(io.BytesIO(body), "utf-8"), columns.layout(), name)
    return _filled(_of_reader(reader), columns)


def _filled(found: "_Found", columns: Columns) -> Iterator[Row]:
    must = set(columns.needed)
    for line, reason, cells in found:
        if reason is not None:
            yield Row(line, {}, reason)
            continue
        filled = {name: text for name, cell in cells if cell and (text := cell.strip())}
        lacking = None if must <= filled.keys() else min(must - filled.keys())
        yield Row(line, filled, f"no {lacking}" if lacking else None)


_Found = Iterator[tuple[int, str | None, Iterable[tuple[str, str | None]]]]


def _textual(file: Given, layout: Layout, told: Told, is_whole: IsWhole) -> _Found:
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
                reader = Delimited(_ended(lines(stream, file.encoding), is_whole), layout, name)
            case Format.JSON_LINES:
                reader = JsonLines(_ended(lines(stream, file.encoding), is_whole), layout, name)
            case Format.XLSX:
                reader = Sheet(file.source.path, layout)
            case _:
                raise BadInput(f"{name} is no table: give CSV, JSON lines, XLSX or Parquet.")
        yield from _of_reader(reader)


def _ended(found: Iterator[Line], is_whole: IsWhole) -> Iterator[Line]:
    """Give lines; the last, if it has no end, only where it is said to be whole."""
    return (line for line in found if line.text.endswith(_ENDS) or is_whole())


def _of_reader(reader: Delimited | JsonLines | Sheet) -> _Found:
    names = list(reader.places)
    for line, reason, cells in reader.rows():
        told_reason = None if reason is None else str(reason)
        yield line, told_reason, zip(names, cells, strict=False)


def _columnar(file: Given, layout: Layout) -> _Found:
    schema = schema_of(file.source.path)
    places = placed(layout, schema.names, file.source.name)
    for name, place in places.items():
        check_flat(file.source.path, schema.field(place), listed=name in layout.lists())
    names = [schema.names[place] for place in places.values()]
    for number, cells in enumerate(columnar_rows(file.source.path, names), start=1):
        if spoilt(cells):
            yield number, str(Reason.BAD_BYTES), ()
        else:
            yield number, None, zip(places, cells, strict=True)
