"""Read-ahead: the same items in the same order, errors at their place, and nothing runs on behind a closed iterator."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator

import pytest

from transforms.formats.read_ahead import AHEAD_BYTES, AHEAD_ITEMS, Make, read_ahead

Stopped = Callable[[], bool]


class Numbers:
    """Numbers from 0 on, noted as they are made."""

    def __init__(self, *, fails_at: int | None = None) -> None:
        self.made: list[int] = []
        self.closed = threading.Event()
        self._fails_at = fails_at

    def make(self, _: Stopped) -> Generator[int, None, None]:
        """The generator."""
        try:
            for number in range(100):
                if number == self._fails_at:
                    raise OSError("the disk is gone")
                self.made.append(number)
                yield number
        finally:
            self.closed.set()


def ahead(make: Make[int], size: int = 1) -> Generator[int, None, None]:
    """Items of one size, read ahead."""
    return read_ahead(make, lambda _: size)


def none_runs() -> bool:
    """Whether no thread is left."""
    return not any(thread.name == "read-ahead" for thread in threading.enumerate())


def test_items_come_in_their_order() -> None:
    """All of them, once."""
    numbers = Numbers()
    assert list(ahead(numbers.make)) == list(range(100)) == numbers.made
    assert none_runs()


def test_nothing_comes_of_nothing() -> None:
    """An empty generator gives an empty iterator."""
    assert list(ahead(lambda _: (number for number in ()))) == []


@pytest.mark.parametrize(("size", "waiting"), [(1, AHEAD_ITEMS), (AHEAD_BYTES // 2 + 1, 2), (AHEAD_BYTES, 1)])
def test_it_is_only_so_far_ahead(size: int, waiting: int) -> None:
    """By items, and by bytes where they are large; beside the one that was taken."""
    numbers = Numbers()
    items = ahead(numbers.make, size)
    for number in range(20):
        assert next(items) == number
        assert len(numbers.made) <= number + 1 + waiting
    items.close()


def test_errors_come_behind_the_items_before_them() -> None:
    """Of their own type, and with the generator closed."""
    numbers = Numbers(fails_at=3)
    items = ahead(numbers.make)
    assert [next(items) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(OSError, match="the disk is gone"):
        next(items)
    assert numbers.closed.is_set()
    assert none_runs()


def test_an_iterator_that_is_left_ends_its_thread() -> None:
    """The generator is closed, and makes nothing more."""
    numbers = Numbers()
    items = ahead(numbers.make)
    assert next(items) == 0
    items.close()
    assert numbers.closed.is_set()
    assert len(numbers.made) <= 1 + AHEAD_ITEMS
    assert none_runs()


def test_who_is_left_hears_of_it() -> None:
    """A generator that waits for something can ask whether it is still wanted."""

    def make(stopped: Stopped) -> Generator[int, None, None]:
        yield 0
        while not stopped():
            threading.Event().wait(0.001)
        yield 1

    items = ahead(make)
    assert next(items) == 0
    items.close()
    assert none_runs()


def test_an_error_that_nobody_waits_for_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """It is of no consequence, but not unheard."""

    def make(stopped: Stopped) -> Generator[int, None, None]:
        try:
            yield 0
            while not stopped():
                threading.Event().wait(0.001)
        finally:
            raise OSError("the stream did not close")

    items = ahead(make)
    assert next(items) == 0
    with caplog.at_level(logging.WARNING):
        items.close()
    assert "the stream did not close" in caplog.text
