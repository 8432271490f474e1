"""Which columns a table needs, and under which header of a file each is found."""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from hubao.kit.errors import BadInput
from hubao.lake.inputs import Role
from hubao.lake.rejects import Reason
from hubao.lake.schema import ACCESS

SHOWN = 8
XES_HEADERS = {"policy": "case:concept:name", "actor": "org:resource", "at": "time:timestamp"}


class Kind(StrEnum):
    """How a column's text is read."""

    TEXT = "text"
    TIME = "time"
    NUMBER = "number"


@dataclass(frozen=True)
class Wanted:
    """One column.

    Attributes:
        lacking: why a row without it is set aside; None where it may be blank.
        needed: a file without it is refused.
        many: it may also be a list, which becomes text with semicolons between.
    """

    name: str
    kind: Kind = Kind.TEXT
    lacking: Reason | None = None
    needed: bool = False
    many: bool = False


@dataclass(frozen=True)
class Layout:
    """One table as hubao wants it.

    Attributes:
        role: which table.
        columns: the columns it has, in order.
        rest: keep every other column too, as text under its own header.
        numbered: keep the line as a column `line`.
        headers: canonical name -> the file's header, where the user said so.
    """

    role: Role
    columns: tuple[Wanted, ...]
    rest: bool = False
    numbered: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)

    def lists(self) -> set[str]:
        """Names of the columns that may hold lists."""
        return {column.name for column in self.columns if column.many}

    def header_of(self, name: str) -> str:
        """The header under which a column is expected."""
        return self.headers.get(name, name)


_POLICY = Wanted("policy", lacking=Reason.NO_POLICY, needed=True)
_ACTOR = Wanted("actor", lacking=Reason.NO_ACTOR, needed=True)
VICTIMS = Layout(
    Role.VICTIMS,
    (
        _POLICY,
        Wanted("contacted_at", Kind.TIME),
        Wanted("reported_at", Kind.TIME),
        Wanted("asked_because"),
        Wanted("confidence", Kind.NUMBER),
        Wanted("fields_quoted", many=True),
    ),
    numbered=True,
)
POLICIES = Layout(Role.POLICIES, (_POLICY, Wanted("issued", Kind.TIME)), rest=True)
ACTORS = Layout(
    Role.ACTORS,
    (
        _ACTOR,
        Wanted("kind"),
        Wanted("unit"),
        Wanted("role"),
        Wanted("hired", Kind.TIME),
        Wanted("notice", Kind.TIME),
        Wanted("left", Kind.TIME),
    ),
)
IDENTITIES = Layout(
    Role.IDENTITIES,
    (Wanted("login", lacking=Reason.NO_LOGIN, needed=True), _ACTOR),
    numbered=True,
)


def access_layout(headers: Mapping[str, str] | None, *, fields: bool = False) -> Layout:
    """The access log's columns, under the headers the user gave; the fields shown if wanted.

    Raises:
        BadInput: a name that no access event has.
    """
    given = dict(headers or {})
    for name in given:
        if name not in ACCESS.names:
            close = difflib.get_close_matches(name, ACCESS.names, n=1)
            meant = f"did you mean '{close[0]}'?" if close else f"use {', '.join(ACCESS.names)}."
            raise BadInput(f"--columns names '{name}', no column of an access log: {meant}")
    at = Wanted("at", Kind.TIME, lacking=Reason.BAD_TIME, needed=True)
    shown = (Wanted("fields", many=True),) if fields else ()
    return Layout(Role.ACCESS, (_ACTOR, _POLICY, at, Wanted("action"), *shown), headers=given)


def placed(layout: Layout, found: Sequence[str], file: str) -> dict[str, int]:
    """Say at which position of `found` each column stands; optional ones may be left out.

    Raises:
        BadInput: a needed column is missing, or one stands there twice.
    """
    places = {}
    for column in layout.columns:
        place = _place(layout.header_of(column.name), found, file)
        if place is not None:
            places[column.name] = place
        elif column.needed or column.name in layout.headers:
            raise _missing(layout, column.name, found, file)
    if layout.rest:
        places |= _others(found, set(places.values()), set(places), file)
    return places


def keyed(layout: Layout, keys: Sequence[str], file: str) -> dict[str, str]:
    """Say under which key each column stands, where rows name their cells themselves.

    Optional columns that no row has shown yet are looked for under their own name.

    Raises:
        BadInput: a needed column is missing, or one stands there twice.
    """
    found = {name: keys[place] for name, place in placed(layout, keys, file).items()}
    return {column.name: layout.header_of(column.name) for column in layout.columns} | found


def _place(header: str, found: Sequence[str], file: str) -> int | None:
    loosely = [_loose(one) for one in found]
    for names, wanted in ((list(found), header), (loosely, _loose(header))):
        if names.count(wanted) > 1:
            raise BadInput(f"{file} has the column '{header}' twice: rename or remove one.")
        if wanted in names:
            return names.index(wanted)
    return None


def _others(found: Sequence[str], taken: set[int], known: set[str], file: str) -> dict[str, int]:
    others: dict[str, int] = {}
    names = set(known)
    for place, header in enumerate(found):
        name = header.strip().removeprefix("\ufeff")
        if place in taken or not name:
            continue
        if _loose(name) in names:
            raise BadInput(f"{file} has two columns of the same name: rename or remove one.")
        names.add(_loose(name))
        others[name] = place
    return others


def _loose(header: str) -> str:
    return header.strip().removeprefix("\ufeff").strip('"').strip().casefold()


def _missing(layout: Layout, name: str, found: Sequence[str], file: str) -> BadInput:
    wanted = layout.header_of(name)
    close = _closest(wanted, found) or _closest(name, found)
    if layout.role is Role.ACCESS:
        remedy = f"say which one it is with --columns {name}={close or 'HEADER'}"
    else:
        remedy = f"rename '{close}' to it" if close else "add it"
    return BadInput(f"{file} has no column '{wanted}' ({shown(found)}): {remedy}.")


def _closest(wanted: str, found: Sequence[str]) -> str | None:
    if _looks_like_data(found):
        return None
    by_loose = {_loose(one): one.strip() for one in found}
    close = difflib.get_close_matches(_loose(wanted), by_loose, n=1, cutoff=0.5)
    return by_loose[close[0]] if close else None


def shown(found: Sequence[str]) -> str:
    """A few headers for a message; none where the first row looks like somebody's data."""
    if _looks_like_data(found):
        return "its first row looks like data, not headers"
    few = [one.strip()[:40] for one in found if one.strip()][:SHOWN]
    more = len(found) - len(few)
    return (
        f"found: {', '.join(few)}{f' and {more} more' if more > 0 else ''}" if few else "found none"
    )


def _looks_like_data(found: Sequence[str]) -> bool:
    return any(re.search(r"\d{4}|@|[\x00-\x1f]", one) for one in found)
