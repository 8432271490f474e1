"""Who asks, read in one statement: it stands on the way of every request."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from hubao.desk.core.actor import Actor, Permission, Role
from hubao.desk.people.rules import SECOND_FACTORS
from hubao.kit.errors import HubaoError, Kind

_SEPARATOR: Final = "\x1f"  # stands in no id
_IDENTITY: Final = """
SELECT p.unit, p.ended_at IS NULL AND (p.left_at IS NULL OR p.left_at > %s),
    (SELECT {roles} FROM people_grant g WHERE g.party = p.id),
    CASE WHEN u.parent IS NOT NULL THEN (
        SELECT {units} FROM people_unit b WHERE substr(b.path, 1, length(u.path)) = u.path
    ) END,
    EXISTS (
        SELECT 1 FROM mfa_authenticator m JOIN people_account a ON a.id = m.user_id
        WHERE a.party = p.id AND m.type IN (%s, %s)
    )
FROM people_party p JOIN people_unit u ON u.id = p.unit WHERE p.id = %s
"""


class NotSignedIn(HubaoError):  # noqa: N818 - says what happened, as its base does
    """Who asks isn't known here, has left, or shows a key that was revoked."""

    code = "people.not_signed_in"
    kind = Kind.FORBIDDEN


@dataclass(frozen=True)
class Known:
    """Where a party stands at a time.

    Attributes:
        unit: where they work.
        units: theirs and all below; None for the top, which sees everything.
        roles: what they work as.
        has_second_factor: whether they have set one up.
    """

    unit: str
    units: frozenset[str] | None
    roles: frozenset[Role]
    has_second_factor: bool

    def person(self, party: str, *, verified: datetime | None) -> Actor:
        """Give them as who asks at the console."""
        return Actor(party, self.roles, self.unit, self.units, verified=verified)

    def client(self, party: str, *, scopes: frozenset[Permission]) -> Actor:
        """Give them as who asks with a token, which has scopes and no roles."""
        return Actor(party, unit=self.unit, units=self.units, scopes=scopes)


def known(*, party: str, at: datetime) -> Known | None:
    """Read who a party is now; None for whoever isn't known here or has left."""
    with connection.cursor() as cursor:
        now = connection.ops.adapt_datetimefield_value(at)
        cursor.execute(_statement(), [now, *SECOND_FACTORS, party])
        row = cursor.fetchone()
    if row is None or not row[1]:
        return None
    unit, _, roles, units, has_second_factor = row
    return Known(
        unit=unit,
        units=None if units is None else frozenset(units.split(_SEPARATOR)),
        roles=frozenset(map(Role, roles.split(_SEPARATOR))) if roles else frozenset(),
        has_second_factor=bool(has_second_factor),
    )


def _statement() -> str:
    if connection.vendor == "postgresql":
        return _IDENTITY.format(
            roles="string_agg(g.role, chr(31))", units="string_agg(b.id, chr(31))"
        )
    return _IDENTITY.format(
        roles="group_concat(g.role, char(31))", units="group_concat(b.id, char(31))"
    )
