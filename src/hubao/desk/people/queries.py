"""Read people: who asks, and who there is."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, QuerySet

from hubao.desk.core.actor import ALLOWED, SECOND_FACTOR_ROLES, Actor, Permission, Role
from hubao.desk.ledger.rules import is_plain
from hubao.desk.people.identity import NotSignedIn, known
from hubao.desk.people.models import Account, Grant, Identity, Party, Token, Unit
from hubao.desk.people.rules import (
    PROVIDER_SYSTEM,
    SECOND_FACTORS,
    Employment,
    Sort,
    employment,
    may_come_back,
    token_digest,
)
from hubao.kit.errors import HubaoError, Kind
from hubao.kit.parts import in_parts

_AT_ONCE: Final = 10_000  # logins that are asked for together; SQLite binds no more than 32,766
ANY_SYSTEM: Final = "any"  # of logins that are the same everywhere


class NoSuchPerson(HubaoError):  # noqa: N818 - says what happened, as its base does
    """Nobody of this id is within the actor's branch, or they have left."""

    code = "people.no_such_person"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True)
class Seen:
    """A party as lists show it."""

    id: str
    kind: Sort
    name: str
    unit: str
    unit_name: str
    employment: Employment
    roles: Sequence[Role]


@dataclass(frozen=True)
class Workplace:
    """Where a party belongs, and what it is.

    Attributes:
        unit: its unit.
        kind: what it is.
        company: its name, of a partner alone.
    """

    unit: str
    kind: Sort
    company: str = ""


@dataclass(frozen=True)
class SeenSession:
    """A sign-in that lasts."""

    id: int
    since: datetime
    address: str
    browser: str


@dataclass(frozen=True)
class SeenToken:
    """A key to the API, of which only the hash is kept."""

    id: int
    scopes: Sequence[str]
    made_at: datetime
    revoked_at: datetime | None
    may_come_back: bool


@dataclass(frozen=True)
class Person:
    """A party as its own page shows it.

    Attributes:
        seen: what lists show.
        left_at: when the last day ends, if that is known.
        signs_in: whether there is a sign-in to the console.
        has_factor: whether a second factor is set up.
        last_sign_in: when they signed in last.
        below: id and name of each unit whose records they see.
        logins: system and name of each login that is theirs.
        sessions: sign-ins that last; none for who may not end them.
        tokens: keys to the API; as above.
    """

    seen: Seen
    left_at: datetime | None
    signs_in: bool
    has_factor: bool
    last_sign_in: datetime | None
    below: Sequence[tuple[str, str]]
    logins: Sequence[tuple[str, str]]
    sessions: Sequence[SeenSession] = field(default_factory=tuple)
    tokens: Sequence[SeenToken] = field(default_factory=tuple)


def actor_of_token(*, token: str, at: datetime) -> Actor:
    """Say which service account shows a key.

    Raises:
        NotSignedIn: the key is unknown or revoked, or its account has left.
    """
    live = Token.objects.filter(digest=token_digest(token), revoked_at=None).first()
    found = live and known(party=live.party_id, at=at)
    if not live or not found:
        raise NotSignedIn("This token isn't known, or was revoked.")
    return found.client(live.party_id, scopes=frozenset(map(Permission, live.scopes)))


def party_of_login(*, login: str) -> str | None:
    """Say whose a login at the sign-in provider is; None if nobody's.

    A login that was imported for the system PROVIDER_SYSTEM decides; else an account of that name.
    """
    if not is_plain(login):
        return None
    found = Identity.objects.filter(system=PROVIDER_SYSTEM, login=login)
    party = found.values_list("party", flat=True).first()
    own = Account.objects.filter(username=login).values_list("party", flat=True)
    return party or own.first()


def people(*, actor: Actor) -> QuerySet[Party]:
    """Give the parties of the actor's branch; `has_factor` says whether a second factor is set.

    Raises:
        NotAllowed: the actor may not read people.
    """
    actor.require(Permission.READ_PEOPLE)
    rows = _within(actor).select_related("unit", "account").prefetch_related("grants")
    return rows.annotate(has_factor=Exists(_factors())).order_by("id")


