"""Sources: the decoded bytes of one span, in exact portions, over any reader of stored bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from transforms.formats.compression.codec import MAGIC_BYTES, Codec, Corrupt, Reader, StoredBytes, TooCostly
from transforms.formats.compression.nesting import Pieces, unwrapped
from transforms.formats.compression.table import codec_of
from transforms.formats.encodings import MARK_BYTES, Encoding, as_utf8, encoding_of
from transforms.formats.format import BrokenStream, Limits
from transforms.formats.frames import FRAME_BYTES, Fault, Frame
from transforms.model.objects import Header
from transforms.model.rejections import Code

Item = TypeVar("Item", Frame, Fault, Frame | Fault)
"""What a format makes of a source."""

DEFAULT_LIMITS = Limits()
"""Of whoever names none."""


class DecodedSource:
    """The decoded bytes of one span (see the protocol `Source`).

    A range of a plain object is read from the byte *before* its start, so that `offset` is `start - 1` at first: a
    line belongs to the range exactly when a line end stands right before it, and that byte tells. `end` is the
    first stored byte behind the range; stored and decoded offsets are the same there (objects in blocks are read by
    `BlockSource`, and others are not split). The reader must go on behind `end`, for the line that crosses it.

    Args:
        reader: gives the stored bytes from `start - 1` (from 0 where `start` is 0), in portions of any size. Where
            `Pieces` break, the source does.
        start: first byte of the span; not 0 only in plain objects.
        end: first byte behind the span, or None for the object's end.
        header: of delimited text, where it is known.
        limits: what a compressed object may decode to.
        first: gives as many of the object's first bytes as it is asked for; where `start` is not 0, and a format has
            to know them.
    """

    def __init__(
        self,
        reader: Reader | StoredBytes,
        *,
        start: int = 0,
        end: int | None = None,
        header: Header | None = None,
        limits: Limits = DEFAULT_LIMITS,
        first: Callable[[int], bytes] | None = None,
    ) -> None:
        self._stored = reader if isinstance(reader, StoredBytes) else StoredBytes(reader)
        self._outer = reader if isinstance(reader, Pieces) else None
        self._start = start
        self._end = end
        self._first = first
        self._lead = min(start, 1)
        self._offset = start - self._lead
        self._parts: list[bytes] = []
        self._held = 0
        self._broken: Corrupt | None = None
        self._lines = 1 if start == 0 else 0
        self._ends_in_newline = False
        self.header = header
        self.encoding = Encoding.UTF_8
        self.codec: Codec | None = None if start else codec_of(self._stored.peek(MAGIC_BYTES))
        self._pieces = self._opened(limits)

    @property
    def offset(self) -> int:
        """Decoded offset in the object of the next byte that `read` gives."""
        return self._offset

    @property
    def start(self) -> int:
        """The first byte of the span in the object, from which records and lines are counted."""
        return self._start

    @property
    def end(self) -> int | None:
        """Decoded offset behind which no record of this span starts; None: read to the end."""
        return self._end

    @property
    def stored_bytes(self) -> int:
        """Stored bytes of the span taken so far; those read beyond its borders are left out."""
        count = self._stored.count - self._lead
        return max(0, count if self._end is None else min(count, self._end - self._start))

    @property
    def lines(self) -> int:
        """Physical lines that start in the span, of what has been read so far; only told of plain ranges."""
        return self._lines - (1 if self._end is None and self._ends_in_newline else 0)

    def read_as(self, unmarked: Encoding) -> None:
        """Give the text as UTF-8 from now on: from the encoding of its byte order mark, or this one if it has none.

        To be called before anything is read. A span that starts inside an object is UTF-8: no other text is split.
        """
        if self._start == 0:
            self.encoding = encoding_of(self.peek(MARK_BYTES), unmarked)
        if self.encoding is not Encoding.UTF_8:
            self._pieces = as_utf8(_behind(self._parts, self._broken, self._pieces), self.encoding)
            self._parts, self._held, self._broken = [], 0, None

    @property
    def in_blocks(self) -> bool:
        """Whether places in the object are told by blocks that are decoded alone."""
        return False

    def placed(self, item: Item) -> Item:
        """What was framed of this source, with its place in the object, which an offset here is already."""
        return item

    def head(self, size: int) -> bytes:
        """The first bytes of the object, fewer only where it is shorter or breaks: asked before anything is read.

        Raises:
            ValueError: nobody told a range where to have them from.
        """
        if self._start == 0:
            return self.peek(size)
        if self._first is None:
            raise ValueError("the source of a range was not told how to read the object's start")
        return self._first(size)

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, fewer only at the end or before a break; they stay to be read."""
        self._fill(size)
        head = b"".join(self._parts)
        self._parts = [head] if head else []
        return head[:size]

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes, fewer only at the end of the object.

        Raises:
            BrokenStream: when the good bytes before the break have all been given.
        """
        self._fill(size)
        if not self._held and self._broken is not None:
            code = Code.EXPANSION_LIMIT if isinstance(self._broken, TooCostly) else Code.CORRUPT_COMPRESSION
            raise BrokenStream(self._offset, str(self._broken), code)
        data = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        data, rest = (data[:size], data[size:]) if len(data) > size else (data, b"")
        self._parts, self._held = [rest] if rest else [], len(rest)
        if self._start or self._end is not None:
            self._count_lines(data)
        self._offset += len(data)
        return data

    def _opened(self, limits: Limits) -> Iterator[bytes]:
        """The decoded pieces of the span, and on behind its end."""
        if self.codec is None:
            return self._plain()
        return self._within(limits, unwrapped(self.codec.decode(self._stored)))

    def _plain(self) -> Iterator[bytes]:
        while piece := self._stored.take(FRAME_BYTES):
            yield piece

    def _within(self, limits: Limits, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """The decoded pieces as long as they keep within the limits, judged before each is given."""
        size = 0
        for piece in pieces:
            size += len(piece)
            if size > limits.decoded_bytes:
                if kept := piece[: limits.decoded_bytes - size]:
                    yield kept
                raise TooCostly(f"the object decompresses to more than {limits.decoded_bytes:,} bytes")
            if size > limits.expansion_from and size > limits.expansion * self._stored.count:
                raise TooCostly(
                    f"{self._stored.count:,} stored bytes decompress to more than {limits.expansion:,} times as many"
                )
            yield piece

    def _fill(self, size: int) -> None:
        while self._held < size and self._broken is None:
            try:
                piece = next(self._pieces, b"")
            except Corrupt as corrupt:
                self._broken = self._outer_break() or corrupt
                return
            if not piece:
                self._broken = self._outer_break()
                return
            self._parts.append(piece)
            self._held += len(piece)

    def _outer_break(self) -> Corrupt | None:
        """Why the stored bytes themselves ended, where they are pieces that broke."""
        return None if self._outer is None else self._outer.broken

    def _count_lines(self, data: bytes) -> None:
        # A line starts behind each line end; those that start at `end` or later are the next span's.
        end = self.end
        stop = len(data) if end is None else min(len(data), end - 1 - self._offset)
        if stop > 0:
            self._lines += data.count(b"\n", 0, stop)
            self._ends_in_newline = data[stop - 1] == 0x0A


def _behind(held: list[bytes], broken: Corrupt | None, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces behind what was looked at already, and behind the break that was met there."""
    yield from held
    if broken is not None:
        raise broken
    yield from pieces
