"""HTTP delivery of one body: attempts, waits, and what each answer means. Every HTTP sink stands on this.

| answer | means |
|---|---|
| 2xx but 207 | acknowledged |
| 207 | undelivered at once: parts of the request may have been refused, and which ones only the service can read |
| 408, 425, 429, 5xx, no answer | tried again after a wait; undelivered when the attempts are used up |
| 3xx and the 4xx in `UNUSABLE` | `SinkUnusable`: address, credentials or way of sending |
| other 4xx | refused: the content |

Sources: RFC 9110 section 15; RFC 4918 section 13 for 207 (it is an answer to full success, partial success and failure
alike); RFC 6585 section 4 for 429; full jitter as in
https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/.
"""

from __future__ import annotations

import os
import random
import re
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from isal import isal_zlib
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, ProxyManager, Timeout, connection_from_url
from urllib3.exceptions import HTTPError, InvalidHeader
from urllib3.util import Retry, make_headers, parse_url

from transforms.model.rejections import bounded
from transforms.sinks.sink import Acknowledged, Answer, Refused, SinkUnusable, Undelivered

MULTI_STATUS = 207
"""The one 2xx that promises nothing. Another attempt would get the same answer."""

AGAIN = frozenset({408, 425, 429, *range(500, 600)})
"""Statuses after which the same request may succeed."""

UNUSABLE = frozenset({*range(300, 400), 401, 402, 403, 404, 405, 406, 407, 410, 411, 415, 426})
"""Statuses that no event's content can bring about."""

EXCERPT_BYTES = 2048
"""Read of an answer's body at most; what follows is not waited for."""

_POOL = re.compile(r"HTTPS?Connection(?:Pool)?\(.*?\): ")
"""What urllib3 begins its errors with; the address is told already."""

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
    """How one client reaches its address; pickles without secrets, since it only names where they are.

    `SinkSettings` is what a run says of its sink before it is known which one that is.

    Attributes:
        url: where bodies are posted; without user name and password.
        credential: where the secret is, if the service wants one.
        content_type: the media type of bodies.
        gzip: compress bodies.
        parallel: requests and connections at once.
        attempts: of each request, the first one included. With the waits below the default spans a minute on average;
            Amberflo asks for attempts beyond 20 s (https://docs.amberflo.io/docs/ingest-endpoint-failover).
        wait_seconds: upper bound of the wait before the second attempt; it doubles with each further one, and the
            wait is drawn evenly below the bound.
        wait_limit_seconds: where the doubling ends, and where a `Retry-After` is cut off.
        timeout_seconds: for a connection with TLS, and again between two bytes of the answer.
    """

    url: str
    credential: Credential | None = None
    content_type: str = "application/json"
    gzip: bool = False
    parallel: int = 8
    attempts: int = 8
    wait_seconds: float = 1.0
    wait_limit_seconds: float = 60.0
    timeout_seconds: float = 30.0

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
    """Posts bodies to one address from several threads over kept connections; proxies come from the environment."""

    def __init__(self, settings: HttpSettings) -> None:
        self._settings = settings
        self._secret = _secret(settings)
        self._headers = _headers(settings, self._secret)
        self._pool, self._target = _pool(settings)
        self._close = self._pool.clear if isinstance(self._pool, ProxyManager) else self._pool.close
        self._interrupted = threading.Event()

    def check(self) -> None:
        """Connect, TLS and proxy included, with a HEAD request that carries no event; any answer will do.

        Raises:
            SinkUnusable: nobody answers there, or the certificate is not trusted.
        """
        try:
            self._pool.urlopen("HEAD", self._target, headers=self._headers, retries=False, redirect=False)
        except HTTPError as error:
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
        self._close()

    def _attempt(self, body: bytes) -> Answer | _Again:
        try:
            response = self._pool.urlopen(
                "POST",
                self._target,
                body=body,
                headers=self._headers,
                retries=False,
                redirect=False,
                preload_content=False,
            )
        except HTTPError as error:
            return _Again(f"no answer from {self._settings.shown}: {_said(error)}")
        return self._judge(response, _excerpt(response))

    def _judge(self, response: BaseHTTPResponse, excerpt: bytes) -> Answer | _Again:
        status = response.status
        if 200 <= status < 300 and status != MULTI_STATUS:
            return Acknowledged()
        detail = f"HTTP {status}: {self._shown(excerpt)}" if excerpt else f"HTTP {status}"
        if status == MULTI_STATUS:
            return Undelivered(f"{self._settings.shown} answered {detail}")
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


def _headers(settings: HttpSettings, secret: str | None) -> dict[str, str]:
    headers = {"User-Agent": "meterbeam", "Content-Type": settings.content_type}
    if settings.gzip:
        headers["Content-Encoding"] = "gzip"
    if settings.credential and secret:
        headers[settings.credential.header] = f"{settings.credential.prefix}{secret}"
    return headers


def _pool(settings: HttpSettings) -> tuple[HTTPConnectionPool | ProxyManager, str]:
    """Connections to the service, and what to ask them for.

    They go through the proxy that the environment names for it, if any (`HTTPS_PROXY` …). Without one the pool of
    the one host is used directly, which costs a fifth less a request than a manager of pools.
    """
    url = parse_url(settings.url)
    proxy = None if proxy_bypass(url.host or "") else getproxies().get(url.scheme or "")
    timeout = Timeout(connect=settings.timeout_seconds, read=settings.timeout_seconds)
    if proxy is None:
        return connection_from_url(settings.url, maxsize=settings.parallel, timeout=timeout), url.request_uri
    login = parse_url(proxy).auth
    headers = make_headers(proxy_basic_auth=login) if login else None
    manager = ProxyManager(proxy, proxy_headers=headers, num_pools=1, maxsize=settings.parallel, timeout=timeout)
    return manager, settings.url


def _excerpt(response: BaseHTTPResponse) -> bytes:
    """The start of the answer's body; whatever happens in it, the status stands. Frees the connection."""
    try:
        start = response.read(EXCERPT_BYTES)
        if response.read(1):
            response.close()  # what follows is not waited for
    except (HTTPError, OSError):
        response.close()
        return b""
    response.release_conn()
    return start.strip()


def _retry_after(response: BaseHTTPResponse) -> float | None:
    """Seconds the service asks for, in either form of the header; None where it is absent or unreadable."""
    header = response.headers.get("Retry-After")
    try:
        return Retry().parse_retry_after(header) if header else None
    except (InvalidHeader, ValueError, OverflowError):
        return None


def _said(error: Exception) -> str:
    return bounded(f"{type(error).__name__}: {_POOL.sub('', str(error))}")
