"""gzip (RFC 1952, https://www.rfc-editor.org/rfc/rfc1952) through ISA-L."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from isal import igzip_lib, isal_zlib

from transforms.formats.compression.codec import DECODED_PIECE, Corrupt, StoredBytes, ends_early, goes_on, member

MAGIC = b"\x1f\x8b"
"""Of a member."""

EXTRA = 0x04
"""The flag of a header that has an extra field."""

_SMALL_BYTES = 32 * 1024
"""Stored objects below this size are tried at once: the state of a stream costs several times their decompression."""

_ERRORS = cast("tuple[type[Exception], ...]", (igzip_lib.IsalError,))  # its stub declares an instance

_ZLIB_GZIP = 31
"""What zlib calls a window of 32 KiB behind a gzip header."""


class Gzip:
    """gzip (RFC 1952) through ISA-L: several members, zero padding behind the last one.

    Header and trailer are read here, since ISA-L would withhold the last good bytes of a member whose checksum is
    wrong. Where the deflate data itself is damaged, it withholds up to 64 KiB before the place it noticed.
    """

    name = "gzip"
    extensions = ("gz",)

    def begins(self, head: bytes) -> bool:
        """See `Codec.begins`."""
        return head.startswith(MAGIC)

    def decode(self, stored: StoredBytes) -> Iterator[bytes]:
        """See `Codec.decode`."""
        small = stored.take(_SMALL_BYTES)
        if len(small) < _SMALL_BYTES and (whole := _gzip_at_once(small)) is not None:
            yield from (whole,) if whole else ()
            return
        stored.give_back(len(small))
        for _, pieces in gzip_members(stored):
            yield from pieces


def gzip_members(stored: StoredBytes) -> Iterator[tuple[int, Iterator[bytes]]]:
    """Of each member where its header begins, and the decoded pieces, all of which have to be taken before the next.

    Raises:
        Corrupt: as `Codec.decode` does; the pieces raise it too.
    """
    while True:
        yield stored.at, gzip_member(stored)
        if not another_member(stored):
            return


def _gzip_at_once(data: bytes) -> bytes | None:
    """The decoded bytes of an object of one sound member, at most `DECODED_PIECE`; None of any other."""
    inflate = isal_zlib.decompressobj(_ZLIB_GZIP)
    try:
        decoded = inflate.decompress(data, DECODED_PIECE)
    except isal_zlib.error:  # type: ignore[misc]  # its stub declares an instance
        return None
    return decoded if inflate.eof and not inflate.unused_data else None


_HEADER_CRC, _NAME, _COMMENT, _RESERVED = 0x02, 0x08, 0x10, 0xE0
_DEFLATE = 8
_TEXT_PORTION = 256
_HEADER = "member's header"


def _skip_gzip_header(stored: StoredBytes) -> None:
    header = stored.exactly(10, _HEADER)
    method, flags = header[2], header[3]
    if method != _DEFLATE or flags & _RESERVED:
        raise Corrupt(f"the gzip header is damaged (method {method}, flags {flags:#04x})")
    if flags & EXTRA:
        stored.exactly(int.from_bytes(stored.exactly(2, _HEADER), "little"), _HEADER)
    for flag in (_NAME, _COMMENT):
        if flags & flag:
            _skip_text(stored)
    if flags & _HEADER_CRC:
        stored.exactly(2, _HEADER)


def _skip_text(stored: StoredBytes) -> None:
    """Go behind a text that ends in NUL."""
    while portion := stored.take(_TEXT_PORTION):
        _, end, rest = portion.partition(b"\0")
        if end:
            stored.give_back(len(rest))
            return
    raise ends_early(_HEADER)


def gzip_member(stored: StoredBytes) -> Iterator[bytes]:
    """The decoded pieces of one member, from its header to its trailer; raises as `Codec.decode` does."""
    _skip_gzip_header(stored)
    inflate = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP_NO_HDR)
    size = 0
    for piece in member(stored, inflate, _ERRORS):
        size += len(piece)
        yield piece
    trailer = stored.exactly(8, "member's trailer")
    if int.from_bytes(trailer[:4], "little") != inflate.crc:
        raise Corrupt("the checksum of a gzip member does not fit its content, so some value in it may be wrong")
    if int.from_bytes(trailer[4:], "little") != size & 0xFFFFFFFF:
        raise Corrupt("the length at the end of a gzip member does not fit its content")


def another_member(stored: StoredBytes) -> bool:
    """Whether a member follows, perhaps behind zeros, which are passed over.

    Raises:
        Corrupt: something else does.
    """
    padded = stored.skip_zeros() > 0
    start = stored.peek(len(MAGIC))
    if start and start != MAGIC:
        raise goes_on("gzip", "behind its zero padding" if padded else "behind its last member")
    return bool(start)
