"""What is done about people one by one: roles, sign-ins, tokens, and leaving."""

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from django.contrib.auth.hashers import make_password

from hubao.desk.core.actor import Actor, NotAllowed, Permission, Role
from hubao.desk.core.transactions import durable
from hubao.desk.ledger.rules import Entered, Fact
from hubao.desk.ledger.steps import append_entry
from hubao.desk.people.holding import hold
from hubao.desk.people.identity import NotSignedIn, known
from hubao.desk.people.models import Account, Grant, Party, Token
from hubao.desk.people.queries import NoSuchPerson, present
from hubao.desk.people.rules import PROVIDER_SYSTEM, Sort, Why, may_come_back, token_digest
from hubao.desk.people.steps import close_sessions, end_access, forget_second_factors
from hubao.kit.errors import HubaoError, Kind

# So that scanners for lost secrets know one when they see it.
TOKEN_MARK: Final = "hubao_"  # noqa: S105 - a prefix, no secret
_BY_PROVIDER: Final = f"system:{PROVIDER_SYSTEM}"  # makes the accounts of those that it signs in


class NoSuchToken(HubaoError):  # noqa: N818 - says what happened, as its base does
    """No such token can be revoked, or taken back, by this person any more."""

    code = "people.no_such_token"
    kind = Kind.NOT_FOUND


class RolesChanged(HubaoError):  # noqa: N818 - as above
    """Somebody else changed these roles meanwhile."""

    code = "people.roles_changed"
    kind = Kind.CONFLICT


def give_roles(
    *,
    party: str,
    roles: Collection[Role],
    actor: Actor,
    at: datetime,
    why: Why,
    instead_of: Collection[Role] | None = None,
) -> Sequence[Role]:
    """Make these a person's roles, in place of those they had; they sign in again.

    Args:
        party: the person's id.
        roles: all that they have from now on.
        actor: who gives them.
        at: now.
        why: the reason.
        instead_of: what they must have now, so that nobody's change is overwritten; None for
            whatever they have.

    Returns:
        Those they had: giving them back undoes it.

    Raises:
        NotAllowed: the actor may not, or would give a role to himself.
        NoSuchPerson: no person of this id works here within the actor's branch.
        RolesChanged: they have others by now than `instead_of`.
    """
    actor.require(Permission.GIVE_ROLES)
    if party == actor.id:
        raise NotAllowed("Nobody gives roles to himself: ask another administrator.")
    with durable():
        hold(party)
        if present(party=party, actor=actor).kind != Sort.PERSON:
            raise NoSuchPerson("Roles are for people; a token has scopes.", party=party)
        had = sorted(map(Role, Grant.objects.filter(party=party).values_list("role", flat=True)))
        if instead_of is not None and set(had) != set(instead_of):
            raise RolesChanged("Somebody else changed these roles meanwhile.", party=party)
        Grant.objects.filter(party=party).delete()
        Grant.objects.bulk_create(Grant(party_id=party, role=role) for role in sorted(set(roles)))
        close_sessions(party=party)
        facts: dict[str, Fact] = {"had": had, "roles": sorted(set(roles)), "why": why}
        append_entry(
            Entered(action="people.roles", actor=actor.id, subject=party, at=at, facts=facts)
        )
    return had


def make_account(*, party: str, actor: Actor, at: datetime) -> str:
    """Let a person sign in, or again with a new password; returns the password, said only now.

    Second factors of before are forgotten: they may be in other hands by now.

    Raises:
        NotAllowed: the actor may not, or asks for himself.
        NoSuchPerson: no person of this id works here within the actor's branch.
    """
    actor.require(Permission.GIVE_ROLES)
    if party == actor.id:
        raise NotAllowed("Nobody makes a sign-in for himself: ask another administrator.")
    password = secrets.token_urlsafe(12)
    hashed = make_password(password)  # slow on purpose, so not while others wait to write
    with durable():
        hold(party)
        if present(party=party, actor=actor).kind != Sort.PERSON:
            raise NoSuchPerson("Sign-ins are for people; a service has tokens.", party=party)
        account, _ = Account.objects.get_or_create(party_id=party, defaults={"username": party})
        account.password = hashed
        account.is_active = True
        account.save()
        close_sessions(party=party)
        facts: dict[str, Fact] = {"second_factors": forget_second_factors(party=party)}
        append_entry(
            Entered(action="people.sign_in_made", actor=actor.id, subject=party, at=at, facts=facts)
        )
    return password


