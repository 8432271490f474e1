"""What one pass over a file's bytes tells: its digest, its encoding, whether it is plain CSV."""

import codecs
import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from hubao.kit.errors import BadInput
from hubao.lake.sources import BOM, Format, Source, opened

BLOCK = 1 << 20
TEXTS = (Format.CSV, Format.JSON_LINES)


@dataclass
class Facts:
    """What is known of a file once all of it has been read.

    Attributes:
        sha256: hex digest of the bytes on disk.
        encoding: "utf-8" or "gb18030".
        plain: bytes that two CSV parsers can't read differently: UTF-8, no NUL, no stray carriage
            return, no space next to a quote.
        lines: physical lines, the last one also if nothing ends it.
    """

    sha256: str = ""
    encoding: str = "utf-8"
    plain: bool = False
    lines: int = 0


@dataclass
class _Bytes:
    """Looks at blocks as they come; `tail` joins what a block's edge cuts."""

    odd: bool = False
    lines: int = 0
    valid: bool = True
    samples: list[bytes] = field(default_factory=list)
    tail: bytes = b""

    def __post_init__(self) -> None:
        self._utf8 = codecs.getincrementaldecoder("utf-8")()

    def see(self, block: bytes) -> None:
        self.lines += block.count(b"\n")
        joined = self.tail + block
        odd = b"\0" in block or b' "' in joined or b'" ' in joined
        if b"\r" in joined:
            odd = odd or joined.count(b"\r") - joined.endswith(b"\r") != joined.count(b"\r\n")
        self.odd = self.odd or odd
        self._decode(block)
        self.tail = block[-1:]

    def _decode(self, block: bytes) -> None:
        plain_ascii = block.isascii()
        if not plain_ascii and not self.samples:
            self.samples.append(block)
        if self.valid:
            try:
                self._utf8.decode(block)
            except UnicodeDecodeError:
                self.valid = False
                self.samples.append(block)

    def end(self) -> None:
        self.odd = self.odd or self.tail == b"\r"
        self.lines += self.tail not in (b"", b"\n")
        try:
            self._utf8.decode(b"", final=True)
        except UnicodeDecodeError:
            self.valid = False


def likely_encoding(samples: list[bytes]) -> str:
    """Let every line that is not ASCII vote; a tie stays with UTF-8.

    Much UTF-8 passes for GB18030 but little GB18030 for UTF-8, so a line votes for GB18030 only
    where it is no UTF-8. A UTF-8 file with some spoilt rows thus stays UTF-8.
    """
    votes = {"utf-8": 0, "gb18030": 0}
    for sample in samples:
        for line in sample.removeprefix(BOM).split(b"\n"):
            encoding = next((one for one in votes if _decodes(line, one)), None)
            if encoding is not None and not line.isascii():
                votes[encoding] += 1
    return "gb18030" if votes["gb18030"] > votes["utf-8"] else "utf-8"


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


class FactFinder:
    """Reads files, one after another, in a thread of its own while the engine works.

    hashlib and zlib let go of the interpreter, so this costs the other core and not the wait.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        self._facts: list[Facts] = []
        self._failed: BadInput | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._stopped.set()
        self._thread.join()

    def facts(self) -> list[Facts]:
        """Wait for the end of the last file; one answer for each, in order.

        Raises:
            BadInput: a file can't be read to its end.
        """
        self._thread.join()
        if self._failed is not None:
            raise self._failed
        return self._facts

    def _work(self) -> None:
        try:
            self._facts = [self._read(source) for source in self._sources]
        except BadInput as error:
            self._failed = error

    def _read(self, source: Source) -> Facts:
        digest = hashlib.sha256()
        bytes_ = _Bytes()
        text = source.format in TEXTS
        with opened(source, digest.update) as file:
            while (block := file.read(BLOCK)) and not self._stopped.is_set():
                if text:
                    bytes_.see(block)
        bytes_.end()
        encoding = "utf-8" if bytes_.valid else likely_encoding(bytes_.samples)
        plain = text and bytes_.valid and not bytes_.odd
        return Facts(digest.hexdigest(), encoding, plain, bytes_.lines)
