"""Stored bytes that are made while they are read, so that an object may be as large as it likes."""

from __future__ import annotations

from collections.abc import Iterator


class Endless:
    """Reads pieces one after the other; `position` counts the bytes that were given."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""
        self.position = 0

    def read(self, size: int, /) -> bytes:
        """At most so many bytes of the next piece."""
        self._rest = self._rest or next(self._pieces, b"")
        data, self._rest = self._rest[:size], self._rest[size:]
        self.position += len(data)
        return data
