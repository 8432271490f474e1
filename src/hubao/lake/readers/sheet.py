"""The first sheet of an XLSX workbook, for the small tables."""

import datetime
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import python_calamine

from hubao.kit.errors import BadInput
from hubao.lake.readers.layout import Layout, placed
from hubao.lake.readers.rows import Row, spoilt
from hubao.lake.rejects import Reason
from hubao.lake.sources import readable

MOST_BYTES = 512 << 20  # unpacked; the whole sheet is held in memory
MOST_CELLS = 30_000_000  # of the rectangle around all cells, which is what is held
_CELL = re.compile(rb'\br\s*=\s*["\']([A-Z]{1,7})([0-9]{1,10})["\']')
_OVERLAP = 64


class Sheet:
    """The first sheet; its headers are its first row that is not blank.

    Raises:
        BadInput: it is no XLSX workbook, too large, empty, or lacks a needed column.
    """

    def __init__(self, path: Path, layout: Layout) -> None:
        name = str(path)
        cells = [[_text(cell) for cell in row] for row in _cells(path)]
        filled = [(n, row) for n, row in enumerate(cells, start=1) if any(row)]
        if not filled:
            raise BadInput(f"{name} is empty: put the table on its first sheet.")
        self._rows = filled[1:]
        self.places = placed(layout, [cell or "" for cell in filled[0][1]], name)

    def rows(self) -> Iterator[Row]:
        """Every row that is not blank, with its number in the sheet."""
        for number, row in self._rows:
            cells = [row[place] for place in self.places.values()]
            yield (number, Reason.BAD_BYTES, ()) if spoilt(cells) else (number, None, cells)


def _cells(path: Path) -> "list[list[object]]":
    broken = BadInput(f"{path} is not a readable XLSX workbook: save it again.")
    with readable(path):
        try:
            _check_size(path)
            with path.open("rb") as file:
                book = python_calamine.load_workbook(file)
                if not book.sheet_names:
                    raise broken
                sheet = book.get_sheet_by_index(0)
                found = [list[object](row) for row in sheet.to_python(skip_empty_area=False)]
        except (
            python_calamine.CalamineError,
            zipfile.BadZipFile,
            NotImplementedError,
            RuntimeError,
            EOFError,
        ):
            raise broken from None
    return found


def _check_size(path: Path) -> None:
    """A small file may unpack to any size, and one far cell makes a sheet of billions."""
    too_large = BadInput(f"{path} is too large for a small table: save it as CSV or Parquet.")
    with zipfile.ZipFile(path) as archive:
        if sum(part.file_size for part in archive.infolist()) > MOST_BYTES:
            raise too_large
        for part in archive.infolist():
            if "worksheets/" in part.filename and part.filename.endswith(".xml"):
                rows, columns = _extent(archive, part)
                if rows * columns > MOST_CELLS:
                    raise too_large


def _extent(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> tuple[int, int]:
    rows, columns, tail = 0, 0, b""
    with archive.open(part) as file:
        while block := file.read(1 << 20):
            for letters, digits in _CELL.findall(tail + block):
                rows = max(rows, int(digits))
                columns = max(columns, _column(letters))
            tail = (tail + block)[-_OVERLAP:]
    return rows, columns


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _text(cell: object) -> str | None:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime.datetime | datetime.date):
        return cell.isoformat()
    return None if cell is None or cell == "" else str(cell)
