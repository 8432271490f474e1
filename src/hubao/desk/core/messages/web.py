"""One call of a web address that takes JSON, by the standard library alone.

Nothing is followed to another address, as a message would go there too; no proxy is asked.
"""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from hubao.desk.core.messages.letters import NotSent
from hubao.kit.errors import BadInput

TIMEOUT: Final = 10.0  # seconds, for each step of a call
LONGEST: Final = 64 * 1024  # bytes of an answer that are read
_HERE: Final = ("localhost", "127.0.0.1", "::1")


class BadPlace(BadInput):
    """A web address for messages isn't one that may be used."""

    code = "core.bad_messages"


@dataclass(frozen=True)
class Place:
    """Where to call.

    Attributes:
        url: with https; with http on this machine only.
    """

    url: str

    def __post_init__(self) -> None:
        """Look whether it can be used.

        Raises:
            BadPlace: it can't.
        """
        parts = self._parts()
        secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _HERE)
        if not (secure and parts.hostname):
            raise BadPlace("A web address for messages begins with https:// and names a host.")

    def call(
        self,
        *,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        target: str | None = None,
    ) -> object:
        """Send JSON, or ask without a body; gives the JSON that is answered, None if it is none.

        Raises:
            NotSent: no answer, or not one of success.
        """
        parts = self._parts()
        told = {"Accept": "application/json", "Content-Type": "application/json; charset=utf-8"}
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        link = _link(parts)
        try:
            link.request(
                "GET" if content is None else "POST",
                target or _target(parts),
                content,
                told | dict(headers or {}),
            )
            answer = link.getresponse()
            status, text = answer.status, answer.read(LONGEST)
        except (OSError, HTTPException) as error:
            raise NotSent(f"The message gateway doesn't answer ({type(error).__name__}).") from None
        finally:
            link.close()
        if not 200 <= status < 300:
            raise NotSent(f"The message gateway answers with {status}.", status=status)
        try:
            return json.loads(text)
        except ValueError:
            return None

    def _parts(self) -> SplitResult:
        try:
            parts = urlsplit(self.url)
            parts.port  # noqa: B018 - raises if it is none
        except ValueError:
            raise BadPlace("A web address for messages can't be read.") from None
        return parts


def _link(parts: SplitResult) -> HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "https":
        trusted = ssl.create_default_context()
        return HTTPSConnection(host, parts.port, timeout=TIMEOUT, context=trusted)
    return HTTPConnection(host, parts.port, timeout=TIMEOUT)


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
