"""Write a sealed segment, read it again, and give it its name."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection

from hubao.desk.core.days import day_of
from hubao.desk.core.durably import give_name
from hubao.desk.ledger.models import Segment
from hubao.desk.ledger.person_keys import PersonKeys
from hubao.desk.ledger.places import Placed
from hubao.desk.ledger.rules import at_of
from hubao.desk.ledger.segments import digest_of, name_of
from hubao.desk.ledger.tree import read_edge, read_nodes
from hubao.kit.errors import HubaoError, Kind
from hubao.seal import segments as seal
from hubao.seal.tree import consistency_path

_PEOPLE: Final = ("actor", "subject")


class NotSealed(HubaoError):  # noqa: N818 - says what happened, as its base does
    """A segment can't be written, or holds something else than it should; nothing was taken off."""

    code = "ledger.not_sealed"
    kind = Kind.UNAVAILABLE


@dataclass(frozen=True)
class Archive:
    """Where old entries go.

    Attributes:
        folder: of the segments' files; made if it is missing.
        keys: of the people that they are about.
        log_key: the log's public key.
    """

    folder: Path
    keys: PersonKeys
    log_key: Ed25519PublicKey


class Published(NamedTuple):
    """A signed head that is outside, and over how many entries it was signed."""

    note: str
    size: int


def put_on_shelf(some: Sequence[Placed], to: Archive, under: Published) -> Segment:
    """Seal entries in a file, on disk when this returns; gives its row, not saved.

    Args:
        some: the entries, without gaps.
        to: where the file goes.
        under: the head that it proves to be under.

    Raises:
        NotSealed: it can't be written, or what was written isn't right.
        NoPersonKeys: the file of people's keys can't be used.
    """
    begin, end = some[0].place, some[-1].place + 1
    path = to.folder / name_of(begin, end)
    fresh = path.with_suffix(".writing")
    try:
        to.folder.mkdir(parents=True, exist_ok=True)
        seal.write_segment(fresh, _frame(begin, end, under), _lines(some, to.keys))
        _hold(fresh, some, to)
        give_name(fresh, path)
        digest = digest_of(path)
    except (OSError, seal.BadSegment) as error:
        raise NotSealed(f"{path} can't be sealed: {error}") from error
    until = max(day_of(at_of(one.body)) for one in some)
    return Segment(place=begin, length=end - begin, until=until, digest=digest)


def people_of(body: str) -> list[str]:
    """Give the ids of whom an entry is about: who did it, and to whom or what."""
    said = json.loads(body)
    return list(dict.fromkeys(said[part] for part in _PEOPLE if part in said))


def _frame(begin: int, end: int, under: Published) -> seal.Frame:
    with connection.cursor() as cursor:
        before = read_edge(cursor, begin).peaks
        path = read_nodes(cursor, consistency_path(end, under.size))
    return seal.Frame(begin, end, seal.coded(before), seal.coded(path), under.note)


def _lines(some: Sequence[Placed], keys: PersonKeys) -> Iterator[str]:
    people = [people_of(one.body) for one in some]
    known: Mapping[str, seal.PersonKey] = keys.of(one for each in people for one in each)
    for one, theirs in zip(some, people, strict=True):
        yield seal.seal_entry(one.body, [known[person] for person in theirs])


def _hold(path: Path, some: Sequence[Placed], to: Archive) -> None:
    """Read a segment as somebody would who has nothing but it, the keys and the log's key."""
    frame, edge, bodies = seal.read_frame(path), None, []
    edge = seal.frontier_before(frame)
    for kept in seal.read_entries(path, to.keys.by_token().get):
        edge.append(kept.leaf)
        bodies.append(kept.body)
    if bodies != [one.body for one in some] or not seal.is_under_head(frame, edge, to.log_key):
        raise NotSealed(f"{path} doesn't hold the entries that were to be sealed.")
