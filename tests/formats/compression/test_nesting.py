"""What was compressed twice."""

from __future__ import annotations

import bz2
import gzip
import itertools
import lzma
from collections.abc import Iterator

import lz4.frame
import pytest

from transforms.formats.compression.codec import Corrupt
from transforms.formats.compression.nesting import unwrapped

TEXT = b"".join(b"line %d\n" % number for number in range(20_000))
PACKED = [gzip.compress(TEXT), bz2.compress(TEXT), lzma.compress(TEXT), lz4.frame.compress(TEXT)]


def pieces(data: bytes, size: int, broken: str = "") -> Iterator[bytes]:
    """What an outer codec would give, and perhaps the break of it."""
    for at in range(0, len(data), size):
        yield data[at : at + size]
    if broken:
        raise Corrupt(broken)


def decode(given: Iterator[bytes]) -> tuple[bytes, str]:
    """What came out, and the sentence of the break."""
    decoded = bytearray()
    try:
        for piece in unwrapped(given):
            decoded += piece
    except Corrupt as corrupt:
        return bytes(decoded), str(corrupt)
    return bytes(decoded), ""


@pytest.mark.parametrize("size", [10, 4097, 1 << 20])
def test_twice(size: int) -> None:
    """The content of both comes out, however the outer one cuts its pieces."""
    for stored in PACKED:
        assert decode(pieces(stored, size)) == (TEXT, "")


@pytest.mark.parametrize("data", [b"", b"x", TEXT, b"\x1f"])
def test_once(data: bytes) -> None:
    """Everything else stays what it is, piece by piece."""
    assert list(unwrapped(pieces(data, 5))) == list(pieces(data, 5))


def test_three_times() -> None:
    """The third one is content."""
    assert decode(pieces(gzip.compress(PACKED[1]), 1000)) == (PACKED[1], "")


@pytest.mark.parametrize("stored", PACKED)
def test_outer_break(stored: bytes) -> None:
    """A break of the outer one is told as that, behind all that the inner one had by then."""
    decoded, detail = decode(pieces(stored[:-40], 4097, "the outer one"))
    assert detail == "the outer one"
    with pytest.raises(Corrupt, match="too early"):
        list(unwrapped(pieces(stored[:-40], 4097)))
    assert decoded == decode(pieces(stored[:-40], 4097))[0]
    assert TEXT.startswith(decoded)


def test_outer_break_behind_the_inner_end() -> None:
    """A checksum that does not fit is told where all of the content is whole."""
    for stored in PACKED:
        assert decode(pieces(stored, 4097, "the outer one")) == (TEXT, "the outer one")


def test_inner_break() -> None:
    """A break of the inner one is told where the outer one is whole."""
    assert decode(pieces(PACKED[0] + b"?", 999)) == (
        TEXT,
        "the gzip data goes on with other bytes behind its last member",
    )


def test_nothing_is_read_ahead() -> None:
    """The outer one is asked for no more than the inner one needs."""
    asked = itertools.count()

    def counted() -> Iterator[bytes]:
        for piece in pieces(gzip.compress(TEXT * 50, compresslevel=1), 1024):
            next(asked)
            yield piece

    next(unwrapped(counted()))
    assert next(asked) <= 33
