"""The ledger's page: who saw or did what, whether it is sealed, and proofs to take away."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from hubao.desk.core.console import page, sorry
from hubao.desk.ledger.health import is_late, is_unpublished
from hubao.desk.ledger.proof import prove
from hubao.desk.ledger.queries import PAGE, entries, state
from hubao.desk.people.middleware import asking, signed_in
from hubao.desk.site.words import ACTION_WORDS
from hubao.kit.errors import HubaoError


@signed_in
@require_GET
def ledger(request: HttpRequest) -> HttpResponse:
    """List entries, the newest first, and say how the ledger is."""
    actor, now = asking(request), timezone.now()
    subject, who = request.GET.get("subject", "").strip(), request.GET.get("who", "").strip()
    before = request.GET.get("before", "")
    try:
        found = entries(
            actor=actor,
            subject=subject,
            who=who,
            before=int(before) if before.isdecimal() else None,
        )
        now_state = state(actor=actor)
    except HubaoError as error:
        return sorry(request, error)
    return page(
        request,
        "site/ledger.html",
        title=_("Ledger"),
        entries=[(one, ACTION_WORDS.get(one.action, one.action)) for one in found],
        state=now_state,
        late=is_late(now_state, at=now),
        unpublished=is_unpublished(now_state, at=now),
        subject=subject,
        who=who,
        older=found[-1].id if len(found) == PAGE else None,
    )


@signed_in
@require_GET
def proof(request: HttpRequest, event: str) -> HttpResponse:
    """Give an entry's proof as a file."""
    try:
        text = prove(event=event, actor=asking(request))
    except HubaoError as error:
        return sorry(request, error)
    name = f"proof-{event[:12]}.json"
    return HttpResponse(
        text,
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
