"""Read-ahead: the same items in the same order, errors at their place, and nothing runs on behind a closed iterator."""

from __future__ import annotations

import threading
from collections.abc import Generator

import pytest

from transforms.formats.read_ahead import read_ahead


def counting(made: list[int], closed: threading.Event, *, fails_at: int | None = None) -> Generator[int, None, None]:
    """Numbers, noted as they are made."""
    try:
        for number in range(100):
            if number == fails_at:
                raise OSError("the disk is gone")
            made.append(number)
            yield number
    finally:
        closed.set()


def test_items_come_in_their_order() -> None:
    """All of them, once."""
    made: list[int] = []
    assert list(read_ahead(lambda: counting(made, threading.Event()))) == list(range(100)) == made


def test_nothing_comes_of_nothing() -> None:
    """An empty generator gives an empty iterator."""
    assert list(read_ahead(lambda: (number for number in ()))) == []


def test_it_is_only_so_far_ahead() -> None:
    """The items that wait, the one that does not fit, and the one that was taken."""
    made: list[int] = []
    items = read_ahead(lambda: counting(made, threading.Event()), ahead=2)
    for number in range(20):
        assert next(items) == number
        assert len(made) <= number + 4
    items.close()


def test_errors_come_behind_the_items_before_them() -> None:
    """Of their own type, and with the generator closed."""
    closed = threading.Event()
    items = read_ahead(lambda: counting([], closed, fails_at=3))
    assert [next(items) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(OSError, match="the disk is gone"):
        next(items)
    assert closed.is_set()


def test_an_iterator_that_is_left_ends_its_thread() -> None:
    """The generator is closed, and makes nothing more."""
    made: list[int] = []
    closed = threading.Event()
    items = read_ahead(lambda: counting(made, closed), ahead=1)
    assert next(items) == 0
    items.close()
    assert closed.is_set()
    assert len(made) <= 5
    assert not any(thread.name == "read-ahead" for thread in threading.enumerate())
