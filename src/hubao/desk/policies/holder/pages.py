"""The console's pages about what policyholders report: the list, one report, its answer."""

from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from hubao.desk.core.console import page, sorry
from hubao.desk.core.queries import waiting_items
from hubao.desk.core.told import told
from hubao.desk.core.wired import wired
from hubao.desk.people.middleware import asking, signed_in
from hubao.desk.policies.holder.looking_into import answer, open_report, reports, take_report
from hubao.desk.policies.holder.rules import (
    FINDINGS,
    LONGEST,
    SHORTEST_ANSWER,
    Finding,
    Sort,
    State,
)
from hubao.kit.errors import BadInput, HubaoError

if TYPE_CHECKING:
    from django.utils.functional import Promise

    Word = str | Promise

SORTS: "Final[dict[Sort, Word]]" = {
    Sort.LOOK: gettext_lazy("Objects to a look"),
    Sort.CALL: gettext_lazy("Somebody claimed to be us"),
}
STATES: "Final[dict[State, Word]]" = {
    State.OPEN: gettext_lazy("open"),
    State.ANSWERED: gettext_lazy("answered"),
    State.WITHDRAWN: gettext_lazy("taken back"),
}
FOUND: "Final[dict[Finding, Word]]" = {
    Finding.JUSTIFIED: gettext_lazy("The look belonged to work on the policy"),
    Finding.NOT_JUSTIFIED: gettext_lazy("The look did not belong to work on the policy"),
    Finding.NOT_US: gettext_lazy("It was not us"),
    Finding.WAS_US: gettext_lazy("It was us"),
    Finding.UNCLEAR: gettext_lazy("It can't be found out"),
}


@signed_in
@require_GET
def waiting(request: HttpRequest) -> HttpResponse:
    """List reports: the open ones first."""
    try:
        found = reports(actor=asking(request))
    except HubaoError as error:
        return sorry(request, error)
    return page(
        request,
        "policies/reports.html",
        title=_("Policyholders' reports"),
        reports=[(one, SORTS[one.sort], STATES[one.state]) for one in found],
    )


@signed_in
@require_http_methods(["GET", "POST"])
def show(request: HttpRequest, report: str) -> HttpResponse:
    """Look into one report; take its work item, or answer it."""
    actor, now = asking(request), timezone.now()
    if request.method == "POST":
        try:
            if request.POST.get("do") == "take":
                take_report(report=report, actor=actor, at=now)
                messages.success(request, _("The work item is yours."))
            else:
                _answer(request, report)
                messages.success(request, _("The answer is on the policyholder's page now."))
        except HubaoError as error:
            messages.error(request, told(error))
        return redirect("report", report=report)
    try:
        found = open_report(report=report, actor=actor, at=now, fields=wired().keys.fields())
    except HubaoError as error:
        return sorry(request, error)
    listed = found.listed
    return page(
        request,
        "policies/report.html",
        title=_("Policyholder's report"),
        report=found,
        sort=SORTS[listed.sort],
        state=STATES[listed.state],
        is_open=listed.state is State.OPEN,
        finding=FOUND[found.finding] if found.finding else "",
        findings=[(one, FOUND[one]) for one in FINDINGS[listed.sort]],
        takeable=found.item in {one.id for one in waiting_items(actor=actor)},
        shortest=SHORTEST_ANSWER,
        longest=LONGEST,
    )


def _answer(request: HttpRequest, report: str) -> None:
    try:
        finding = Finding(request.POST.get("finding", ""))
    except ValueError:
        raise BadInput("Choose what came out of it.") from None
    answer(
        report=report,
        finding=finding,
        text=request.POST.get("text", "").replace("\0", ""),
        actor=asking(request),
        at=timezone.now(),
        fields=wired().keys.fields(),
    )
