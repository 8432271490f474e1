"""Rows that can't be used: counted, written down by file, line and reason, never quoted."""

import csv
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Self, TextIO

from hubao.kit.errors import BadInput

HEADER = ("file", "line", "reason")


class Reason(StrEnum):
    """Why a row was set aside."""

    NO_ACTOR = "no actor"
    NO_POLICY = "no policy"
    BAD_TIME = "unreadable time"
    BAD_NUMBER = "unreadable number"
    WRONG_COLUMNS = "wrong column count"
    BAD_QUOTES = "broken quotes"
    BAD_BYTES = "bad bytes"
    NOT_JSON = "not a JSON object"
    TOO_LONG = "too long"
    NO_LOGIN = "no login"


CODES = {reason: number for number, reason in enumerate(Reason, start=1)}
REASONS = {number: reason for reason, number in CODES.items()}


class Rejects:
    """Writes `file,line,reason` to a CSV file that exists only if a row was set aside.

    Args:
        path: where to write; None counts without writing.

    Attributes:
        count: rows set aside so far.

    As a context manager it closes itself.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.count = 0
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(self, file: str, rows: Iterable[tuple[int, Reason]]) -> None:
        """Write down rows of one file: the line where each starts (a row number in Parquet).

        Raises:
            BadInput: the rejects file can't be written.
        """
        try:
            self._add(file, rows)
        except OSError as error:
            raise BadInput(
                f"The rejects file {self.path} can't be written ({error.strerror}):"
                " choose another place for the results."
            ) from None

    def close(self) -> None:
        """Finish the file; one left by an earlier run, now untrue, is removed."""
        if self._file is not None:
            self._file.close()
            self._file = None
        elif self.count == 0 and self.path is not None and _is_ours(self.path):
            self.path.unlink()

    def _add(self, file: str, rows: Iterable[tuple[int, Reason]]) -> None:
        for line, reason in rows:
            self.count += 1
            if self.path is None:
                continue
            if self._file is None:
                self._file = self.path.open("w", encoding="utf-8", newline="")
                csv.writer(self._file).writerow(HEADER)
            csv.writer(self._file).writerow((file, line, reason.value))
        if self._file is not None:
            self._file.flush()


def _is_ours(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.readline(64).rstrip() == ",".join(HEADER).encode()
