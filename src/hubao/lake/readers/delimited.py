"""CSV, carefully: any bytes, each row with the line where it starts, one bad row never two."""

import csv
from collections import deque
from collections.abc import Iterator, Sequence

from hubao.kit.errors import BadInput
from hubao.lake.readers.layout import Layout, placed
from hubao.lake.readers.lines import LONGEST, Line
from hubao.lake.readers.rows import Row
from hubao.lake.rejects import Reason

DELIMITERS = (",", ";", "\t", "|")


class _TooLong(Exception):  # noqa: N818 - never leaves this module
    """A quote that is not closed within `LONGEST`."""


class _Taken:
    """Lines for `csv.reader`, remembering those of the record at hand, to give some back."""

    def __init__(self, source: Iterator[Line]) -> None:
        self._source = source
        self._returned: deque[Line] = deque()
        self.record: list[Line] = []
        self._size = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._size > LONGEST:
            raise _TooLong
        line = self._returned.popleft() if self._returned else next(self._source)
        self.record.append(line)
        self._size += len(line.text)
        return line.text

    def begin(self) -> None:
        """Start a record."""
        self.record, self._size = [], 0

    def restart(self) -> None:
        """Give the whole record back."""
        self._returned.extendleft(reversed(self.record))

    def give_back(self) -> None:
        """Keep only the first line: a stray quote must not swallow the rows after it."""
        self._returned.extendleft(reversed(self.record[1:]))
        self.record = self.record[:1]


class Delimited:
    """One CSV file read row by row.

    Attributes:
        headers: the cells of its first row that is not blank.
        delimiter: the one of `DELIMITERS` under which the needed columns are found.
        header_line: line where the headers stand.
        simple: the headers take the first line alone.

    Raises:
        BadInput: there is no row, or a needed column is missing.
    """

    def __init__(self, source: Iterator[Line], layout: Layout, file: str) -> None:
        self._lines = _Taken(source)
        self._file = file
        first = self._first()
        self.header_line = first.number
        self.delimiter, self.headers = self._headers(first, layout)
        self.places = placed(layout, self.headers, file)
        self.simple = self.header_line == 1 and len(self._lines.record) == 1

    def rows(self) -> Iterator[Row]:
        """Every row after the headers; blank lines are no rows."""
        order = list(self.places.values())
        width = len(self.headers)
        while True:
            cells, reason = self._next()
            if cells is None and reason is None:
                return
            if reason is None and cells is not None:
                if not cells:
                    continue
                reason = self._fault(cells, width)
            line = self._lines.record[0].number
            if reason is not None or cells is None:
                yield line, reason, ()
            else:
                yield line, None, [cells[place] for place in order]

    def _first(self) -> Line:
        while True:
            self._lines.begin()
            try:
                text = next(self._lines)
            except StopIteration:
                raise BadInput(f"{self._file} is empty: give a file with rows.") from None
            if text.strip():
                return self._lines.record[0]

    def _headers(self, first: Line, layout: Layout) -> tuple[str, list[str]]:
        if first.bad or first.long:
            raise BadInput(f"{self._file} line {first.number}: the headers are not readable text.")
        fitting = [d for d in DELIMITERS if _fits(layout, _cells(first.text, d))]
        delimiter = (fitting or sorted(DELIMITERS, key=first.text.count, reverse=True))[0]
        self._lines.restart()
        cells, reason = self._read(delimiter)
        if cells is None or reason is not None:
            raise BadInput(f"{self._file} line {first.number}: the headers have {reason}.")
        return delimiter, [cell.strip() for cell in cells]

    def _read(self, delimiter: str) -> tuple[list[str] | None, Reason | None]:
        self._reader = csv.reader(
            self._lines, delimiter=delimiter, skipinitialspace=True, strict=True
        )
        return self._next()

    def _next(self) -> tuple[list[str] | None, Reason | None]:
        self._lines.begin()
        try:
            return next(self._reader), None
        except StopIteration:
            return None, None
        except csv.Error as error:
            self._lines.give_back()
            limit = "limit" in str(error)
            return None, Reason.TOO_LONG if limit else Reason.BAD_QUOTES
        except _TooLong:
            self._lines.give_back()
            return None, Reason.BAD_QUOTES

    def _fault(self, cells: Sequence[str], width: int) -> Reason | None:
        for line in self._lines.record:
            if line.long:
                return Reason.TOO_LONG
            if line.bad:
                return Reason.BAD_BYTES
        # Some programs end rows with a delimiter: further cells may be there if they are blank.
        if len(cells) != width and (len(cells) < width or any(cells[width:])):
            self._lines.give_back()
            return Reason.WRONG_COLUMNS
        return None


def _cells(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([text], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return []


def _fits(layout: Layout, headers: list[str]) -> bool:
    try:
        placed(layout, headers, "")
    except BadInput:
        return False
    return True
