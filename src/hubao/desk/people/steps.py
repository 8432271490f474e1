"""Writes of this room that belong into others' transactions: end a party's access."""

from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session

from hubao.desk.core.steps import send_later
from hubao.desk.core.transactions import require_open
from hubao.desk.ledger.rules import Entered
from hubao.desk.ledger.steps import append_entry
from hubao.desk.people.models import Account, Grant, Party, Token
from hubao.desk.people.webhooks.steps import end_endpoints_of


def end_access(*, party: str, by: str, at: datetime) -> None:
    """Take from somebody who left all that they had here, and tell the rooms above."""
    require_open("end_access")
    Account.objects.filter(party=party).update(is_active=False)
    close_sessions(party=party)
    Token.objects.filter(party=party, revoked_at=None).update(revoked_at=at)
    end_endpoints_of(party=party, by=by, at=at)
    Grant.objects.filter(party=party).delete()
    Party.objects.filter(id=party).update(ended_at=at)
    append_entry(Entered(action="people.left", actor=by, subject=party, at=at))
    send_later(topic="person.left", key=f"{party}:{at.isoformat()}", facts={"party": party}, at=at)


def close_sessions(*, party: str) -> int:
    """Close a person's sessions, on every device; returns how many there were."""
    require_open("close_sessions")
    of_theirs = UserSession.objects.filter(user__party=party)
    keys = list(of_theirs.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    of_theirs.delete()
    return len(keys)
