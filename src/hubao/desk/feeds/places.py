"""Where a source's things lie: its files of the lake, what is pushed, rejects, its lock."""

import csv
import fcntl
import gzip
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hubao.desk.core.durably import give_name
from hubao.desk.feeds.rules import Busy
from hubao.lake.sources import BY_SUFFIX, Format

ENDINGS: Final = frozenset(suffix for suffix, kind in BY_SUFFIX.items() if kind is not Format.XES)
_PACKED: Final = ".gz"


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

    def of_batch(self, source: str, number: int) -> list[Path]:
        """Give a batch's files of the lake, one a month."""
        name = self.batch_name(source, number)
        return [path for month in self._months() if (path := month / f"{name}.parquet").exists()]

    def sweep(self, source: str, number: int) -> None:
        """Remove what a crash left of a batch that was never written down."""
        name = self.batch_name(source, number)
        for month in self._months():
            for ending in ("parquet", "writing"):
                (month / f"{name}.{ending}").unlink(missing_ok=True)
        for path in self.scratch(source).iterdir():
            path.unlink()

    def scratch(self, source: str) -> Path:
        """Give the folder for files that an import makes on its way."""
        return self._own(source, "scratch")

    def waiting(self, source: str) -> Path:
        """Give the folder of what was pushed and isn't imported yet."""
        return self._own(source, "waiting")

    def rejects(self, source: str, number: int) -> Path:
        """Name the list of a batch's rows that were set aside."""
        return self._own(source, "rejects") / f"{number:09d}.csv.gz"

    @contextmanager
    def alone(self, source: str) -> Iterator[None]:
        """Keep other imports of a source out; a killed one's lock ends with it.

        Raises:
            Busy: one runs.
        """
        self.lake.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.lake / f".feed-{source}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(handle)
            yield
        finally:
            os.close(handle)

    def _own(self, source: str, what: str) -> Path:
        folder = self.feeds / source / what
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    def _months(self) -> list[Path]:
        return sorted(self.lake.glob("month=*"))


def _lock(handle: int) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Busy("Another import of this source runs: wait until it is done.") from None


def dropped(folder: Path) -> list[Path]:
    """Give the files of a folder that are tables by their names, the oldest first.

    Names that begin with a dot, and endings of our own or of programs that are still copying, are
    none.
    """
    found = [path for path in folder.iterdir() if is_table(path.name) and path.is_file()]
    return sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name))


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
