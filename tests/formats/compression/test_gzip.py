"""Compressed bytes: several members, padding, damage, in any portions."""

from __future__ import annotations

import gzip
import io
import random
import struct
import zlib

import pytest

from transforms.formats.compression.codec import DECODED_PIECE, STORED_PIECE, Corrupt, StoredBytes
from transforms.formats.compression.gzip import Gzip
from transforms.formats.compression.table import codec_of, without_extension

TEXT = b"".join(b"line %d\n" % random.Random(1).getrandbits(40) for _ in range(5000))


class Dribble(io.RawIOBase):
    """A reader that gives `portion` bytes at most."""

    def __init__(self, data: bytes, portion: int) -> None:
        self._data, self._portion = io.BytesIO(data), portion

    def read(self, size: int = -1, /) -> bytes:
        """Some bytes."""
        return self._data.read(min(size, self._portion))


def decode(stored: bytes, portion: int = 1 << 20) -> tuple[bytes, str]:
    """What came out, and the sentence of the break."""
    decoded = bytearray()
    try:
        for piece in Gzip().decode(StoredBytes(Dribble(stored, portion))):
            assert 0 < len(piece) <= DECODED_PIECE
            decoded += piece
    except Corrupt as corrupt:
        return bytes(decoded), str(corrupt)
    return bytes(decoded), ""


def with_header(flags: int, extra: bytes) -> bytes:
    """A member of `TEXT` with these header flags and fields."""
    raw = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = raw.compress(TEXT) + raw.flush()
    trailer = struct.pack("<II", zlib.crc32(TEXT), len(TEXT))
    return b"\x1f\x8b\x08" + bytes([flags]) + b"\0\0\0\0\0\xff" + extra + body + trailer


@pytest.mark.parametrize("portion", [1, 7, 1 << 20])
@pytest.mark.parametrize("members", [1, 2, 5])
def test_members(members: int, portion: int) -> None:
    """All members are decoded, empty ones among them."""
    stored = b"".join(gzip.compress(TEXT[n::members]) + gzip.compress(b"") for n in range(members))
    assert decode(stored, portion) == (b"".join(TEXT[n::members] for n in range(members)), "")


@pytest.mark.parametrize(
    ("flags", "extra"),
    [
        (0x01, b""),
        (0x02, b"\x12\x34"),
        (0x04, b"\x03\x00abc"),
        (0x08, b"a.json\0"),
        (0x10, b"said\0"),
        (0x1E, b"\x01\x00x" + b"name\0" + b"comment\0" + b"\x00\x00"),
    ],
)
def test_header_fields(flags: int, extra: bytes) -> None:
    """Every optional field of the header is passed over."""
    assert decode(with_header(flags, extra)) == (TEXT, "")


@pytest.mark.parametrize("zeros", [1, 511, STORED_PIECE, 3 * STORED_PIECE + 1])
def test_zero_padding(zeros: int) -> None:
    """Zeros behind the last member are padding."""
    assert decode(gzip.compress(TEXT) + b"\0" * zeros) == (TEXT, "")


def test_member_behind_padding() -> None:
    """A member behind padding is a member."""
    assert decode(gzip.compress(TEXT) + b"\0" * 8 + gzip.compress(b"more")) == (TEXT + b"more", "")


@pytest.mark.parametrize(
    ("garbage", "words"),
    [
        (b"garbage", "behind its last member"),
        (b"\0\0x", "behind its zero padding"),
        (b"\x1f", "behind its last member"),
    ],
)
def test_trailing_garbage(garbage: bytes, words: str) -> None:
    """Anything else behind the last member is a break, after all of its content."""
    decoded, detail = decode(gzip.compress(TEXT) + garbage)
    assert decoded == TEXT
    assert words in detail


@pytest.mark.parametrize(("part", "words"), [(-8, "checksum"), (-1, "length")])
def test_wrong_trailer(part: int, words: str) -> None:
    """A wrong checksum or length is told after the whole content."""
    stored = bytearray(gzip.compress(TEXT))
    stored[part] ^= 1
    decoded, detail = decode(bytes(stored))
    assert decoded == TEXT
    assert words in detail


def test_truncated() -> None:
    """Wherever a cut is, the content before it comes out and the break is told, whatever the portions."""
    stored = gzip.compress(TEXT)
    before = -1
    for cut in [*range(2, 40), *range(40, len(stored), 997), *range(len(stored) - 12, len(stored))]:
        decoded, detail = decode(stored[:cut])
        assert "too early" in detail, cut
        assert TEXT.startswith(decoded)
        assert len(decoded) >= before
        assert decode(stored[:cut], 13) == (decoded, detail)
        before = len(decoded)
    assert before == len(TEXT)


def test_damaged() -> None:
    """Damage inside the data is a break, the same one every time."""
    for position in range(3, 2000, 7):
        stored = bytearray(gzip.compress(TEXT[:20_000]))
        stored[position % len(stored)] ^= 0x55
        result = decode(bytes(stored))
        assert result == decode(bytes(stored), 5)
        assert result[1] or result[0] == TEXT[:20_000]


@pytest.mark.parametrize("stored", [b"\x1f\x8b\x07" + bytes(7), b"\x1f\x8b\x08\x80" + bytes(6)])
def test_damaged_header(stored: bytes) -> None:
    """A method or a flag that nobody defined is a break."""
    assert decode(stored) == (b"", f"the gzip header is damaged (method {stored[2]}, flags {stored[3]:#04x})")


def test_bomb() -> None:
    """However much comes out of little, it comes in small pieces, and reading may stop at any of them."""
    pieces = Gzip().decode(StoredBytes(io.BytesIO(gzip.compress(bytes(50_000_000)))))
    assert len(next(pieces)) <= DECODED_PIECE


def test_codec_of() -> None:
    """The content decides, not the key."""
    assert isinstance(codec_of(gzip.compress(b"x")), Gzip)
    assert codec_of(b'{"a":1}') is None
    assert codec_of(b"") is None


@pytest.mark.parametrize(
    ("key", "stem"),
    [
        ("a/b.json.gz", "a/b.json"),
        ("b.GZ", "b"),
        ("b.json", "b.json"),
        ("gz", "gz"),
        (".gz", ".gz"),
        ("a.gz/b", "a.gz/b"),
    ],
)
def test_without_extension(key: str, stem: str) -> None:
    """Only a codec's extension at the end of the key is taken off."""
    assert without_extension(key) == stem


def test_stored_bytes() -> None:
    """Bytes given back come again, and are counted once."""
    stored = StoredBytes(Dribble(b"abcdef", 2))
    assert stored.take(3) == b"abc"
    stored.give_back(2)
    assert stored.peek(3) == b"bcd"
    assert (stored.take(1), stored.take(9), stored.take(1), stored.count) == (b"b", b"cdef", b"", 6)
