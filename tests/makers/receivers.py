"""A real receiver of webhooks on this machine, which answers as a test wants it to."""

import base64
import hashlib
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Event, Thread


@dataclass(frozen=True)
class Got:
    """What came."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    """What came, and what is answered.

    Attributes:
        port: where it listens.
        status: of the answers.
        location: whereto they send on, if anywhere.
        got: what came so far.
        released: clear it, and answers wait until it is set.
    """

    port: int = 0
    status: int = 204
    location: str = ""
    got: list[Got] = field(default_factory=list)
    released: Event = field(default_factory=Event)
    _came: Condition = field(default_factory=Condition)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks?of=desk"

    def take(self, got: Got) -> None:
        with self._came:
            self.got.append(got)
            self._came.notify_all()
        self.released.wait(20)

    def wait_for(self, number: int) -> list[Got]:
        """Give what came, once it is so many."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.got) >= number, 20), "nothing came"
            return list(self.got)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    receiver: Receiver

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: callers that hang up are what is tested."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        receiver = self.server.receiver
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        receiver.take(Got(self.path, headers, body))
        self.send_response(receiver.status)
        if receiver.location:
            self.send_header("location", receiver.location)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def receiving(
    *, status: int = 204, location: str = "", tls: ssl.SSLContext | None = None
) -> Iterator[Receiver]:
    """Listen on a port of this machine until the end."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        receiver = Receiver(server.server_address[1], status, location)
        receiver.released.set()
        server.receiver = receiver
        listening = Thread(target=server.serve_forever, args=(0.02,))
        listening.start()
        try:
            yield receiver
        finally:
            receiver.released.set()
            server.shutdown()
            listening.join()


def signed_by(got: Got) -> Callable[[str], bool]:
    """Tell of secrets whether one of them signed this; written from RFC 2104, not from hubao."""
    text = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode() + got.body
    given = got.headers["webhook-signature"].split(" ")

    def by(secret: str) -> bool:
        assert secret[:6] == "whsec_"
        key = base64.b64decode(secret[6:]).ljust(64, b"\0")
        inner = hashlib.sha256(bytes(one ^ 0x36 for one in key) + text).digest()
        outer = hashlib.sha256(bytes(one ^ 0x5C for one in key) + inner).digest()
        return f"v1,{base64.b64encode(outer).decode()}" in given

    return by
