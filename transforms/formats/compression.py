"""Compression of stored objects: told by the first bytes, undone as a stream of pieces.

A further codec is one class here and one line in `CODECS`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from isal import igzip_lib, isal_zlib

STORED_PIECE = 256 * 1024
"""Stored bytes handed to a decompressor at a time, always exactly so many, so that what comes out before a break
depends on the object alone and never on how the network cut it."""

DECODED_PIECE = 64 * 1024
"""Decoded bytes taken from a decompressor at a time: the bound that keeps a decompression bomb small in memory."""


class Reader(Protocol):
    """Something stored bytes come from, in portions of any size."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; empty only at the end."""


class Corrupt(Exception):
    """The stored bytes are not what their codec demands; the text is one sentence."""


class StoredBytes:
    """The stored bytes of an object, in portions of exact size, with the possibility of giving some back.

    Attributes:
        count: stored bytes taken from the reader so far.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._returned = b""
        self.count = 0

    def take(self, size: int) -> bytes:
        """Exactly `size` bytes, fewer only at the end."""
        if len(self._returned) >= size:
            taken, self._returned = self._returned[:size], self._returned[size:]
            return taken
        parts, missing = [self._returned], size - len(self._returned)
        self._returned = b""
        while missing and (part := self._reader.read(missing)):
            self.count += len(part)
            missing -= len(part)
            parts.append(part)
        return b"".join(parts)

    def give_back(self, data: bytes) -> None:
        """Let the next `take` begin with these bytes."""
        self._returned = data + self._returned


class Codec(Protocol):
    """One kind of compression.

    Attributes:
        name: as people know it.
        magic: the bytes every such object begins with.
        extension: of keys, without the dot.
    """

    name: str
    magic: bytes
    extension: str

    def decode(self, stored: StoredBytes) -> Iterator[bytes]:
        """The decoded bytes in pieces of at most `DECODED_PIECE`.

        Raises:
            Corrupt: the bytes are damaged or end too early; what could be decoded before has been given.
        """


class Gzip:
    """gzip (RFC 1952) through ISA-L: several members, zero padding behind the last one.

    Header and trailer are read here, since ISA-L would withhold the last good bytes of a member whose checksum is
    wrong. Where the deflate data itself is damaged, it withholds up to 64 KiB before the place it noticed.
    """

    name = "gzip"
    magic = b"\x1f\x8b"
    extension = "gz"

    def decode(self, stored: StoredBytes) -> Iterator[bytes]:
        """See `Codec.decode`."""
        small = stored.take(_SMALL_BYTES)
        if len(small) < _SMALL_BYTES and (whole := _gzip_at_once(small)) is not None:
            yield from (whole,) if whole else ()
            return
        stored.give_back(small)
        while True:
            _skip_gzip_header(stored)
            yield from _gzip_member(stored)
            if not _another_member(stored, self.magic):
                return


CODECS: tuple[Codec, ...] = (Gzip(),)
"""Every codec."""


def codec_of(head: bytes) -> Codec | None:
    """The codec whose magic the stored bytes begin with; the key's extension has no say."""
    return next((codec for codec in CODECS if head.startswith(codec.magic)), None)


def without_extension(key: str) -> str:
    """The key without a codec's extension at its end: `a/b.json.gz` → `a/b.json`."""
    stem, _, last = key.rpartition(".")
    return stem if stem and last.lower() in {codec.extension for codec in CODECS} else key


_SMALL_BYTES = 32 * 1024
"""Stored objects below this size are tried at once: the state of a stream costs several times their decompression."""

_ZLIB_GZIP = 31
"""What zlib calls a window of 32 KiB behind a gzip header."""


def _gzip_at_once(data: bytes) -> bytes | None:
    """The decoded bytes of an object of one sound member, at most `DECODED_PIECE`; None of any other."""
    inflate = isal_zlib.decompressobj(_ZLIB_GZIP)
    try:
        decoded = inflate.decompress(data, DECODED_PIECE)
    except isal_zlib.error:  # type: ignore[misc]  # its stub declares an instance
        return None
    return decoded if inflate.eof and not inflate.unused_data else None


_HEADER_CRC, _EXTRA, _NAME, _COMMENT, _RESERVED = 0x02, 0x04, 0x08, 0x10, 0xE0
_DEFLATE = 8
_TEXT_PORTION = 256


def _skip_gzip_header(stored: StoredBytes) -> None:
    header = _exactly(stored, 10, "header")
    method, flags = header[2], header[3]
    if method != _DEFLATE or flags & _RESERVED:
        raise Corrupt(f"the gzip header is damaged (method {method}, flags {flags:#04x})")
    if flags & _EXTRA:
        _exactly(stored, int.from_bytes(_exactly(stored, 2, "header"), "little"), "header")
    for flag in (_NAME, _COMMENT):
        if flags & flag:
            _skip_text(stored)
    if flags & _HEADER_CRC:
        _exactly(stored, 2, "header")


def _skip_text(stored: StoredBytes) -> None:
    """Go behind a text that ends in NUL."""
    while portion := stored.take(_TEXT_PORTION):
        _, end, rest = portion.partition(b"\0")
        if end:
            stored.give_back(rest)
            return
    raise Corrupt("the gzip data ends too early, in the header of a member")


def _exactly(stored: StoredBytes, size: int, part: str) -> bytes:
    taken = stored.take(size)
    if len(taken) < size:
        raise Corrupt(f"the gzip data ends too early, in the {part} of a member")
    return taken


def _gzip_member(stored: StoredBytes) -> Iterator[bytes]:
    inflate = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP_NO_HDR)
    size = 0
    for piece in _inflated(stored, inflate):
        size += len(piece)
        yield piece
    stored.give_back(inflate.unused_data)
    trailer = _exactly(stored, 8, "trailer")
    if int.from_bytes(trailer[:4], "little") != inflate.crc:
        raise Corrupt("the checksum of a gzip member does not fit its content, so some value in it may be wrong")
    if int.from_bytes(trailer[4:], "little") != size & 0xFFFFFFFF:
        raise Corrupt("the length at the end of a gzip member does not fit its content")


class _Decompressor(Protocol):
    """What `bz2`, `lzma`, `igzip_lib` and the zstd modules have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /, max_length: int) -> bytes: ...


def _inflated(stored: StoredBytes, decompressor: _Decompressor) -> Iterator[bytes]:
    while not decompressor.eof:
        portion = stored.take(STORED_PIECE) if decompressor.needs_input else b""
        if decompressor.needs_input and not portion:
            raise Corrupt("the compressed data ends too early, inside a member")
        try:
            piece = decompressor.decompress(portion, DECODED_PIECE)
        except igzip_lib.IsalError as error:  # type: ignore[misc]  # its stub declares an instance
            raise Corrupt(f"the compressed data is damaged ({error})") from None
        if piece:
            yield piece


def _another_member(stored: StoredBytes, magic: bytes) -> bool:
    padded = False
    while portion := stored.take(STORED_PIECE):
        rest = portion.lstrip(b"\0")
        padded = padded or len(rest) < len(portion)
        if rest:
            stored.give_back(rest)
            if (start := stored.take(len(magic))) != magic:
                where = "behind its zero padding" if padded else "behind its last member"
                raise Corrupt(f"the gzip data goes on with other bytes {where}")
            stored.give_back(start)
            return True
    return False
