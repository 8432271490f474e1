"""Calls of real sockets on this machine: TLS, limits of time, redirects, odd answers."""

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from hubao.desk.core.reach import Reach
from hubao.desk.people.webhooks import calling
from hubao.desk.people.webhooks.calling import Reply
from hubao.desk.people.webhooks.rules import Fault
from tests.makers.receivers import receiving

pytestmark = pytest.mark.allow_hosts(["127.0.0.1", "::1"])
HERE = Reach(loopback=True)


def post(url: str, *, reach: Reach = HERE, timeout: float = 5) -> Reply:
    return calling.post(url, body=b"{}", headers={"webhook-id": "a1"}, reach=reach, timeout=timeout)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of this machine's own, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = tmp_path / "here.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


def server_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@contextmanager
def listening(answer: Callable[[socket.socket], object]) -> Iterator[str]:
    """Take one connection and answer it byte by byte."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def take() -> None:
            link, _ = server.accept()
            with link, suppress(OSError):  # whoever called may have hung up
                answer(link)

        thread = Thread(target=take)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        thread.join(20)
        assert not thread.is_alive()


class TestCall:
    def test_posts_to_the_whole_address(self) -> None:
        with receiving() as receiver:
            reply = post(receiver.url)

        (got,) = receiver.got
        assert reply == Reply(None, 204)
        assert (got.path, got.body, got.id) == ("/hooks?of=desk", b"{}", "a1")
        assert got.headers["host"] == f"127.0.0.1:{receiver.port}"
        assert got.headers["content-type"] == "application/json"

    def test_follows_no_redirect(self) -> None:
        with receiving() as other, receiving(status=307, location=other.url) as receiver:
            reply = post(receiver.url)

        assert reply == Reply(Fault.REDIRECT, 307)
        assert not other.got

    @pytest.mark.parametrize("url", ["https://127.0.0.1:{}/", "https://localhost:{}/"])
    def test_in_production_calls_nothing_inside(self, url: str) -> None:
        with receiving() as receiver:
            reply = post(url.format(receiver.port), reach=Reach())

        assert reply == Reply(Fault.OUT_OF_REACH)
        assert not receiver.got

    def test_tells_where_nobody_listens(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]

        assert post(f"http://127.0.0.1:{port}/") == Reply(Fault.NO_CONNECTION)

    def test_tells_where_there_is_no_such_name(self) -> None:
        assert post(f"https://{'x' * 70}/") == Reply(Fault.NO_SUCH_NAME)

    @pytest.mark.parametrize("said", [b"", b"hello\r\n\r\n", b"HTTP/1.1 999999 x\r\n\r\n"])
    def test_tells_where_the_answer_is_none(self, said: bytes) -> None:
        def answer(link: socket.socket) -> None:
            link.recv(65_536)
            link.sendall(said)

        with listening(answer) as url:
            assert post(url) == Reply(Fault.NO_ANSWER)


class TestTime:
    def test_of_a_silent_server_is_limited(self) -> None:
        began = time.monotonic()

        with receiving() as receiver:
            receiver.released.clear()
            reply = post(receiver.url, timeout=0.5)

        assert reply == Reply(Fault.TIMEOUT)
        assert time.monotonic() - began < 3

    @pytest.mark.parametrize("said", [b"H", b"HTTP/1.1 100 Continue\r\n\r\n"])
    def test_of_a_server_that_goes_on_bit_by_bit_is_limited_as_a_whole(self, said: bytes) -> None:
        over = Event()

        def drip(link: socket.socket) -> None:
            while not over.wait(0.1):
                link.sendall(said)

        began = time.monotonic()
        with listening(drip) as url:
            reply = post(url, timeout=0.6)
            took = time.monotonic() - began
            over.set()

        assert reply == Reply(Fault.TIMEOUT)
        assert took < 3

    def test_of_a_handshake_is_limited(self) -> None:
        over = Event()

        with listening(lambda _: over.wait(20)) as url:
            reply = post(url.replace("http:", "https:"), timeout=0.5)
            over.set()

        assert reply == Reply(Fault.TIMEOUT)


class TestTls:
    def test_takes_a_certificate_that_the_machine_trusts(
        self, certificate: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

        with receiving(tls=server_context(certificate)) as receiver:
            replies = [
                post(f"https://{host}:{receiver.port}/", reach=reach)
                for host in ("127.0.0.1", "localhost")
                for reach in (HERE, Reach(networks=(ipaddress.ip_network("127.0.0.0/8"),
                                                    ipaddress.ip_network("::1/128"))))
            ]  # fmt: skip

        assert replies == [Reply(None, 204)] * 4
        assert receiver.got[2].headers["host"] == f"localhost:{receiver.port}"

    def test_refuses_one_that_it_does_not(self, certificate: Path) -> None:
        with receiving(tls=server_context(certificate)) as receiver:
            reply = post(f"https://127.0.0.1:{receiver.port}/")

        assert reply == Reply(Fault.NO_TLS)
        assert not receiver.got

    def test_refuses_a_server_without(self) -> None:
        with receiving() as receiver:
            reply = post(receiver.url.replace("http:", "https:"))

        assert reply == Reply(Fault.NO_TLS)
        assert not receiver.got