def sign_in_account(*, party: str | None, at: datetime) -> Account:
    """Give the account that somebody signs in to by the provider's word.

    A person whose login there was imported, and who never had a password here, has none yet: it
    is made now, without a password.

    Raises:
        NotSignedIn: nobody who works here, or somebody whose sign-in was taken away.
    """
    with durable():
        hold(party or "")
        found = Party.objects.filter(id=party, kind=Sort.PERSON).first()
        if found is None or known(party=found.id, at=at) is None:
            raise NotSignedIn("You aren't known here: ask your administrator.")
        account, is_new = Account.objects.get_or_create(
            party=found, defaults={"username": found.id, "password": make_password(None)}
        )
        if not account.is_active:
            raise NotSignedIn("You aren't known here: ask your administrator.")
        if is_new:
            entered = Entered(
                action="people.sign_in_made", actor=_BY_PROVIDER, subject=found.id, at=at
            )
            append_entry(entered)
    return account


def issue_token(*, party: str, scopes: Collection[Permission], actor: Actor, at: datetime) -> str:
    """Give a service account a key to the API; returns the key, said only now.

    Raises:
        NotAllowed: the actor may not.
        NoSuchPerson: no service account of this id is within the actor's branch.
    """
    actor.require(Permission.GIVE_ROLES)
    token = TOKEN_MARK + secrets.token_urlsafe(32)
    with durable():
        hold(party)
        if present(party=party, actor=actor).kind == Sort.PERSON:
            raise NoSuchPerson("Tokens are for service accounts and partners.", party=party)
        Token.objects.create(
            party_id=party, digest=token_digest(token), scopes=sorted(set(scopes)), made_at=at
        )
        facts = {"scopes": sorted(set(scopes))}
        append_entry(
            Entered(action="people.token_issued", actor=actor.id, subject=party, at=at, facts=facts)
        )
    return token


def revoke_tokens(*, party: str, actor: Actor, at: datetime) -> int:
    """Revoke every key of a service account; returns how many there were.

    Raises:
        NotAllowed: the actor may not.
        NoSuchPerson: nobody of this id is within the actor's branch.
    """
    actor.require(Permission.END_ACCESS)
    with durable():
        present(party=party, actor=actor)
        live = Token.objects.filter(party=party, revoked_at=None)
        revoked = live.update(revoked_at=at)
        append_entry(Entered(action="people.tokens_revoked", actor=actor.id, subject=party, at=at))
    return revoked


def revoke_token(*, token: int, actor: Actor, at: datetime) -> None:
    """Revoke one key of a service account, by the key's number.

    Raises:
        NotAllowed: the actor may not.
        NoSuchToken: none of this number is live within the actor's branch.
    """
    actor.require(Permission.END_ACCESS)
    with durable():
        found = _token(token, actor)
        if Token.objects.filter(id=token, revoked_at=None).update(revoked_at=at) != 1:
            raise NoSuchToken("This token is revoked already.", token=token)
        _append("people.token_revoked", found, actor, at)


def restore_token(*, token: int, actor: Actor, at: datetime) -> None:
    """Take back that a key was revoked, within an hour, for an account that works here.

    Raises:
        NotAllowed: the actor may not issue keys.
        NoSuchToken: none of this number was revoked just now within the actor's branch.
        NoSuchPerson: its account has left.
    """
    actor.require(Permission.GIVE_ROLES)
    with durable():
        hold(_token(token, actor).party_id)
        found = _token(token, actor)
        present(party=found.party_id, actor=actor)
        if not may_come_back(found.revoked_at, at=at):
            raise NoSuchToken("This token can't be taken back: issue a new one.", token=token)
        Token.objects.filter(id=token).update(revoked_at=None)
        _append("people.token_restored", found, actor, at)


def end_sessions(*, party: str, actor: Actor, at: datetime, session: int | None = None) -> int:
    """End somebody's sign-ins, or one of them; returns how many. They sign in again.

    Raises:
        NotAllowed: the actor may not.
        NoSuchPerson: nobody of this id works here within the actor's branch.
    """
    actor.require(Permission.END_ACCESS)
    with durable():
        present(party=party, actor=actor)
        ended = close_sessions(party=party, session=session)
        facts = {"sessions": ended}
        append_entry(
            Entered(
                action="people.sessions_ended", actor=actor.id, subject=party, at=at, facts=facts
            )
        )
    return ended


def end_those_who_left(*, by: str, at: datetime) -> int:
    """End the access of everybody whose last day is over; returns how many."""
    due = Party.objects.filter(left_at__lte=at, ended_at=None).values_list("id", flat=True)
    ended = 0
    for party in list(due):
        with durable():
            hold(party)
            if Party.objects.filter(id=party, left_at__lte=at, ended_at=None).exists():
                end_access(party=party, by=by, at=at)
                ended += 1
    return ended


def _token(token: int, actor: Actor) -> Token:
    found = Token.objects.filter(id=token).select_related("party").first()
    if found is None or not actor.sees(found.party.unit_id):
        raise NoSuchToken("There is no such token in your branch.", token=token)
    return found


def _append(action: str, token: Token, actor: Actor, at: datetime) -> None:
    facts = {"token": token.id}
    append_entry(Entered(action=action, actor=actor.id, subject=token.party_id, at=at, facts=facts))
