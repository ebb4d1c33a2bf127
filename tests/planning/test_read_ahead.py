"""Work done ahead of who wants it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from transforms.planning.read_ahead import DEPTH, WIDTH, chain_ahead, map_ahead


def test_results_come_in_order() -> None:
    """Items computed side by side come out in the order they went in."""
    with ThreadPoolExecutor(WIDTH) as executor:
        assert list(map_ahead(executor, lambda n: n * n, range(100))) == [n * n for n in range(100)]


def test_streams_come_one_after_the_other() -> None:
    """Streams read side by side come out whole, one behind the other, empty ones and full reads included."""
    lengths = [0, 1, DEPTH, 0, 3 * DEPTH, DEPTH + 1, *([2] * 3 * WIDTH), 0]
    streams = ([(stream, item) for item in range(length)] for stream, length in enumerate(lengths))
    expected = [(stream, item) for stream, length in enumerate(lengths) for item in range(length)]

    with ThreadPoolExecutor(WIDTH) as executor:
        assert list(chain_ahead(executor, map(iter, streams))) == expected


def test_an_error_comes_in_its_turn() -> None:
    """What a stream raises is raised behind everything that comes before it."""

    def broken() -> Iterator[int]:
        yield from range(DEPTH)
        raise LookupError("broken")

    with ThreadPoolExecutor(WIDTH) as executor:
        results = chain_ahead(executor, iter([iter([-1]), broken(), iter([7])]))

        assert [next(results) for _ in range(1 + DEPTH)] == [-1, *range(DEPTH)]
        with pytest.raises(LookupError, match="broken"):
            next(results)


def test_no_more_is_taken_than_fits() -> None:
    """From endless streams without end only a bounded part is taken when one item is wanted."""
    begun: list[Iterator[int]] = []
    taken: list[int] = []

    def endless() -> Iterator[int]:
        for n in count():
            taken.append(n)
            yield n

    def streams() -> Iterator[Iterator[int]]:
        while True:
            begun.append(endless())
            yield begun[-1]

    with ThreadPoolExecutor(WIDTH) as executor:
        assert next(chain_ahead(executor, streams())) == 0

    assert len(begun) == WIDTH
    assert len(taken) == (WIDTH + 1) * DEPTH
