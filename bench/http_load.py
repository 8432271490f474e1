"""Send requests over a number of connections for a while, one after the other on each.

Bytes over plain sockets: a client library would take more of the two cores than the server does.
"""

import asyncio
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_LENGTH: Final = b"content-length:"


@dataclass(frozen=True)
class Load:
    """What was answered.

    Attributes:
        seconds: how long it went.
        took: seconds of each request that was answered with 200, rising.
        failed: answers that weren't.
    """

    seconds: float
    took: Sequence[float]
    failed: int

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.took) / self.seconds

    def quantile(self, part: float) -> float:
        """Seconds within which this part of the requests was answered."""
        return self.took[min(int(len(self.took) * part), len(self.took) - 1)]


def run(port: int, requests: Sequence[Sequence[bytes]], *, seconds: float) -> Load:
    """Send, on a connection for each list of requests, its requests again and again."""
    return asyncio.run(_run(port, requests, seconds))


def post(path: str, body: str, headers: dict[str, str]) -> bytes:
    """Write a request."""
    head = {
        "Host": "localhost",
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Length": str(len(body)),
        **headers,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"POST {path} HTTP/1.1\r\n{lines}\r\n{body}".encode()


async def _run(port: int, requests: Sequence[Sequence[bytes]], seconds: float) -> Load:
    begin = time.perf_counter()
    done = await asyncio.gather(*(_send(port, some, begin + seconds) for some in requests))
    took = sorted(one for some, _ in done for one in some)
    return Load(time.perf_counter() - begin, took, sum(failed for _, failed in done))


async def _send(port: int, requests: Sequence[bytes], until: float) -> tuple[list[float], int]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    took, failed = [], 0
    for request in itertools.cycle(requests):
        begin = time.perf_counter()
        if begin >= until:
            break
        writer.write(request)
        if await _answered(reader):
            took.append(time.perf_counter() - begin)
        else:
            failed += 1
    writer.close()
    return took, failed


async def _answered(reader: asyncio.StreamReader) -> bool:
    head = await reader.readuntil(b"\r\n\r\n")
    lower = head.lower()
    at = lower.index(_LENGTH) + len(_LENGTH)
    await reader.readexactly(int(lower[at : lower.index(b"\r", at)]))
    return head.startswith(b"HTTP/1.1 200")
