"""A window over the text of one object: what has been read of it and not yet been framed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from transforms.formats.format import BrokenStream, Limits, Source
from transforms.formats.frames import FRAME_BYTES, Fault, Frame
from transforms.formats.framing import BLANKS, BOM, RAW_HEAD_BYTES, Numbering, Positions, broken, line_feeds
from transforms.model.rejections import Code, Level, Place


class Window:
    """Reads the text forward, about `FRAME_BYTES` of it at a time, and counts lines and records on the way.

    What is held is a window, or one record that is longer, up to the limit; a longer one is passed over.

    Attributes:
        text: the bytes that are held.
        offset: of `text[0]` in the object; of the item's start while one is passed over.
        ended: whether nothing comes behind `text`.
        passed: bytes of the item that is being passed over which are held no more.
        limit: the longest record.
        size: how much `fill` reads; each `drop` costs as much as is held.
    """

    def __init__(self, source: Source, limits: Limits) -> None:
        self._source = source
        self._numbering = Numbering(source, limits)
        self._stream: BrokenStream | None = None
        self._head, self._used, self._line_ends = b"", 0, 0
        self.text = b""
        self.offset = source.offset
        self.ended = False
        self.passed = 0
        self.limit = limits.record_bytes
        self.size = FRAME_BYTES

    @property
    def unfinished(self) -> int:
        """Bytes behind the last record."""
        return self.passed + len(self.text)

    @property
    def torn(self) -> bool:
        """Whether the stream broke behind `text`."""
        return self._stream is not None

    def open(self, blanks: bytes = BLANKS) -> None:
        """Read the first window, a byte order mark and blanks at its start left out."""
        self.fill(b"")
        if self.text.startswith(BOM):
            self.drop(len(BOM))
        self.fill(blanks)

    def fill(self, blanks: bytes = BLANKS) -> None:
        """Read until the text is a window that starts with none of the blanks, or the object ends."""
        while True:
            self.drop(len(self.text) - len(self.text.lstrip(blanks)) if blanks else 0)
            if self.ended or len(self.text) >= self.size:
                return
            self.more(self.size - len(self.text))

    def more(self, size: int = FRAME_BYTES) -> None:
        """Read so many bytes more."""
        try:
            block = self._source.read(size)
        except BrokenStream as stream:
            self._stream, block = stream, b""
        self.ended = not block
        self.text += block

    def drop(self, size: int) -> None:
        """Go on behind so many bytes of the text."""
        if size:
            self._numbering.pass_lines(self.text.count(b"\n", 0, size))
            self.text = self.text[size:]
            self.offset += size

    def frame(self, starts: Positions, ends: Positions) -> Iterator[Frame | Fault]:
        """The records between `starts` and `ends`, at least one; see `Numbering.frame`. The text stays."""
        data = self.text[: ends[-1]]
        lines = np.zeros(len(starts), np.int64)
        if b"\n" in data:
            lines = np.searchsorted(line_feeds(data), starts)
        yield from self._numbering.frame(data, self.offset, starts, ends, lines, ends - starts)

    def missing(self, position: int, detail: str) -> Fault:
        """The fault of a position in the text where a record is missing."""
        return self._numbering.empty(self.offset + position, self.text.count(b"\n", 0, position), detail)

    def pass_over(self, end: Callable[[bytes, int], int | None]) -> bool:
        """Read on to the end of the item at the start of the text, keeping no more than its head.

        Args:
            end: where the item ends in some bytes, from a position on, or None; asked of all bytes behind the text in
                their order, for those of the text it has been asked already.

        Returns:
            Whether it ends; the text then starts there. See `too_large` and `leave`.
        """
        self._head, self.passed = self.text[:RAW_HEAD_BYTES], len(self.text)
        self._used, self._line_ends, self.text = len(self.text.rstrip(BLANKS)), self.text.count(b"\n"), b""
        stop: int | None = None
        while stop is None and not self.ended:
            self.more()
            stop = end(self.text, 0)
            part = self.text if stop is None else self.text[:stop]
            used = len(part.rstrip(BLANKS))
            self._used = self.passed + used if used else self._used
            self.passed, self._line_ends = self.passed + len(part), self._line_ends + part.count(b"\n")
            self.text = self.text[len(part) :]
        return stop is not None

    def too_large(self) -> Fault:
        """The fault of a record that was passed over, blanks behind it left out; goes on behind it."""
        length = self._used if self._used > self.limit else self.passed
        fault = self._numbering.too_large(self._head, self.offset, length)
        self.leave()
        return fault

    def leave(self) -> None:
        """Go on behind what was passed over."""
        self._numbering.pass_lines(self._line_ends)
        self.offset, self.passed = self.offset + self.passed, 0

    def tear(self) -> Iterator[Fault]:
        """The fault of a broken stream, if it is one."""
        if self._stream is not None:
            yield broken(self._stream, self.unfinished)

    def refused(self, detail: str, code: Code = Code.BROKEN_ARRAY) -> Fault:
        """The fault of all from here on."""
        return Fault(code=code, level=Level.OBJECT, detail=detail, place=Place(offset=self.offset))
