"""The console's pages about policies: find, look at, reveal, break the glass."""

from collections.abc import Sequence
from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hubao.desk.core.actor import Actor, NotAllowed, Permission
from hubao.desk.core.console import page, sorry
from hubao.desk.core.queries import own_items, waiting_items
from hubao.desk.core.told import status, told
from hubao.desk.core.wired import wired
from hubao.desk.ledger.denials import Denials
from hubao.desk.people.middleware import asking, has_second_factor, signed_in
from hubao.desk.people.queries import colleagues
from hubao.desk.policies.catalogue import SEARCHED
from hubao.desk.policies.operations.alerts import answer_alert, reopen_alert
from hubao.desk.policies.operations.emergency import break_glass, review
from hubao.desk.policies.operations.items import close_item, open_item, take_item
from hubao.desk.policies.operations.reveal import SHOWN_FOR, reveal
from hubao.desk.policies.operations.search import open_record, search, worklist
from hubao.desk.policies.queries import (
    Masked,
    answered_alerts,
    emergencies_to_review,
    emergency_open,
    open_alerts,
)
from hubao.desk.policies.rules import PURPOSES, Purpose
from hubao.desk.policies.words import ALERT_STEPS, FIELD_WORDS, PURPOSE_WORDS, spoken, told_of
from hubao.kit.errors import HubaoError

ALERTS_SHOWN: Final = 50
ANSWERED_SHOWN: Final = 20


