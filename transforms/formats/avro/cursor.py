"""A place in the decoded bytes of a source, with a way back to a mark."""

from __future__ import annotations

from transforms.formats.format import BrokenStream, Source
from transforms.formats.frames import FRAME_BYTES

_CROSSING_BYTES = 64 * 1024
"""Read at a time behind the end of a range, where only the rest of one block is due."""

NUMBER_BYTES = 10
"""The most that a number of 64 bits takes."""


class Cursor:
    """Goes forward through a source; holds what lies behind the mark and one portion of what is to come.

    Attributes:
        broken: how the stream broke, once its good bytes have all been held.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._base = source.offset
        self._data = b""
        self._at = self._mark = 0
        self._ended = False
        self.broken: BrokenStream | None = None

    @property
    def position(self) -> int:
        """Decoded offset in the object of the next byte."""
        return self._base + self._at

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, fewer only at the end; they stay to be taken."""
        self._fill(size)
        return self._data[self._at : self._at + size]

    def take(self, size: int) -> bytes:
        """The next `size` bytes, fewer only at the end."""
        taken = self.peek(size)
        self._at += len(taken)
        return taken

    def mark(self) -> None:
        """Keep what follows, for `back`."""
        self._mark = self._at

    def back(self) -> None:
        """Go back to the mark."""
        self._at = self._mark

    def find(self, pattern: bytes) -> bool:
        """Go to where the pattern begins next, or to the end; the mark is lost."""
        while (found := self._data.find(pattern, self._at)) < 0:
            self._at = self._mark = max(self._at, len(self._data) - len(pattern) + 1)
            if self._ended:
                self._at = self._mark = len(self._data)
                return False
            self._fill(len(self._data) - self._at + 1)
        self._at = self._mark = found
        return True

    def _fill(self, size: int) -> None:
        """Hold `size` bytes from here on, if there are so many."""
        missing = size - (len(self._data) - self._at)
        if missing <= 0 or self._ended:
            return
        kept = min(self._mark, self._at)
        piece = self._read(max(missing, self._portion()))
        self._data = self._data[kept:] + piece
        self._base, self._at, self._mark = self._base + kept, self._at - kept, self._mark - kept

    def _portion(self) -> int:
        end = self._source.end
        return FRAME_BYTES if end is None else min(FRAME_BYTES, max(end - self._source.offset, _CROSSING_BYTES))

    def _read(self, size: int) -> bytes:
        """The next portion. Behind a short one the source is asked once more: it may have ended there, or broken."""
        piece = b""
        try:
            piece = self._source.read(size)
            self._ended = len(piece) < size and not self._source.read(1)
        except BrokenStream as stream:
            self._ended, self.broken = True, stream
        return piece


def varint(data: bytes, at: int) -> tuple[int, int] | None:
    """The whole number that begins there and the place behind it; None where it is cut, or longer than 64 bits take.

    See https://avro.apache.org/docs/1.12.0/specification/#binary-encoding.
    """
    found = unsigned(data, at)
    return found and ((found[0] >> 1) ^ -(found[0] & 1), found[1])


def unsigned(data: bytes, at: int) -> tuple[int, int] | None:
    """As `varint`, of numbers that have no sign: seven bits in each byte, the lowest first."""
    value = shift = 0
    for place in range(at, min(at + NUMBER_BYTES, len(data))):
        byte = data[place]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place + 1
        shift += 7
    return None
