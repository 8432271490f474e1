"""Sealed segments: old entries of a log in a file that verifies by itself, and that can forget.

Each entry is encrypted with a key that is made of those of the people it is about: the one who did
it and the one it was done to. Once either key is destroyed, in no copy of the file can the entry be
read any more, and its leaf's hash is left, so that the tree still holds. What the segment stands
between, and a signed head over both, are its first line.
"""

import gzip
import hmac
import json
import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hubao.kit.errors import BadInput
from hubao.seal.heads import read_signed
from hubao.seal.proofs import is_consistent
from hubao.seal.tree import Frontier, leaf_hash

FORMAT: Final = "hubao-segment-1"
SECRET_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_LEVEL: Final = 1  # of gzip: what is encrypted only loses what base 64 added


class BadSegment(BadInput):
    """A sealed segment can't be read, or isn't what was sealed."""

    code = "seal.bad_segment"


@dataclass(frozen=True)
class PersonKey:
    """What entries about one person need to be read.

    Attributes:
        token: stands for the person in segments, and says nothing once the key is destroyed.
        secret: 32 bytes.
    """

    token: str
    secret: bytes = field(repr=False)

    @classmethod
    def new(cls) -> "PersonKey":
        """Make one."""
        return cls(f"f{os.urandom(16).hex()}", os.urandom(SECRET_BYTES))


@dataclass(frozen=True)
class Frame:
    """What a segment stands between.

    Attributes:
        begin: place of its first entry.
        end: place after its last one.
        before: hashes, in base 64, that the log up to `begin` is folded from, the largest first.
        path: hashes, in base 64, that prove the head's log to begin with that up to `end`.
        head: signed note over `end` entries or more.
    """

    begin: int
    end: int
    before: Sequence[str]
    path: Sequence[str]
    head: str


@dataclass(frozen=True)
class Kept:
    """One entry of a segment.

    Attributes:
        leaf: its leaf's hash.
        body: its text; None once a key that it needs is destroyed.
    """

    leaf: bytes
    body: str | None


Keys = Callable[[str], PersonKey | None]  # by a token: the key, unless it was destroyed


def seal_entry(body: str, people: Sequence[PersonKey]) -> str:
    """Give the line of an entry that all of these keys together open."""
    leaf, nonce = leaf_hash(body.encode()), os.urandom(_NONCE_BYTES)
    sealed = nonce + _aead(people).encrypt(nonce, body.encode(), leaf)
    line = {"leaf": _text(leaf), "keys": [one.token for one in people], "sealed": _text(sealed)}
    return json.dumps(line)


def write_segment(path: Path, frame: Frame, lines: Iterable[str]) -> None:
    """Write a segment; it is whole only when this has returned."""
    with gzip.GzipFile(path, "wb", compresslevel=_LEVEL, mtime=0) as file:
        file.write(json.dumps({"format": FORMAT, **asdict(frame)}).encode() + b"\n")
        for line in lines:
            file.write(line.encode() + b"\n")


def read_frame(path: Path) -> Frame:
    """Read what a segment stands between.

    Raises:
        BadSegment: the file can't be read as a segment.
    """
    return _frame(path, _first(path))


def read_entries(path: Path, keys: Keys) -> Iterator[Kept]:
    """Read a segment's entries, the oldest first.

    Raises:
        BadSegment: the file can't be read, or an entry isn't the one that was sealed.
    """
    for number, line in enumerate(_lines(path)):
        if number:
            try:
                yield _opened(line, keys)
            except (ValueError, KeyError, TypeError, InvalidTag) as error:
                raise BadSegment(f"{path}: line {number + 1} isn't what was sealed.") from error


def coded(hashes: Iterable[bytes]) -> list[str]:
    """Write hashes as a frame holds them."""
    return [_text(one) for one in hashes]


def frontier_before(frame: Frame) -> Frontier:
    """Give the right edge of the log up to a segment.

    Raises:
        BadSegment: it says another number of hashes than such a log has.
    """
    if len(frame.before) != frame.begin.bit_count():
        raise BadSegment(f"{len(frame.before)} hashes aren't those of {frame.begin:,} entries.")
    return Frontier(frame.begin, [b64decode(one) for one in frame.before])


def is_under_head(frame: Frame, edge: Frontier, key: Ed25519PublicKey) -> bool:
    """Tell whether the log up to a segment's end is the one that its head was signed over.

    Args:
        frame: the segment's.
        edge: `frontier_before`, grown by the segment's leaves.
        key: the log's public key.

    Raises:
        BadHead, WrongSignature: its head isn't one that the key signed.
    """
    head = read_signed(frame.head, key)
    return edge.size == frame.end and is_consistent(
        old=frame.end,
        new=head.size,
        old_root=edge.root(),
        new_root=head.root,
        path=[b64decode(one) for one in frame.path],
    )


def _aead(people: Sequence[PersonKey]) -> AESGCM:
    secrets = b"".join(one.secret for one in people)  # each is as long as the others
    return AESGCM(hmac.digest(FORMAT.encode(), secrets, "sha256"))


def _opened(line: bytes, keys: Keys) -> Kept:
    said = json.loads(line)
    leaf, sealed = b64decode(said["leaf"]), b64decode(said["sealed"])
    people = [key for token in said["keys"] if (key := keys(token))]
    if len(people) < len(said["keys"]):
        return Kept(leaf, None)
    clear = _aead(people).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], leaf)
    if leaf_hash(clear) != leaf:
        raise ValueError("another entry's hash")
    return Kept(leaf, clear.decode())


def _first(path: Path) -> bytes:
    return next(_lines(path), b"")


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path) as file:
            yield from file
    except (OSError, EOFError) as error:  # gzip's own errors are OSErrors
        raise BadSegment(
            f"{path} can't be read as a sealed segment ({type(error).__name__}):"
            " take another copy of it."
        ) from error


def _frame(path: Path, line: bytes) -> Frame:
    try:
        said: dict[str, Any] = json.loads(line)
        form = said.pop("format")
        frame = Frame(**said)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadSegment(f"{path} isn't a sealed segment: its first line says nothing.") from None
    if form != FORMAT:
        raise BadSegment(f"{path} has the form {form}; this hubao reads {FORMAT}.")
    return frame


def _text(some: bytes) -> str:
    return b64encode(some).decode()
