"""Object to a look, report a call, take it back; and for staff, look into such a report, answer it.

What a policyholder writes is encrypted in the report's row; the ledger has ids and words.
"""

import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import IntegrityError
from django.db.models import Q, QuerySet

from hubao.desk.core import steps
from hubao.desk.core.actor import Actor, Permission
from hubao.desk.core.ids import REPORT, new_id
from hubao.desk.core.steps import ItemMovedOn
from hubao.desk.core.transactions import durable
from hubao.desk.ledger.history import Happened, happened
from hubao.desk.ledger.rules import Entered
from hubao.desk.ledger.steps import append_entry
from hubao.desk.ledger.together import append_together
from hubao.desk.people.queries import top_unit
from hubao.desk.policies.holder.operations import Visit
from hubao.desk.policies.holder.queries import state_of
from hubao.desk.policies.holder.rules import (
    FINDINGS,
    HOW,
    ITEM_KIND,
    LONGEST,
    OWN,
    POLICYHOLDER,
    SHORTEST_ANSWER,
    Finding,
    Sort,
    State,
)
from hubao.desk.policies.models import Policy, Report
from hubao.kit.errors import BadInput, HubaoError, Kind
from hubao.seal.fields import Fields

SHOWN: Final = 200  # settled reports of a list
_EVENT: Final = re.compile(r"e[0-9a-f]{32}")
_TRIES: Final = 3  # until a receipt is one that nobody has


class NoSuchReport(HubaoError):  # noqa: N818 - says what happened, as its base does
    """No such report is there for this person, or it is settled by now."""

    code = "policies.no_such_report"
    kind = Kind.NOT_FOUND


class NoSuchLook(HubaoError):  # noqa: N818 - as above
    """No look of this id was at the policyholder's data."""

    code = "policies.no_such_look"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True)
class Listed:
    """A report as lists show it, without what was written."""

    id: str
    receipt: str
    sort: Sort
    unit: str
    made_at: datetime
    state: State


@dataclass(frozen=True)
class Opened:
    """A report as whoever looks into it sees it.

    Attributes:
        listed: what lists show.
        record: the policy that it is about.
        item: its work item.
        looked: id of who looked, if it objects to a look.
        event: the look's ledger entry.
        said: what the policyholder wrote.
        finding: what came out, once it is answered.
        answer: what was answered.
    """

    listed: Listed
    record: str
    item: str
    looked: str | None
    event: str
    said: str
    finding: Finding | None
    answer: str

    def __repr__(self) -> str:  # in no log and no traceback
        return f"Opened({self.listed.id})"


def report(
    *,
    visit: Visit,
    sort: Sort,
    event: str,
    text: str,
    at: datetime,
    fields: Fields,
    team: str = "",
) -> str:
    """Take a policyholder's report; gives its id, the same if the visit has made it before.

    Args:
        visit: who reports.
        sort: a look that they object to, or a call.
        event: of a look, its ledger entry.
        text: what they write, if anything.
        at: now.
        fields: what encrypts.
        team: unit that deals with it; the top one by default.

    Raises:
        BadInput: the text is too long.
        NoSuchLook: no such look was at their data.
    """
    if len(text) > LONGEST:
        raise BadInput(f"Write at most {LONGEST:,} characters.")
    looked = _look(visit, event) if sort is Sort.LOOK else None
    known = _same(visit, sort, looked)
    for trying in range(_TRIES):
        if (there := known.first()) is not None:
            return there.id
        try:
            return _made(visit, sort, looked, text.strip(), at, fields, team or top_unit())
        except IntegrityError:  # another tab was faster, or the receipt is somebody's
            if trying == _TRIES - 1:
                raise
    raise AssertionError("unreachable")


def withdraw(*, report: str, visit: Visit, at: datetime) -> None:
    """Take back what was reported in this visit.

    Raises:
        NoSuchReport: it wasn't, or it is settled.
    """
    with durable():
        open_ones = Report.objects.filter(withdrawn_at=None, answered_at=None)
        row = open_ones.filter(id=report, visit=visit.id, record=visit.record).first()
        if row is None or open_ones.filter(id=row.id).update(withdrawn_at=at) != 1:
            raise NoSuchReport("There is nothing to take back: it is settled by now.")
        _close(row, at)
        _append("report.withdrawn", row, visit.actor, at)


def reports(*, actor: Actor) -> list[Listed]:
    """Give reports of the actor's branch: the open ones, the oldest first, then settled ones.

    Raises:
        NotAllowed: the actor deals with none.
    """
    rows = _visible(actor).select_related("unit")
    settled = Q(withdrawn_at__isnull=False) | Q(answered_at__isnull=False)
    waiting = rows.exclude(settled).order_by("made_at", "id")
    done = rows.filter(settled).order_by("-made_at", "-id")[:SHOWN]
    return [_listed(row) for row in (*waiting, *done)]


