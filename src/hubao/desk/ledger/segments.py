"""Sealed segments as the database knows them, and their files on a shelf outside."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from django.db import connection
from django.db.models import Max, Sum

from hubao.desk.ledger.models import Segment
from hubao.desk.ledger.person_keys import PersonKeys
from hubao.kit.errors import HubaoError, Kind
from hubao.seal.segments import Kept, read_entries

_PART: Final = 1 << 20


class NoSegment(HubaoError):  # noqa: N818 - says what happened, as its base does
    """A sealed segment isn't there, or isn't the file that was sealed."""

    code = "ledger.no_segment"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True)
class Archived:
    """What of the log lies in sealed segments only.

    Attributes:
        size: entries, the log's oldest.
        until: the latest day of them; None if there are none.
    """

    size: int = 0
    until: date | None = None


def archived() -> Archived:
    """Say what of the log lies in sealed segments only."""
    if Segment._meta.db_table not in connection.introspection.table_names():
        return Archived()  # a backup from before there were segments, restored, not migrated yet
    found = Segment.objects.aggregate(size=Sum("length"), until=Max("until"))
    return Archived(found["size"] or 0, found["until"])


def name_of(begin: int, end: int) -> str:
    """Give the name of a segment's file, by its first place and the one after its last."""
    return f"ledger-{begin:012d}-{end:012d}.jsonl.gz"


def digest_of(path: Path) -> str:
    """Give the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Shelf:
    """Segments' files in a folder.

    Args:
        folder: where they lie.
        keys: people's keys that are left.
    """

    def __init__(self, folder: Path, keys: PersonKeys) -> None:
        self._folder = folder
        self._keys = keys

    def entries(self) -> Iterator[Kept]:
        """Give every archived entry, the oldest first; those that were erased without text.

        Raises:
            NoSegment: a segment's file isn't there, or another.
            BadSegment: an entry isn't what was sealed.
            NoPersonKeys: the file of people's keys can't be used.
        """
        known = self._keys.by_token()
        for row in Segment.objects.order_by("place"):
            yield from read_entries(self._found(row), known.get)

    def _found(self, row: Segment) -> Path:
        path = self._folder / name_of(row.place, row.place + row.length)
        if not path.is_file():
            raise NoSegment(f"The sealed segment {path.name} isn't in {self._folder}.")
        if digest_of(path) != row.digest:
            raise NoSegment(f"{path} isn't the file that was sealed: take another copy of it.")
        return path
