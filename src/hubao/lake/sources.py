"""Which files were meant, and what each of them really is."""

import glob
import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, cast

from hubao.kit.errors import BadInput

HEAD = 1 << 20
GZIP = b"\x1f\x8b"
PARQUET = b"PAR1"
ZIP = b"PK\x03\x04"
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
WIDE = (b"\xff\xfe", b"\xfe\xff")  # byte order marks of UTF-16 and UTF-32
BOM = b"\xef\xbb\xbf"


class Format(StrEnum):
    """What a file holds."""

    CSV = "CSV"
    JSON_LINES = "JSON lines"
    PARQUET = "Parquet"
    XES = "XES"
    XLSX = "XLSX"


BY_SUFFIX = {
    ".csv": Format.CSV,
    ".tsv": Format.CSV,
    ".json": Format.JSON_LINES,
    ".jsonl": Format.JSON_LINES,
    ".ndjson": Format.JSON_LINES,
    ".parquet": Format.PARQUET,
    ".pq": Format.PARQUET,
    ".xes": Format.XES,
    ".xlsx": Format.XLSX,
}


@dataclass(frozen=True)
class Source:
    """One file: where it is, what it holds.

    Attributes:
        path: as the user gave it, globs and folders taken apart.
        format: judged by name and content, which must agree.
        zipped: gzip around it.
        size: bytes on disk.
    """

    path: Path
    format: Format
    zipped: bool
    size: int

    @property
    def name(self) -> str:
        """The path, as messages and the rejects file give it."""
        return str(self.path)


def find(given: Sequence[Path | str]) -> list[Source]:
    """Every file that is meant: files, globs, folders of Parquet; each once, in the order given.

    Raises:
        BadInput: nothing is there, it can't be read, it is empty, or it is not what its name says.
    """
    paths = [path for one in given for path in _expanded(Path(one))]
    return [recognised(path) for path in {path.resolve(): path for path in paths}.values()]


def _expanded(path: Path) -> list[Path]:
    if path.is_dir():
        return _or_none_found(
            sorted(path.glob("**/*.parquet")), f"The folder {path} holds no Parquet"
        )
    if path.exists() or not glob.has_magic(str(path)):
        return [path]
    found = [Path(name) for name in sorted(glob.glob(str(path), recursive=True))]  # noqa: PTH207 - the whole path is a pattern
    return _or_none_found([one for one in found if one.is_file()], f"No file matches {path}")


def _or_none_found(found: list[Path], complaint: str) -> list[Path]:
    if not found:
        raise BadInput(f"{complaint}: check the path.")
    return found


def recognised(path: Path) -> Source:
    """Judge a file by its name and its first bytes.

    Raises:
        BadInput: it can't be read, is empty, or is not what its name says.
    """
    with readable(path):
        if not path.exists():
            raise BadInput(f"There is no file {path}: check the path.")
        if not path.is_file():
            raise BadInput(f"{path} is not a file: give a file, a glob or a folder of Parquet.")
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(8)
    if size == 0:
        raise BadInput(f"{path} is empty: give a file with rows.")
    named_zipped = path.suffix.lower() == ".gz"
    stem = Path(path.stem) if named_zipped else path
    zipped = head.startswith(GZIP)
    expected = BY_SUFFIX.get(stem.suffix.lower())
    if zipped != named_zipped and (named_zipped or expected):
        raise _misnamed(path, "gzip" if named_zipped else str(expected), zipped=zipped)
    source = Source(path, expected or Format.CSV, zipped, size)
    found = _by_content(source)
    if expected not in (None, found) and not (expected, found) == (Format.JSON_LINES, Format.CSV):
        raise _misnamed(path, str(expected), found=str(found))
    return Source(path, expected or found, zipped, size)


def _by_content(source: Source) -> Format:
    start = head_of(source, 4096)
    if start.startswith(OLD_EXCEL):
        raise BadInput(f"{source.path} is an old Excel file: save it as .xlsx or CSV.")
    if start.startswith(WIDE):
        raise BadInput(f"{source.path} is UTF-16 text: save it as UTF-8.")
    text = start.removeprefix(BOM).lstrip()
    if not text and len(start) < 4096:
        raise BadInput(f"{source.path} is empty: give a file with rows.")
    found = (
        (PARQUET, Format.PARQUET),
        (ZIP, Format.XLSX),
        (b"<", Format.XES),
        (b"{", Format.JSON_LINES),
    )
    kind = next((what for mark, what in found if text.startswith(mark)), Format.CSV)
    if source.zipped and kind in (Format.PARQUET, Format.XLSX):
        raise BadInput(f"{source.path} is {kind} inside gzip: unpack it first.")
    return kind


def _misnamed(path: Path, expected: str, *, zipped: bool = False, found: str = "") -> BadInput:
    content = "it is gzip" if zipped else f"it looks like {found}" if found else "it is not"
    return BadInput(f"{path} is named as {expected}, but {content}: rename it or give another.")


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what the operating system and gzip say of a file into one sentence."""
    try:
        yield
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise BadInput(f"{path} is a broken or cut-off gzip file: copy it again.") from None
    except ValueError as error:  # a NUL in the name
        raise BadInput(f"{path!s} can't be read ({error}): check the path.") from None
    except OSError as error:
        raise BadInput(f"{path} can't be read ({error.strerror}): check it.") from None


class Counted(io.RawIOBase):
    """A file that tells every block it hands on; gzip and the parsers read through it."""

    def __init__(self, path: Path, told: Callable[[memoryview], object]) -> None:
        self._file = path.open("rb", buffering=0)
        self._told = told

    def readable(self) -> bool:
        """Files opened here are for reading."""
        return True

    def readinto(self, buffer: "memoryview[int]") -> int:  # type: ignore[override]
        """Fill the buffer from the file, telling what was filled in."""
        count = self._file.readinto(buffer) or 0
        if count:
            self._told(memoryview(buffer)[:count])
        return count

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


@contextmanager
def opened(source: Source, told: Callable[[memoryview], object]) -> Iterator[IO[bytes]]:
    """The file's bytes, unpacked; `told` hears the bytes as they lie on disk.

    Raises:
        BadInput: it can't be read, or its gzip is broken or cut off.
    """
    with readable(source.path), Counted(source.path, told) as raw:
        buffered = io.BufferedReader(raw, buffer_size=HEAD)
        if source.zipped:
            with gzip.GzipFile(fileobj=buffered) as plain:
                yield cast(IO[bytes], plain)
        else:
            yield cast(IO[bytes], buffered)


def head_of(source: Source, size: int = HEAD) -> bytes:
    """The first bytes of the file, unpacked."""
    with opened(source, lambda _: None) as file:
        return file.read(size)
