"""Read people: who asks, and who there is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from hubao.desk.core.actor import ALLOWED, Actor, Permission, Role
from hubao.desk.ledger.rules import is_plain
from hubao.desk.people.identity import NotSignedIn, known
from hubao.desk.people.models import Account, Identity, Party, Token, Unit
from hubao.desk.people.rules import PROVIDER_SYSTEM, Employment, Sort, employment, token_digest
from hubao.kit.errors import HubaoError, Kind


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
    """Give the parties of the actor's branch.

    Raises:
        NotAllowed: the actor may not read people.
    """
    actor.require(Permission.READ_PEOPLE)
    return _within(actor).select_related("unit").prefetch_related("grants").order_by("id")


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


def _within(actor: Actor) -> QuerySet[Party]:
    rows = Party.objects.all()
    return rows if actor.units is None else rows.filter(unit__in=actor.units)


def _employment(party: Party, at: datetime) -> Employment:
    return employment(notice=party.notice_at, left=party.left_at, at=at)


def unit_ids() -> frozenset[str]:
    """Give the ids of all units, to check files against; no names."""
    return frozenset(Unit.objects.values_list("id", flat=True))


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
