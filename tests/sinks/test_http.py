"""HTTP delivery against a real receiver: attempts, answers, secrets."""

from __future__ import annotations

import email.utils
import pickle
import socket
import threading
import time

import pytest

from tests.sinks.receiver import Receiver, Reply
from transforms.sinks.http import UNUSABLE, Credential, HttpClient, HttpSettings
from transforms.sinks.sink import Acknowledged, Answer, Refused, SinkUnusable, Undelivered

BODY = b'[{"n":1}]'
SECRET = "s3cr3t-value"
CREDENTIAL = Credential(variable="TEST_KEY", header="X-API-KEY", prefix="Key ")


def settings(url: str, **changes: object) -> HttpSettings:
    """Settings that wait next to nothing."""
    return HttpSettings(**{"url": url, "wait_seconds": 0.001, "attempts": 4, **changes})  # type: ignore[arg-type]


def post(url: str, **changes: object) -> Answer:
    """The answer to one body."""
    client = HttpClient(settings(url, **changes))
    try:
        return client.post(BODY)
    finally:
        client.close()


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def test_body_arrives_over_one_kept_connection() -> None:
    """Bodies are posted as they are to the address with its query, as JSON."""
    with Receiver() as receiver:
        client = HttpClient(settings(f"{receiver.url}?schema=a%20b"))
        answers = [client.post(BODY) for _ in range(3)]
        client.close()

    assert answers == [Acknowledged()] * 3
    assert [(one.path, one.events) for one in receiver.requests] == [("/ingest?schema=a%20b", [{"n": 1}])] * 3
    assert receiver.requests[0].headers["content-type"] == "application/json"
    assert "content-encoding" not in receiver.requests[0].headers


def test_gzip_body_says_so() -> None:
    """With gzip on, the body is compressed and declared."""
    with Receiver() as receiver:
        assert post(receiver.url, gzip=True) == Acknowledged()

    assert receiver.requests[0].headers["content-encoding"] == "gzip"
    assert receiver.events == [{"n": 1}]


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 599, 0])
def test_passing_trouble_is_tried_again(status: int) -> None:
    """The same body goes out again until it is acknowledged; 0 is a connection that ends without an answer."""
    with Receiver([Reply(status), Reply(status), Reply(202)]) as receiver:
        assert post(receiver.url) == Acknowledged()

    assert [one.events for one in receiver.requests] == [[{"n": 1}]] * 3


@pytest.mark.parametrize("status", [200, 201, 202, 203, 204, 206, 226])
def test_success_is_acknowledged(status: int) -> None:
    """Services confirm in more than one way."""
    with Receiver([Reply(status)]) as receiver:
        assert post(receiver.url) == Acknowledged()


def test_an_answer_in_parts_acknowledges_nothing() -> None:
    """207 may hold refusals: nobody knows for which events, and asking again would tell no more."""
    with Receiver([Reply(207, body=b'[{"status":422}]')]) as receiver:
        answer = post(receiver.url)

    assert answer == Undelivered(f'{receiver.url} answered HTTP 207: [{{"status":422}}]')
    assert len(receiver.requests) == 1


def test_attempts_are_bounded() -> None:
    """When the attempts are used up the body is undelivered, with the last answer."""
    with Receiver(judge=lambda _: Reply(503, body=b"try later")) as receiver:
        answer = post(receiver.url)

    assert answer == Undelivered(f"{receiver.url} answered HTTP 503: try later (attempt 4 of 4)")
    assert len(receiver.requests) == 4


def test_nobody_there_is_undelivered() -> None:
    """A refused connection is tried as often, then undelivered."""
    answer = post(f"http://127.0.0.1:{free_port()}/ingest", attempts=2)

    assert isinstance(answer, Undelivered)
    assert "Connection refused (attempt 2 of 2)" in answer.detail


def test_silent_server_is_undelivered() -> None:
    """A server that accepts and never answers costs the read timeout, not forever."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        answer = post(url, attempts=1, timeout_seconds=0.05)

    assert isinstance(answer, Undelivered)
    assert "ReadTimeoutError: Read timed out" in answer.detail


def test_other_client_errors_are_refusals() -> None:
    """400, 409, 413 and 422 speak about the content: no second attempt, the answer's text is kept."""
    for status in (400, 409, 413, 422):
        with Receiver([Reply(status, body=b'{"error":"meter\nunknown"}')]) as receiver:
            assert post(receiver.url) == Refused(f'HTTP {status}: {{"error":"meter\\nunknown"}}')
        assert len(receiver.requests) == 1


def test_long_answers_are_cut() -> None:
    """Of a large error page only the start is read, and the connection still serves the next body."""
    with Receiver([Reply(400, body=b"x" * 1_000_000)]) as receiver:
        client = HttpClient(settings(receiver.url))
        answers = [client.post(BODY), client.post(BODY)]
        client.close()

    assert isinstance(answers[0], Refused)
    assert len(answers[0].detail) < 300
    assert answers[1] == Acknowledged()


@pytest.mark.parametrize("status", sorted(UNUSABLE & {301, 302, 307, 308, 401, 402, 403, 404, 405, 410, 415}))
def test_answers_to_the_setup_stop_the_run(status: int) -> None:
    """Redirects, wrong credentials and addresses are no event's fault; a redirect is not followed."""
    with (
        Receiver([Reply(status, {"Location": "/elsewhere"})]) as receiver,
        pytest.raises(SinkUnusable, match=f"{receiver.url} answered HTTP {status}"),
    ):
        post(receiver.url)

    assert len(receiver.requests) == 1


def in_a_minute() -> str:
    """A Retry-After date."""
    return email.utils.formatdate(time.time() + 60, usegmt=True)


