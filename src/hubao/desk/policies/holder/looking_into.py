"""Look into what policyholders report, and answer it: what staff do who aren't concerned."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Q, QuerySet

from hubao.desk.core import steps
from hubao.desk.core.actor import Actor, Permission
from hubao.desk.core.transactions import durable
from hubao.desk.ledger.rules import Entered
from hubao.desk.ledger.steps import append_entry
from hubao.desk.ledger.together import append_together
from hubao.desk.policies.holder.queries import state_of
from hubao.desk.policies.holder.reports import NoSuchReport
from hubao.desk.policies.holder.rules import (
    FINDINGS,
    LONGEST,
    SHORTEST_ANSWER,
    Finding,
    Sort,
    State,
    plain_lines,
)
from hubao.desk.policies.holder.steps import append_report, close_report, entered_report
from hubao.desk.policies.models import Report
from hubao.kit.errors import BadInput
from hubao.seal.fields import Fields

SHOWN: Final = 200  # settled reports of a list


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
    row = _found(report, actor)
    append_together([entered_report("report.opened", row, actor, at)])
    return _opened(row, fields)


def take_report(*, report: str, actor: Actor, at: datetime) -> None:
    """Take a report's work item, of one's team, that nobody has.

    Raises:
        NotAllowed: the actor deals with none.
        NoSuchReport: there is none in the actor's branch, or it is about the actor.
        ItemMovedOn: somebody has the item, it is closed, or another team's.
    """
    row = _found(report, actor)
    with durable():
        steps.take_item(item=row.item, owner=actor.id, team=actor.unit)
        append_entry(Entered(action="item.taken", actor=actor.id, at=at, item=row.item))


def answer(
    *, report: str, finding: Finding, text: str, actor: Actor, at: datetime, fields: Fields
) -> None:
    """Answer a report, once; the policyholder reads it on their page.

    Raises:
        BadInput: the finding isn't one of such a report, or the text is too short or too long.
        NotAllowed: the actor deals with none.
        NoSuchReport: there is none, it is settled, or it is about the actor.
    """
    written = plain_lines(text)
    if not SHORTEST_ANSWER <= len(written) <= LONGEST:
        raise BadInput(f"Write the answer in {SHORTEST_ANSWER} to {LONGEST:,} characters.")
    with durable():
        open_ones = _visible(actor).filter(withdrawn_at=None, answered_at=None)
        row = open_ones.filter(id=report).first()
        if row is None:
            raise NoSuchReport("This report isn't open, or not in your branch.")
        if finding not in FINDINGS[Sort(row.sort)]:
            raise BadInput("Choose what came out of it.")
        sealed = fields.encrypt(written, field="answer", record=row.id)
        moved = open_ones.filter(id=row.id).update(
            answered_at=at, answered_by=actor.id, finding=finding, answer=sealed
        )
        if moved != 1:
            raise NoSuchReport("Somebody else settled it meanwhile.")
        close_report(row, at)
        append_report("report.answered", row, actor, at, finding=finding)


def _found(report: str, actor: Actor) -> Report:
    row = _visible(actor).filter(id=report).select_related("unit").first()
    if row is None:
        raise NoSuchReport("There is no such report in your branch.")
    return row


def _visible(actor: Actor) -> QuerySet[Report]:
    """Give the reports that somebody may deal with: none about a look of their own."""
    actor.require(Permission.ANSWER_REPORTS)
    rows = Report.objects.filter(~Q(looked=actor.id) | Q(looked=None))
    return rows if actor.units is None else rows.filter(unit__in=actor.units)


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
