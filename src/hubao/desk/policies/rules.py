"""Who may see what for which purpose, and how often: decisions without a database."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from hubao.desk.core.actor import Actor, Role
from hubao.desk.core.rules import Tie
from hubao.kit.errors import HubaoError, Kind


class Purpose(StrEnum):
    """Why a field is looked at."""

    SERVICE = "service"
    SURRENDER = "surrender"
    CLAIM = "claim"
    CALL_BACK = "call_back"
    COMPLAINT = "complaint"
    INVESTIGATION = "investigation"
    EMERGENCY = "emergency"


PURPOSES: Final[Mapping[Role, frozenset[Purpose]]] = {
    Role.CLERK: frozenset({Purpose.SERVICE, Purpose.SURRENDER, Purpose.CLAIM}),
    Role.CALLER: frozenset({Purpose.CALL_BACK}),
    Role.SUPERVISOR: frozenset(
        {Purpose.SERVICE, Purpose.SURRENDER, Purpose.CLAIM, Purpose.CALL_BACK, Purpose.COMPLAINT}
    ),
    Role.OPERATIONS: frozenset({Purpose.SURRENDER, Purpose.CALL_BACK, Purpose.COMPLAINT}),
    Role.SECURITY: frozenset({Purpose.INVESTIGATION, Purpose.COMPLAINT}),
    Role.COMPLIANCE: frozenset(),
    Role.ADMIN: frozenset(),
}
# Fields a day outside one's own work: a house rule, held by a test below the number of records from
# which the law calls a leak by staff a crime (crime.staff.property_records). Emergencies have a
# review instead.
OUTSIDE_A_DAY: Final[Mapping[Role, int]] = {
    Role.CLERK: 5,
    Role.CALLER: 5,
    Role.SUPERVISOR: 10,
    Role.OPERATIONS: 10,
    Role.SECURITY: 20,
    Role.COMPLIANCE: 0,
    Role.ADMIN: 0,
}
EMERGENCY_FIELDS: Final = 10  # of one day's emergencies, beside those above
FRESH: Final = timedelta(minutes=5)  # how long a second factor counts as just shown
EMERGENCY_LASTS: Final = timedelta(hours=1)  # house rule: long enough for one call
REVIEW_WITHIN: Final = timedelta(days=1)  # house rule: the law only wants audit.access_months
NO_LIMIT: Final = 2**31 - 1


class WrongPurpose(HubaoError):  # noqa: N818 - says what happened, as its base does
    """None of somebody's roles looks at records for this purpose."""

    code = "policies.wrong_purpose"
    kind = Kind.FORBIDDEN


class StepUp(HubaoError):  # noqa: N818 - as above
    """A reveal outside one's own work needs the second factor again."""

    code = "policies.step_up"
    kind = Kind.FORBIDDEN


class QuotaUsed(HubaoError):  # noqa: N818 - as above
    """Somebody has revealed as many fields today as their role may."""

    code = "policies.quota_used"
    kind = Kind.FORBIDDEN


@dataclass(frozen=True)
class Allowance:
    """What a reveal is counted as, and up to how many a day."""

    tie: str
    most: int


def check_purpose(actor: Actor, purpose: Purpose) -> None:
    """Refuse a purpose that none of the actor's roles has.

    Raises:
        WrongPurpose: so.
    """
    if not any(purpose in PURPOSES[role] for role in actor.roles):
        raise WrongPurpose("Your role doesn't look at records for this purpose.", purpose=purpose)


def allowance(actor: Actor, *, tie: Tie, at: datetime) -> Allowance:
    """Say how a reveal counts: own work is counted only, what is outside it is limited.

    Raises:
        StepUp: it is outside, and the second factor wasn't shown just now.
    """
    if tie is Tie.OWN:
        return Allowance(tie, NO_LIMIT)
    if actor.verified is None or not timedelta(0) <= at - actor.verified <= FRESH:
        raise StepUp("This isn't your own work: show your second factor again, then reveal.")
    return Allowance(tie, outside_a_day(actor.roles))


def outside_a_day(roles: Iterable[Role]) -> int:
    """Say how many fields a day somebody of these roles may reveal outside their own work."""
    return max((OUTSIDE_A_DAY[role] for role in roles), default=0)
