"""A real HTTP receiver on loopback that answers as scripted and keeps what it was sent."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer; `status` 0 closes the connection without any."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came, the body decompressed."""

    path: str
    headers: dict[str, str]
    events: list[dict[str, Any]]
    reply: Reply


class Receiver:
    """Runs while it is entered.

    Replies come from `script`, one a request, then from `judge` of the request's events, by default 200.

    Attributes:
        url: where to post.
        requests: what came, in the order of arrival.
    """

    def __init__(
        self, script: Iterable[Reply] = (), judge: Callable[[list[dict[str, Any]]], Reply] = lambda _: Reply()
    ) -> None:
        self.requests: list[Received] = []
        self._script = iter(script)
        self._judge = judge
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/ingest"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events of all requests that were answered with 2xx."""
        return [event for one in self.requests if 200 <= one.reply.status < 300 for event in one.events]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _take(self, path: str, headers: dict[str, str], body: bytes) -> Reply:
        raw = gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body
        events = json.loads(raw)
        with self._lock:
            reply = next(self._script, None) or self._judge(events)
            self.requests.append(Received(path, headers, events, reply))
        return reply

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        take = self._take

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                reply = take(self.path, headers, self.rfile.read(int(headers["content-length"])))
                if not reply.status:
                    self.close_connection = True
                    return
                self.send_response(reply.status)
                for name, value in {**reply.headers, "Content-Length": str(len(reply.body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
                """Nothing: tests are quiet."""

        return Handler
