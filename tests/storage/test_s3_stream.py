"""Streams over connections that drop: pure, and against a server that drops them, by both clients."""

from __future__ import annotations

import itertools
from collections.abc import Generator

import pytest
from botocore.exceptions import HTTPClientError
from hypothesis import given
from hypothesis import strategies as st

from tests.servers import Reply, ScriptedObject, serve_scripted
from transforms.model.objects import ObjectRef
from transforms.storage.s3 import S3Store
from transforms.storage.s3_clients import S3Clients
from transforms.storage.s3_stream import S3Stream
from transforms.storage.store import ObjectUnreadable, StorageSettings

BODY = bytes(itertools.islice(itertools.cycle(range(251)), 3 * 1024 * 1024))
KEYS = ["kept", "man//gled"]
"""The first is read by obstore, the second by boto3."""


class Connections:
    """Connections to `data` that break off after so many bytes each; None goes on to the end."""

    def __init__(self, data: bytes, breaks: list[int | None], chunk: int) -> None:
        self.data, self.breaks, self.chunk = data, breaks, chunk
        self.offsets: list[int] = []

    def __call__(self, offset: int) -> Generator[bytes, None, None]:
        """Connect."""
        self.offsets.append(offset)
        limit = self.breaks.pop(0) if self.breaks else None
        return self._chunks(offset, limit)

    def _chunks(self, offset: int, limit: int | None) -> Generator[bytes, None, None]:
        end = len(self.data) if limit is None else min(offset + limit, len(self.data))
        for start in range(offset, end, self.chunk):
            yield self.data[start : min(start + self.chunk, end)]
        if limit is not None and limit % 2:
            raise HTTPClientError(error="connection reset")


@given(
    data=st.binary(max_size=200),
    breaks=st.lists(st.integers(1, 60), max_size=12),
    chunk=st.integers(1, 50),
    sizes=st.lists(st.integers(1, 70), min_size=1, max_size=5),
)
def test_a_stream_gives_the_same_bytes_however_it_is_broken(
    data: bytes, breaks: list[int | None], chunk: int, sizes: list[int]
) -> None:
    """Breaks with an error and breaks that look like an end are both mended, at the byte where they were."""
    stream = S3Stream(Connections(data, breaks, chunk), "s3://b/k", 0, len(data), pause=lambda _: None)

    reads = (stream.read(size) for size in itertools.cycle(sizes))
    parts = list(itertools.takewhile(bool, reads))

    assert b"".join(parts) == data


def test_a_stream_gives_up_after_five_empty_connections() -> None:
    """Drops without a byte in between are bounded, with growing pauses, and end in one sentence."""
    pauses: list[float] = []
    connections = Connections(BODY, [10, *[0] * 20], 10)
    stream = S3Stream(connections, "s3://b/k", 0, len(BODY), pause=pauses.append)
    assert len(stream.read(10)) == 10

    with pytest.raises(ObjectUnreadable, match=r"'s3://b/k' could not be read on from byte 10: 5 connections"):
        stream.read(10)

    assert connections.offsets == [0, 10, 10, 10, 10]
    assert len(pauses) == 5
    assert max(pauses) <= 5


def test_a_closed_stream_is_empty() -> None:
    """After close nothing is read or connected any more."""
    connections = Connections(BODY, [], 10)
    stream = S3Stream(connections, "s3://b/k", 0, len(BODY))
    stream.close()
    stream.close()

    assert stream.read(1) == b""
    assert connections.offsets == [0]


def opened(served: ScriptedObject, key: str, start: int = 0, end: int | None = None) -> S3Stream:
    """A stream of the served object."""
    return _store(served).open(_ref(served, key), start, end)


def fetched(served: ScriptedObject, key: str) -> bytes:
    """The served object in one piece."""
    return _store(served).fetch(_ref(served, key))


def _store(served: ScriptedObject) -> S3Store:
    settings = StorageSettings(endpoint_url=served.endpoint, unsigned=True)
    return S3Store(settings, S3Clients(settings, attempts=2))


def _ref(served: ScriptedObject, key: str) -> ObjectRef:
    return ObjectRef(uri=f"s3://b/{key}", root="s3://b/", version="v1", size=len(served.body), modified_ms=0)


def drained(stream: S3Stream) -> bytes:
    """All of it."""
    return b"".join(iter(lambda: stream.read(1 << 16), b""))


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(("start", "end"), [(0, None), (1000, 2_500_000)])
def test_a_dropped_connection_is_resumed(key: str, start: int, end: int | None) -> None:
    """The bytes are those of an unbroken read, and every request was for the listed version only."""
    with serve_scripted(BODY, Reply(cut=700_000), Reply(cut=1_200_000), Reply()) as served:
        assert drained(opened(served, key, start, end)) == BODY[start:end]

    assert len(served.requests) == 3
    assert {condition for _, condition in served.requests} == {'"v1"'}
    assert [asked is None for asked, _ in served.requests[1:]] == [False, False]


@pytest.mark.parametrize("key", KEYS)
def test_an_object_replaced_during_the_read_is_unreadable(key: str) -> None:
    """After a drop the rest is not taken from another version."""
    with (
        serve_scripted(BODY, Reply(cut=1_500_000), Reply(etag="v2")) as served,
        pytest.raises(ObjectUnreadable, match="has changed since it was listed"),
    ):
        drained(opened(served, key))


@pytest.mark.parametrize("key", KEYS)
def test_a_service_that_ignores_conditions_changes_nothing(key: str) -> None:
    """Where `If-Match` is not heeded, the version that comes is compared all the same."""
    with serve_scripted(BODY, Reply(etag="v2", heeds_conditions=False)) as served:
        for read in (opened, fetched):
            with pytest.raises(ObjectUnreadable, match="has changed since it was listed"):
                read(served, key)


@pytest.mark.parametrize("key", KEYS)
def test_a_key_forbidden_during_the_read_is_unreadable(key: str) -> None:
    """A refusal on the way is told as such, not as a broken network."""
    with (
        serve_scripted(BODY, Reply(cut=1_500_000), Reply(status=403)) as served,
        pytest.raises(ObjectUnreadable, match="may not be read"),
    ):
        drained(opened(served, key))


@pytest.mark.parametrize("key", KEYS)
def test_a_busy_answer_is_asked_again(key: str) -> None:
    """A 503 before the first byte is retried."""
    with serve_scripted(BODY, Reply(status=503), Reply()) as served:
        assert drained(opened(served, key)) == BODY


@pytest.mark.parametrize("key", KEYS)
def test_a_fetch_cut_short_is_made_again(key: str) -> None:
    """A small object whose body breaks off is fetched whole by the next request."""
    with serve_scripted(BODY[:5000], Reply(cut=100), Reply()) as served:
        assert fetched(served, key) == BODY[:5000]
