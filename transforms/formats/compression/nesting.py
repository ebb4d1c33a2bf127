"""Compression inside compression: what was compressed twice, as some delivery services do, is decoded twice."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from transforms.formats.compression.codec import Corrupt, StoredBytes
from transforms.formats.compression.table import codec_of


def unwrapped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The decoded pieces; where these are compressed themselves, what they decode to, and no further.

    Raises:
        Corrupt: one of the two is damaged or ends too early, the outer one first.
    """
    first = next(pieces, b"")
    codec = codec_of(first)
    whole = chain((first,), pieces) if first else pieces
    if codec is None:
        yield from whole
        return
    inner = Pieces(whole)
    try:
        yield from codec.decode(StoredBytes(inner))
    except Corrupt as corrupt:
        raise inner.broken or corrupt from None
    if inner.broken is not None:
        raise inner.broken


class Pieces:
    """Decoded pieces as the stored bytes of another codec; their break is their end, so that nothing before is lost.

    Attributes:
        broken: why they end, if not by themselves.
    """

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held = memoryview(b"")
        self.broken: Corrupt | None = None

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; empty only at the end."""
        if not self._held and self.broken is None:
            try:
                self._held = memoryview(next(filter(None, self._pieces), b""))
            except Corrupt as corrupt:
                self.broken = corrupt
        taken, self._held = self._held[:size], self._held[size:]
        return bytes(taken)
