"""Read-ahead: the next chunks are decompressed and decoded while earlier ones are mapped and sent."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Generic, TypeVar

CHUNKS_AHEAD = 2
"""Chunks that wait to be taken, beside the one that is being made: with one the slower side often waits for the other,
more than two measured no faster."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Failed:
    error: BaseException


class _End:
    """Behind the last item."""


def read_ahead(make: Callable[[], Generator[_T, None, None]], ahead: int = CHUNKS_AHEAD) -> Generator[_T, None, None]:
    """The items of a generator in their order, made by a thread of its own that is at most `ahead` items in front.

    What the generator raises is raised here, behind the items before it. When this iterator is closed early, the
    generator is closed by its thread before the next item, and waited for.

    Args:
        make: makes the generator; it is called, run and closed in that thread.
        ahead: how many finished items may wait.
    """
    producer = _Producer(make, ahead)
    try:
        yield from producer.items()
    finally:
        producer.stop()


class _Producer(Generic[_T]):
    """The thread and the queue between it and whoever takes the items."""

    def __init__(self, make: Callable[[], Generator[_T, None, None]], ahead: int) -> None:
        self._make = make
        self._queue: queue.Queue[_T | _Failed | _End] = queue.Queue(ahead)
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="read-ahead", daemon=True)
        self._thread.start()

    def items(self) -> Iterator[_T]:
        """What the thread makes, until it ends or fails."""
        while not isinstance(item := self._queue.get(), _End):
            if isinstance(item, _Failed):
                raise item.error
            yield item

    def stop(self) -> None:
        """End the thread, throwing away what it made."""
        self._stopped = True
        while self._thread.is_alive():
            # A full queue is what it may be waiting for.
            try:
                self._queue.get(timeout=0.01)
            except queue.Empty:
                continue

    def _run(self) -> None:
        try:
            with closing(self._make()) as items:
                for item in items:
                    self._queue.put(item)
                    if self._stopped:
                        return
        except BaseException as error:  # whatever it is, the thread that takes the items raises it
            self._queue.put(_Failed(error))
        else:
            self._queue.put(_End())
