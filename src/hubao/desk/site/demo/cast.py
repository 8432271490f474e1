"""Who signs in to the demo, one for each role, and what waits for them today."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from hubao.desk.core.actor import Actor, Permission, Role
from hubao.desk.core.files import Row
from hubao.desk.ledger.denials import Denials
from hubao.desk.people.identity import known
from hubao.desk.people.imports import import_people
from hubao.desk.people.models import Account
from hubao.desk.people.operations import issue_token, make_account
from hubao.desk.policies.models import Policy
from hubao.desk.policies.operations.emergency import break_glass
from hubao.desk.policies.operations.items import open_item
from hubao.desk.site.demo.insurer import TOP
from hubao.seal.fields import Fields

NAMES: Final[Mapping[Role, str]] = {
    Role.CLERK: "柜员 演示",
    Role.CALLER: "坐席 演示",
    Role.SUPERVISOR: "主管 演示",
    Role.OPERATIONS: "运营 演示",
    Role.SECURITY: "信息安全 演示",
    Role.COMPLIANCE: "合规 演示",
    Role.ADMIN: "管理员 演示",
}
_IN_BRANCH: Final = (Role.CLERK, Role.CALLER)
_SERVICE: Final = "core-system"
_SCOPES: Final = (Permission.WRITE_POLICIES, Permission.WRITE_PEOPLE, Permission.OPEN_ITEMS)
_WORK: Final = (
    *((kind, Role.CLERK) for kind in ("service", "surrender", "claim", "service")),
    *(("call_back", Role.CALLER),) * 3,
    ("surrender", None),  # for whoever of the team takes it
    ("service", None),
)
_REASON: Final = "客户在柜台突发疾病，需要立即联系其家属"


@dataclass(frozen=True)
class SignIn:
    """How somebody signs in to the demo."""

    role: str
    name: str
    password: str
    secret: str


def make_cast(*, branch: str, actor: Actor, at: datetime) -> list[SignIn]:
    """Make the people and give each a password and a second factor.

    Args:
        branch: unit of clerk and caller; the supervisor is above them, all others at the top.
        actor: who makes them.
        at: now.
    """
    units = dict.fromkeys(Role, TOP) | dict.fromkeys(_IN_BRANCH, branch)
    units[Role.SUPERVISOR] = branch.partition("-")[0]
    cells = [
        {"actor": role, "name": NAMES[role], "unit": units[role], "roles": role} for role in Role
    ]
    cells.append({"actor": _SERVICE, "name": "核心系统", "unit": TOP, "kind": "service"})
    rows = [Row(line, one) for line, one in enumerate(cells, start=2)]
    import_people(rows, zone=ZoneInfo("Asia/Shanghai"), actor=actor, at=at)
    return [_sign_in(role, actor, at) for role in Role]


def make_token(*, actor: Actor, at: datetime) -> str:
    """Give the core system a token for the API."""
    return issue_token(party=_SERVICE, scopes=_SCOPES, actor=actor, at=at)


def make_work(*, branch: str, actor: Actor, at: datetime, fields: Fields, denials: Denials) -> None:
    """Open what waits for the clerk, the caller and their team; break one glass to be reviewed."""
    records = _some_records(branch)
    for number, (kind, owner) in enumerate(_WORK):
        open_item(
            kind=kind,
            team=branch,
            records=[records[number]],
            actor=actor,
            at=at - timedelta(hours=number),
            owner=owner,
            outside_ref=f"demo-{number}",
        )
    clerk = known(party=Role.CLERK, at=at)
    if clerk is not None:
        who = clerk.person(Role.CLERK, verified=at)
        early = at - timedelta(hours=3)
        break_glass(record=records[-1], reason=_REASON, actor=who, at=early, fields=fields,
                    denials=denials)  # fmt: skip


def _sign_in(role: Role, actor: Actor, at: datetime) -> SignIn:
    password = make_account(party=role, actor=actor, at=at)
    secret = generate_totp_secret()
    TOTP.activate(Account.objects.get(party=role), secret)
    return SignIn(role, role, password, secret)


def _some_records(branch: str) -> Sequence[str]:
    found = list(Policy.objects.filter(unit=branch).values_list("record", flat=True)[:200])
    secrets.SystemRandom().shuffle(found)
    return found
