"""Where a source's things lie: its files of the lake, what is pushed, rejects, its lock."""

import csv
import fcntl
import gzip
import os
import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from hubao.desk.core.durably import give_name, make, sync, write
from hubao.desk.feeds.rules import Busy
from hubao.lake.sources import BY_SUFFIX, Format, readable

ENDINGS: Final = frozenset(suffix for suffix, kind in BY_SUFFIX.items() if kind is not Format.XES)
_PACKED: Final = ".gz"
_KEPT: Final = "kept-"  # begins files of batches that the database, once restored, knew nothing of
_HALF: Final = ".writing"
_MONTH: Final = "month="


@dataclass(frozen=True)
class Places:
    """The folders that feeds use.

    Attributes:
        lake: of access events.
        feeds: of what is pushed, of rejects and scratch files, a folder a source.
    """

    lake: Path
    feeds: Path

    def batch_name(self, source: str, number: int) -> str:
        """Name a batch's files of the lake, without their ending."""
        return f"feed-{source}-{number:09d}"

    def of_batches(
        self, source: str, numbers: Collection[int], months: Collection[str] | None = None
    ) -> list[Path]:
        """Give batches' files of the lake, one a month each; of these months (2026-11), or all."""
        return [
            path
            for number, path in self._of(source)
            if number in numbers
            and path.suffix == ".parquet"
            and (months is None or path.parent.name.removeprefix(_MONTH) in months)
        ]

    def begin(self, source: str, number: int) -> None:
        """Note, for good, that a batch's files get their names, and aren't written down yet."""
        write(self._begun(source), str(number))

    def end(self, source: str) -> None:
        """Note that the batch that was begun is written down."""
        self._begun(source).unlink(missing_ok=True)

    def sweep(self, source: str, last: int) -> None:
        """Remove what a crash left: half files, and a batch that was begun and not written down.

        Args:
            source: its name.
            last: the number of its last batch that is written down.
        """
        begun = self._begun(source)
        lost = int(begun.read_text()) if begun.exists() else 0
        for number, path in self._of(source):
            is_lost = number == lost > last and not path.name.startswith(_KEPT)
            if path.suffix == _HALF or is_lost:
                path.unlink()
        self.end(source)
        for path in self.scratch(source).iterdir():
            path.unlink()

    def keep(self, source: str, last: int) -> list[int]:
        """Give the numbers of whole batches after the last one that is written down.

        A database that was restored from a backup doesn't know those that came after. Their files
        stay parts of the lake, under names that say so.
        """
        later = [(number, path) for number, path in self._of(source) if number > last]
        for _, path in later:
            if not path.name.startswith(_KEPT):
                path.rename(path.with_name(_KEPT + path.name))
        for folder in {path.parent for _, path in later}:
            sync(folder)
        return sorted({number for number, _ in later})

    def scratch(self, source: str) -> Path:
        """Give the folder for files that an import makes on its way."""
        return self._own(source, "scratch")

    def waiting(self, source: str) -> Path:
        """Give the folder of what was pushed and isn't imported yet."""
        return self._own(source, "waiting")

    def rejects(self, source: str, number: int) -> Path:
        """Name the list of a batch's rows that were set aside."""
        return self._own(source, "rejects") / f"{number:09d}.csv.gz"

    def forget_rejects(self, source: str, *, before: datetime) -> None:
        """Remove lists of rows that were set aside, of batches from before a time."""
        for path in self._own(source, "rejects").iterdir():
            if path.stat().st_mtime < before.timestamp():
                path.unlink()

    @contextmanager
    def alone(self, source: str) -> Iterator[None]:
        """Keep other imports of a source out; a killed one's lock ends with it.

        Raises:
            Busy: one runs.
        """
        make(self.lake)
        handle = os.open(self.lake / f".feed-{source}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(handle)
            yield
        finally:
            os.close(handle)

    def _own(self, source: str, what: str) -> Path:
        folder = self.feeds / source / what
        if not folder.is_dir():
            make(folder, mode=0o700)
        return folder

    def _begun(self, source: str) -> Path:
        return self.lake / f".feed-{source}.begun"

    def _of(self, source: str) -> list[tuple[int, Path]]:
        name = re.compile(rf"(?:{_KEPT})?feed-{source}-([0-9]{{9,}})\.[a-z]+")
        found = self.lake.glob(f"{_MONTH}*/*feed-{source}-*")
        return [
            (int(told.group(1)), path)
            for path in sorted(found)
            if (told := name.fullmatch(path.name))
        ]


def _lock(handle: int) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Busy("Another import of this source runs: wait until it is done.") from None


def dropped(folder: Path) -> list[Path]:
    """Give the files of a folder that are tables by their names, the oldest first.

    Names that begin with a dot, and endings of our own or of programs that are still copying, are
    none. A link counts, so that one that leads nowhere is noted as a file that can't be used.

    Raises:
        BadInput: the folder can't be read.
    """
    with readable(folder):
        found = [path for path in folder.iterdir() if is_table(path.name) and _is_file(path)]
        return sorted(found, key=lambda path: (_changed(path), path.name))


def stat(path: Path) -> os.stat_result:
    """Look at a file, or at a link that leads nowhere."""
    try:
        return path.stat()
    except FileNotFoundError:
        return path.lstat()


def _is_file(path: Path) -> bool:
    return path.is_file() or (path.is_symlink() and not path.exists())


def _changed(path: Path) -> int:
    try:
        return stat(path).st_mtime_ns
    except FileNotFoundError:  # taken away meanwhile
        return 0


def is_table(name: str) -> bool:
    """Tell by its name whether a file is one that can be read."""
    plain = name.lower().removesuffix(_PACKED)
    return not name.startswith(".") and Path(plain).suffix in ENDINGS


def write_rejects(path: Path, rejects: Iterable[tuple[str, int, str]]) -> None:
    """List rows that were set aside: file, line and reason, nothing of the row."""
    half = path.with_suffix(".writing")
    with gzip.open(half, "wt", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("file", "line", "reason"))
        writer.writerows(rejects)
    give_name(half, path)
