"""Call a web address once: at an address that was checked, to an end in its time.

Redirects aren't followed, as what is sent would go there too; no proxy is asked; of an answer no
more is read than the caller wants.
"""

import os
import socket
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from http.client import HTTPConnection, HTTPException, IncompleteRead
from threading import Event, Timer
from typing import Final

from hubao import __version__
from hubao.desk.core.reach import PORTS, Address, OutOfReach, Place, Reach

TIMEOUT: Final = 10.0  # seconds
_AGENT: Final = {"user-agent": f"hubao/{__version__}"}


class Why(StrEnum):
    """Why a call failed."""

    OUT_OF_REACH = "out_of_reach"
    NO_SUCH_NAME = "no_such_name"
    NO_CONNECTION = "no_connection"
    NO_TLS = "no_tls"
    TIMEOUT = "timeout"
    NO_ANSWER = "no_answer"
    TOO_LONG = "too_long"


class CallFailed(OSError):  # noqa: N818 - says what happened, as the desk's errors do
    """A call came to nothing.

    Attributes:
        why: for which reason; nothing of the address, which may hold a secret.
    """

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True)
class Call:
    """What is asked.

    Attributes:
        body: what is sent, by POST; None asks by GET.
        headers: besides ours.
        timeout: seconds for all of it, from the connection to the answer's end.
        most: bytes of an answer; a longer one fails. 0 reads the status alone.
    """

    body: bytes | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float = TIMEOUT
    most: int = 0


@dataclass(frozen=True)
class Answer:
    """What was answered.

    Attributes:
        status: by HTTP.
        body: as far as it was wanted.
    """

    status: int
    body: bytes = field(default=b"", repr=False)


def trusted_roots() -> str:
    """Give the file or folder of the roots that calls trust, for libraries that bring their own."""
    paths = ssl.get_default_verify_paths()
    return os.environ.get("SSL_CERT_FILE") or paths.cafile or paths.capath or paths.openssl_capath


def call(place: Place, asked: Call, *, reach: Reach) -> Answer:
    """Call a place.

    Raises:
        CallFailed: there is no answer, or a longer one than was wanted.
    """
    until = time.monotonic() + asked.timeout
    try:
        with closing(_connected(place, _looked_up(place, reach), until)) as link:
            return _answered(place, link, asked, until)
    except OutOfReach:
        raise CallFailed(Why.OUT_OF_REACH) from None
    except CallFailed:
        raise
    except OSError as error:
        raise CallFailed(_why(error)) from None


def _why(error: OSError) -> Why:
    if isinstance(error, TimeoutError):
        return Why.TIMEOUT
    return Why.NO_TLS if isinstance(error, ssl.SSLError) else Why.NO_CONNECTION


def _looked_up(place: Place, reach: Reach) -> Sequence[Address]:
    try:
        return reach.addresses(place)
    except OSError:
        raise CallFailed(Why.NO_SUCH_NAME) from None


def _connected(place: Place, addresses: Sequence[Address], until: float) -> socket.socket:
    """Connect to the first address that takes it; never by a name, which is looked up once."""
    failed: OSError = OSError("no address")
    for address in addresses:
        try:
            link = socket.create_connection((str(address), place.port), timeout=_left(until))
        except OSError as error:
            failed = error
            continue
        return _by_tls(place, link) if place.scheme == "https" else link
    raise failed


def _by_tls(place: Place, link: socket.socket) -> socket.socket:
    context = _trusted(os.environ.get("SSL_CERT_FILE"))
    # The handshake comes later, when the time it takes is limited as a whole.
    return context.wrap_socket(link, server_hostname=place.host, do_handshake_on_connect=False)


@cache
def _trusted(_file: str | None) -> ssl.SSLContext:
    """Trust the machine's roots, or those of OpenSSL's own variable; read once, as that is slow."""
    return ssl.create_default_context()


def _answered(place: Place, link: socket.socket, asked: Call, until: float) -> Answer:
    http = HTTPConnection(place.host, place.port)
    http.default_port = PORTS[place.scheme]
    http.sock = link  # so that it connects nowhere else
    link.settimeout(_left(until))
    with _cut_off(link, until) as is_cut:
        try:
            if isinstance(link, ssl.SSLSocket):
                link.do_handshake()
            found = _asked(http, place.target, asked)
        except (OSError, HTTPException) as error:
            if is_cut.is_set():
                raise TimeoutError from None
            if isinstance(error, HTTPException | ConnectionError):
                raise CallFailed(Why.NO_ANSWER) from None
            raise
        if is_cut.is_set():  # what was read may be a part
            raise TimeoutError
        return found


def _asked(http: HTTPConnection, target: str, asked: Call) -> Answer:
    method = "GET" if asked.body is None else "POST"
    http.request(method, target, body=asked.body, headers={**_AGENT, **asked.headers})
    with http.getresponse() as answer:
        if not asked.most:
            return Answer(answer.status)
        body, left = answer.read(asked.most + 1), answer.length
    if len(body) > asked.most:
        raise CallFailed(Why.TOO_LONG)
    if left:
        raise IncompleteRead(body, left)
    return Answer(answer.status, body)


@contextmanager
def _cut_off(link: socket.socket, until: float) -> Iterator[Event]:
    """End a call when its time is over: a socket's own limit begins anew with every byte."""
    is_cut = Event()

    def cut() -> None:
        is_cut.set()
        with suppress(OSError):  # the other side may have ended it
            # Not TLS's own, which another thread may be in the middle of.
            socket.socket.shutdown(link, socket.SHUT_RDWR)

    timer = Timer(_left(until), cut)
    timer.daemon = True
    timer.start()
    try:
        yield is_cut
    finally:
        timer.cancel()
        timer.join()  # it must not meet the file handle of the next connection


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
