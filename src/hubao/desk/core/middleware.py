"""What a browser may load on our pages: our own files, and nothing else; and requests counted."""

import time
from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse

from hubao.desk.core.metrics import counter, histogram

_OURS: Final = (
    "default-src 'none'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; font-src 'self';"
    " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none';"
    " manifest-src 'self'; script-src 'self'"
)
_CONSOLE: Final = f"{_OURS} 'unsafe-eval'"  # unfold's Alpine evaluates what attributes say
CONSOLE_PATH: Final = "/console/"
NOT_KEPT: Final = ("/console/", "/sign-in/", "/mine/")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
REQUESTS: Final = counter(
    "hubao_http_requests_total",
    "Requests answered; view is none for static files and for what was answered before any view.",
    "view",
    "method",
    "status",
)
SECONDS: Final = histogram(
    "hubao_http_request_seconds",
    "Time to an answer.",
    "view",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2.5, 10),
)


class Counted:
    """Counts requests by the view's name, never by the address: that may be what somebody typed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, and count that."""
        began = time.perf_counter()
        response = self._get_response(request)
        match = request.resolver_match
        view = match.view_name if match else "none"
        method = request.method if request.method in _METHODS else "other"
        REQUESTS.labels(view, method, "5xx")  # told as 0 before the first: that is seen as a rise
        REQUESTS.labels(view, method, f"{response.status_code // 100}xx").inc()
        SECONDS.labels(view).observe(time.perf_counter() - began)
        return response


class ContentPolicy:
    """Sends the content security policy, and keeps pages about people out of every cache."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, with these headers."""
        response = self._get_response(request)
        in_console = request.path.startswith(CONSOLE_PATH)
        response.headers["Content-Security-Policy"] = _CONSOLE if in_console else _OURS
        response.headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
        if request.path.startswith(NOT_KEPT):
            response.headers["Cache-Control"] = "no-store"
        return response
