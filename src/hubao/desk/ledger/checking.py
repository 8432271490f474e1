"""Read the whole log again and hold it to its tree, its columns, and heads that were signed."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection

from hubao.desk.ledger.queries import notes, root_at, size
from hubao.seal.heads import Head, read_signed
from hubao.seal.tree import Frontier, leaf_hash

_PAGE: Final = 5_000
Told = Callable[[int, int], None]


@dataclass
class Checked:
    """What reading the whole log found.

    Attributes:
        entries: in the tree.
        heads: signed heads that it was held to.
        pending: entries without a place yet.
        faults: what isn't as it should be, one sentence each.
    """

    entries: int = 0
    heads: int = 0
    pending: int = 0
    faults: list[str] = field(default_factory=list)


def check(
    *, outside: Sequence[str] = (), key: Ed25519PublicKey | None = None, told: Told | None = None
) -> Checked:
    """Check the log against its own heads and those held outside.

    Args:
        outside: signed notes from places that the database's owner doesn't control.
        key: the log's public key; without it no head is looked at.
        told: hears entries read and entries in all.

    Raises:
        BadHead, WrongSignature: one of `outside` isn't a head that this key signed.
    """
    given = [read_signed(note, key) for note in outside] if key else []
    own = [read_signed(note, key) for note in notes()] if key else []
    found = Checked(entries=size(), heads=len(given) + len(own))
    heads = sorted((*given, *own), key=lambda head: head.size)
    _check_entries(found, iter(heads), told)
    _check_pending(found)
    return found


def _check_entries(found: Checked, heads: Iterator[Head], told: Told | None) -> None:
    frontier, head = Frontier(), next(heads, None)
    for place, entry, stored, row in _rows(found.entries):
        while head is not None and head.size == frontier.size:
            _hold_to(head, frontier, found)
            head = next(heads, None)
        if place != frontier.size:
            found.faults.append(f"place {frontier.size:,} of the log is empty")
            return
        leaf = leaf_hash(row[0].encode())
        if leaf != stored:
            found.faults.append(f"entry {entry} isn't what was sealed at place {place:,}")
        if not _repeats(row):
            found.faults.append(f"the columns of entry {entry} don't repeat what it says")
        frontier.append(stored)
        if told is not None and frontier.size % _PAGE == 0:
            told(frontier.size, found.entries)
    while head is not None:
        _hold_to(head, frontier, found)
        head = next(heads, None)
    if root_at(frontier.size) != frontier.root():
        found.faults.append("the stored tree isn't that of its leaves: proofs from it are false")


def _hold_to(head: Head, frontier: Frontier, found: Checked) -> None:
    if head.size > frontier.size:
        found.faults.append(f"a head of {head.size:,} entries was signed; entries are missing")
    elif frontier.root() != head.root:
        found.faults.append(f"the first {head.size:,} entries aren't those of a signed head")


def _rows(entries: int) -> Iterator[tuple[int, int, bytes, tuple[str, datetime, str, str, str]]]:
    with connection.cursor() as cursor:
        for begin in range(0, entries, _PAGE):
            cursor.execute(
                "SELECT place, id, hash, body, at, action, actor, subject"
                " FROM ledger_leaf JOIN ledger_entry ON id = entry"
                " WHERE place >= %s AND place < %s ORDER BY place",
                [begin, begin + _PAGE],
            )
            for place, entry, stored, *row in cursor.fetchall():
                yield place, entry, bytes(stored), tuple(row)


def _repeats(row: tuple[str, datetime, str, str, str]) -> bool:
    """Tell whether an entry's columns, which people search by, say what the entry says."""
    body, _, action, actor, subject = row
    said = json.loads(body)
    return (action, actor, subject) == (said["action"], said["actor"], said.get("subject"))


def _check_pending(found: Checked) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ledger_pending")
        found.pending = cursor.fetchone()[0]
        cursor.execute(
            "SELECT count(*) FROM ledger_entry WHERE id NOT IN (SELECT entry FROM ledger_leaf)"
            " AND id NOT IN (SELECT entry FROM ledger_pending)"
        )
        lost = cursor.fetchone()[0]
    if lost:
        found.faults.append(f"{lost:,} entries have no place and wait for none")
