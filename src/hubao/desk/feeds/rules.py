"""What a source is, whether it is silent, and what its settings may be: no database, no clock."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hubao.desk.core.files import Columns
from hubao.desk.ledger.rules import is_plain
from hubao.kit.errors import BadInput, HubaoError, Kind

NEEDED: Final = ("at", "actor", "policy")
OPTIONAL: Final = ("event", "action", "fields", "purpose", "ticket", "batch")
ACTIONS: Final = frozenset({"view", "search", "edit", "print", "export", "share", "api", "denied"})
SKIP: Final = "skip"  # a word whose rows are no access to a record
DAY: Final = 24 * 60  # minutes
ZONES_APART: Final = timedelta(days=2)  # what a wrong zone can have moved an event by, and more
MOST_MINUTES: Final = 366 * DAY  # a source that is looked after less often is none
LONGEST_PATH: Final = 500  # house rule: characters of a file's path, as its column has them
LONGEST_PLACE: Final = LONGEST_PATH - 256  # a slash and a file's name come behind it
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
_OUR_OWN: Final = frozenset({"desk", "system", "cli"})  # what our own actors' ids begin with


class Way(StrEnum):
    """How a source's events come."""

    FILE = "file"
    FOLDER = "folder"
    PUSH = "push"


class BadSource(BadInput):
    """A setting of a source can't be used."""

    code = "feeds.bad_source"


class NoSuchSource(HubaoError):  # noqa: N818 - says what happened, as its base does
    """No source of this name is there, or it isn't the asking system's."""

    code = "feeds.no_such_source"
    kind = Kind.NOT_FOUND


class NameTaken(HubaoError):  # noqa: N818 - as above
    """There is a source of this name already."""

    code = "feeds.name_taken"
    kind = Kind.CONFLICT


class Busy(HubaoError):  # noqa: N818 - as above
    """Another import of this source runs."""

    code = "feeds.busy"
    kind = Kind.CONFLICT


@dataclass(frozen=True)
class Terms:
    """How a source is taken in.

    Attributes:
        kind: how its events come.
        place: the file or folder; blank for pushes.
        timezone: of times that name no zone.
        columns: by the lake's name, the source's own; those it shares needn't be named.
        actions: by the source's word in small letters, the lake's; or `skip`.
        system: under which its logins were imported.
        own_ids: whether its logins may be people's own ids.
        client: the service account or partner that may push.
        silent_after: minutes without an event after which it is silent.
        every: minutes between two imports.
        active: whether the worker imports it and watches over its silence.
    """

    kind: Way
    place: str = ""
    timezone: str = "Asia/Shanghai"
    columns: Mapping[str, str] = field(default_factory=dict)
    actions: Mapping[str, str] = field(default_factory=dict)
    system: str = ""
    own_ids: bool = False
    client: str | None = None
    silent_after: int = DAY
    every: int = 60
    active: bool = True


def check_source(name: str, terms: Terms) -> None:
    """Refuse a source that could not be taken in.

    Raises:
        BadSource: so; the message says which setting, and how to mend it.
    """
    if not _NAME.fullmatch(name) or name in _OUR_OWN:
        raise BadSource(
            "A source's name is small letters, digits and hyphens, 40 at most, and none of"
            f" {', '.join(sorted(_OUR_OWN))}."
        )
    if not is_plain(terms.system) or ":" in terms.system or terms.system in _OUR_OWN:
        raise BadSource(
            "A system's name is letters, digits and . _ - only, as in the logins' file."
        )
    if terms.kind is Way.PUSH and (terms.place or not terms.client):
        raise BadSource("A source that is pushed has no --place, and needs --pushed-by.")
    if terms.kind is not Way.PUSH and (not terms.place or terms.client):
        raise BadSource("A source of files needs --place, and has no --pushed-by.")
    _check_place(terms.place)
    _check_minutes(terms)
    _check_columns(terms)
    _check_zone(terms.timezone)


def columns_of(mapped: Mapping[str, str]) -> Columns:
    """Say which columns a source's rows have, and under which names."""
    return Columns(NEEDED, OPTIONAL, lists=("fields",), headers=mapped)


def is_silent(*, last: datetime | None, made: datetime, after: int, at: datetime) -> bool:
    """Tell whether nothing has happened for longer than the source allows."""
    return at - (last or made) > timedelta(minutes=after)


def months_near(first: datetime, last: datetime) -> set[str]:
    """Name the months, as 2026-11, in which events between two times may lie."""
    begin, end = first - ZONES_APART, last + ZONES_APART
    months = range(begin.year * 12 + begin.month - 1, end.year * 12 + end.month)
    return {f"{month // 12:04d}-{month % 12 + 1:02d}" for month in months}


def plain_word(word: str) -> str:
    """Give the form of a source's word for an action in which equal words are equal."""
    return word.casefold()


def plain_words(actions: Mapping[str, str]) -> dict[str, str]:
    """Give actions by their words' plain form."""
    return {plain_word(word): action for word, action in actions.items()}


def _check_place(place: str) -> None:
    if len(place) > LONGEST_PLACE:
        raise BadSource(f"A place has {LONGEST_PLACE} characters at most.")
    if place and (not Path(place).is_absolute() or ".." in Path(place).parts):
        raise BadSource("A place is a whole path without '..', as /srv/core/audit.")


def _check_minutes(terms: Terms) -> None:
    for option, minutes in (("--every", terms.every), ("--silence", terms.silent_after)):
        if not 1 <= minutes <= MOST_MINUTES:
            raise BadSource(f"{option} is minutes, from 1 to {MOST_MINUTES:,}.")


def _check_columns(terms: Terms) -> None:
    known = {*NEEDED, *OPTIONAL}
    for name in terms.columns:
        if name not in known:
            raise BadSource(
                f"No event has a '{name}': choose of {', '.join((*NEEDED, *OPTIONAL))}."
            )
    for word in terms.actions.values():
        if word not in {*ACTIONS, SKIP}:
            raise BadSource(
                f"'{word}' is no action: choose of {', '.join(sorted(ACTIONS))}, {SKIP}."
            )


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadSource(f"There is no time zone {name}: write it as Asia/Shanghai.") from None
