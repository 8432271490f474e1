"""Object to a look, report a call, take it back.

What a policyholder writes is encrypted in the report's row; the ledger has ids and words.
"""

import re
import secrets
from datetime import datetime
from typing import Final

from django.db import IntegrityError
from django.db.models import QuerySet

from hubao.desk.core import steps
from hubao.desk.core.actor import POLICYHOLDER
from hubao.desk.core.ids import REPORT, new_id
from hubao.desk.core.transactions import durable
from hubao.desk.ledger.history import Happened, happened
from hubao.desk.people.queries import top_unit
from hubao.desk.policies.holder.operations import Visit
from hubao.desk.policies.holder.rules import (
    HOW,
    ITEM_KIND,
    LONGEST,
    OWN,
    Sort,
    plain_lines,
)
from hubao.desk.policies.holder.steps import append_report, close_report
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


class AlreadyReported(HubaoError):  # noqa: N818 - as above
    """The visit has reported this already, in other words."""

    code = "policies.already_reported"
    kind = Kind.CONFLICT


class NoSuchLook(HubaoError):  # noqa: N818 - as above
    """No look of this id was at the policyholder's data."""

    code = "policies.no_such_look"
    kind = Kind.NOT_FOUND


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
    """Take a policyholder's report; gives its id, the same if the visit has sent it before.

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
        AlreadyReported: the visit has reported this already, in other words.
    """
    written = plain_lines(text)
    if len(written) > LONGEST:
        raise BadInput(f"Write at most {LONGEST:,} characters.")
    looked = _look(visit, event) if sort is Sort.LOOK else None
    known = _same(visit, sort, looked)
    for trying in range(_TRIES):
        if (there := known.first()) is not None:
            return _unless_other(there, written, fields)
        try:
            return _made(visit, sort, looked, written, at, fields, team or top_unit())
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
        close_report(row, at)
        append_report("report.withdrawn", row, visit.actor, at)


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


def _unless_other(there: Report, written: str, fields: Fields) -> str:
    """Give the report that is there, unless it says something else."""
    said = fields.decrypt(bytes(there.said), field="report", record=there.id) if there.said else ""
    if said != written:
        raise AlreadyReported(
            f"You have reported this already, under {there.receipt}. Take that back first, and"
            " send this then: it is still here.",
            receipt=there.receipt,
        )
    return there.id


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
            kind=ITEM_KIND,
            team=team,
            records=[visit.record],
            opened_by=POLICYHOLDER,
            at=at,
            barred=looked.actor if looked else None,
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
        append_report("report.made", row, visit.actor, at)
    return number
