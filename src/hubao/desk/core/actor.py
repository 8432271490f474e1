"""Who asks, and what a role may do: plain values, so that any room can decide by them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from hubao.kit.errors import HubaoError, Kind


class Role(StrEnum):
    """What somebody works as."""

    CLERK = "clerk"
    CALLER = "caller"
    SUPERVISOR = "supervisor"
    OPERATIONS = "operations"
    SECURITY = "security"
    COMPLIANCE = "compliance"
    ADMIN = "admin"


class Permission(StrEnum):
    """One thing that may be done; also what a service account's token can be given."""

    SEARCH = "policies.search"
    REVEAL = "policies.reveal"
    BREAK_GLASS = "policies.break_glass"
    REVIEW = "policies.review"
    ANSWER_ALERTS = "alerts.answer"
    WRITE_POLICIES = "policies.write"
    OPEN_ITEMS = "items.open"
    READ_PEOPLE = "people.read"
    WRITE_PEOPLE = "people.write"
    GIVE_ROLES = "people.roles"
    WRITE_WEBHOOKS = "webhooks.write"
    END_ACCESS = "people.end_access"
    READ_LEDGER = "ledger.read"
    ARCHIVE_LEDGER = "ledger.archive"
    ANSWER_REPORTS = "reports.answer"
    READ_FEEDS = "feeds.read"
    WRITE_FEEDS = "feeds.write"
    PUSH_FEEDS = "feeds.push"
    ROTATE_KEYS = "keys.rotate"


POLICYHOLDER: Final = "policyholder"  # whoever has proved to be one; which one is never said
_OUR_OWN: Final = ("system:", "cli:")
_REVEALING: Final = frozenset(
    {Role.CLERK, Role.CALLER, Role.SUPERVISOR, Role.OPERATIONS, Role.SECURITY}
)
ALLOWED: Final[Mapping[Permission, frozenset[Role]]] = {
    Permission.SEARCH: _REVEALING,
    Permission.REVEAL: _REVEALING,
    Permission.BREAK_GLASS: frozenset({Role.CLERK, Role.CALLER, Role.SUPERVISOR}),
    Permission.REVIEW: frozenset({Role.SUPERVISOR, Role.SECURITY}),
    Permission.ANSWER_ALERTS: frozenset({Role.SUPERVISOR, Role.SECURITY}),
    Permission.WRITE_POLICIES: frozenset(),  # systems do, and whoever runs the server
    Permission.OPEN_ITEMS: frozenset({Role.SUPERVISOR, Role.OPERATIONS}),
    Permission.READ_PEOPLE: frozenset(
        {Role.SUPERVISOR, Role.OPERATIONS, Role.SECURITY, Role.ADMIN}
    ),
    Permission.WRITE_PEOPLE: frozenset(),
    Permission.GIVE_ROLES: frozenset({Role.ADMIN}),
    Permission.WRITE_WEBHOOKS: frozenset({Role.ADMIN}),
    Permission.END_ACCESS: frozenset({Role.SECURITY, Role.ADMIN}),
    Permission.READ_LEDGER: frozenset({Role.SECURITY, Role.COMPLIANCE}),
    Permission.ARCHIVE_LEDGER: frozenset(),  # who runs the server does
    Permission.ANSWER_REPORTS: frozenset({Role.OPERATIONS, Role.SECURITY}),
    Permission.READ_FEEDS: frozenset({Role.OPERATIONS, Role.SECURITY, Role.COMPLIANCE}),
    Permission.WRITE_FEEDS: frozenset({Role.SECURITY}),
    Permission.PUSH_FEEDS: frozenset(),  # systems bring events, and whoever runs the server
    Permission.ROTATE_KEYS: frozenset({Role.ADMIN}),
}
# Whoever may do one of these shows a second factor: a password alone would open personal data, or
# give out what does.
_GUARDED: Final = (
    Permission.REVEAL,
    Permission.WRITE_PEOPLE,
    Permission.GIVE_ROLES,
    Permission.END_ACCESS,
    Permission.WRITE_WEBHOOKS,
    Permission.WRITE_FEEDS,
    Permission.ROTATE_KEYS,
)
SECOND_FACTOR_ROLES: Final[frozenset[Role]] = frozenset().union(*(ALLOWED[one] for one in _GUARDED))


class NotAllowed(HubaoError):  # noqa: N818 - says what happened, as its base does
    """None of somebody's roles may do this."""

    code = "core.not_allowed"
    kind = Kind.FORBIDDEN


def is_our_own(name: str) -> bool:
    """Tell whether an id is one that the desk itself acts under, so nobody else may have it."""
    return name == POLICYHOLDER or name.startswith(_OUR_OWN)


@dataclass(frozen=True)
class Actor:
    """A person, partner or service account that asks for something.

    Attributes:
        id: as in the ledger and in the lake.
        roles: what the person works as.
        unit: where they work.
        units: the units whose records they see: theirs and all below; None = every one.
        scopes: permissions of a service account's token.
        verified: when this sign-in last passed a second factor.
        own: the one record that is theirs, of a policyholder who has proved it.
    """

    id: str
    roles: frozenset[Role] = frozenset()
    unit: str = ""
    units: frozenset[str] | None = frozenset()
    scopes: frozenset[Permission] = field(default_factory=frozenset)
    verified: datetime | None = None
    own: str | None = None

    def may(self, permission: Permission) -> bool:
        """Tell whether a role or a scope of theirs allows it."""
        return permission in self.scopes or not self.roles.isdisjoint(ALLOWED[permission])

    def require(self, permission: Permission) -> None:
        """Refuse what nothing allows.

        Raises:
            NotAllowed: no role and no scope of theirs allows it.
        """
        if not self.may(permission):
            raise NotAllowed("Your role doesn't allow this.", permission=permission)

    @property
    def needs_second_factor(self) -> bool:
        """Whether a role of theirs may only be used by who has set up a second factor."""
        return not self.roles.isdisjoint(SECOND_FACTOR_ROLES)

    def sees(self, unit: str) -> bool:
        """Tell whether records of a unit are within their branch."""
        return self.units is None or unit in self.units
