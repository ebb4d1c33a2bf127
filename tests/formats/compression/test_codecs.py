"""What every codec has to keep, whichever library is behind it; a new one joins by a line in `KINDS`."""

from __future__ import annotations

import bz2
import gzip
import io
import itertools
import lzma
import random
import shutil
import struct
import subprocess
import sys
import tracemalloc
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import google_crc32c
import lz4.frame
import pyarrow as pa
import pytest

from transforms.formats.compression.codec import (
    DECODED_PIECE,
    MAGIC_BYTES,
    STORED_PIECE,
    WINDOW_BYTES,
    Codec,
    Corrupt,
    StoredBytes,
    TooCostly,
)
from transforms.formats.compression.table import CODECS, codec_of

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TEXT = b"".join(b"line %d\n" % random.Random(1).getrandbits(40) for _ in range(30_000))
SMALL = TEXT[:300]
WORDS = [b"%x " % random.Random(3).getrandbits(60) for _ in range(50)]
NOISE = b"".join(random.Random(2).choices(WORDS, k=30_000))
"""Of many pieces, and still with something in it for every kind of compression."""

SNAPPY = b"\xff\x06\x00\x00sNaPpY"
SKIPPABLE = struct.pack("<II", 0x184D2A5A, 5) + b"aside"


def snappy(data: bytes) -> bytes:
    """Chunks of what the framing format allows at most, compressed where that makes them smaller."""
    return SNAPPY + b"".join(snappy_chunk(data[at : at + 65536]) for at in range(0, len(data), 65536))


def snappy_chunk(content: bytes, body: bytes | None = None) -> bytes:
    """One chunk with its checksum; another body where it is to lie."""
    checksum = google_crc32c.value(content)
    masked = ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF
    packed = pa.Codec("snappy").compress(content, asbytes=True) if body is None else body
    kind, body = (0, packed) if body is not None or len(packed) < len(content) else (1, content)
    return struct.pack("<II", kind | len(body) + 4 << 8, masked) + body


def zstandard(data: bytes, **options: int) -> bytes:
    """One frame, with a checksum unless told otherwise."""
    chosen = {"checksum_flag": 1, **options}
    return zstd.compress(data, options={zstd.CompressionParameter[name]: value for name, value in chosen.items()})


def zstandard_without_size(data: bytes) -> bytes:
    """One frame that does not say how much is in it."""
    packer = zstd.ZstdCompressor(options={zstd.CompressionParameter.checksum_flag: 1})
    return packer.compress(data) + packer.flush()


@dataclass(frozen=True)
class Kind:
    """One way of writing what a codec reads.

    Attributes:
        codec: its name.
        pack: makes one member of the bytes.
        whole: whether what is given is good whatever byte is changed, since a checksum stands before it is used.
        checked: whether every change is told in the end; some bytes of a header mean nothing.
        padding: how many zeros may stand behind a member; the multiples of it, too.
        ends: whether a cut inside the member shows wherever it is.
    """

    codec: str
    pack: Callable[[bytes], bytes]
    whole: bool = False
    checked: bool = True
    padding: int = 0
    ends: bool = True


KINDS = {
    "gzip": Kind("gzip", lambda data: gzip.compress(data, mtime=0), padding=1),
    "bzip2": Kind("bzip2", bz2.compress, whole=True),
    "bzip2-1": Kind("bzip2", lambda data: bz2.compress(data, 1), whole=True),
    "xz": Kind("xz", lambda data: lzma.compress(data, preset=0), padding=4),
    "xz-unchecked": Kind(
        "xz", lambda data: lzma.compress(data, preset=0, check=lzma.CHECK_NONE), checked=False, padding=4
    ),
    "zstd": Kind("zstd", zstandard),
    "zstd-without-size": Kind("zstd", zstandard_without_size),
    "zstd-unchecked": Kind("zstd", lambda data: zstandard(data, checksum_flag=0), checked=False),
    "lz4": Kind("LZ4", lambda data: lz4.frame.compress(data, content_checksum=True)),
    "lz4-blocks": Kind(
        "LZ4",
        lambda data: lz4.frame.compress(data, block_size=lz4.frame.BLOCKSIZE_MAX64KB, block_checksum=True),
        whole=True,
        checked=False,
    ),
    "lz4-unchecked": Kind("LZ4", lz4.frame.compress, checked=False),
    "snappy": Kind("snappy", snappy, whole=True, ends=False),
}


