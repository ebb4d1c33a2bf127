"""Framing of records that stand one a line."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import numpy as np

from transforms.formats.format import BrokenStream, Limits, Source
from transforms.formats.frames import FRAME_BYTES, Fault, Frame
from transforms.formats.framing import BLANKS, BOM, RAW_HEAD_BYTES, Numbering, Positions, broken, line_feeds

_CROSSING_BYTES = 64 * 1024
"""Read at a time behind the end of a range, where only the rest of one line is due."""

_RETURN, _SPACE = 0x0D, 0x20


def line_frames(source: Source, limits: Limits) -> Iterator[Frame | Fault]:
    """Frames of the lines that start in the source's span, and the faults among them, in order.

    A line ends at LF or CRLF, or where the object ends. Blank lines are no records; a byte order mark at the
    object's start belongs to none. Blanks around a record are no part of it.

    Rejects:
        RECORD_TOO_LARGE: the line, its end excluded, is longer than `limits.record_bytes`; it is passed over without
            being held.
        CORRUPT_COMPRESSION: the stream broke; whole lines before the break are good.
    """
    return Lines(source, limits, held=limits.record_bytes).read()


class Lines:
    """Cuts one span's bytes at line ends; `_tail` is the unfinished line at `offset`, decoded.

    Args:
        source: the span.
        limits: what a record may cost.
        held: bytes of a line, its end excluded, from which on it is passed over without being held.
    """

    def __init__(self, source: Source, limits: Limits, *, held: int) -> None:
        self._source = source
        self._limit = held
        self.numbering = Numbering(source, limits)
        self.offset = source.offset
        self._mark = 0
        self._tail = b""
        self._passed = 0
        self._ended = False
        self._stream: BrokenStream | None = None

    def read(self) -> Iterator[Frame | Fault]:
        """All lines of the span, and the break of the stream."""
        block = self._first_block()
        while not self._beyond():
            whole = self._ended and self._stream is None
            cut = len(block) if whole else block.rfind(b"\n") + 1
            # Joined at once: these are all bytes that there are, and every copy of them is felt.
            lines = b"".join((self._tail, memoryview(block)[:cut])) if cut or whole else b""
            self._tail = block[cut:] if cut or whole else self._tail + block
            if lines:
                yield from self._cut(lines)
            # A carriage return behind the limit may yet turn out to be half of the line end.
            over = len(self._tail) > self._limit + 1 and not self._beyond()
            block = (yield from self._pass_over()) if over else b""
            if self._ended and not block:
                break
            block = block or self._block()
        if self._stream is not None and not self._beyond():
            yield broken(self._stream, self._passed + len(self._tail))

    def _beyond(self) -> bool:
        """Whether the next line starts behind the span; the first one starts with the byte order mark before it."""
        return self._source.end is not None and self.offset - self._mark >= self._source.end

    def _block(self) -> bytes:
        """The next block. Behind a short one the source is asked once more: it may have ended there, or broken."""
        size = FRAME_BYTES
        if self._source.end is not None:
            size = min(size, max(self._source.end - self._source.offset, _CROSSING_BYTES))
        block = b""
        try:
            block = self._source.read(size)
            self._ended = len(block) < size and not self._source.read(1)
        except BrokenStream as stream:
            self._ended, self._stream = True, stream
        return block

    def _first_block(self) -> bytes:
        """The first block from the first line of the span on."""
        block = self._block()
        if self._source.start == 0:
            self._mark = len(BOM) if block.startswith(BOM) else 0
            self.offset += self._mark
            return block[self._mark :]
        while (cut := block.find(b"\n") + 1) == 0 and not self._ended and not self._beyond():
            self.offset += len(block)
            block = self._block()
        # What stands before the first line end is the span's before.
        self.offset += cut or len(block)
        return block[cut:] if cut else b""

    def _cut(self, data: bytes) -> Iterator[Frame | Fault]:
        """Frame whole lines; only the object's last line may lack its end."""
        array = np.frombuffer(data, np.uint8)
        feeds = line_feeds(data)
        ends = feeds if data.endswith(b"\n") else np.append(feeds, len(data))
        starts = np.empty_like(ends)
        starts[0], starts[1:] = 0, ends[:-1] + 1
        if self._source.end is not None:
            ours = int(np.searchsorted(starts, self._source.end - self.offset))
            ours = max(ours, 1 if self._mark else 0)
            starts, ends = starts[:ours], ends[:ours]
        if b"\r" in data:
            ends = ends - ((ends > starts) & (array[ends - 1] == _RETURN))
        yield from self.frame(data, starts, ends)
        self.numbering.pass_lines(len(feeds))
        self.offset += len(data)
        self._mark = 0

    def frame(self, data: bytes, starts: Positions, ends: Positions) -> Iterator[Frame | Fault]:
        """The records among these lines of `data`, their line ends excluded; other formats may see other ones there."""
        lines, sizes = np.arange(len(starts)), ends - starts
        if not sizes.all():
            filled = sizes > 0
            starts, ends, lines, sizes = starts[filled], ends[filled], lines[filled], sizes[filled]
        array = np.frombuffer(data, np.uint8)
        edges = array[starts], array[ends - 1]
        if len(starts) and min(edges[0].min(), edges[1].min()) <= _SPACE:
            # One over the limit keeps its blanks: where it is passed over unseen they cannot be told.
            ragged = ((edges[0] <= _SPACE) | (edges[1] <= _SPACE)) & (sizes <= self._limit)
            for index in np.flatnonzero(ragged).tolist():
                _trim(data, starts, ends, index)
            filled = ends > starts
            starts, ends, lines, sizes = starts[filled], ends[filled], lines[filled], sizes[filled]
        yield from self.numbering.frame(data, self.offset, starts, ends, lines, sizes)

    def _pass_over(self) -> Generator[Fault, None, bytes]:
        """Read to the end of a line that is over the limit, keeping its head only; returns what was read behind it."""
        head, rest, cut = self._tail, b"", -1
        self._passed, self._tail, last = len(head), b"", head[-1:]
        while cut < 0 and not self._ended:
            block = self._block()
            cut = block.find(b"\n")
            line, rest = (block, b"") if cut < 0 else (block[:cut], block[cut + 1 :])
            head += line[: max(0, RAW_HEAD_BYTES - len(head))]
            self._passed, last = self._passed + len(line), line[-1:] or last
        if cut < 0 and self._stream is not None:
            return b""
        length = self._passed - (last == b"\r")
        yield self.numbering.too_large(head[:length], self.offset, length)
        self.offset += self._passed + (cut >= 0)
        self._mark = 0
        self.numbering.pass_lines(1)
        self._passed = 0
        return rest


def _trim(data: bytes, starts: Positions, ends: Positions, index: int) -> None:
    """Take the blanks around one record off."""
    record = data[starts[index] : ends[index]]
    trimmed = record.lstrip(BLANKS)
    starts[index] += len(record) - len(trimmed)
    ends[index] = starts[index] + len(trimmed.rstrip(BLANKS))