@signed_in
@require_http_methods(["GET", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Search by an exact identifier; below it, the policies of one's own work items.

    What is searched for comes in the body: addresses are written into logs and histories.
    """
    actor, now, fields = asking(request), timezone.now(), wired().keys.fields()
    field = request.POST.get("field", "policy_number")
    shown: dict[str, object] = {"searched": request.method == "POST", "field": field}
    code = 200
    try:
        if request.method == "POST":
            value = request.POST.get("value", "")
            shown["found"] = _named(
                search(field=field, value=value, actor=actor, at=now, fields=fields,
                       denials=Denials(wired().spool))
            )  # fmt: skip
        else:
            shown["mine"] = _named(worklist(actor=actor, at=now, fields=fields))
    except NotAllowed as error:
        return sorry(request, error)
    except HubaoError as error:
        shown["error"], code = told(error), status(error)
    choices = [(name, FIELD_WORDS[name]) for name in SEARCHED]
    return page(
        request, "policies/find.html", title=_("Policies"), status=code, choices=choices, **shown
    )


@signed_in
@require_GET
def show(request: HttpRequest, record: str) -> HttpResponse:
    """Show one policy, masked, with a button at each field."""
    actor, now = asking(request), timezone.now()
    denials = Denials(wired().spool)
    try:
        policy = open_record(
            record=record, actor=actor, at=now, fields=wired().keys.fields(), denials=denials
        )
    except HubaoError as error:
        return sorry(request, error)
    items = [*own_items(actor=actor), *waiting_items(actor=actor)]
    about = [item for item in items if record in item.records]
    in_emergency = emergency_open(record=record, actor=actor, at=now)
    return page(
        request,
        "policies/show.html",
        title=_("Policy"),
        policy=policy,
        fields=[(name, FIELD_WORDS[name], value) for name, value in policy.fields.items()],
        items=[*about, *(item for item in items if item not in about)],
        chosen=request.GET.get("item"),
        purposes=_purposes(actor, in_emergency=in_emergency),
        in_emergency=in_emergency,
        workers=colleagues(actor=actor, at=now) if actor.may(Permission.OPEN_ITEMS) else (),
        kinds=[(one, word) for one, word in PURPOSE_WORDS.items() if one is not Purpose.EMERGENCY],
        may_break=actor.may(Permission.BREAK_GLASS),
        seconds=int(SHOWN_FOR.total_seconds()),
        who=actor.id,
        has_factor=has_second_factor(request),
    )


@signed_in
@require_POST
def reveal_field(request: HttpRequest, record: str) -> HttpResponse:
    """Give one field in clear as JSON, or say why not."""
    try:
        purpose = Purpose(request.POST.get("purpose", ""))
    except ValueError:
        return JsonResponse({"why": _("Choose a purpose first.")}, status=400)
    field = request.POST.get("field", "")
    now = timezone.now()
    try:
        shown = reveal(
            record=record,
            field=field,
            purpose=purpose,
            item=request.POST.get("item") or None,
            actor=asking(request),
            at=now,
            fields=wired().keys.fields(),
            denials=Denials(wired().spool),
        )
    except HubaoError as error:
        return JsonResponse({"why": told(error), "code": error.code}, status=status(error))
    seconds = (shown.until - now).total_seconds()
    return JsonResponse({"value": spoken(field, shown.value), "seconds": seconds})


@signed_in
@require_POST
def emergency(request: HttpRequest, record: str) -> HttpResponse:
    """Break the glass of one policy."""
    try:
        break_glass(
            record=record,
            reason=request.POST.get("reason", ""),
            actor=asking(request),
            at=timezone.now(),
            fields=wired().keys.fields(),
            denials=Denials(wired().spool),
        )
        messages.warning(
            request, _("The policy is open to you for an hour; your supervisor reviews the reason.")
        )
    except HubaoError as error:
        messages.error(request, told(error))
    return redirect("policy", record=record)


@signed_in
@require_POST
def give_work(request: HttpRequest, record: str) -> HttpResponse:
    """Open a work item about a policy, for a colleague or for whoever of a team takes it."""
    team, _colon, owner = request.POST.get("to", "").partition(" ")
    try:
        open_item(
            kind=Purpose(request.POST.get("kind", "")),
            team=team,
            owner=owner or None,
            records=[record],
            actor=asking(request),
            at=timezone.now(),
        )
        messages.success(request, _("The work item is open."))
    except ValueError:
        messages.error(request, _("Choose a purpose first."))
    except HubaoError as error:
        messages.error(request, told(error))
    return redirect("policy", record=record)


@signed_in
@require_http_methods(["GET", "POST"])
def emergencies(request: HttpRequest) -> HttpResponse:
    """Read the reasons of others' emergencies, and say whether they were one."""
    actor, now = asking(request), timezone.now()
    try:
        if request.method == "POST":
            justified = request.POST.get("justified") == "yes"
            review(emergency=request.POST.get("emergency", ""), justified=justified, actor=actor,
                   at=now)  # fmt: skip
            messages.success(request, _("Your review is written down."))
            return HttpResponseRedirect(request.path)
        waiting = emergencies_to_review(actor=actor, fields=wired().keys.fields())
    except HubaoError as error:
        return sorry(request, error)
    return page(
        request, "policies/emergencies.html", title=_("Emergencies"), waiting=waiting, now=now
    )


@signed_in
@require_http_methods(["GET", "POST"])
def items(request: HttpRequest) -> HttpResponse:
    """One's own work items and those that wait; take one, close one."""
    actor, now = asking(request), timezone.now()
    try:
        actor.require(Permission.SEARCH)
    except NotAllowed as error:
        return sorry(request, error)
    if request.method == "POST":
        item = request.POST.get("item", "")
        try:
            if request.POST.get("do") == "take":
                take_item(item=item, actor=actor, at=now)
            else:
                close_item(item=item, actor=actor, at=now)
        except HubaoError as error:
            messages.error(request, told(error))
        return HttpResponseRedirect(request.path)
    return page(
        request,
        "policies/items.html",
        title=_("My work"),
        mine=own_items(actor=actor),
        waiting=waiting_items(actor=actor),
    )


@signed_in
@require_http_methods(["GET", "POST"])
def alerts(request: HttpRequest) -> HttpResponse:
    """What somebody of one's branch should look at; say what was done about it."""
    actor, fields = asking(request), wired().keys.fields()
    try:
        if request.method == "POST":
            _answer(request, actor)
            return HttpResponseRedirect(request.path)
        waiting, count = open_alerts(actor=actor, most=ALERTS_SHOWN)
        answered = answered_alerts(actor=actor, fields=fields, most=ANSWERED_SHOWN)
    except NotAllowed as error:
        return sorry(request, error)
    return page(
        request,
        "policies/alerts.html",
        title=_("Alerts"),
        waiting=[(one, told_of(one.why), ALERT_STEPS.get(one.why, "")) for one in waiting],
        answered=[(one, told_of(one.why)) for one in answered],
        more=count - len(waiting),
        me=actor.id,
        reviews=actor.may(Permission.REVIEW),
        reads_ledger=actor.may(Permission.READ_LEDGER),
    )


def _answer(request: HttpRequest, actor: Actor) -> None:
    alert, now = request.POST.get("alert", ""), timezone.now()
    try:
        if request.POST.get("do") == "reopen":
            reopen_alert(alert=alert, actor=actor, at=now)
            messages.success(request, _("The alert is open again."))
        else:
            note = request.POST.get("note", "")
            fields = wired().keys.fields()
            answer_alert(alert=alert, note=note, actor=actor, at=now, fields=fields)
            messages.success(request, _("Your note is written down; below you can undo it."))
    except NotAllowed:
        actor.require(Permission.ANSWER_ALERTS)
        messages.error(request, _("Nobody answers an alert about himself."))
    except HubaoError as error:
        messages.error(request, told(error))


def _purposes(actor: Actor, *, in_emergency: bool) -> list[tuple[Purpose, object]]:
    theirs = {purpose for role in actor.roles for purpose in PURPOSES[role]}
    if in_emergency:
        theirs.add(Purpose.EMERGENCY)
    return [(one, PURPOSE_WORDS[one]) for one in Purpose if one in theirs]


def _named(found: Sequence[Masked]) -> list[tuple[Masked, list[tuple[object, str]]]]:
    """Give policies with the masked fields that a list shows, each with its word."""
    return [
        (one, [(FIELD_WORDS[name], one.fields[name]) for name in SEARCHED if name in one.fields])
        for one in found
    ]
