"""What a codec is: stored bytes in, pieces of decoded bytes out, and one error for all that is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

STORED_PIECE = 256 * 1024
"""Stored bytes handed to a decompressor at a time, always exactly so many, so that what comes out before a break
depends on the object alone and never on how the network cut it."""

MAGIC_BYTES = 16
"""Stored bytes looked at in order to know the codec; longer than any magic."""

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
        extensions: of keys, without the dot.
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def extensions(self) -> tuple[str, ...]: ...  # noqa: D102

    def begins(self, head: bytes) -> bool:
        """Whether the stored bytes that start so (`MAGIC_BYTES` of them, or all) are of this kind."""

    def decode(self, stored: StoredBytes) -> Iterator[bytes]:
        """The decoded bytes in pieces of at most `DECODED_PIECE`.

        Raises:
            Corrupt: the bytes are damaged or end too early; what could be decoded before has been given.
        """


class Decompressor(Protocol):
    """What `bz2`, `lzma`, `igzip_lib` and the zstd modules have in common."""

    @property
    def eof(self) -> bool: ...  # noqa: D102
    @property
    def needs_input(self) -> bool: ...  # noqa: D102
    @property
    def unused_data(self) -> bytes: ...  # noqa: D102
    def decompress(self, data: bytes, /, max_length: int) -> bytes: ...  # noqa: D102


def member(stored: StoredBytes, decompressor: Decompressor, errors: tuple[type[Exception], ...]) -> Iterator[bytes]:
    """The decoded pieces of one member, read until its own end; what was taken behind it is `unused_data`.

    Raises:
        Corrupt: the stored bytes end before the member does, or the decompressor raises one of `errors`.
    """
    while not decompressor.eof:
        portion = stored.take(STORED_PIECE) if decompressor.needs_input else b""
        if decompressor.needs_input and not portion:
            raise Corrupt("the compressed data ends too early, inside a member")
        try:
            piece = decompressor.decompress(portion, DECODED_PIECE)
        except errors as error:
            raise Corrupt(f"the compressed data is damaged ({error})") from None
        if piece:
            yield piece
