"""The bytes of one S3 object as a stream that survives dropped connections."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Generator

from botocore.exceptions import HTTPClientError, IncompleteReadError
from obstore.exceptions import BaseError

from transforms.storage.store import ObjectUnreadable

CHUNK = 1024 * 1024
"""Bytes asked of a connection at a time; 1 MiB measured twice as fast as 64 KiB or 8 MiB."""

_DROPS = 5
"""Connections in a row that may drop without giving a chunk: with the pauses below about 3 seconds."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 5.0

BROKEN = (BaseError, HTTPClientError, IncompleteReadError, OSError)
"""What obstore and boto3 raise when a body breaks off."""

Connect = Callable[[int], Generator[bytes, None, None]]
"""From an offset to the chunks from there to the stream's end; asks for the listed version only.

Raises StorageError if the store refuses, one of `BROKEN` if the body breaks off.
"""


class S3Stream:
    """A `ByteStream` over one connection at a time; a new one takes over where a dropped one ended.

    Args:
        connect: makes the connections.
        uri: for messages.
        start: first byte.
        end: byte behind the last.
        pause: called with seconds to wait before a new connection.
    """

    def __init__(
        self, connect: Connect, uri: str, start: int, end: int, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._connect, self._uri, self._pause = connect, uri, pause
        self._received, self._end = start, end
        self._chunk, self._given = b"", 0
        self._connection = connect(start) if start < end else None

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, empty only at the end."""
        if self._given >= len(self._chunk):
            if self._received >= self._end:
                return b""
            self._chunk, self._given = self._receive(), 0
        data = self._chunk[self._given : self._given + size]
        self._given += len(data)
        return data

    def close(self) -> None:
        """Drop the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._chunk, self._received = b"", self._end

    def _receive(self) -> bytes:
        for attempt in range(_DROPS):
            chunk, reason = self._next_chunk()
            if chunk:
                self._received += len(chunk)
                return chunk
            self._pause(_pause_s(attempt))
        raise ObjectUnreadable(
            f"{self._uri!r} could not be read on from byte {self._received}: {_DROPS} connections in a row dropped"
        ) from reason

    def _next_chunk(self) -> tuple[bytes, Exception | None]:
        """A chunk, or nothing and the reason why the connection gives no more, though more is due."""
        if self._connection is None:
            self._connection = self._connect(self._received)
        try:
            chunk = next(self._connection, b"")
        except BROKEN as error:
            self._connection = None
            return b"", error
        if not chunk:
            self._connection = None
        return chunk, None


def _pause_s(attempt: int) -> float:
    """Full jitter: anywhere up to 0.2, 0.4, 0.8 … seconds."""
    return random.uniform(0, min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2**attempt))  # noqa: S311  # spreads load, hides nothing
