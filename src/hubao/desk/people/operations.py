"""What is done about people one by one: roles, sign-ins, tokens, and leaving."""

import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.contrib.auth.hashers import make_password

from hubao.desk.core.actor import Actor, NotAllowed, Permission, Role
from hubao.desk.core.transactions import durable
from hubao.desk.ledger.rules import Entered
from hubao.desk.ledger.steps import append_entry
from hubao.desk.people.identity import NotSignedIn, known
from hubao.desk.people.models import Account, Grant, Party, Token
from hubao.desk.people.queries import NoSuchPerson, present
from hubao.desk.people.rules import Sort, token_digest
from hubao.desk.people.steps import close_sessions, end_access

# So that scanners for lost secrets know one when they see it.
TOKEN_MARK: Final = "hubao_"  # noqa: S105 - a prefix, no secret

PROVIDER: Final = "system:oidc"  # who makes the accounts of those that it signs in


def give_roles(*, party: str, roles: Collection[Role], actor: Actor, at: datetime) -> None:
    """Make these a person's roles, in place of those they had; they sign in again.

    Raises:
        NotAllowed: the actor may not, or would give a role to himself.
        NoSuchPerson: nobody of this id works here within the actor's branch.
    """
    actor.require(Permission.GIVE_ROLES)
    if party == actor.id:
        raise NotAllowed("Nobody gives roles to himself: ask another administrator.")
    with durable():
        present(party=party, actor=actor)
        Grant.objects.filter(party=party).delete()
        Grant.objects.bulk_create(Grant(party_id=party, role=role) for role in sorted(set(roles)))
        close_sessions(party=party)
        facts = {"roles": sorted(roles)}
        append_entry(
            Entered(action="people.roles", actor=actor.id, subject=party, at=at, facts=facts)
        )


def make_account(*, party: str, actor: Actor, at: datetime) -> str:
    """Let a person sign in, or again with a new password; returns the password, said only now.

    Raises:
        NotAllowed: the actor may not, or asks for himself.
        NoSuchPerson: nobody of this id works here within the actor's branch.
    """
    actor.require(Permission.GIVE_ROLES)
    if party == actor.id:
        raise NotAllowed("Nobody makes a sign-in for himself: ask another administrator.")
    password = secrets.token_urlsafe(12)
    hashed = make_password(password)  # slow on purpose, so not while others wait to write
    with durable():
        present(party=party, actor=actor)
        account, _ = Account.objects.get_or_create(party_id=party, defaults={"username": party})
        account.password = hashed
        account.is_active = True
        account.save()
        close_sessions(party=party)
        append_entry(Entered(action="people.sign_in_made", actor=actor.id, subject=party, at=at))
    return password


def sign_in_account(*, party: str | None, at: datetime) -> Account:
    """Give the account that somebody signs in to by the provider's word.

    A person whose login there was imported, and who never had a password here, has none yet: it
    is made now, without a password.

    Raises:
        NotSignedIn: nobody who works here, or somebody whose sign-in was taken away.
    """
    with durable():
        found = Party.objects.filter(id=party, kind=Sort.PERSON).first()
        if found is None or known(party=found.id, at=at) is None:
            raise NotSignedIn("You aren't known here: ask your administrator.")
        account, is_new = Account.objects.get_or_create(
            party=found, defaults={"username": found.id, "password": make_password(None)}
        )
        if not account.is_active:
            raise NotSignedIn("You aren't known here: ask your administrator.")
        if is_new:
            entered = Entered(action="people.sign_in_made", actor=PROVIDER, subject=found.id, at=at)
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
    """
    actor.require(Permission.GIVE_ROLES)
    with durable():
        live = Token.objects.filter(party=party, revoked_at=None)
        revoked = live.update(revoked_at=at)
        append_entry(Entered(action="people.tokens_revoked", actor=actor.id, subject=party, at=at))
    return revoked


def end_those_who_left(*, by: str, at: datetime) -> int:
    """End the access of everybody whose last day is over; returns how many."""
    due = Party.objects.filter(left_at__lte=at, ended_at=None).values_list("id", flat=True)
    for party in list(due):
        with durable():
            if Party.objects.filter(id=party, left_at__lte=at, ended_at=None).exists():
                end_access(party=party, by=by, at=at)
    return len(due)
