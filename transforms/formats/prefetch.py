"""Read-ahead: the next small objects of a pack are fetched while earlier ones are decoded."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from transforms.model.objects import ObjectRef, Span
from transforms.storage.store import ByteStream

SMALL_BYTES = 1024 * 1024
"""Objects up to this size are fetched whole and ahead; larger ones are streamed, one at a time."""

THREADS = 16
"""Fetches under way at once: small GETs are mostly waiting, and more threads measured no faster on two cores."""

_AHEAD_OBJECTS = 64
_AHEAD_BYTES = 16 * 1024 * 1024


class Opener(Protocol):
    """The part of the storage that reading needs."""

    def open(self, ref: ObjectRef, start: int = 0, end: int | None = None) -> ByteStream:
        """The object's bytes from `start` up to `end` (exclusive; None: all)."""

    def fetch(self, ref: ObjectRef) -> bytes:
        """All bytes of a small object."""


Open = Callable[[], ByteStream]
"""Gives the stored bytes of a span, or raises what the opener raised."""


def opened(spans: Sequence[Span], opener: Opener) -> Generator[tuple[Span, Open], None, None]:
    """The spans in their order, each with the way to its bytes; the bytes of small ones are under way by then.

    A range is opened one byte before its start and without an end (see `DecodedSource`). Nothing is fetched any
    more once the iterator is closed.
    """
    if sum(map(_is_small, spans)) < 2:
        yield from ((span, _streaming(opener, span)) for span in spans)
        return
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="fetch")
    try:
        yield from _fetched(spans, opener, pool)
    finally:
        pool.shutdown(cancel_futures=True)


def _is_small(span: Span) -> bool:
    return span.whole and span.object.size <= SMALL_BYTES


def _streaming(opener: Opener, span: Span) -> Open:
    return lambda: opener.open(span.object, max(0, span.start - 1))


def _fetched(spans: Sequence[Span], opener: Opener, pool: ThreadPoolExecutor) -> Iterator[tuple[Span, Open]]:
    waiting: deque[tuple[Span, Future[bytes] | None]] = deque()
    left, ahead = deque(spans), 0
    while left or waiting:
        while left and len(waiting) < _AHEAD_OBJECTS and ahead < _AHEAD_BYTES:
            span = left.popleft()
            small = _is_small(span)
            ahead += span.object.size if small else 0
            waiting.append((span, pool.submit(opener.fetch, span.object) if small else None))
        span, future = waiting.popleft()
        if future is None:
            yield span, _streaming(opener, span)
        else:
            ahead -= span.object.size
            yield span, _waiting_for(future)


def _waiting_for(future: Future[bytes]) -> Open:
    return lambda: io.BytesIO(future.result())