@pytest.fixture(params=list(KINDS))
def kind(request: pytest.FixtureRequest) -> Kind:
    """Every way of writing."""
    return KINDS[request.param]


class Portions(io.RawIOBase):
    """A reader that gives `portion` bytes at most."""

    def __init__(self, data: bytes, portion: int) -> None:
        self._data, self._portion = io.BytesIO(data), portion

    def read(self, size: int = -1, /) -> bytes:
        """Some bytes."""
        return self._data.read(min(size, self._portion))


def codec_named(name: str) -> Codec:
    """The codec of this name."""
    return next(each for each in CODECS if each.name == name)


def decode(kind: Kind, stored: bytes, portion: int = 1 << 20) -> tuple[bytes, str]:
    """What came out, and the sentence of the break."""
    decoded, detail = bytearray(), ""
    try:
        for piece in codec_named(kind.codec).decode(StoredBytes(Portions(stored, portion))):
            assert 0 < len(piece) <= DECODED_PIECE
            decoded += piece
    except Corrupt as corrupt:
        detail = str(corrupt) or "no sentence"
    assert detail.isprintable()
    assert detail != "no sentence"
    return bytes(decoded), detail


def test_every_codec_is_here() -> None:
    """A codec in the table is held to all of this."""
    assert {kind.codec for kind in KINDS.values()} == {codec.name for codec in CODECS}


@pytest.mark.parametrize("data", [b"", b"x", SMALL, TEXT, bytes(1_000_000)], ids=len)
def test_round_trip(kind: Kind, data: bytes) -> None:
    """What was packed comes out, and the first bytes tell how it was packed."""
    stored = kind.pack(data)
    found = codec_of(stored[:MAGIC_BYTES])
    assert found is not None
    assert found.name == kind.codec
    assert decode(kind, stored) == (data, "")


def test_one_byte_reads(kind: Kind) -> None:
    """How the network cuts the bytes changes nothing."""
    stored = kind.pack(TEXT)
    assert decode(kind, stored, 1) == (TEXT, "")


@pytest.mark.parametrize("members", [2, 7, 400])
def test_members(kind: Kind, members: int) -> None:
    """Several members one after the other are all read, empty ones among them."""
    stored = b"".join(kind.pack(TEXT[n::members]) + kind.pack(b"") for n in range(members))
    assert decode(kind, stored) == (b"".join(TEXT[n::members] for n in range(members)), "")


def test_truncated_anywhere(kind: Kind) -> None:
    """Wherever a small object is cut, only bytes of its start come out, never fewer than for a shorter one."""
    first = kind.pack(SMALL)
    stored, truth, before = first + kind.pack(SMALL), 2 * SMALL, 0
    for cut in range(1, len(stored)):
        decoded, detail = decode(kind, stored[:cut])
        assert detail or cut == len(first) or not kind.ends, cut
        assert truth.startswith(decoded)
        assert len(decoded) >= max(before, len(SMALL) if cut >= len(first) else 0)
        assert decode(kind, stored[:cut], 3) == (decoded, detail)
        before = len(decoded)


