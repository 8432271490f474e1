"""The pages behind `/mine/`: ask for a code, enter it, see who looked, object or report."""

from collections.abc import Mapping, Sequence
from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hubao.desk.core.messages.letters import Unset
from hubao.desk.core.told import status, told
from hubao.desk.core.wired import wired
from hubao.desk.policies.holder.operations import (
    NoCode,
    Visit,
    ask,
    enter,
    enter_view,
    leave,
)
from hubao.desk.policies.holder.queries import OwnReport, own_data, own_looks, own_reports
from hubao.desk.policies.holder.reports import report, withdraw
from hubao.desk.policies.holder.rules import (
    CODE_DIGITS,
    OWN,
    Looks,
    Sort,
    State,
    by_month,
    grouped,
)
from hubao.desk.site.mine.browser import address_of, drop, has_visit, in_visit, keep, token_of
from hubao.desk.site.mine.chart import chart
from hubao.desk.site.mine.words import FINDING_WORDS, SORT_WORDS, STATE_WORDS, in_words
from hubao.kit.errors import HubaoError

ON_A_PAGE: Final = 20
MONTHS: Final = 12  # at least, in the picture
_PAGES: Final = {Sort.LOOK: "mine/object.html", Sort.CALL: "mine/call.html"}


@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Ask for the policy number; whatever it is, the answer is the same."""
    if isinstance(wired().sender, Unset):
        return _shown(request, "mine/closed.html", code=503)
    if request.method == "GET":
        return _shown(request, "mine/start.html", {"ended": "ended" in request.GET})
    try:
        token = ask(
            number=request.POST.get("number", ""),
            address=address_of(request),
            language=get_language() or "zh-hans",
            at=timezone.now(),
            fields=wired().keys.fields(),
        )
    except HubaoError as error:
        return _shown(request, "mine/start.html", error=error)
    return keep(redirect("mine-code"), token)


@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Enter the code."""
    shown: dict[str, object] = {"digits": CODE_DIGITS}
    if not token_of(request):
        return redirect("mine")
    if request.method == "GET":
        return _shown(request, "mine/code.html", shown)
    try:
        token = enter(
            token=token_of(request),
            code=request.POST.get("code", ""),
            address=address_of(request),
            at=timezone.now(),
            fields=wired().keys.fields(),
        )
    except HubaoError as error:
        if isinstance(error, NoCode) and has_visit(request):  # another tab, or a second click
            return redirect("mine-looks")
        shown["over"] = isinstance(error, NoCode)
        return _shown(request, "mine/code.html", shown, error=error)
    return keep(redirect("mine-looks"), token)


@require_GET
@in_visit
def looks(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show who has looked; the look at this page is in the ledger before it is shown."""
    now, fields = timezone.now(), wired().keys.fields()
    try:
        enter_view(visit=visit, at=now)
        found = own_looks(actor=visit.actor, at=now)
        mine = own_data(actor=visit.actor, fields=fields)
        made = own_reports(actor=visit.actor, fields=fields)
    except HubaoError as error:
        return _sorry(request, error)
    months = by_month(found, until=timezone.localtime(now), least=MONTHS)
    shown = {
        "mine": mine,
        "chart": chart(months),
        "reports": [_report(one) for one in made],
        "ends_at": visit.ends_at,
    }
    return _shown(request, "mine/looks.html", shown | _paged(request, grouped(found)))


@require_http_methods(["GET", "POST"])
@in_visit
def object_to(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Object to one look: choose which, and write about it if one likes."""
    return _reporting(request, visit, Sort.LOOK)


@require_http_methods(["GET", "POST"])
@in_visit
def call(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Report that somebody claimed to be the insurer."""
    return _reporting(request, visit, Sort.CALL)


@require_GET
@in_visit
def made(request: HttpRequest, visit: Visit, number: str) -> HttpResponse:
    """Give the receipt of a report."""
    try:
        found = [one for one in _own(visit) if one.id == number]
    except HubaoError as error:
        return _sorry(request, error)
    if not found:
        return redirect("mine-looks")
    undoable = found[0].visit == visit.id and found[0].state is State.OPEN
    return _shown(request, "mine/made.html", {"one": _report(found[0]), "undoable": undoable})


@require_POST
@in_visit
def undo(request: HttpRequest, visit: Visit, number: str) -> HttpResponse:
    """Take a report of this visit back."""
    try:
        withdraw(report=number, visit=visit, at=timezone.now())
    except HubaoError as error:
        return _sorry(request, error)
    return redirect("mine-made", number=number)


@require_POST
def away(request: HttpRequest) -> HttpResponse:
    """Leave: who takes the phone next sees nothing."""
    leave(token=token_of(request), at=timezone.now())
    return drop(HttpResponseRedirect(f"{reverse('mine')}?ended=1"))


def _reporting(request: HttpRequest, visit: Visit, sort: Sort) -> HttpResponse:
    now, error = timezone.now(), None
    if request.method == "POST":
        try:
            number = report(
                visit=visit,
                sort=sort,
                event=request.POST.get("look", ""),
                text=request.POST.get("text", "").replace("\0", ""),
                at=now,
                fields=wired().keys.fields(),
                team=wired().reports_to,
            )
        except HubaoError as failed:
            error = failed
        else:
            return redirect("mine-made", number=number)
    chosen: dict[str, object] = {}
    if sort is Sort.LOOK:
        try:
            enter_view(visit=visit, at=now)
            found = own_looks(actor=visit.actor, at=now)
        except HubaoError as failed:
            return _sorry(request, failed)
        chosen = _paged(request, grouped(one for one in found if one.how not in OWN))
    written = request.POST.get("text", "")
    return _shown(request, _PAGES[sort], {"written": written, **chosen}, error=error)


def _own(visit: Visit) -> Sequence[OwnReport]:
    """Give the visit's reports; an answer is shown with them, so the view is entered first."""
    enter_view(visit=visit, at=timezone.now())
    return own_reports(actor=visit.actor, fields=wired().keys.fields())


def _report(one: OwnReport) -> dict[str, object]:
    return {
        "id": one.id,
        "receipt": one.receipt,
        "sort": SORT_WORDS[one.sort],
        "is_look": one.sort is Sort.LOOK,
        "made_at": one.made_at,
        "state": one.state,
        "state_word": STATE_WORDS[one.state],
        "finding": FINDING_WORDS[one.finding] if one.finding else "",
        "answer": one.answer,
    }


def _paged(request: HttpRequest, groups: Sequence[Looks]) -> dict[str, object]:
    """Give one page of groups, and the numbers of those before and after."""
    asked = request.GET.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 6 else 1
    begin = (max(number, 1) - 1) * ON_A_PAGE
    return {
        "groups": in_words(groups[begin : begin + ON_A_PAGE]),
        "newer": number - 1 if begin else None,
        "older": number + 1 if len(groups) > begin + ON_A_PAGE else None,
    }


def _sorry(request: HttpRequest, error: HubaoError) -> HttpResponse:
    return _shown(request, "mine/sorry.html", error=error)


def _shown(
    request: HttpRequest,
    template: str,
    context: Mapping[str, object] | None = None,
    *,
    error: HubaoError | None = None,
    code: int = 200,
) -> HttpResponse:
    shown = {
        "insurer": wired().insurer,
        "demo": wired().demo,
        "error": told(error) if error else "",
        **(context or {}),
    }
    return render(request, template, shown, status=status(error) if error else code)
