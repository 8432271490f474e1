"""The whole log as lines, for whoever checks it without hubao."""

import json
from base64 import b64encode
from collections.abc import Iterator

from django.db import connection

from hubao.desk.ledger.queries import bodies, size
from hubao.desk.ledger.segments import Shelf, archived
from hubao.desk.ledger.tree import read_edge
from hubao.seal.tree import Leaves, subtrees


def lines(shelf: Shelf | None = None) -> Iterator[str]:
    """Give the log's lines, the oldest first; what can't be read is a line of its hash.

    Args:
        shelf: where the sealed segments lie; without it, what was archived is few lines, each of
            the hash of a perfect subtree and its level.

    Raises:
        NoSegment, BadSegment, NoPersonKeys: a sealed segment can't be read.
    """
    gone = archived().size
    yield from _hashes(gone) if shelf is None else _entries(shelf)
    yield from bodies(size(), begin=gone)


def _hashes(gone: int) -> Iterator[str]:
    with connection.cursor() as cursor:
        peaks = read_edge(cursor, gone).peaks
    for subtree, peak in zip(subtrees(Leaves(0, gone)), peaks, strict=True):
        yield _erased(peak, subtree.level)


def _entries(shelf: Shelf) -> Iterator[str]:
    for kept in shelf.entries():
        yield _erased(kept.leaf) if kept.body is None else kept.body


def _erased(found: bytes, level: int = 0) -> str:
    line: dict[str, str | int] = {"erased": b64encode(found).decode()}
    return json.dumps(line | ({"level": level} if level else {}))
