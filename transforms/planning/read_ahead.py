"""Work done ahead of who wants it: several at a time, results in order, never more held than fits."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

WIDTH = 16
"""Requests under way at a time: enough to hide a store's answer times, few enough not to be throttled."""

DEPTH = 4
"""Items taken ahead from each stream; with pages of 1,000 objects, `WIDTH` streams hold about 20 MB."""


def map_ahead(executor: Executor, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """The function of each item, in order; at most `WIDTH` are computed ahead. What one raises comes in its turn."""
    source = iter(items)
    ahead = deque(executor.submit(function, item) for item in islice(source, WIDTH))
    while ahead:
        result = ahead.popleft().result()
        ahead.extend(executor.submit(function, item) for item in islice(source, 1))
        yield result


def chain_ahead(executor: Executor, streams: Iterable[Iterator[T]]) -> Iterator[T]:
    """All items of the first stream, then of the second, …; `WIDTH` streams are read ahead, each by `DEPTH` items."""
    source = iter(streams)
    ahead = deque(_pull(executor, stream) for stream in islice(source, WIDTH))
    while ahead:
        stream, future = ahead.popleft()
        items = future.result()
        if len(items) == DEPTH:
            ahead.appendleft(_pull(executor, stream))
        else:
            ahead.extend(_pull(executor, following) for following in islice(source, 1))
        yield from items


def _pull(executor: Executor, stream: Iterator[T]) -> tuple[Iterator[T], Future[list[T]]]:
    return stream, executor.submit(lambda: list(islice(stream, DEPTH)))
