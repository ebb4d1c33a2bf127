"""A local metering service: takes JSON arrays of events over HTTP and adds up what it was sent."""

from __future__ import annotations

import gzip
import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Usage:
    """What arrived; an id that comes again is not counted again.

    Attributes:
        events: distinct events.
        requests: requests.
        totals: meter → sum of its values.
    """

    def __init__(self) -> None:
        self.requests = 0
        self.totals: dict[str, float] = defaultdict(float)
        self._ids: set[str] = set()
        self._lock = threading.Lock()

    @property
    def events(self) -> int:
        """How many distinct events there are."""
        return len(self._ids)

    def take(self, events: list[dict[str, Any]]) -> None:
        """Count the events of one request."""
        with self._lock:
            self.requests += 1
            for event in events:
                if event["uniqueId"] not in self._ids:
                    self._ids.add(event["uniqueId"])
                    self.totals[event["meterApiName"]] += event["meterValue"]


@contextmanager
def receiving() -> Iterator[tuple[str, Usage]]:
    """Run the service on a free loopback port while entered; yields where to post, and what arrived."""
    usage = Usage()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            usage.take(json.loads(body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
            """Nothing: the demonstration prints what matters."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/ingest", usage
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
