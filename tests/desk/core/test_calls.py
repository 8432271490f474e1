"""One way to call out: bounded in time and size, whatever the other side does."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

import pytest

from hubao.desk.core.calls import Call, CallFailed, Why, call
from hubao.desk.core.reach import OutOfReach, Reach

pytestmark = pytest.mark.allow_hosts(["127.0.0.1", "::1"])
HERE = Reach(loopback=True)
OK = b"HTTP/1.1 200 OK\r\n"


@contextmanager
def answering(answer: Callable[[socket.socket, Event], None]) -> Iterator[str]:
    """A server that reads a request and then does as told; gives its address."""
    over = Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            link, _ = server.accept()
            with link, suppress(OSError):
                link.recv(65_536)
                answer(link, over)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/x"
        over.set()
        thread.join(5)


def saying(text: bytes) -> Callable[[socket.socket, Event], None]:
    return lambda link, _over: link.sendall(text)


def asked(url: str, *, timeout: float = 2) -> bytes:
    return call(HERE.place(url), Call(b"{}", timeout=timeout, most=100), reach=HERE).body


def why(answer: Callable[[socket.socket, Event], None], *, timeout: float = 2) -> Why:
    with answering(answer) as url, pytest.raises(CallFailed) as failed:
        asked(url, timeout=timeout)
    return failed.value.why


def test_gives_what_was_answered() -> None:
    with answering(saying(OK + b"Content-Length: 5\r\n\r\nhello")) as url:
        assert asked(url) == b"hello"


@pytest.mark.parametrize(
    "junk", [b"junk\r\n\r\n", b"", OK + b"a" * 70_000, OK + b"Content-Length: 9\r\n\r\nhi"]
)
def test_junk_is_no_answer(junk: bytes) -> None:
    assert why(saying(junk)) is Why.NO_ANSWER


def test_a_longer_answer_than_wanted_is_refused() -> None:
    assert why(saying(OK + b"Content-Length: 101\r\n\r\n" + b"a" * 101)) is Why.TOO_LONG


def test_an_answer_that_drips_ends_with_the_time() -> None:
    def drip(link: socket.socket, over: Event) -> None:
        link.sendall(OK + b"Content-Length: 99\r\n\r\n")
        while not over.wait(0.1):
            link.sendall(b"a")

    began = time.monotonic()

    assert why(drip, timeout=0.6) is Why.TIMEOUT
    assert time.monotonic() - began < 2


def test_one_that_sends_on_is_not_followed() -> None:
    text = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    with answering(saying(text)) as url:
        place = HERE.place(url)

        assert call(place, Call(b"{}"), reach=HERE).status == 302


def test_nobody_there_is_no_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"

    with pytest.raises(CallFailed) as failed:
        asked(url)

    assert failed.value.why is Why.NO_CONNECTION


class TestReach:
    def test_of_whoever_runs_the_server_is_also_inside_but_by_tls(self) -> None:
        reach = Reach(inside=True)

        assert reach.addresses(reach.place("https://10.1.2.3/"))
        with pytest.raises(OutOfReach):
            reach.place("http://10.1.2.3/")

    def test_without_tls_is_for_what_is_signed(self) -> None:
        reach = Reach(inside=True, plain=True)

        assert reach.addresses(reach.place("http://10.1.2.3/tsa"))
