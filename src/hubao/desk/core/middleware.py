"""What a browser may load on our pages: our own files, and nothing from anywhere else."""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse

_OURS: Final = (
    "default-src 'none'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; font-src 'self';"
    " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none';"
    " manifest-src 'self'; script-src 'self'"
)
_CONSOLE: Final = f"{_OURS} 'unsafe-eval'"  # unfold's Alpine evaluates what attributes say
CONSOLE_PATH: Final = "/console/"
NOT_KEPT: Final = ("/console/", "/sign-in/", "/mine/")


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
