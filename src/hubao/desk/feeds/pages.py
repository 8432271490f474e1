"""The console's page about feeds: does every system still tell what happens in it?"""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from hubao.desk.core.console import page, sorry
from hubao.desk.core.wired import wired
from hubao.desk.feeds.places import Places
from hubao.desk.feeds.queries import rejects, sources
from hubao.desk.feeds.words import WAY_WORDS, bars
from hubao.desk.people.middleware import asking, signed_in
from hubao.kit.errors import HubaoError


@signed_in
@require_GET
def feeds(request: HttpRequest) -> HttpResponse:
    """Show each source, the silent ones first."""
    now = timezone.now()
    try:
        found = sources(actor=asking(request), at=now)
    except HubaoError as error:
        return sorry(request, error)
    return page(
        request,
        "feeds/list.html",
        title=_("Feeds"),
        sources=[(one, WAY_WORDS[one.terms.kind], bars(one.days)) for one in found],
        silent=[one for one in found if one.silent],
        now=now,
    )


@signed_in
@require_GET
def feed_rejects(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Give the rows that an import set aside, as a file: file, line and reason."""
    here = wired()
    places = Places(here.lake, here.feeds)
    try:
        listed = rejects(name=name, number=number, places=places, actor=asking(request))
    except HubaoError as error:
        return sorry(request, error)
    return HttpResponse(
        listed,
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="rejects-{name}-{number:09d}.csv"',
            "X-Content-Type-Options": "nosniff",
        },
    )
