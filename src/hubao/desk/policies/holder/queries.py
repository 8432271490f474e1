"""What a policyholder sees: their data masked, and who looked at it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from hubao.desk.core.actor import POLICYHOLDER, Actor
from hubao.desk.ledger.history import Happened, history
from hubao.desk.people.queries import Workplace, unit_names, workplaces
from hubao.desk.people.rules import Sort as PartySort
from hubao.desk.policies.holder.rules import (
    DATA_OF,
    HOW,
    LOOKS_BACK_YEARS,
    Finding,
    Look,
    Looker,
    Sort,
    State,
    years_before,
)
from hubao.desk.policies.models import Policy, Report
from hubao.desk.policies.queries import Masked, NoSuchPolicy, seen
from hubao.seal.fields import Fields


@dataclass(frozen=True)
class OwnReport:
    """A report as who made it sees it.

    Attributes:
        id: its id.
        receipt: the number that was given for it.
        sort: what was reported.
        made_at: when.
        state: where it stands.
        finding: what came out, if it is answered.
        answer: in words.
        visit: from which it was made; it can be withdrawn from the same.
    """

    id: str
    receipt: str
    sort: Sort
    made_at: datetime
    state: State
    finding: Finding | None
    answer: str
    visit: int


def own_data(*, actor: Actor, fields: Fields) -> Masked:
    """Give a policyholder's own policy, masked.

    Raises:
        NoSuchPolicy: the actor is no policyholder of one.
    """
    row = Policy.objects.filter(record=actor.own or "").select_related("unit").first()
    if row is None:
        raise NoSuchPolicy("There is no such policy.")
    return seen(row, fields=fields)


def own_looks(*, actor: Actor, at: datetime) -> list[Look]:
    """Give looks at a policyholder's own data, the newest first, and who was refused one.

    They go back LOOKS_BACK_YEARS, and as far as one history of the ledger does.
    """
    since = years_before(at, LOOKS_BACK_YEARS)
    told = history(subject=actor.own or "", since=since, actor=actor)
    looks = [one for one in told if one.action in HOW]
    places = workplaces(parties={one.actor for one in looks})
    units = {_unit(one, places) for one in looks}
    names = unit_names(units=units)
    return [_look(one, places, names) for one in looks]


def own_reports(*, actor: Actor, fields: Fields) -> Sequence[OwnReport]:
    """Give what a policyholder has reported, the newest first."""
    rows = Report.objects.filter(record=actor.own or "").order_by("-made_at", "-id")
    return [_own(row, fields) for row in rows]


def state_of(row: Report) -> State:
    """Say where a report stands."""
    if row.withdrawn_at is not None:
        return State.WITHDRAWN
    return State.OPEN if row.answered_at is None else State.ANSWERED


def _look(one: Happened, places: dict[str, Workplace], names: dict[str, str]) -> Look:
    return Look(
        event=one.event,
        actor=one.actor,
        at=timezone.localtime(one.at),
        looker=_looker(one.actor, places),
        unit=_company(one, places) or names.get(_unit(one, places), ""),
        how=HOW[one.action],
        refused=one.refused,
        purpose=one.purpose,
        data=frozenset(DATA_OF[name] for name in one.fields if name in DATA_OF),
    )


def _looker(actor: str, places: dict[str, Workplace]) -> Looker:
    """Say what sort of party it was; who isn't known as one is a program of ours."""
    if actor == POLICYHOLDER:
        return Looker.HOLDER
    if actor not in places:
        return Looker.SYSTEM
    return _SORTS[places[actor].kind]


_SORTS = {
    PartySort.PERSON: Looker.STAFF,
    PartySort.PARTNER: Looker.PARTNER,
    PartySort.SERVICE: Looker.SYSTEM,
}


def _unit(one: Happened, places: dict[str, Workplace]) -> str:
    """Give where somebody worked then; of older entries that don't say, where they work now."""
    now = places[one.actor].unit if one.actor in places else ""
    return one.unit or now


def _company(one: Happened, places: dict[str, Workplace]) -> str:
    return places[one.actor].company if one.actor in places else ""


def _own(row: Report, fields: Fields) -> OwnReport:
    answer = fields.decrypt(bytes(row.answer), field="answer", record=row.id) if row.answer else ""
    return OwnReport(
        id=row.id,
        receipt=row.receipt,
        sort=Sort(row.sort),
        made_at=row.made_at,
        state=state_of(row),
        finding=Finding(row.finding) if row.finding else None,
        answer=answer,
        visit=row.visit,
    )
