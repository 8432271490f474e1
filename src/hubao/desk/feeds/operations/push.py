"""Take events that a system pushes: staged on disk, for good, before it hears that they are."""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hubao.desk.core.actor import Actor, Permission
from hubao.desk.core.durably import give_name
from hubao.desk.core.files import json_rows
from hubao.desk.feeds.operations.imports import Wires, stage_of
from hubao.desk.feeds.queries import source_of, terms_of
from hubao.desk.feeds.rules import NoSuchSource, Way, columns_of
from hubao.desk.feeds.staging import Arrival
from hubao.kit.errors import BadInput, HubaoError, Kind

MOST_BYTES: Final = 2 << 20
MOST_WAITING: Final = 10_000  # pushes that aren't imported yet


class TooLarge(BadInput):
    """A push is larger than one request may be."""

    code = "feeds.too_large"


class TooManyWaiting(HubaoError):  # noqa: N818 - says what happened, as its base does
    """So many pushes wait for their import that no more are taken."""

    code = "feeds.too_many_waiting"
    kind = Kind.UNAVAILABLE


@dataclass(frozen=True)
class Pushed:
    """What became of a push.

    Attributes:
        id: of the push, as in the list of rows that were set aside.
        accepted: rows that wait for their import.
        rejected: rows that can't be used.
        skipped: rows that are no access.
    """

    id: str
    accepted: int
    rejected: int
    skipped: int


def push(*, source: str, body: bytes, actor: Actor, at: datetime, wires: Wires) -> Pushed:
    """Take events: JSON lines or one JSON array of objects, under the source's own names.

    They are on disk when this returns, without the numbers of the policies that were looked at.

    Raises:
        NotAllowed: the actor may not push.
        NoSuchSource: no source of this name is pushed by the actor.
        BadInput: there is no object in it, or a needed column is missing.
        TooLarge: it is too long for one request.
        TooManyWaiting: nothing was imported for long.
    """
    actor.require(Permission.PUSH_FEEDS)
    found = source_of(name=source, actor=actor)
    terms = terms_of(found)
    if terms.kind is not Way.PUSH or terms.client != actor.id or not terms.active:
        raise NoSuchSource("No source of this name is yours to push.")
    if len(body) > MOST_BYTES:
        raise TooLarge(f"A push is at most {MOST_BYTES:,} bytes: send several.")
    waiting = wires.places.waiting(source)
    if sum(1 for _ in os.scandir(waiting)) >= MOST_WAITING:
        raise TooManyWaiting("Too many pushes wait for their import: is the worker running?")
    name = f"{int(at.timestamp() * 1000):013d}-{os.urandom(8).hex()}"
    stage = stage_of(found, terms, actor, wires.fields)
    half = waiting / f"{name}.writing"
    rows = json_rows(_lines(body), columns_of(terms.columns), name="the request")
    try:
        count = stage.write(rows, half, Arrival(at, at))
        give_name(half, half.with_suffix(".parquet"))
    finally:
        half.unlink(missing_ok=True)
    return Pushed(name, count - stage.rejected, stage.rejected, stage.skipped)


def _lines(body: bytes) -> bytes:
    """Give JSON lines; an array's objects become one each."""
    if not body.lstrip().startswith(b"["):
        return body
    try:
        given = json.loads(body, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        raise BadInput("The request is no JSON: send an array of objects, or one a line.") from None
    return "\n".join(json.dumps(one) for one in given).encode()
