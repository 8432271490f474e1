"""Erase somebody from what was archived: destroy their key, in whatever copies the segments lie."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from hubao.desk.core.actor import Actor, Permission
from hubao.desk.core.transactions import durable
from hubao.desk.ledger.about import key_of
from hubao.desk.ledger.models import About
from hubao.desk.ledger.person_keys import PersonKeys
from hubao.desk.ledger.rules import Entered
from hubao.desk.ledger.steps import append_entry
from hubao.kit.errors import HubaoError, Kind


class NothingArchived(HubaoError):  # noqa: N818 - says what happened, as its base does
    """Nobody of this id has a key."""

    code = "ledger.nothing_archived"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True)
class Erased:
    """What was erased.

    Attributes:
        token: stood for the person in segments; nothing leads from it to them any more.
        left: entries about them that aren't archived yet, and stay.
    """

    token: str
    left: int


def erase(person: str, *, keys: PersonKeys, actor: Actor, at: datetime) -> Erased:
    """Make every archived entry by or about a person or record unreadable, for good.

    Raises:
        NotAllowed: the actor may not.
        NothingArchived: no archived entry is about them, or they were erased already.
        NoPersonKeys: the file of people's keys can't be used.
    """
    actor.require(Permission.ARCHIVE_LEDGER)
    token = keys.token_of(person)
    if token is None:
        raise NothingArchived(
            "No archived entry is about this id, or it was erased already: the id is the one"
            " that entries have as actor or subject."
        )
    with durable():  # the entry first, which doesn't say whose key it was
        append_entry(Entered(action="ledger.erased", actor=actor.id, at=at, facts={"token": token}))
    keys.destroy(person)
    theirs = Q(key=key_of(actor=person)) | Q(key=key_of(subject=person))
    return Erased(token, About.objects.filter(theirs).values("entry").distinct().count())
