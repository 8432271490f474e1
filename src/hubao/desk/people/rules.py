"""Employment, and what a row about a person says."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from hubao.desk.core.actor import Role, is_our_own
from hubao.desk.ledger.rules import is_plain
from hubao.kit.errors import HubaoError, Kind

NEEDED: Final = ("actor", "name", "unit")
LONGEST_NAME: Final = 200
COMES_BACK_WITHIN: Final = timedelta(hours=1)  # house rule: a mistake shows at once
PROVIDER_SYSTEM: Final = "oidc"  # of imported logins: those at the sign-in provider
SECOND_FACTORS: Final = ("totp", "webauthn")  # recovery codes only stand in for one of these
OPTIONAL: Final = ("kind", "hired", "notice", "left", "roles")


class Sort(StrEnum):
    """What a party is."""

    PERSON = "person"
    PARTNER = "partner"
    SERVICE = "service"


class Employment(StrEnum):
    """Where somebody stands with the insurer."""

    HIRED = "hired"
    ON_NOTICE = "on_notice"
    LEFT = "left"


class Why(StrEnum):
    """Why somebody's roles are changed; a word, as the ledger takes no sentences."""

    NEW_TASK = "new_task"
    MOVED = "moved"
    COVER = "cover"
    NOT_NEEDED = "not_needed"
    INVESTIGATION = "investigation"
    MISTAKE = "mistake"


class BadRow(HubaoError):  # noqa: N818 - says what happened, as its base does
    """A row can't be used; the message says why and repeats nothing of it."""

    code = "people.bad_row"
    kind = Kind.INVALID


@dataclass(frozen=True)
class PersonRow:
    """What the HR system says of one party; times are UTC, `left` is when the last day ends.

    Attributes:
        actor: id, as in the ledger and the lake.
        name: as written.
        unit: where it belongs.
        kind: person, partner or service.
        hired: when work began.
        notice: when it gave or was given notice.
        left: when the last day ends.
        roles: what it works as; None where the file says nothing of it.
    """

    actor: str
    name: str
    unit: str
    kind: Sort
    hired: datetime | None
    notice: datetime | None
    left: datetime | None
    roles: frozenset[Role] | None


def employment(*, notice: datetime | None, left: datetime | None, at: datetime) -> Employment:
    """Say where somebody stands at a time."""
    if left is not None and left <= at:
        return Employment.LEFT
    if notice is not None and notice <= at:
        return Employment.ON_NOTICE
    return Employment.HIRED


def may_come_back(revoked: datetime | None, *, at: datetime) -> bool:
    """Tell whether a token that was revoked by mistake may still be taken back."""
    return revoked is not None and at - revoked <= COMES_BACK_WITHIN


def person_of(cells: Mapping[str, str], *, zone: ZoneInfo) -> PersonRow:
    """Read one row.

    Args:
        cells: by column; NEEDED are there.
        zone: of dates without one.

    Raises:
        BadRow: something in it can't be understood.
    """
    actor = checked_id(cells["actor"])
    if is_our_own(actor):
        raise BadRow("ids that begin with system: or cli:, and policyholder, are the desk's own")
    try:
        kind = Sort(cells.get("kind", Sort.PERSON))
    except ValueError:
        raise BadRow("its kind is none of person, partner, service") from None
    roles = _roles(cells["roles"]) if "roles" in cells else None
    if roles and kind is not Sort.PERSON:
        raise BadRow("only people have roles; a service account's token has scopes")
    return PersonRow(
        actor=actor,
        name=cells["name"],
        unit=checked_id(cells["unit"]),
        kind=kind,
        hired=_moment(cells.get("hired"), zone),
        notice=_moment(cells.get("notice"), zone),
        left=_moment(cells.get("left"), zone, end=True),
        roles=roles,
    )


def checked_id(text: str) -> str:
    """Give an id back, or refuse what would be a name or a person's number in the ledger.

    Raises:
        BadRow: it isn't letters, digits and .:_/+- only, or has eleven digits in a row.
    """
    if not is_plain(text):
        raise BadRow(
            "an id must be letters, digits and . : _ / + - only, without eleven digits in a row"
        )
    return text


def checked_name(text: str) -> str:
    """Give a name back.

    Raises:
        BadRow: it is too long for one.
    """
    if len(text) > LONGEST_NAME:
        raise BadRow(f"a name has more than {LONGEST_NAME} characters")
    return text


def token_digest(token: str) -> bytes:
    """Give what is kept of a token: 256 bits of chance, so a plain hash hides it."""
    return hashlib.sha256(token.encode()).digest()


def _roles(text: str) -> frozenset[Role]:
    try:
        return frozenset(Role(one.strip()) for one in text.split(";") if one.strip())
    except ValueError:
        raise BadRow(f"its roles are not of {', '.join(Role)} with semicolons between") from None


def _moment(text: str | None, zone: ZoneInfo, *, end: bool = False) -> datetime | None:
    """Read a date or time; a date alone means its first moment, or with `end` its last."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadRow("a date isn't written as 2026-11-27") from None
    if end and len(text) == len("2026-11-27"):
        found = found.replace(hour=23, minute=59, second=59)
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
