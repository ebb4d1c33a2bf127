"""Read-ahead: the next small objects of a pack are fetched while earlier ones are decoded."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from transforms.formats.compression.bgzip import BLOCK_BYTES
from transforms.model.objects import ObjectRef, Span
from transforms.storage.store import ByteStream, StorageError

SMALL_BYTES = 1024 * 1024
"""Objects up to this size are fetched whole and ahead; larger ones are streamed, one at a time."""

THREADS = 16
"""Fetches under way at once: small GETs are mostly waiting, and more threads measured no faster on two cores."""

_AHEAD_OBJECTS = 256
_AHEAD_BYTES = 16 * 1024 * 1024

_GROUP_OBJECTS = 8
"""Objects fetched by one task of the pool: handing over a task costs a sixth of a small GET."""

_GROUP_BYTES = 256 * 1024


class Opener(Protocol):
    """The part of the storage that reading needs."""

    def open(self, ref: ObjectRef, start: int = 0, end: int | None = None) -> ByteStream:
        """The object's bytes from `start` up to `end` (exclusive; None: all)."""

    def fetch(self, ref: ObjectRef) -> bytes:
        """All bytes of a small object."""


Open = Callable[[], ByteStream]
"""Gives the stored bytes of a span, or raises what the opener raised."""


def opened(spans: Sequence[Span], opener: Opener, stop: Callable[[], bool]) -> Generator[tuple[Span, Open], None, None]:
    """The spans in their order, each with the way to its bytes; the bytes of small ones are under way by then.

    A range is opened somewhat before its start and without an end (see `source_of`). Nothing more is fetched ahead
    once `stop` is true or the iterator is closed.
    """
    if sum(map(_is_small, spans)) < 2:
        yield from ((span, _streaming(opener, span)) for span in spans)
        return
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="fetch")
    try:
        yield from _fetched(spans, opener, stop, pool)
    finally:
        pool.shutdown(cancel_futures=True)


def _is_small(span: Span) -> bool:
    return span.whole and span.object.size <= SMALL_BYTES


def _streaming(opener: Opener, span: Span) -> Open:
    before = BLOCK_BYTES if span.blocks else 1
    return lambda: opener.open(span.object, max(0, span.start - before))


def _fetched(
    spans: Sequence[Span], opener: Opener, stop: Callable[[], bool], pool: ThreadPoolExecutor
) -> Iterator[tuple[Span, Open]]:
    groups = _groups(spans)
    waiting: deque[tuple[list[Span], Future[list[_Fetched]] | None]] = deque()
    objects = size = 0
    exhausted = False
    while waiting or not exhausted:
        while not exhausted and objects < _AHEAD_OBJECTS and size < _AHEAD_BYTES:
            group = next(groups, None)
            if group is None:
                exhausted = True
            else:
                objects, size = objects + len(group), size + _small_bytes(group)
                ahead = _is_small(group[0]) and not stop()
                waiting.append((group, pool.submit(_fetch, group, opener) if ahead else None))
        if waiting:
            group, future = waiting.popleft()
            for number, span in enumerate(group):
                yield span, _streaming(opener, span) if future is None else _waiting_for(future, number)
            objects, size = objects - len(group), size - _small_bytes(group)


def _groups(spans: Sequence[Span]) -> Iterator[list[Span]]:
    """The spans in their order: some small ones together, a large one alone."""
    group: list[Span] = []
    for span in spans:
        small = _is_small(span)
        if group and (not small or len(group) == _GROUP_OBJECTS or _small_bytes(group) >= _GROUP_BYTES):
            yield group
            group = []
        group.append(span)
        if not small:
            yield group
            group = []
    if group:
        yield group


def _small_bytes(group: list[Span]) -> int:
    return sum(span.object.size for span in group if _is_small(span))


_Fetched = bytes | StorageError


def _fetch(group: list[Span], opener: Opener) -> list[_Fetched]:
    """The bytes of each span, or why they could not be had: one that fails must not cost its neighbours."""
    results: list[_Fetched] = []
    for span in group:
        try:
            results.append(opener.fetch(span.object))
        except StorageError as error:
            results.append(error)
    return results


def _waiting_for(future: Future[list[_Fetched]], number: int) -> Open:
    def open_span() -> ByteStream:
        fetched = future.result()[number]
        if isinstance(fetched, StorageError):
            raise fetched
        return io.BytesIO(fetched)

    return open_span