def grants(*, actor: Actor) -> QuerySet[Grant]:
    """Give who of the actor's branch has which role.

    Raises:
        NotAllowed: the actor may not read people.
    """
    actor.require(Permission.READ_PEOPLE)
    rows = Grant.objects.filter(party__in=_within(actor)).select_related("party__unit")
    return rows.order_by("party", "role")


def sessions(*, actor: Actor, at: datetime) -> "QuerySet[UserSession]":
    """Give the sign-ins of the actor's branch that last, the newest first.

    Raises:
        NotAllowed: the actor may not end them.
    """
    actor.require(Permission.END_ACCESS)
    live = Session.objects.filter(expire_date__gt=at).values("session_key")
    rows = UserSession.objects.filter(session_key__in=live, user__party__in=_within(actor))
    found: QuerySet[UserSession] = rows.select_related("user__party__unit").order_by("-created_at")
    return found


def tokens(*, actor: Actor) -> QuerySet[Token]:
    """Give the keys to the API of the actor's branch, the newest first.

    Raises:
        NotAllowed: the actor may not end them.
    """
    actor.require(Permission.END_ACCESS)
    rows = Token.objects.filter(party__in=_within(actor)).select_related("party__unit")
    return rows.order_by("-made_at", "-id")


def person(*, party: str, actor: Actor, at: datetime) -> Person:
    """Give somebody of the actor's branch, as far as the actor may see.

    Raises:
        NotAllowed: the actor may not read people.
        NoSuchPerson: nobody of this id is within the branch.
    """
    found = people(actor=actor).filter(id=party).first()
    if found is None:
        raise NoSuchPerson("Nobody of this id works here, as far as you see.", party=party)
    ends = actor.may(Permission.END_ACCESS)
    account = getattr(found, "account", None)
    below = Unit.objects.filter(path__startswith=found.unit.path).order_by("path")
    logins = Identity.objects.filter(party=party).order_by("system", "login")
    return Person(
        seen=seen(found, at=at),
        left_at=found.left_at,
        signs_in=bool(account and account.is_active),
        has_factor=bool(getattr(found, "has_factor", False)),
        last_sign_in=account.last_login if account else None,
        below=list(below.values_list("id", "name")),
        logins=list(logins.values_list("system", "login")),
        sessions=_sessions_of(party, actor, at) if ends else (),
        tokens=_tokens_of(party, actor, at) if ends else (),
    )


def without_factor(*, actor: Actor) -> int:
    """Count those of the branch who sign in and need a second factor, but have none yet.

    Raises:
        NotAllowed: the actor may not read people.
    """
    rows = people(actor=actor).filter(~Exists(_factors()), ended_at=None, account__is_active=True)
    return rows.filter(grants__role__in=SECOND_FACTOR_ROLES).distinct().count()


def leaving(*, actor: Actor, at: datetime, within: timedelta) -> int:
    """Count those of the branch whose last day comes soon.

    Raises:
        NotAllowed: the actor may not read people.
    """
    rows = people(actor=actor).filter(ended_at=None, left_at__gt=at, left_at__lte=at + within)
    return rows.count()


def ids_within(*, actor: Actor) -> QuerySet[Party, str]:
    """Give the ids of the parties of the actor's branch, to look for in other tables."""
    return _within(actor).values_list("id", flat=True)


def roles_of(parties: Collection[str]) -> Mapping[str, Sequence[Role]]:
    """Give the roles of each of some parties, by their ids; no names, nor those without."""
    found = dict[str, list[Role]]()
    for party, role in Grant.objects.filter(party__in=parties).values_list("party", "role"):
        found.setdefault(party, []).append(Role(role))
    return found


def units_of(parties: Collection[str]) -> Mapping[str, str]:
    """Give the unit of each of some parties, by their ids; no names, nor those not known."""
    rows = Party.objects.filter(id__in=parties)
    return dict(rows.values_list("id", "unit"))


def present(*, party: str, actor: Actor) -> Party:
    """Give somebody who works here.

    Raises:
        NoSuchPerson: nobody of this id, within the actor's branch.
    """
    found = Party.objects.filter(id=party, ended_at=None).first()
    if found is None or not actor.sees(found.unit_id):
        raise NoSuchPerson("Nobody of this id works here, as far as you see.", party=party)
    return found


