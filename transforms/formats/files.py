"""Files: the stored bytes of an object where a format has to read here and there in them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import IO

from transforms.formats.format import RandomAccess
from transforms.formats.frames import FRAME_BYTES
from transforms.formats.prefetch import Opener
from transforms.formats.sources import DecodedSource
from transforms.model.objects import ObjectRef
from transforms.storage.store import ByteStream

IN_MEMORY_BYTES = 16 * 1024 * 1024
"""Up to which size decompressed bytes are kept in memory; larger ones go to a temporary file."""

KEPT_BYTES = 64 * 1024
"""Of an object's end, which is looked at to tell what it is, and again to read it."""


class StoredFile:
    """An object as its store has it: every read is a request for just these bytes, but for its end, which is kept.

    Attributes:
        fetched: bytes read so far.
    """

    def __init__(self, opener: Opener, ref: ObjectRef) -> None:
        self._opener = opener
        self._ref = ref
        self.fetched = 0
        self._end = b""

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return self._ref.size

    def stream(self) -> ByteStream:
        """All of them, from the first one on; they are not counted."""
        return self._opener.open(self._ref)

    def read(self, start: int, end: int) -> bytes:
        """Those from `start` up to `end`, fewer only where the object ends before."""
        end = min(end, self.size)
        if start >= end:
            return b""
        kept = self.size - len(self._end)
        if start >= kept:
            return self._end[start - kept : end - kept]
        with closing(self._opener.open(self._ref, start, end)) as stream:
            data = _all(stream, end - start)
        self.fetched += len(data)
        if end == self.size and len(data) <= KEPT_BYTES:
            self._end = data
        return data


class CopiedFile:
    """Bytes that could only be read from their start to their end, copied to where any part can be read."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self.size = size

    def read(self, start: int, end: int) -> bytes:
        """Those from `start` up to `end`, fewer only where the object ends before."""
        if start >= self.size:  # a damaged file may name places farther away than a file can be
            return b""
        self._file.seek(start)
        return self._file.read(max(0, min(end, self.size) - start))


@contextmanager
def copied(source: DecodedSource) -> Iterator[RandomAccess]:
    """All that the source still gives, as a file that is gone afterwards.

    Raises:
        BrokenStream: its compression is broken.
    """
    with tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES) as file:
        size = 0
        while piece := source.read(FRAME_BYTES):
            size += file.write(piece)
        yield CopiedFile(file, size)


def _all(stream: ByteStream, size: int) -> bytes:
    parts = []
    while size > 0 and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
