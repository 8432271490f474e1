"""The Merkle tree of an append-only log, as RFC 9162 section 2.1 has it.

A log of n entries has one tree whatever the order of the work: its left part is the largest
perfect tree of fewer than n leaves. Every hash that a root or a proof needs is therefore made of
perfect subtrees, which never change once complete: whoever stores those answers any question
about any earlier size, with a few reads. Functions here say which subtrees a proof needs and fold
their hashes; where these lie is the caller's affair.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

HASH_BYTES: Final = 32
EMPTY: Final = hashlib.sha256(b"").digest()  # root of a log without entries


class Subtree(NamedTuple):
    """A perfect subtree: over the leaves place * 2**level up to (place + 1) * 2**level."""

    level: int
    place: int


class Leaves(NamedTuple):
    """A run of leaves that a node of the tree stands over: from begin up to, without, end."""

    begin: int
    end: int


class Row(NamedTuple):
    """Perfect subtrees of one level that stand side by side, from a place on."""

    level: int
    place: int
    hashes: Sequence[bytes]


def leaf_hash(entry: bytes) -> bytes:
    """Hash one entry; the zero byte keeps entries and nodes apart."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """Hash of the node over perfect subtrees that stand side by side, the largest first."""
    if not hashes:
        return EMPTY
    found = hashes[-1]
    for left in reversed(hashes[:-1]):
        found = node_hash(left, found)
    return found


def subtrees(leaves: Leaves) -> list[Subtree]:
    """List the perfect subtrees that a node is folded from, the largest first."""
    found, begin = [], leaves.begin
    while begin < leaves.end:
        level = (leaves.end - begin).bit_length() - 1
        found.append(Subtree(level, begin >> level))
        begin += 1 << level
    return found


def inclusion_path(index: int, size: int) -> list[Leaves]:
    """List the nodes that prove an entry to be in a log, from the leaf upwards.

    Args:
        index: the entry's, from 0.
        size: entries of the log that it is proved for.

    Raises:
        ValueError: the log has no such entry.
    """
    if not 0 <= index < size:
        raise ValueError(f"a log of {size} entries has no entry {index}")
    path, begin, end = [], 0, size
    while end - begin > 1:
        middle = begin + _left_part(end - begin)
        if index < middle:
            path.append(Leaves(middle, end))
            end = middle
        else:
            path.append(Leaves(begin, middle))
            begin = middle
    return path[::-1]


def consistency_path(old: int, new: int) -> list[Leaves]:
    """List the nodes that prove a log of `new` entries to begin with the log of `old` entries.

    Raises:
        ValueError: old is no size between 1 and new.
    """
    if not 1 <= old <= new:
        raise ValueError(f"no log of {new} entries grew from one of {old}")
    path, begin, end = [], 0, new
    while old < end:
        middle = begin + _left_part(end - begin)
        if old <= middle:
            path.append(Leaves(middle, end))
            end = middle
        else:
            path.append(Leaves(begin, middle))
            begin = middle
    if begin > 0:  # else this node is the old log itself, whose root the verifier knows
        path.append(Leaves(begin, end))
    return path[::-1]


@dataclass
class Frontier:
    """The right edge of a growing tree: what the next entries need of all before.

    Attributes:
        size: entries so far.
        peaks: hashes of the perfect subtrees that the log is folded from, the largest first.
    """

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> list[tuple[Subtree, bytes]]:
        """Add a leaf's hash; gives the subtrees that it completes, itself first."""
        return [(Subtree(row.level, row.place), row.hashes[0]) for row in self.extend([leaf])]

    def extend(self, leaves: Sequence[bytes]) -> list[Row]:
        """Add leaves' hashes; gives the subtrees that they complete, level by level from below."""
        rows, edge = [], []
        row = Row(0, self.size, leaves)
        while row.hashes:
            rows.append(row)
            whole = [self.peaks.pop(), *row.hashes] if row.place & 1 else row.hashes
            if len(whole) & 1:  # nothing stands to the right of the last one yet
                edge.append(whole[-1])
            above = [node_hash(*pair) for pair in zip(whole[::2], whole[1::2], strict=False)]
            row = Row(row.level + 1, row.place >> 1, above)
        self.peaks += reversed(edge)
        self.size += len(leaves)
        return rows

    def root(self) -> bytes:
        """Root of the log so far."""
        return fold(self.peaks)


def _left_part(size: int) -> int:
    """Leaves of the left child: the largest power of two below size."""
    return 1 << ((size - 1).bit_length() - 1)
