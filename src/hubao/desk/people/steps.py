"""Writes of this room that belong into others' transactions: what ends a party's access."""

from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session

from hubao.desk.core.steps import send_later
from hubao.desk.core.transactions import require_open
from hubao.desk.ledger.rules import Entered, Fact
from hubao.desk.ledger.steps import append_entry
from hubao.desk.people.holding import hold
from hubao.desk.people.models import Account, Grant, Party, Token
from hubao.desk.people.rules import SECOND_FACTORS, Sort
from hubao.desk.people.webhooks.steps import end_endpoints_of


def end_access(*, party: str, by: str, at: datetime) -> None:
    """Take from somebody who left all that they had here, and tell the rooms above."""
    require_open("end_access")
    hold(party)
    Account.objects.filter(party=party).update(is_active=False)
    close_sessions(party=party)
    Token.objects.filter(party=party, revoked_at=None).update(revoked_at=at)
    end_endpoints_of(party=party, by=by, at=at)
    Grant.objects.filter(party=party).delete()
    Party.objects.filter(id=party).update(ended_at=at)
    forgotten = forget_second_factors(party=party)
    is_person = Party.objects.filter(id=party, kind=Sort.PERSON).exists()
    facts: dict[str, Fact] = {"second_factors": forgotten} if is_person else {}
    append_entry(Entered(action="people.left", actor=by, subject=party, at=at, facts=facts))
    send_later(topic="person.left", key=f"{party}:{at.isoformat()}", facts={"party": party}, at=at)


def close_sessions(*, party: str, session: int | None = None) -> int:
    """Close a person's sessions, on every device, or one of them; returns how many there were."""
    require_open("close_sessions")
    of_theirs = UserSession.objects.filter(user__party=party)
    if session is not None:
        of_theirs = of_theirs.filter(pk=session)
    keys = list(of_theirs.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    of_theirs.delete()
    return len(keys)


def forget_second_factors(*, party: str) -> int:
    """Forget a person's second factors, and their recovery codes; returns how many factors."""
    require_open("forget_second_factors")
    theirs = Authenticator.objects.filter(user__party=party)
    forgotten: int = theirs.filter(type__in=SECOND_FACTORS).count()
    theirs.delete()
    return forgotten
