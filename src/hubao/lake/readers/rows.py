"""Rows on their way from a reader to the engine: in batches, through a Parquet file of text."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from hubao.lake.rejects import CODES, Reason

BATCH = 50_000
BATCH_CHARACTERS = 16 << 20

# line where the row starts, why it is broken (or None), its cells in the order of the columns
Row = tuple[int, Reason | None, Sequence[str | None]]


class Landing:
    """Writes rows to Parquet in bounded memory: `line`, `broken` (a reason's code), the columns.

    Attributes:
        rows: rows written so far.
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.rows = 0
        self._schema = pa.schema(
            [("line", pa.int64()), ("broken", pa.uint8())] + [(c, pa.string()) for c in columns]
        )
        self._path = path
        self._waiting: list[Row] = []
        self._characters = 0

    def fill(self, rows: Iterator[Row], *, strict: bool) -> None:
        """Write every row; in strict mode, none after the first broken one."""
        with parquet.ParquetWriter(self._path, self._schema, compression="snappy") as writer:
            for row in rows:
                self._waiting.append(row)
                self._characters += sum(len(cell) for cell in row[2] if cell is not None)
                if len(self._waiting) >= BATCH or self._characters >= BATCH_CHARACTERS:
                    self._write(writer)
                if strict and row[1] is not None:
                    break
            self._write(writer)

    def _write(self, writer: "parquet.ParquetWriter") -> None:
        width = len(self._schema) - 2
        blank = (None,) * width
        cells = zip(*(row[2] or blank for row in self._waiting), strict=True)
        broken = [None if row[1] is None else CODES[row[1]] for row in self._waiting]
        columns = [[row[0] for row in self._waiting], broken, *cells]
        if self._waiting:
            arrays = [pa.array(c, f.type) for c, f in zip(columns, self._schema, strict=True)]
            writer.write_batch(pa.record_batch(arrays, schema=self._schema))
        self.rows += len(self._waiting)
        self._waiting, self._characters = [], 0


def spoilt(cells: Sequence[str | None]) -> bool:
    """Whether a cell holds a NUL, or half a character that no encoding can write."""
    return any(cell is not None and _bad(cell) for cell in cells)


def _bad(cell: str) -> bool:
    if "\0" in cell:
        return True
    try:
        cell.encode()
    except UnicodeEncodeError:
        return True
    return False
