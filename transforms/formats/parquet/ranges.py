"""What pyarrow reads of a file, fetched in few requests: a row group's columns ahead, or one buffer at a time."""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Iterable, Sequence

from transforms.formats.format import RandomAccess

Range = tuple[int, int]
"""The first byte, and the one behind the last."""

_NEAR_SHARE = 20
"""Bytes between ranges are fetched along with them as long as they are not more than a twentieth of these."""


class FetchedRanges(io.RawIOBase):
    """A file for pyarrow of which some ranges are held; what is not held is fetched when it is asked for.

    Attributes:
        error: what the store raised last; pyarrow makes another error of it on the way.
    """

    def __init__(self, file: RandomAccess) -> None:
        super().__init__()
        self._file = file
        self._position = 0
        self._starts: list[int] = []
        self._held: list[bytes] = []
        self.error: Exception | None = None

    def hold(self, ranges: Iterable[Range]) -> None:
        """Fetch these ranges, near ones by one request, and let go of those held before."""
        self._starts, self._held = [], []
        for start, end in merged(ranges):
            self._held.append(self._file.read(start, end))
            self._starts.append(start)

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where the next read begins."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._file.size}[whence]
        self._position = base + offset
        return self._position

    def read(self, size: int = -1) -> bytes | memoryview:
        """The next bytes, fewer only at the end."""
        start = self._position
        end = self._file.size if size < 0 else min(start + size, self._file.size)
        try:
            data = self._bytes(start, end)
        except Exception as error:
            self.error = error
            raise
        self._position += len(data)
        return data

    def _bytes(self, start: int, end: int) -> bytes | memoryview:
        number = bisect_right(self._starts, start) - 1
        if number >= 0:
            held, first = self._held[number], self._starts[number]
            if end <= first + len(held):
                return memoryview(held)[start - first : end - first]
        return self._file.read(start, end)


def merged(ranges: Iterable[Range]) -> Sequence[Range]:
    """The ranges in their order, those that lie near each other as one."""
    found: list[Range] = []
    wanted = between = 0
    for start, end in sorted(ranges):
        gap = start - found[-1][1] if found else 0
        if found and (between + max(0, gap)) * _NEAR_SHARE <= wanted + end - start:
            between += max(0, gap)
            wanted += end - start
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
            wanted, between = end - start, 0
    return found