def open_report(*, report: str, actor: Actor, at: datetime, fields: Fields) -> Opened:
    """Show one report; the ledger's entry of it is committed before.

    Raises:
        NotAllowed: the actor deals with none.
        NoSuchReport: there is none of this id in the actor's branch, or it is about the actor.
        NotWritten: the ledger can't be written.
    """
    row = _visible(actor).filter(id=report).select_related("unit").first()
    if row is None:
        raise NoSuchReport("There is no such report in your branch.")
    append_together([_entered("report.opened", row, actor, at)])
    return _opened(row, fields)


def answer(
    *, report: str, finding: Finding, text: str, actor: Actor, at: datetime, fields: Fields
) -> None:
    """Answer a report, once; the policyholder reads it on their page.

    Raises:
        BadInput: the finding isn't one of such a report, or the text is too short or too long.
        NotAllowed: the actor deals with none.
        NoSuchReport: there is none, it is settled, or it is about the actor.
    """
    if not SHORTEST_ANSWER <= len(text.strip()) <= LONGEST:
        raise BadInput(f"Write the answer in {SHORTEST_ANSWER} to {LONGEST:,} characters.")
    with durable():
        open_ones = _visible(actor).filter(withdrawn_at=None, answered_at=None)
        row = open_ones.filter(id=report).first()
        if row is None:
            raise NoSuchReport("This report isn't open, or not in your branch.")
        if finding not in FINDINGS[Sort(row.sort)]:
            raise BadInput("Choose what came out of it.")
        sealed = fields.encrypt(text.strip(), field="answer", record=row.id)
        moved = open_ones.filter(id=row.id).update(
            answered_at=at, answered_by=actor.id, finding=finding, answer=sealed
        )
        if moved != 1:
            raise NoSuchReport("Somebody else settled it meanwhile.")
        _close(row, at)
        _append("report.answered", row, actor, at, finding=finding)


def _look(visit: Visit, event: str) -> Happened:
    found = None
    if _EVENT.fullmatch(event):
        found = happened(event=event, subject=visit.record, actor=visit.actor)
    if found is None or found.action not in HOW or HOW[found.action] in OWN:
        raise NoSuchLook("Choose which look you mean.")
    return found


def _same(visit: Visit, sort: Sort, looked: Happened | None) -> QuerySet[Report]:
    event = looked.event if looked else ""
    return Report.objects.filter(visit=visit.id, sort=sort, event=event, withdrawn_at=None)


def _made(
    visit: Visit,
    sort: Sort,
    looked: Happened | None,
    text: str,
    at: datetime,
    fields: Fields,
    team: str,
) -> str:
    number = new_id(REPORT)
    with durable():
        item = steps.open_item(
            kind=ITEM_KIND, team=team, records=[visit.record], opened_by=POLICYHOLDER, at=at
        )
        row = Report.objects.create(
            id=number,
            receipt=f"{secrets.randbelow(10**4):04d}-{secrets.randbelow(10**4):04d}",
            record=visit.record,
            unit_id=Policy.objects.values_list("unit", flat=True).get(record=visit.record),
            sort=sort,
            event=looked.event if looked else "",
            looked=looked.actor if looked else None,
            said=fields.encrypt(text, field="report", record=number) if text else None,
            visit=visit.id,
            item=item,
            made_at=at,
        )
        _append("report.made", row, visit.actor, at)
    return number


def _visible(actor: Actor) -> QuerySet[Report]:
    """Give the reports that somebody may deal with: none about a look of their own."""
    actor.require(Permission.ANSWER_REPORTS)
    rows = Report.objects.filter(~Q(looked=actor.id) | Q(looked=None))
    return rows if actor.units is None else rows.filter(unit__in=actor.units)


def _close(row: Report, at: datetime) -> None:
    with suppress(ItemMovedOn):  # somebody closed the work item by hand
        steps.close_item(item=row.item, at=at)


def _append(action: str, row: Report, actor: Actor, at: datetime, **more: str) -> None:
    append_entry(_entered(action, row, actor, at, **more))


def _entered(action: str, row: Report, actor: Actor, at: datetime, **more: str) -> Entered:
    about = {"look": row.event} if row.event else {}
    facts = {"report": row.id, "sort": row.sort} | about | more
    return Entered(
        action=action, actor=actor.id, subject=row.record, item=row.item, at=at, facts=facts
    )


def _listed(row: Report) -> Listed:
    return Listed(row.id, row.receipt, Sort(row.sort), row.unit.name, row.made_at, state_of(row))


def _opened(row: Report, fields: Fields) -> Opened:
    texts = {
        name: fields.decrypt(bytes(sealed), field=name, record=row.id)
        for name, sealed in (("report", row.said), ("answer", row.answer))
        if sealed is not None
    }
    return Opened(
        listed=_listed(row),
        record=row.record,
        item=row.item,
        looked=row.looked,
        event=row.event,
        said=texts.get("report", ""),
        finding=Finding(row.finding) if row.finding else None,
        answer=texts.get("answer", ""),
    )
