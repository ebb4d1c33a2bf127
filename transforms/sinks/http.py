"""HTTP delivery of one body: attempts, waits, and what each answer means. Every HTTP sink stands on this.

| answer | means |
|---|---|
| 2xx | acknowledged |
| 408, 425, 429, 5xx, no answer | tried again after a wait; undelivered when the attempts are used up |
| 3xx and the 4xx in `UNUSABLE` | `SinkUnusable`: address, credentials or way of sending |
| other 4xx | refused: the content |

Sources: RFC 9110 section 15; RFC 6585 section 4 for 429; full jitter as in
https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/.
"""

from __future__ import annotations

import os
import random
import socket
import ssl
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlsplit

from isal import isal_zlib
from urllib3.exceptions import HTTPError, InvalidHeader
from urllib3.util import Retry, parse_url, wait_for_read

from transforms.model.rejections import bounded
from transforms.sinks.sink import Acknowledged, Answer, Refused, SinkUnusable, Undelivered

AGAIN = frozenset({408, 425, 429, *range(500, 600)})
"""Statuses after which the same request may succeed."""

UNUSABLE = frozenset({*range(300, 400), 401, 402, 403, 404, 405, 406, 407, 410, 411, 415, 426})
"""Statuses that no event's content can bring about."""

EXCERPT_BYTES = 2048
"""Read of an answer's body at most; what follows is not waited for."""

_GZIP = 31
"""zlib's window bits for a gzip member; its header holds no time, so equal bodies stay equal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """Where a service's secret is and how it is sent; never the secret itself.

    Attributes:
        variable: the environment variable that holds it, read by the worker at setup.
        header: the header that carries it.
        prefix: what stands before it there, such as `Bearer `.
        required: whether to refuse to start without it.
    """

    variable: str
    header: str
    prefix: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """How to reach a service; pickles without secrets, since it only names where they are.

    Attributes:
        url: where bodies are posted; without user name and password.
        credential: where the secret is, if the service wants one.
        gzip: compress bodies.
        parallel: requests and connections at once.
        attempts: of each request, the first one included. With the waits below the default spans a minute on average;
            Amberflo asks for attempts beyond 20 s (https://docs.amberflo.io/docs/ingest-endpoint-failover).
        wait_seconds: upper bound of the wait before the second attempt; it doubles with each further one, and the
            wait is drawn evenly below the bound.
        wait_limit_seconds: where the doubling ends, and where a `Retry-After` is cut off.
        connect_seconds: for a connection with TLS.
        read_seconds: between two bytes of the answer.
    """

    url: str
    credential: Credential | None = None
    gzip: bool = False
    parallel: int = 8
    attempts: int = 8
    wait_seconds: float = 1.0
    wait_limit_seconds: float = 60.0
    connect_seconds: float = 10.0
    read_seconds: float = 60.0

    def __post_init__(self) -> None:
        if urlsplit(self.url).password is not None or urlsplit(self.url).username is not None:
            raise ValueError("the sink's address holds a user name or password; secrets go into variables")
        try:
            url = parse_url(self.url)
            good = url.scheme in {"http", "https"} and bool(url.host) and url.port != 0
        except HTTPError:
            good = False
        if not good:
            raise ValueError(f"{self.shown!r} is no address of the form https://host:port/path")

    @property
    def tls(self) -> bool:
        """Whether the address is an https one."""
        return parse_url(self.url).scheme == "https"

    @property
    def endpoint(self) -> tuple[str, int]:
        """Host and port to connect to."""
        url = parse_url(self.url)
        return (url.host or "").strip("[]"), url.port or (443 if self.tls else 80)

    @property
    def shown(self) -> str:
        """The address as people and logs see it: without user, password, query and fragment."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


@dataclass(frozen=True, slots=True)
class _Again:
    """Worth another attempt, after `seconds` if the service said so."""

    detail: str
    seconds: float | None = None


class HttpClient:
    """Posts bodies to one address from several threads over kept connections, one a thread.

    A request is written in one piece with headers made once, and only the answer goes through `http.client`: at 100
    events a request that costs half of what a request through urllib3 does.
    """

    def __init__(self, settings: HttpSettings) -> None:
        self._settings = settings
        self._secret = _secret(settings)
        self._head = _head(settings, self._secret)
        self._tls = ssl.create_default_context() if settings.tls else None
        self._idle: deque[socket.socket] = deque()
        self._interrupted = threading.Event()

    def check(self) -> None:
        """Connect, TLS included, without sending a request.

        Raises:
            SinkUnusable: nobody answers there, or the certificate is not trusted.
        """
        try:
            self._connect().close()
        except OSError as error:
            raise SinkUnusable(f"cannot connect to {self._settings.shown}: {_said(error)}") from None

    def post(self, body: bytes) -> Answer:
        """Deliver the body, with attempts and waits as the settings have it.

        Raises:
            SinkUnusable: see the table at the head of this module.
        """
        if self._settings.gzip:
            body = isal_zlib.compress(body, 1, _GZIP)
        attempt = 1
        while isinstance(outcome := self._attempt(body), _Again):
            if attempt == self._settings.attempts or self._interrupted.wait(self._wait(attempt, outcome)):
                return Undelivered(f"{outcome.detail} (attempt {attempt} of {self._settings.attempts})")
            attempt += 1
        return outcome

    def interrupt(self) -> None:
        """End the waits between attempts, now and from now on."""
        self._interrupted.set()

    def close(self) -> None:
        """Close the connections that no thread uses."""
        while self._idle:
            self._idle.pop().close()

    def _attempt(self, body: bytes) -> Answer | _Again:
        try:
            connection = self._connection()
        except OSError as error:
            return _Again(f"cannot connect to {self._settings.shown}: {_said(error)}")
        try:
            # A server may refuse a large body before it has read it all, and its answer still counts.
            with suppress(BrokenPipeError):
                connection.sendall(b"%bContent-Length: %d\r\n\r\n%b" % (self._head, len(body), body))
            response = HTTPResponse(connection, method="POST")
            response.begin()
        except (HTTPException, OSError) as error:
            connection.close()
            return _Again(f"no answer from {self._settings.shown}: {_said(error)}")
        excerpt = _excerpt(response)
        if response.isclosed() and not response.will_close:
            self._idle.append(connection)
        else:
            response.close()
            connection.close()
        return self._judge(response, excerpt)

    def _connection(self) -> socket.socket:
        """A kept connection that the server has not closed meanwhile, else a new one."""
        with suppress(IndexError):
            while True:
                connection = self._idle.pop()
                if not wait_for_read(connection, timeout=0):
                    return connection
                connection.close()
        return self._connect()

    def _connect(self) -> socket.socket:
        host, port = self._settings.endpoint
        connection = socket.create_connection((host, port), timeout=self._settings.connect_seconds)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_hostname=host)
        except OSError:
            connection.close()
            raise
        connection.settimeout(self._settings.read_seconds)
        return connection

    def _judge(self, response: HTTPResponse, excerpt: bytes) -> Answer | _Again:
        status = response.status
        if 200 <= status < 300:
            return Acknowledged()
        detail = f"HTTP {status}: {self._shown(excerpt)}" if excerpt else f"HTTP {status}"
        if status in AGAIN:
            return _Again(f"{self._settings.shown} answered {detail}", _retry_after(response))
        if status in UNUSABLE:
            raise SinkUnusable(f"{self._settings.shown} answered {detail}{self._advice(status)}")
        return Refused(detail)

    def _shown(self, excerpt: bytes) -> str:
        text = excerpt.decode("utf-8", "replace")
        return bounded(text.replace(self._secret, "***") if self._secret else text)

    def _advice(self, status: int) -> str:
        credential = self._settings.credential
        return f"; is {credential.variable} right?" if credential and status in {401, 403} else ""

    def _wait(self, attempt: int, again: _Again) -> float:
        limit = self._settings.wait_limit_seconds
        if again.seconds is not None:
            return min(again.seconds, limit)
        return random.uniform(0, min(limit, self._settings.wait_seconds * 2 ** (attempt - 1)))  # noqa: S311  # no secret


