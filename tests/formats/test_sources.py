"""Sources: exact reads, looking ahead, breaks, ranges."""

from __future__ import annotations

import gzip
import io

import pytest

from transforms.formats.format import BrokenStream
from transforms.formats.sources import DecodedSource

TEXT = b"one\ntwo\r\n\nfour\n"


class OneByOne:
    """A reader that gives one byte at a time."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def read(self, size: int, /) -> bytes:
        """One byte."""
        return self._data.read(min(1, size))


@pytest.mark.parametrize("stored", [TEXT, gzip.compress(TEXT)])
def test_exact_reads(stored: bytes) -> None:
    """A read gives exactly what was asked for, and less only at the end."""
    source = DecodedSource(OneByOne(stored))
    assert [source.read(6), source.offset, source.read(100), source.offset, source.read(5)] == [
        TEXT[:6],
        6,
        TEXT[6:],
        len(TEXT),
        b"",
    ]
    assert source.stored_bytes == len(stored)
    assert (source.start, source.end) == (0, None)


def test_peek() -> None:
    """Looking ahead takes nothing away."""
    source = DecodedSource(io.BytesIO(gzip.compress(TEXT)))
    assert [source.peek(3), source.peek(99), source.offset, source.read(2), source.peek(2)] == [
        TEXT[:3],
        TEXT,
        0,
        TEXT[:2],
        TEXT[2:4],
    ]


def test_break() -> None:
    """The good bytes come first, then the break with its offset, again and again."""
    stored = gzip.compress(TEXT)[:-1]
    source = DecodedSource(io.BytesIO(stored))
    assert source.peek(99) == TEXT
    assert source.read(99) == TEXT
    for _ in range(2):
        with pytest.raises(BrokenStream) as broken:
            source.read(1)
        assert broken.value.offset == len(TEXT)
        assert "too early" in broken.value.detail


@pytest.mark.parametrize("split", range(1, len(TEXT) + 1))
def test_lines_of_ranges(split: int) -> None:
    """The lines of two ranges that touch add up to the object's, each counted where it starts."""
    first = DecodedSource(io.BytesIO(TEXT), end=split)
    second = DecodedSource(io.BytesIO(TEXT[split - 1 :]), start=split)
    for source in (first, second):
        while source.read(3):
            pass
    assert first.lines == TEXT[: split - 1].count(b"\n") + 1
    assert first.lines + second.lines == 4
    assert (second.offset, first.offset, second.start, first.end) == (len(TEXT), len(TEXT), split, split)
    assert (first.stored_bytes, second.stored_bytes) == (split, len(TEXT) - split)


def test_ranges_are_plain() -> None:
    """A range is never decompressed, whatever its first bytes look like."""
    source = DecodedSource(io.BytesIO(b"\n\x1f\x8babc"), start=7)
    assert source.read(9) == b"\n\x1f\x8babc"
    assert source.codec is None
