"""Call a web address once: by TLS, at an address that was checked, to an end in ten seconds."""

import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from threading import Event, Timer
from typing import Final

from hubao import __version__
from hubao.desk.core.reach import PORTS, Address, OutOfReach, Place, Reach
from hubao.desk.people.webhooks.rules import TIMEOUT, Fault, fault_of

_FIXED: Final = {"content-type": "application/json", "user-agent": f"hubao/{__version__}"}


@dataclass(frozen=True)
class Reply:
    """What became of a call.

    Attributes:
        fault: why it failed; None if it didn't.
        status: the answer's, if there was one.
    """

    fault: Fault | None
    status: int | None = None


def call(
    url: str, *, body: bytes, headers: Mapping[str, str], reach: Reach, timeout: float = TIMEOUT
) -> Reply:
    """Post something, and look at the status of the answer only; redirects aren't followed.

    Args:
        url: where.
        body: JSON.
        headers: besides its sort and ours.
        reach: what may be called.
        timeout: seconds from the connection to the status.
    """
    try:
        place = reach.place(url)
        addresses = reach.addresses(place)
    except OutOfReach:
        return Reply(Fault.OUT_OF_REACH)
    except OSError:
        return Reply(Fault.NO_SUCH_NAME)
    until = time.monotonic() + timeout
    try:
        with closing(_connected(place, addresses, until)) as link:
            return _asked(place, link, body, {**_FIXED, **headers}, until)
    except TimeoutError:
        return Reply(Fault.TIMEOUT)
    except ssl.SSLError:
        return Reply(Fault.NO_TLS)
    except OSError:
        return Reply(Fault.NO_CONNECTION)


def _connected(place: Place, addresses: list[Address], until: float) -> socket.socket:
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
    context = ssl.create_default_context()
    # The handshake comes later, when the time it takes is limited as a whole.
    return context.wrap_socket(link, server_hostname=place.host, do_handshake_on_connect=False)


def _asked(
    place: Place, link: socket.socket, body: bytes, headers: Mapping[str, str], until: float
) -> Reply:
    http = HTTPConnection(place.host, place.port)
    http.default_port = PORTS[place.scheme]
    http.sock = link  # so that it connects nowhere else
    link.settimeout(_left(until))
    with _cut_off(link, until) as is_cut:
        try:
            if isinstance(link, ssl.SSLSocket):
                link.do_handshake()
            http.request("POST", place.target, body=body, headers=dict(headers))
            with http.getresponse() as answer:
                return Reply(fault_of(answer.status), answer.status)
        except (OSError, HTTPException) as error:
            if is_cut.is_set():
                raise TimeoutError from None
            if isinstance(error, HTTPException | ConnectionError):
                return Reply(Fault.NO_ANSWER)
            raise


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