def test_truncated_far_in(kind: Kind) -> None:
    """All that can be decoded before a cut comes out: all but a block, and not only whole portions."""
    stored = kind.pack(NOISE)
    for cut in range(len(stored) // 2, len(stored), len(stored) // 20):
        decoded, detail = decode(kind, stored[:cut])
        assert NOISE.startswith(decoded)
        assert "too early" in detail
        if kind.codec != "bzip2":  # which has but one block of it
            assert len(decoded) > len(NOISE) * cut / len(stored) - 250_000


def test_flipped_anywhere(kind: Kind) -> None:
    """Whatever byte of a small object is changed, reading ends, the same way every time, and is told or harmless."""
    first, chance = kind.pack(SMALL), random.Random(7)
    stored, truth = first + kind.pack(SMALL), 2 * SMALL
    for position in range(len(stored)):
        changed = bytearray(stored)
        changed[position] ^= 1 << chance.randrange(8)
        decoded, detail = decode(kind, bytes(changed))
        assert decode(kind, bytes(changed), 5) == (decoded, detail)
        assert detail or decoded == truth or not kind.checked, position
        assert truth.startswith(decoded) or not kind.whole, position


def test_flipped_far_in(kind: Kind) -> None:
    """In an object of many pieces, too; where a checksum stands before the use, nothing damaged comes out."""
    stored, chance = kind.pack(NOISE), random.Random(8)
    for _ in range(12):
        changed = bytearray(stored)
        changed[chance.randrange(20, len(stored))] ^= 1 << chance.randrange(8)
        decoded, detail = decode(kind, bytes(changed))
        assert detail or decoded == NOISE or not kind.checked
        assert NOISE.startswith(decoded) or not kind.whole
        assert decode(kind, bytes(changed), 4097) == (decoded, detail)


def test_damage_leaves_earlier_members(kind: Kind) -> None:
    """A member that was read to its end stays, whatever is behind it."""
    first, second = kind.pack(NOISE), bytearray(kind.pack(NOISE))
    second[len(second) // 2 : len(second) // 2 + 40] = bytes(40)
    decoded, detail = decode(kind, first + second)
    assert decoded.startswith(NOISE)
    assert detail or not kind.checked


@pytest.mark.parametrize("zeros", [1, 4, 511, 512, STORED_PIECE + 4])
def test_trailing_zeros(kind: Kind, zeros: int) -> None:
    """Zeros behind the end are padding where the format has that, and else a break behind all of the content."""
    decoded, detail = decode(kind, kind.pack(TEXT) + bytes(zeros))
    assert decoded == TEXT
    assert bool(detail) == (not kind.padding or zeros % kind.padding > 0)


def test_member_behind_padding(kind: Kind) -> None:
    """A member behind padding is a member."""
    decoded, detail = decode(kind, kind.pack(TEXT) + bytes(8) + kind.pack(b"more"))
    assert (decoded, bool(detail)) == ((TEXT + b"more", False) if kind.padding else (TEXT, True))


@pytest.mark.parametrize("garbage", [b"garbage", b"\n", b"{}\n", b"\0\0\0\0x"])
def test_trailing_garbage(kind: Kind, garbage: bytes) -> None:
    """Anything else behind the end is a break, after all of the content."""
    decoded, detail = decode(kind, kind.pack(TEXT) + garbage)
    assert decoded == TEXT
    assert detail


@pytest.mark.parametrize("members", [1, 16])
def test_bomb(kind: Kind, members: int) -> None:
    """However much comes out of little, little of it is held at a time."""
    stored = kind.pack(bytes((64 << 20) // members)) * members
    codec, size = codec_named(kind.codec), 0
    tracemalloc.start()
    try:
        for piece in codec.decode(StoredBytes(io.BytesIO(stored))):
            size += len(piece)
        assert tracemalloc.get_traced_memory()[1] < 24 << 20
    finally:
        tracemalloc.stop()
    assert size == 64 << 20


PROGRAMS = {
    "bzip2": ("bzip2", ["bzip2", "-c"]),
    "xz": ("xz", ["xz", "-c", "-9e"]),
    "xz in blocks": ("xz", ["xz", "-c", "-0", "--block-size=65536", "--check=sha256"]),
    "xz unchecked": ("xz", ["xz", "-c", "-0", "--check=none"]),
    "zstd": ("zstd", ["zstd", "-c", "-q"]),
    "zstd with all the history there is": ("zstd", ["zstd", "-c", "-q", "--long=27"]),
    "zstd at its highest": ("zstd", ["zstd", "-c", "-q", "--ultra", "-22"]),
    "lz4": ("lz4", ["lz4", "-c", "-q"]),
    "lz4 with everything": ("lz4", ["lz4", "-c", "-q", "-9", "-BX", "-BD", "-B4", "--content-size"]),
    "gzip": ("gzip", ["gzip", "-c", "-9"]),
}


@pytest.mark.parametrize("program", list(PROGRAMS))
def test_other_programs(program: str) -> None:
    """What the formats' own programs write is read."""
    name, command = PROGRAMS[program]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    stored = subprocess.run(command, input=TEXT, capture_output=True, check=True).stdout
    kind = KINDS[name]
    assert decode(kind, stored) == (TEXT, "")
    assert decode(kind, stored + kind.pack(b"more"), 777) == (TEXT + b"more", "")


def test_blocks_of_bzip2() -> None:
    """Of a stream that is damaged in one block, the blocks before it come out, and nothing of that one."""
    data = b"".join(b"%d," % number for number in range(60_000))
    stored = bytearray(bz2.compress(data, 1))
    blocks = [at for at in range(len(stored)) if _has_block(stored, at)]
    assert len(blocks) == 4
    for index, start in enumerate(blocks):
        changed = bytearray(stored)
        changed[start + 2000] ^= 4
        decoded, detail = decode(KINDS["bzip2"], bytes(changed))
        assert "damaged" in detail
        assert data.startswith(decoded)
        assert index * 99_000 < len(decoded) + 1 <= index * 100_000 + 1


def _has_block(stored: bytes, at: int) -> bool:
    """Whether the mark of a block begins in this byte, at any of its bits."""
    window = int.from_bytes(stored[at : at + 7], "big")
    return any(window >> 8 - shift & (1 << 48) - 1 == 0x314159265359 for shift in range(8))


@pytest.mark.parametrize("name", ["zstd", "lz4"])
def test_skippable_frames(name: str) -> None:
    """Frames to be skipped stand anywhere, also at the start, where what follows them tells the codec."""
    kind = KINDS[name]
    large = struct.pack("<II", 0x184D2A50, 1 << 20) + bytes(1 << 20)
    stored = SKIPPABLE + SKIPPABLE + kind.pack(TEXT) + large + kind.pack(b"more") + SKIPPABLE
    found = codec_of(stored[:MAGIC_BYTES])
    assert found is not None
    assert found.name == kind.codec
    assert decode(kind, stored, 999) == (TEXT + b"more", "")
    assert decode(kind, stored[:-1]) == (TEXT + b"more", "the compressed data ends too early, inside a member")


@pytest.mark.parametrize("head", [SKIPPABLE, SKIPPABLE[:-1], SKIPPABLE[:6], struct.pack("<II", 0x184D2A50, 1 << 20)])
def test_skippable_frames_alone(head: bytes) -> None:
    """What holds nothing else that is seen is neither zstd nor LZ4."""
    assert codec_of(head) is None


def test_window_of_zstd() -> None:
    """A header that asks for more memory than is allowed is refused, and what is allowed is read."""
    frame = bytearray(zstandard_without_size(b"x" * 1000))
    assert frame[4] & 0x20 == 0
    most = WINDOW_BYTES.bit_length() - 1
    for exponent, refused in ((most, False), (most + 1, True), (41, True)):
        frame[5] = exponent - 10 << 3
        decoded, detail = decode(KINDS["zstd"], bytes(frame))
        assert (decoded == b"", "134,217,728 bytes of memory" in detail) == (refused, refused)


def test_window_of_xz() -> None:
    """The same for a dictionary of 1.5 GiB; the highest level there is needs half of the limit."""
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0}]
    stored = bytearray(lzma.compress(b"x" * 1000, filters=filters))
    header = stored[12 : 12 + 4 * (stored[12] + 1)]
    header[header.index(b"\x21\x01") + 2] = 37
    stored[12 : 12 + len(header)] = header[:-4] + struct.pack("<I", zlib.crc32(header[:-4]))
    with pytest.raises(TooCostly, match="134,217,728 bytes of memory"):
        list(codec_named("xz").decode(StoredBytes(io.BytesIO(bytes(stored)))))
    assert decode(KINDS["xz"], lzma.compress(SMALL, preset=9 | lzma.PRESET_EXTREME)) == (SMALL, "")


@pytest.mark.parametrize(
    ("chunks", "decoded", "words"),
    [
        (snappy_chunk(b"a") + b"\xfe\x03\0\0abc" + snappy_chunk(b"b"), b"ab", ""),
        (snappy_chunk(b"a") + b"\x80\0\0\0" + SNAPPY + snappy_chunk(b"b"), b"ab", ""),
        (snappy_chunk(b"a") + b"\xfe\xff\xff\xff" + bytes(0xFFFFFF) + snappy_chunk(b"b"), b"ab", ""),
        (snappy_chunk(b"a") + b"\xfe\xff\xff\xff" + bytes(0xFFFFFE), b"a", "too early"),
        (snappy_chunk(b"a") + b"\x02\0\0\0", b"a", "unknown kind 0x02"),
        (snappy_chunk(b"a") + b"\x7f\0\0\0", b"a", "unknown kind 0x7f"),
        (b"\xff\x06\0\0sNaPpy", b"", "does not begin"),
        (b"\xff\x07\0\0sNaPpYx", b"", "does not begin"),
        (b"\0\x03\0\0abc", b"", "3 bytes"),
        (b"\0\xff\xff\xff", b"", "16,777,215 bytes"),
        (snappy_chunk(b"a", b""), b"", "does not tell its size"),
        (snappy_chunk(b"a", b"\xff" * 9), b"", "does not tell its size"),
        (snappy_chunk(b"a", b"\xff\xff\xff\xff\x0f\0a"), b"", "4,294,967,295 bytes"),
        (snappy_chunk(b"a", b"\x81\x80\x04\0a"), b"", "65,537 bytes"),
        (snappy_chunk(b"a", b"\x02\0a"), b"", "damaged"),
        (snappy_chunk(b"b", b"\x01\0a"), b"", "checksum"),
        (b"\x01\x05\x00\x01" + bytes(65541), b"", "65,537 bytes"),
    ],
)
def test_chunks_of_snappy(chunks: bytes, decoded: bytes, words: str) -> None:
    """Chunks that are to be skipped are, and one that is wrong in whatever way is told."""
    result = decode(KINDS["snappy"], SNAPPY + chunks)
    assert result[0] == decoded
    assert words in result[1]
    assert bool(words) == bool(result[1])


def test_snappy_of_another_program() -> None:
    """A stream that the snap crate wrote."""
    stored = bytes.fromhex("ff060000734e615070590012000042b463b17814757361676520fe0600c60600")
    assert decode(KINDS["snappy"], stored) == (b"usage " * 20, "")


@pytest.mark.parametrize(
    "head",
    [
        b"BZh9, a table\n1,2\n",
        b"BZh91AY&S",
        b"BZh01AY&SY",
        b"\xfd7zXZ",
        b"(\xb5/",
        b'\x04"M',
        b"\xff\x06\x00\x00sNaPp",
        b"\x5d\x00\x00\x80\x00" + b"\xff" * 8,
        b"\x00\x00\x01\x00\x00\x00\x00\x80",
    ],
)
def test_nothing_less_than_the_magic(head: bytes) -> None:
    """What only begins like a magic is none."""
    assert codec_of(head) is None


def test_many_small_members_cost_little(kind: Kind) -> None:
    """What a decompressor gives back behind a member is little, however small the members are."""
    stored = kind.pack(b"x") * 3000
    taken = 0

    class Counting(StoredBytes):
        def give_back(self, size: int) -> None:
            nonlocal taken
            taken += size
            super().give_back(size)

    pieces = codec_named(kind.codec).decode(Counting(io.BytesIO(stored)))
    assert sum(map(len, itertools.islice(pieces, 3000))) == 3000
    assert taken < 3000 * 48 * 1024
