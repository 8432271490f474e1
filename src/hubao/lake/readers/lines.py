"""Physical lines of a byte stream, decoded one by one, with lines too long cut short."""

from collections.abc import Iterator
from typing import IO, NamedTuple

from hubao.lake.sources import BOM

LONGEST = 1 << 20  # bytes of one line; more is no row of an access log
BLOCK = 1 << 20


class Line(NamedTuple):
    """One physical line with its ending; `bad` if its bytes are not text, `long` if cut short."""

    number: int
    text: str
    bad: bool = False
    long: bool = False


def lines(file: IO[bytes], encoding: str) -> Iterator[Line]:
    """Split a stream at line feeds (at carriage returns in a file without any line feed so far).

    Memory stays within a few blocks however long a line is.
    """
    for number, (raw, long) in enumerate(_split(file), start=1):
        raw = raw.removeprefix(BOM) if number == 1 and encoding == "utf-8" else raw  # noqa: PLW2901 - same line, unmarked
        try:
            text, bad = raw.decode(encoding), False
        except UnicodeDecodeError:
            text, bad = raw.decode(encoding, "replace"), True
        yield Line(number, text, bad or "\0" in text, long)


def _split(file: IO[bytes]) -> Iterator[tuple[bytes, bool]]:
    rest, long = b"", False
    end = b"\n"
    first = True
    while block := file.read(BLOCK):
        if first and b"\n" not in block and block.count(b"\r") > block.endswith(b"\r"):
            end = b"\r"
        first = False
        *whole, rest = (rest + block).split(end)
        for raw in whole:
            yield raw[:LONGEST] + end, long or len(raw) > LONGEST
            long = False
        if len(rest) > LONGEST:
            rest, long = rest[:LONGEST], True
    if rest or long:
        yield rest, long
