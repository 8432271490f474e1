"""The page of metrics, in Prometheus' text format: for who has the token, or for this machine."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Final

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import timezone
from django.utils.crypto import constant_time_compare

import hubao.desk.people.metrics  # noqa: F401 - declares what is told as 0 before the first
from hubao.desk.core.backlog import read_backlog
from hubao.desk.core.delivery import Consumer
from hubao.desk.core.heartbeat import read_heartbeat
from hubao.desk.core.metric_page import CONTENT_TYPE, text
from hubao.desk.core.metrics import Read, reading
from hubao.desk.core.wired import wired
from hubao.desk.ledger.metrics import read_ledger
from hubao.desk.people.webhooks.metrics import read_webhooks
from hubao.desk.site.briefly import Briefly

KEEP: Final = timedelta(seconds=5)
UP: Final = reading(
    "hubao_database_up", "1 if the database answers; 0, and nothing else is read from it, if not."
)
# What a proxy says of whom it asks for: then the machine that asks isn't the one that reads.
_FORWARDED: Final = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-Ip", "Via")


class MetricsPage:
    """The page; an object, as it keeps what it read for some seconds."""

    def __init__(self, consumers: Sequence[Consumer]) -> None:
        self._consumers = consumers
        self.reads: Final = Briefly(self._read, keep=KEEP)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Give the page, or nothing."""
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        if not may_read(request, token=wired().metrics_token):
            return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
        page = text(self.reads.at(timezone.now()))
        return HttpResponse(page, content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})

    def _read(self, at: datetime) -> list[Read]:
        try:
            found = [
                *read_ledger(at),
                *read_backlog(self._consumers, at),
                *read_webhooks(at),
                *read_heartbeat(at),
            ]
        except DatabaseError:
            return [Read(UP, 0)]
        return [Read(UP, 1), *found]


def may_read(request: HttpRequest, *, token: str | None) -> bool:
    """Tell whether a request shows the token; or where there is none, whether it is from here."""
    if token is None:
        return _is_from_here(request)
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and constant_time_compare(shown.strip(), token)


def _is_from_here(request: HttpRequest) -> bool:
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
