"""Ranges of a file, fetched in few requests."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.parquet.files import Bytes
from transforms.formats.parquet.ranges import FetchedRanges, merged

DATA = bytes(range(256)) * 40


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        ([], []),
        ([(0, 10)], [(0, 10)]),
        ([(10, 20), (0, 10)], [(0, 20)]),
        ([(0, 100), (110, 210)], [(0, 210)]),
        ([(0, 100), (111, 211)], [(0, 100), (111, 211)]),
        ([(0, 1000), (1050, 1060), (1070, 1080)], [(0, 1060), (1070, 1080)]),
        ([(0, 10), (5, 8), (9, 30)], [(0, 30)]),
    ],
)
def test_near_ranges_are_one(ranges: list[tuple[int, int]], expected: list[tuple[int, int]]) -> None:
    """Where what lies between them is not more than a twentieth."""
    assert merged(ranges) == expected


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 2000)), max_size=12))
def test_little_is_fetched_beside(ranges: list[tuple[int, int]]) -> None:
    """All of every range, and not more than a twentieth beside."""
    wanted = {at for start, size in ranges for at in range(start, start + size)}

    found = merged([(start, start + size) for start, size in ranges])

    fetched = [at for start, end in found for at in range(start, end)]
    assert wanted <= set(fetched)
    assert len(set(fetched)) == len(fetched)
    assert len(set(fetched) - wanted) * 20 <= sum(size for _, size in ranges)


def test_held_ranges_are_not_fetched_again() -> None:
    """Others are, when they are read."""
    file = Bytes(DATA)
    ranges = FetchedRanges(file)

    ranges.hold([(100, 200), (5000, 6000)])
    ranges.seek(150)
    assert bytes(ranges.read(50)) == DATA[150:200]
    ranges.seek(190)
    assert bytes(ranges.read(20)) == DATA[190:210]
    assert ranges.seek(-5, io.SEEK_END) == len(DATA) - 5
    assert bytes(ranges.read()) == DATA[-5:]
    assert ranges.tell() == len(DATA)
    assert bytes(ranges.read(5)) == b""

    assert file.reads[:2] == [(100, 200), (5000, 6000)]
    assert file.reads[2:4] == [(190, 210), (len(DATA) - 5, len(DATA))]
    ranges.hold([])
    ranges.seek(150)
    ranges.read(10)
    assert file.reads[-1] == (150, 160)
