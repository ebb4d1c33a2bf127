"""Read-ahead: the next chunks are decompressed and decoded while earlier ones are mapped and sent."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from typing import Generic, TypeVar

AHEAD_ITEMS = 2
"""Items that are made and not taken; at so many the thread pauses. With one the slower side often waits for the other,
more than two measured no faster."""

AHEAD_BYTES = 64 * 1024 * 1024
"""Bytes that wait; a few records can become columns fifty times their size."""

_LOG = logging.getLogger(__name__)

_T = TypeVar("_T")

Make = Callable[[Callable[[], bool]], Generator[_T, None, None]]
"""Makes the generator, given what says whether its items are still wanted."""


def read_ahead(make: Make[_T], size: Callable[[_T], int]) -> Generator[_T, None, None]:
    """The items of a generator in their order, made by a thread of its own that is only so far in front.

    What the generator raises is raised here, behind the items before it. When this iterator is closed early, the
    generator is closed by its thread, and waited for: before its next item, or as soon as it asks whether to go on.

    Args:
        make: makes the generator; it is called, run and closed in that thread.
        size: the bytes of an item. One that is larger than `AHEAD_BYTES` is made, but nothing behind it.
    """
    producer = _Producer(make, size)
    try:
        yield from producer.items()
    finally:
        producer.stop()


class _Producer(Generic[_T]):
    """The thread, and what it made that nobody has taken yet."""

    def __init__(self, make: Make[_T], size: Callable[[_T], int]) -> None:
        self._make = make
        self._size = size
        self._waiting: deque[tuple[_T, int]] = deque()
        self._bytes = 0
        self._ended = self._stopped = False
        self._error: BaseException | None = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="read-ahead", daemon=True)
        self._thread.start()

    def items(self) -> Iterator[_T]:
        """What the thread makes, until it ends or fails."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._ended)
                if not self._waiting:
                    break
                item, size = self._waiting.popleft()
                self._bytes -= size
                self._changed.notify_all()
            yield item
        error, self._error = self._error, None
        if error is not None:
            raise error

    def stop(self) -> None:
        """End the thread, throwing away what it made."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._thread.join()
        if self._error is not None:
            _LOG.warning("what was read ahead and not wanted any more ended with an error: %s", self._error)

    def _run(self) -> None:
        try:
            with closing(self._make(lambda: self._stopped)) as items:
                for item in items:
                    if not self._put(item):
                        break
        except BaseException as error:  # whatever it is, the thread that takes the items raises it
            self._error = error
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _put(self, item: _T) -> bool:
        """Let the item wait, once there is room behind it for another; False where no more are wanted."""
        size = self._size(item)
        with self._changed:
            self._waiting.append((item, size))
            self._bytes += size
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._stopped or self._has_room())
            return not self._stopped

    def _has_room(self) -> bool:
        return len(self._waiting) < AHEAD_ITEMS and self._bytes < AHEAD_BYTES
