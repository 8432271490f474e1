"""Home."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from hubao.desk.core.actor import Permission
from hubao.desk.core.console import page
from hubao.desk.core.queries import own_items, waiting_items
from hubao.desk.core.wired import wired
from hubao.desk.people.middleware import asking, signed_in
from hubao.desk.policies.queries import emergencies_to_review


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """What the person has to do, and what today's clocks say."""
    actor, now = asking(request), timezone.now()
    reviews = (
        emergencies_to_review(actor=actor, fields=wired().keys.fields())
        if actor.may(Permission.REVIEW)
        else None
    )
    return page(
        request,
        "site/home.html",
        title=_("Home"),
        works=actor.may(Permission.SEARCH),
        mine=own_items(actor=actor),
        waiting=waiting_items(actor=actor) if actor.may(Permission.SEARCH) else (),
        reviews=reviews,
        overdue=[one for one in reviews or () if one.review_by < now],
        spooled=wired().spool.exists(),
    )
