"""An HTTP service that takes batches of events, answers 200 at once and counts them; a process of its own.

It does as little as it can: the head is searched for its length, and the events of a body are the occurrences of
`"uniqueId"` in it.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Counts:
    """What has arrived so far, and the CPU seconds that the receiver took for it."""

    requests: int
    events: int
    body_bytes: int
    cpu_s: float

    def since(self, earlier: Counts) -> Counts:
        """What arrived in between."""
        return Counts(
            self.requests - earlier.requests,
            self.events - earlier.events,
            self.body_bytes - earlier.body_bytes,
            self.cpu_s - earlier.cpu_s,
        )


class Receiver:
    """A running receiver, seen from outside."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/events"
        self._counts_url = f"http://127.0.0.1:{port}/counts"
        self._process = psutil.Process(process.pid)

    def counts(self) -> Counts:
        """What it has taken since it began."""
        with urllib.request.urlopen(self._counts_url, timeout=10) as answer:
            requests, events, body_bytes = json.load(answer)
        cpu = self._process.cpu_times()
        return Counts(requests, events, body_bytes, cpu.user + cpu.system)


@contextmanager
def running() -> Iterator[Receiver]:
    """A receiver on a free loopback port, stopped at the end."""
    with subprocess.Popen([sys.executable, "-m", "benchmarks.receiver"], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield Receiver(process, int(process.stdout.readline()))
        finally:
            process.terminate()


class _Connection(asyncio.Protocol):
    totals = [0, 0, 0]  # noqa: RUF012  # of all connections

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._missing = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parts.append(data)
        self._missing -= len(data)
        while self._missing <= 0 and self._parts:
            if not self._next_request():
                return

    def _next_request(self) -> bool:
        """Answer the first request if it is complete; else note how much of it is missing."""
        data = b"".join(self._parts)
        self._parts = [data]
        head = data.find(b"\r\n\r\n")
        if head < 0:
            self._missing = 1
            return False
        length = LENGTH.search(data, 0, head)
        end = head + 4 + (int(length[1]) if length else 0)
        if end > len(data):
            self._missing = end - len(data)
            return False
        self._answer(data, head + 4, end)
        self._parts = [data[end:]] if end < len(data) else []
        self._missing = 0
        return True

    def _answer(self, data: bytes, start: int, end: int) -> None:
        if data.startswith(b"GET "):
            body = json.dumps(self.totals).encode()
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
            )
            self._transport.close()
            return
        self.totals[0] += 1
        self.totals[1] += data.count(b'"uniqueId"', start, end)
        self.totals[2] += end - start
        self._transport.write(ANSWER)


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
