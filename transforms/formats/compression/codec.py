"""What a codec is: stored bytes in, pieces of decoded bytes out, and one error for all that is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

STORED_PIECE = 256 * 1024
"""Stored bytes handed to a decompressor at a time. How many it gets depends on the object alone and never on how the
network cut it, and so does what comes out before a break."""

_FIRST_PIECE = 8 * 1024
"""Stored bytes handed to a member's decompressor first; each further portion is twice the one before. What is handed
over behind the member's end is copied for nothing, and an object may be a hundred thousand small members."""

MAGIC_BYTES = 4096
"""Stored bytes looked at in order to know the codec: any magic, behind small frames that are to be skipped."""

DECODED_PIECE = 64 * 1024
"""Decoded bytes taken from a decompressor at a time: the bound that keeps a decompression bomb small in memory."""

WINDOW_BYTES = 128 * 1024 * 1024
"""The longest history that a decompressor may keep in memory, as the bytes themselves ask for it: what `zstd` and `xz`
write at their highest levels is read, and a hostile header gets no gigabytes."""


class Reader(Protocol):
    """Something stored bytes come from, in portions of any size."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; empty only at the end."""


class Corrupt(Exception):
    """The stored bytes are not what their codec demands; the text is one sentence."""


class TooCostly(Corrupt):
    """The stored bytes may be sound, but what they decode to, or the memory that it takes, is over a limit."""


class StoredBytes:
    """The stored bytes of an object, in portions of exact size, with the possibility of giving some back.

    Attributes:
        count: stored bytes taken from the reader so far.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._held = b""
        self._at = 0
        self.count = 0

    @property
    def at(self) -> int:
        """How many bytes lie before the next one to be taken."""
        return self.count - (len(self._held) - self._at)

    def take(self, size: int) -> bytes:
        """Exactly `size` bytes, fewer only at the end."""
        if len(self._held) - self._at < size:
            self._read(size)
        taken = self._held[self._at : self._at + size]
        self._at += len(taken)
        return taken

    def give_back(self, size: int) -> None:
        """Let the next `take` begin with the last so many bytes of the one before."""
        self._at -= size

    def peek(self, size: int) -> bytes:
        """As `take`, but the bytes stay to be taken."""
        head = self.take(size)
        self.give_back(len(head))
        return head

    def exactly(self, size: int, part: str) -> bytes:
        """Exactly `size` bytes.

        Raises:
            Corrupt: there are fewer; `part` says of what they would be.
        """
        taken = self.take(size)
        if len(taken) < size:
            raise ends_early(part)
        return taken

    def skip(self, size: int, part: str) -> None:
        """Go on behind so many bytes, of any number; raises as `exactly`."""
        while size:
            size -= len(self.exactly(min(size, STORED_PIECE), part))

    def skip_zeros(self) -> int:
        """Go on at the next byte that is not zero; returns how many were."""
        zeros, size = 0, 512
        while portion := self.take(size):
            size = min(2 * size, STORED_PIECE)
            rest = len(portion.lstrip(b"\0"))
            zeros += len(portion) - rest
            if rest:
                self.give_back(rest)
                break
        return zeros

    def _read(self, size: int) -> None:
        """Hold `size` bytes that were not taken yet, fewer only at the end."""
        parts = [self._held[self._at :]] if self._at < len(self._held) else []
        missing = size - (len(self._held) - self._at)
        while missing and (part := self._reader.read(missing)):
            self.count += len(part)
            missing -= len(part)
            parts.append(part)
        self._held, self._at = b"".join(parts), 0


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
            TooCostly: they ask for more memory than `WINDOW_BYTES`.
        """


class Decompressor(Protocol):
    """What `bz2`, `lzma`, `igzip_lib` and the modules of zstd and LZ4 have in common."""

    @property
    def eof(self) -> bool: ...  # noqa: D102
    @property
    def needs_input(self) -> bool: ...  # noqa: D102
    @property
    def unused_data(self) -> bytes | None: ...  # noqa: D102
    def decompress(self, data: bytes, /, max_length: int) -> bytes: ...  # noqa: D102


Errors = tuple[type[Exception], ...]
"""What a decompressor raises on bytes that it cannot read."""


def member(stored: StoredBytes, decompressor: Decompressor, errors: Errors) -> Iterator[bytes]:
    """The decoded pieces of one member, read until its own end; the next `take` begins behind it.

    Raises:
        Corrupt: the stored bytes end before the member does, or the decompressor raises one of `errors`.
    """
    return filter(None, steps(stored, decompressor, errors, STORED_PIECE))


def steps(stored: StoredBytes, decompressor: Decompressor, errors: Errors, most: int) -> Iterator[bytes]:
    """As `member`, what each call of the decompressor gives, also where that is nothing; `most` bytes go in at once."""
    size, drained = min(_FIRST_PIECE, most), True
    while not decompressor.eof:
        portion = b""
        # Some ask for more input while output is left, which would be lost if none came.
        if drained and decompressor.needs_input:
            if not (portion := stored.take(size)):
                raise ends_early("member")
            size = min(2 * size, most)
        try:
            piece = decompressor.decompress(portion, DECODED_PIECE)
        except errors as error:
            raise Corrupt(f"the compressed data is damaged ({error})") from None
        drained = len(piece) < DECODED_PIECE
        yield piece
    stored.give_back(len(decompressor.unused_data or b""))


def ends_early(part: str) -> Corrupt:
    """The break of stored bytes that end inside this part."""
    return Corrupt(f"the compressed data ends too early, inside a {part}")


def goes_on(kind: str, where: str) -> Corrupt:
    """The break of stored bytes of a kind that go on where nothing should follow."""
    return Corrupt(f"the {kind} data goes on with other bytes {where}")