def _secret(settings: HttpSettings) -> str | None:
    if settings.credential is None:
        return None
    variable = settings.credential.variable
    value = os.environ.get(variable, "").strip()
    if not value and settings.credential.required:
        raise SinkUnusable(f"{settings.shown} needs a secret in the environment variable {variable}")
    # http.client would refuse such a header in an error that quotes it.
    if not (value.isascii() and value.isprintable()):
        raise SinkUnusable(f"{variable} holds characters that an HTTP header cannot carry")
    return value or None


def _head(settings: HttpSettings, secret: str | None) -> bytes:
    """The request up to its length: what is the same for every body."""
    url = parse_url(settings.url)  # its parts are percent-encoded, so no line can break out of the first
    lines = [f"POST {url.request_uri} HTTP/1.1", f"Host: {url.netloc}", "User-Agent: meterbeam"]
    lines.append("Content-Type: application/json")
    if settings.gzip:
        lines.append("Content-Encoding: gzip")
    if settings.credential and secret:
        lines.append(f"{settings.credential.header}: {settings.credential.prefix}{secret}")
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def _excerpt(response: HTTPResponse) -> bytes:
    """The start of the answer's body; whatever happens in it, the status stands."""
    try:
        start = response.read(EXCERPT_BYTES)
        if not response.isclosed():
            response.read(1)
    except (HTTPException, OSError):
        return b""
    return start.strip()


def _retry_after(response: HTTPResponse) -> float | None:
    """Seconds the service asks for, in either form of the header; None where it is absent or unreadable."""
    header = response.headers.get("Retry-After")
    try:
        return Retry().parse_retry_after(header) if header else None
    except (InvalidHeader, ValueError, OverflowError):
        return None


def _said(error: Exception) -> str:
    return bounded(f"{type(error).__name__}: {error}")
