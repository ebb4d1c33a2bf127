"""bzip2 (https://sourceware.org/bzip2/) through the standard library."""

from __future__ import annotations

import bz2
from collections.abc import Iterator

from transforms.formats.compression.codec import DECODED_PIECE, StoredBytes, goes_on, steps

_SIGNATURE = b"BZh"
_LEVELS = b"123456789"
_BLOCK, _END = b"\x31\x41\x59\x26\x53\x59", b"\x17\x72\x45\x38\x50\x90"
_MAGIC_BYTES = 10

_PORTION = 1024
"""Stored bytes handed to libbz2 at a time: fewer than most blocks have, so that it pauses between two of them. A
quarter of it measured a fifth slower, eight times as much no faster."""

_HELD_BYTES = 16 * 1024 * 1024
"""Decoded bytes that wait for the checksum of their block. A block is 900,000 bytes at most, in which four to 255 equal
bytes count as five: only such runs make more of it."""


class Bzip2:
    """bzip2: several streams one after the other, nothing behind the last one.

    Each block has a checksum behind it, and its bytes are given once that fits, but for those of a block that decodes
    to more than `_HELD_BYTES`. Damage right behind a block (`_PORTION` bytes) may take that block with it.
    """

    name = "bzip2"
    extensions = ("bz2",)

    def begins(self, head: bytes) -> bool:
        """See `Codec.begins`."""
        known = head.startswith(_SIGNATURE) and head[3:4] in _LEVELS
        return known and head[4:_MAGIC_BYTES] in (_BLOCK, _END)

    def decode(self, stored: StoredBytes) -> Iterator[bytes]:
        """See `Codec.decode`."""
        while True:
            yield from _stream(stored)
            head = stored.peek(_MAGIC_BYTES)
            if not head:
                return
            if not self.begins(head):
                raise goes_on(self.name, "behind its last stream")


def _stream(stored: StoredBytes) -> Iterator[bytes]:
    """The decoded pieces of one stream.

    libbz2 reads a block to its end before it gives a byte of it, and compares the checksum before it reads on: where
    it has room left and asks for more, all that came out so far is good.
    """
    decompressor = bz2.BZ2Decompressor()
    held: list[bytes] = []
    size = 0
    for piece in steps(stored, decompressor, (OSError, ValueError), _PORTION):
        if piece:
            held.append(piece)
            size += len(piece)
        checked = decompressor.eof or (decompressor.needs_input and len(piece) < DECODED_PIECE)
        if checked or size > _HELD_BYTES:
            yield from held
            held, size = [], 0
