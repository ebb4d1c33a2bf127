"""Sources: exact reads, looking ahead, breaks, ranges."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from collections.abc import Callable

import pytest

from transforms.formats.format import BrokenStream, Limits
from transforms.formats.sources import DecodedSource
from transforms.model.rejections import Code

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


def through(stored: bytes, limits: Limits, size: int = 4096) -> tuple[int, BrokenStream | None]:
    """How many bytes came out, and the break."""
    source = DecodedSource(io.BytesIO(stored), limits=limits)
    try:
        while source.read(size):
            pass
    except BrokenStream as broken:
        return broken.offset, broken
    return source.offset, None


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_decoded_bytes(pack: Callable[[bytes], bytes]) -> None:
    """An object that decodes to more than is allowed breaks off there; just as much is allowed."""
    stored = pack(TEXT * 20_000)
    whole = len(TEXT) * 20_000
    assert through(stored, Limits(decoded_bytes=whole, expansion=10**6)) == (whole, None)
    given, broken = through(stored, Limits(decoded_bytes=whole - 1, expansion=10**6))
    assert broken is not None
    assert (broken.code, broken.detail) == (
        Code.EXPANSION_LIMIT,
        f"the object decompresses to more than {whole - 1:,} bytes",
    )
    assert whole - 64 * 1024 <= given < whole
    assert through(stored, Limits(decoded_bytes=whole - 1, expansion=10**6), 7)[0] == given


def test_expansion() -> None:
    """Decoded bytes for a stored one count from some size on, and not before."""
    stored = gzip.compress(bytes(1 << 20))
    assert through(stored, Limits(expansion=1000, expansion_from=1 << 20)) == (1 << 20, None)
    assert through(stored, Limits(expansion=1030, expansion_from=1)) == (1 << 20, None)
    given, broken = through(stored, Limits(expansion=500, expansion_from=1))
    assert broken is not None
    assert (broken.code, broken.detail) == (
        Code.EXPANSION_LIMIT,
        f"{len(stored):,} stored bytes decompress to more than 500 times as many",
    )
    assert 500 * len(stored) - 64 * 1024 <= given <= 500 * len(stored)


def test_expansion_of_both_layers() -> None:
    """What was compressed twice is judged by what is stored and what comes out at last."""
    stored = gzip.compress(gzip.compress(bytes(8 << 20)))
    given, broken = through(stored, Limits(expansion=2000, expansion_from=1 << 20))
    assert broken is not None
    assert broken.code is Code.EXPANSION_LIMIT
    assert given <= 1 << 20
    assert through(stored, Limits(expansion=10**6)) == (8 << 20, None)


def test_plain_objects_have_no_limit() -> None:
    """What is stored plainly is as large as the listing said."""
    assert through(TEXT * 9, Limits(decoded_bytes=10, expansion=1, expansion_from=1)) == (9 * len(TEXT), None)


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
