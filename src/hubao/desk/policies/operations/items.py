"""Open, take and close work items about policies, which make looking them up somebody's work."""

from collections.abc import Collection
from datetime import datetime

from hubao.desk.core import steps
from hubao.desk.core.actor import Actor, NotAllowed, Permission
from hubao.desk.core.queries import find_item
from hubao.desk.core.steps import ItemMovedOn
from hubao.desk.core.transactions import durable
from hubao.desk.ledger.rules import Entered, is_plain
from hubao.desk.ledger.steps import append_entry
from hubao.desk.people.queries import works_in
from hubao.desk.policies.models import Policy
from hubao.desk.policies.queries import NoSuchPolicy
from hubao.kit.errors import BadInput


def open_item(
    *,
    kind: str,
    team: str,
    records: Collection[str],
    actor: Actor,
    at: datetime,
    owner: str | None = None,
    outside_ref: str | None = None,
) -> str:
    """Open a work item; gives its id.

    Args:
        kind: what sort of work, as "service".
        team: unit that does it.
        records: ids of the policies it is about.
        actor: who opens it; it is nobody's own work if that is also who does it.
        at: now.
        owner: who does it, if that is settled.
        outside_ref: the opening system's own id; the same one twice is one item.

    Raises:
        NotAllowed: the actor may not, or not for this team.
        NoSuchPolicy: a record isn't in the actor's branch.
        BadInput: there is no record, the owner doesn't work in the team, or a text isn't an id.
    """
    actor.require(Permission.OPEN_ITEMS)
    for text in filter(None, (kind, team, owner, outside_ref)):
        if not is_plain(text):
            raise BadInput("Kind, team, owner and reference must be ids, without personal data.")
    if not actor.sees(team):
        raise NotAllowed("This team isn't in your branch.", team=team)
    if owner is not None and not works_in(party=owner, unit=team, at=at):
        raise BadInput("The owner doesn't work in this team.")
    if not records:
        raise BadInput("A work item is about one policy at least.")
    _check_records(records, actor)
    with durable():
        item = steps.open_item(
            kind=kind,
            team=team,
            records=records,
            opened_by=actor.id,
            at=at,
            owner=owner,
            outside_ref=outside_ref,
        )
        _append("item.opened", item, kind, records, owner, actor, at)
    return item


def take_item(*, item: str, actor: Actor, at: datetime) -> None:
    """Take an item of one's team that nobody has.

    Raises:
        NotAllowed: the actor sees no policies, and so has no work with them.
        ItemMovedOn: somebody has it, it is closed, or another team's.
    """
    actor.require(Permission.SEARCH)
    with durable():
        steps.take_item(item=item, owner=actor.id, team=actor.unit)
        append_entry(Entered(action="item.taken", actor=actor.id, at=at, item=item))


def close_item(*, item: str, actor: Actor, at: datetime) -> None:
    """Close an item of one's own.

    Raises:
        ItemMovedOn: it is closed already, or another's.
    """
    found = find_item(item=item, actor=actor)
    if found is None or found.owner != actor.id:
        raise ItemMovedOn("This work item is closed, or somebody else has it now.", item=item)
    with durable():
        steps.close_item(item=item, at=at)
        append_entry(Entered(action="item.closed", actor=actor.id, at=at, item=item))


def _check_records(records: Collection[str], actor: Actor) -> None:
    rows = Policy.objects.filter(record__in=list(records))
    if actor.units is not None:
        rows = rows.filter(unit__in=actor.units)
    if rows.count() != len(set(records)):
        raise NoSuchPolicy("One of these policies isn't in your branch.")


def _append(
    action: str,
    item: str,
    kind: str,
    records: Collection[str],
    owner: str | None,
    actor: Actor,
    at: datetime,
) -> None:
    """One entry for each record, so that a policy's history shows what it was worked on for."""
    for record in sorted(set(records)):
        facts = {"kind": kind} | ({"owner": owner} if owner else {})
        append_entry(
            Entered(action=action, actor=actor.id, at=at, subject=record, item=item, facts=facts)
        )
