"""Real servers for tests: what an S3 denies its user, and an object server that drops connections as told."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FORBIDDEN_PREFIX = "forbidden/"
"""Keys that start so may be listed and written, and not be read."""

READ_ONLY_BUCKET = "read-only"
"""The bucket in which nothing may be written."""

DENIED = (
    {"Effect": "Deny", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::*/{FORBIDDEN_PREFIX}*"},
    {"Effect": "Deny", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{READ_ONLY_BUCKET}/*"},
)
"""Policy statements that take this away from the user of the tests' S3."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """How one request is answered.

    Attributes:
        cut: bytes of the body after which the connection is closed; None sends all.
        etag: the version that the server has by then; another one asked for gives 412.
        heeds_conditions: whether it does give 412.
        status: an error instead of the object.
    """

    cut: int | None = None
    etag: str = "v1"
    heeds_conditions: bool = True
    status: int = 200


@dataclass(slots=True)
class ScriptedObject:
    """One object behind HTTP: every GET takes the next reply of the script, the last one stays."""

    body: bytes
    script: list[Reply]
    endpoint: str = ""
    requests: list[tuple[str | None, str | None]] = field(default_factory=list)
    """Range and If-Match of every GET so far."""

    def next_reply(self) -> Reply:
        """The reply to the request at hand."""
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


@contextmanager
def serve_scripted(body: bytes, *script: Reply) -> Iterator[ScriptedObject]:
    """Serve the body at every key of every bucket, on a free loopback port."""
    scripted = ScriptedObject(body, list(script))
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(scripted)) as server:
        server.daemon_threads = True
        scripted.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield scripted
        finally:
            server.shutdown()
            thread.join()


def _handler(scripted: ScriptedObject) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            reply, wanted = scripted.next_reply(), self.headers.get("If-Match")
            scripted.requests.append((self.headers.get("Range"), wanted))
            if reply.status != 200:
                self._refuse(reply.status)
            elif reply.heeds_conditions and wanted not in (None, f'"{reply.etag}"'):
                self._refuse(412)
            else:
                self._send(reply)

        def _refuse(self, status: int) -> None:
            code = {403: "AccessDenied", 404: "NoSuchKey", 412: "PreconditionFailed", 503: "SlowDown"}[status]
            text = f"<Error><Code>{code}</Code></Error>".encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def _send(self, reply: Reply) -> None:
            asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
            start, end = (int(asked[1]), int(asked[2]) + 1) if asked else (0, len(scripted.body))
            part = scripted.body[start:end]
            self.send_response(206 if asked else 200)
            self.send_header("Content-Length", str(len(part)))
            self.send_header("ETag", f'"{reply.etag}"')
            self.send_header("Last-Modified", "Wed, 21 Oct 2015 07:28:00 GMT")
            if asked:
                self.send_header("Content-Range", f"bytes {start}-{start + len(part) - 1}/{len(scripted.body)}")
            self.end_headers()
            self.wfile.write(part[: reply.cut])
            self.close_connection = reply.cut is not None

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class names it so
            """Say nothing."""

    return Handler