def seen(party: Party, *, at: datetime) -> Seen:
    """Say what a list shows of a party."""
    return Seen(
        id=party.id,
        kind=Sort(party.kind),
        name=party.name,
        unit=party.unit_id,
        unit_name=party.unit.name,
        employment=_employment(party, at),
        roles=sorted(Role(grant.role) for grant in party.grants.all()),
    )


def unit_ids() -> frozenset[str]:
    """Give the ids of all units, to check files against; no names."""
    return frozenset(Unit.objects.values_list("id", flat=True))


def workplaces(*, parties: Collection[str]) -> dict[str, Workplace]:
    """Say where parties work now, by their ids, and what they are; no names of people."""
    rows = Party.objects.filter(id__in=list(parties)).select_related("unit")
    return {row.id: Workplace(row.unit_id, Sort(row.kind), _company(row)) for row in rows}


def unit_names(*, units: Collection[str]) -> dict[str, str]:
    """Give the names of units by their ids."""
    return dict(Unit.objects.filter(id__in=list(units)).values_list("id", "name"))


def top_unit() -> str:
    """Give the id of the top unit; empty while there is none."""
    return (
        Unit.objects.filter(parent=None).order_by("id").values_list("id", flat=True).first() or ""
    )


def colleagues(*, actor: Actor, at: datetime) -> list[Seen]:
    """Give the people of the actor's branch whom work can be given to, by unit and id.

    Raises:
        NotAllowed: the actor may not give work.
    """
    actor.require(Permission.OPEN_ITEMS)
    rows = _within(actor).filter(ended_at=None, grants__role__in=ALLOWED[Permission.REVEAL])
    rows = rows.distinct().select_related("unit").prefetch_related("grants")
    found = (seen(row, at=at) for row in rows.order_by("unit", "id"))
    return [one for one in found if one.employment is not Employment.LEFT]


def works_in(*, party: str, unit: str, at: datetime) -> bool:
    """Tell whether somebody works in a unit now."""
    found = Party.objects.filter(id=party, unit=unit, ended_at=None).first()
    return found is not None and _employment(found, at) is not Employment.LEFT


def parties_of(
    *, logins: Collection[str], system: str, own_ids: bool, actor: Actor
) -> dict[str, str]:
    """Say whose logins are in a system; those that nobody here is known to have are left out.

    A login of the system itself counts before one that holds in any. No branch limits this: an
    access is its person's, wherever they work.

    Args:
        logins: as the system writes them.
        system: its name, as logins were imported.
        own_ids: whether it also writes people's own ids; else one that happens to equal an id is
            not taken for that person.
        actor: who brings the events.

    Raises:
        NotAllowed: the actor may bring none.
    """
    actor.require(Permission.PUSH_FEEDS)
    found = dict[str, str]()
    for some in in_parts(logins, _AT_ONCE):
        if own_ids:
            own = Party.objects.filter(id__in=some).values_list("id", flat=True)
            found |= {one: one for one in own}
        for name in (ANY_SYSTEM, system):
            rows = Identity.objects.filter(system=name, login__in=some)
            found |= dict(rows.values_list("login", "party_id"))
    return found


def _company(row: Party) -> str:
    return row.name if row.kind == Sort.PARTNER else ""


def _factors() -> "QuerySet[Authenticator]":
    found: QuerySet[Authenticator] = Authenticator.objects.filter(
        user__party=OuterRef("pk"), type__in=SECOND_FACTORS
    )
    return found


def _sessions_of(party: str, actor: Actor, at: datetime) -> list[SeenSession]:
    rows = sessions(actor=actor, at=at).filter(user__party=party)
    return [SeenSession(one.pk, one.created_at, one.ip, one.user_agent) for one in rows]


def _tokens_of(party: str, actor: Actor, at: datetime) -> list[SeenToken]:
    return [
        SeenToken(
            id=one.id,
            scopes=sorted(one.scopes),
            made_at=one.made_at,
            revoked_at=one.revoked_at,
            may_come_back=may_come_back(one.revoked_at, at=at),
        )
        for one in tokens(actor=actor).filter(party=party)
    ]


def _within(actor: Actor) -> QuerySet[Party]:
    rows = Party.objects.all()
    return rows if actor.units is None else rows.filter(unit__in=actor.units)


def _employment(party: Party, at: datetime) -> Employment:
    return employment(notice=party.notice_at, left=party.left_at, at=at)
