"""Read-ahead of small objects."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator

import pytest

from transforms.formats.prefetch import SMALL_BYTES, opened
from transforms.model.objects import ObjectRef, Span
from transforms.storage.store import ByteStream, ObjectMissing


def span(name: str, size: int = 1, *, start: int = 0, end: int | None = None) -> Span:
    """A span of an object of this name and size."""
    ref = ObjectRef(uri=f"/{name}", root="/", version="1", size=size, modified_ms=0)
    return Span(object=ref, start=start, end=end)


def read_all(spans: list[Span], recorder: Recorder) -> Iterator[tuple[Span, Callable[[], ByteStream]]]:
    """The spans as a run that goes on opens them."""
    return opened(spans, recorder, lambda: False)


class Recorder:
    """An opener that notes what was asked for, and by which thread."""

    def __init__(self, missing: tuple[str, ...] = ()) -> None:
        self.fetched: list[str] = []
        self.opened: list[tuple[str, int, int | None]] = []
        self.threads: set[str] = set()
        self._missing = missing

    def open(self, ref: ObjectRef, start: int = 0, end: int | None = None) -> ByteStream:
        """Note the range."""
        self.opened.append((ref.key, start, end))
        return io.BytesIO(ref.key.encode())

    def fetch(self, ref: ObjectRef) -> bytes:
        """Note the thread."""
        if ref.key in self._missing:
            raise ObjectMissing(ref.key)
        self.threads.add(threading.current_thread().name)
        self.fetched.append(ref.key)
        return ref.key.encode()


def test_order() -> None:
    """Small and large spans come in their order, the small ones fetched by other threads."""
    recorder = Recorder()
    spans = [span(f"{n}", SMALL_BYTES + (n % 5 == 0)) for n in range(40)]
    read = [open_span().read(9) for _, open_span in read_all(spans, recorder)]
    assert read == [b"%d" % n for n in range(40)]
    assert recorder.opened == [(f"{n}", 0, None) for n in range(0, 40, 5)]
    assert threading.current_thread().name not in recorder.threads
    assert sorted(recorder.fetched, key=int) == [f"{n}" for n in range(40) if n % 5]


def test_ranges() -> None:
    """A range is streamed from the byte before it, with no end."""
    recorder = Recorder()
    for _, open_span in read_all([span("a", 100, end=50), span("a", 100, start=50)], recorder):
        open_span()
    assert recorder.opened == [("a", 0, None), ("a", 49, None)]


def test_one_small_object() -> None:
    """A single small object needs no thread."""
    recorder = Recorder()
    assert [open_span().read(9) for _, open_span in read_all([span("a")], recorder)] == [b"a"]
    assert recorder.fetched == []


def test_errors_in_place() -> None:
    """An object that cannot be fetched fails where it is asked for, and only there."""
    results = []
    for one, open_span in read_all([span("a"), span("b"), span("c")], Recorder(missing=("b",))):
        try:
            results.append(open_span().read(9))
        except ObjectMissing as error:
            results.append(f"{one.object.key}: {error}".encode())
    assert results == [b"a", b"b: b", b"c"]


@pytest.mark.parametrize("size", [1, SMALL_BYTES])
def test_bounded(size: int) -> None:
    """Only a bounded number of objects, and of bytes, is fetched ahead, and none any more after the end."""
    recorder = Recorder()
    spans = opened([span(f"{n}", size) for n in range(1000)], recorder, lambda: False)
    next(spans)
    spans.close()
    assert len(recorder.fetched) <= (256 if size == 1 else 16)


def test_stopped_from_the_start() -> None:
    """Where the run is to stop before anything was read, all spans still come, and nothing is fetched."""
    recorder = Recorder()
    spans = [span(f"{n}") for n in range(1000)]
    assert [one for one, _ in opened(spans, recorder, lambda: True)] == spans
    assert recorder.fetched == recorder.opened == []


def test_stopped_midway() -> None:
    """Nothing is fetched beyond what was under way when the run was told to stop; all spans still come."""
    recorder, stop = Recorder(), threading.Event()
    spans = [span(f"{n}") for n in range(2000)]
    came = []
    for one, open_span in opened(spans, recorder, stop.is_set):
        came.append(one)
        if not stop.is_set():
            assert open_span().read(9) == one.object.key.encode()
        if len(came) == 100:
            stop.set()
    assert came == spans
    assert 100 <= len(recorder.fetched) <= 100 + 256 + 8