@pytest.mark.parametrize("header", ["60", in_a_minute(), "9" * 400], ids=["seconds", "a date", "too many seconds"])
def test_retry_after_is_waited_for_and_capped(header: str) -> None:
    """Seconds and dates are honoured instead of our own wait, up to the limit; a wait can be interrupted."""
    with Receiver(judge=lambda _: Reply(429, {"Retry-After": header})) as receiver:
        capped = post(receiver.url, attempts=3, wait_limit_seconds=0.001)
        assert isinstance(capped, Undelivered)

        client = HttpClient(settings(receiver.url))
        answers: list[Answer] = []
        waiting = threading.Thread(target=lambda: answers.append(client.post(BODY)))
        waiting.start()
        client.interrupt()
        waiting.join(30)
        client.close()

    assert isinstance(answers[0], Undelivered)
    assert "(attempt 1 of 4)" in answers[0].detail
    assert len(receiver.requests) == 4


@pytest.mark.parametrize("header", ["soon", "-5", "Thu, 99 Zed 2026 00:00:00 GMT"])
def test_unreadable_retry_after_is_ignored(header: str) -> None:
    """A header that says nothing leaves our own wait."""
    with Receiver([Reply(503, {"Retry-After": header})]) as receiver:
        assert post(receiver.url) == Acknowledged()


def test_secret_is_sent_and_shown_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The header carries the secret; settings, pickles, reprs, details and errors never do, not even when echoed."""
    monkeypatch.setenv("TEST_KEY", SECRET + "\n")
    echo = f"bad key {SECRET}".encode()
    with Receiver([Reply(400, body=echo), Reply(500, body=echo), Reply(403, body=echo)]) as receiver:
        chosen = settings(f"{receiver.url}?token=query-secret", credential=CREDENTIAL, attempts=1)
        client = HttpClient(chosen)
        shown = [client.post(BODY), client.post(BODY), client, chosen]
        with pytest.raises(SinkUnusable, match=r"bad key \*\*\*; is TEST_KEY right\?$") as raised:
            client.post(BODY)
        client.close()

    assert receiver.requests[0].headers["x-api-key"] == f"Key {SECRET}"
    assert SECRET.encode() not in pickle.dumps(chosen)
    texts = [repr(one) for one in shown[:3]] + [str(raised.value), chosen.shown]
    assert not [text for text in texts if SECRET in text or "query-secret" in text]


def test_secret_that_no_header_can_carry_stops_without_showing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line break inside a secret is named by its variable only."""
    monkeypatch.setenv("TEST_KEY", f"{SECRET}\nX-Evil: 1")

    with pytest.raises(SinkUnusable) as raised:
        HttpClient(settings("http://127.0.0.1/", credential=CREDENTIAL))

    assert "TEST_KEY" in str(raised.value)
    assert SECRET not in str(raised.value)


def test_missing_secret_stops_only_where_it_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    """An optional secret that is not set is simply not sent."""
    monkeypatch.delenv("TEST_KEY", raising=False)
    needed = Credential(variable="TEST_KEY", header="X-API-KEY", required=True)
    with Receiver() as receiver:
        assert post(receiver.url, credential=CREDENTIAL) == Acknowledged()
        with pytest.raises(SinkUnusable, match="environment variable TEST_KEY"):
            post(receiver.url, credential=needed)

    assert "x-api-key" not in receiver.requests[0].headers


@pytest.mark.parametrize(
    "url",
    [
        "ftp://host/",
        "host/path",
        "http://",
        "http://host:port/",
        "http://host:0/",
        "https://me:pw@host/",
        "http://[::1",
    ],
)
def test_wrong_addresses_are_refused_without_their_password(url: str) -> None:
    """An address is checked before anything runs, and a password in it is not repeated."""
    with pytest.raises(ValueError, match=r".") as raised:
        HttpSettings(url=url)

    assert "pw" not in str(raised.value)


def test_check_connects_and_sends_nothing() -> None:
    """The check before the run reaches a listening server without a request, and fails where nobody listens."""
    with Receiver() as receiver:
        client = HttpClient(settings(receiver.url))
        client.check()
        client.close()
    assert receiver.requests == []

    with pytest.raises(SinkUnusable, match=r"cannot connect to http://127\.0\.0\.1:.*Connection refused"):
        HttpClient(settings(f"http://127.0.0.1:{free_port()}/")).check()


def test_check_tries_tls() -> None:
    """A server that does not speak TLS fails the check of an https address."""
    with Receiver() as receiver, pytest.raises(SinkUnusable, match="SSL"):
        HttpClient(settings(receiver.url.replace("http://", "https://"))).check()


def test_connection_the_server_closes_is_not_used_again() -> None:
    """An answer that ends its connection costs a new connection, not an attempt."""
    with Receiver(judge=lambda _: Reply(200, {"Connection": "close"})) as receiver:
        client = HttpClient(settings(receiver.url, attempts=1))
        answers = [client.post(BODY) for _ in range(3)]
        client.close()

    assert answers == [Acknowledged()] * 3


def test_a_proxy_named_in_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests go through HTTP_PROXY, with its login, except to hosts that NO_PROXY names."""
    with Receiver() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.replace("http://", "http://me:secret@"))
        monkeypatch.setenv("no_proxy", "direct.invalid")

        assert isinstance(post("http://service.invalid/ingest"), Acknowledged)
        assert isinstance(post("http://direct.invalid/ingest", attempts=1), Undelivered)

    (request,) = proxy.requests
    assert request.path == "http://service.invalid/ingest"
    assert request.headers["proxy-authorization"].startswith("Basic ")
