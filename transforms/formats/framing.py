"""What the framing of every JSON format shares: numbering, the record limit, and the faults of a broken stream."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from transforms.formats.format import BrokenStream, Limits, Source
from transforms.formats.frames import Fault, Frame
from transforms.model.rejections import Code, Level, Place
from transforms.native import native

BOM = b"\xef\xbb\xbf"
"""The UTF-8 byte order mark, no part of the first record."""

BLANKS = b" \t\n\r"
"""The blanks of JSON (RFC 8259, section 2, https://www.rfc-editor.org/rfc/rfc8259)."""

RAW_HEAD_BYTES = 64 * 1024
"""What is kept of a record that is over the limit."""

Positions = npt.NDArray[np.int64]


def line_feeds(data: bytes) -> Positions:
    """Where the line feeds are."""
    if native is None:
        return np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n"))
    return np.frombuffer(native.line_feeds(data), np.int64)


class Numbering:
    """Counts records and physical lines on the way through a span, from its start."""

    def __init__(self, source: Source, limits: Limits) -> None:
        self._span = source.start
        self._limit = limits.record_bytes
        self._record = 1
        self._line = 1

    def frame(
        self, data: bytes, offset: int, starts: Positions, ends: Positions, lines: Positions, sizes: Positions
    ) -> Iterator[Frame | Fault]:
        """The records between `starts` and `ends` as one frame, then a fault for each that is over the limit.

        Args:
            data: the frame's bytes.
            offset: of `data` in the object.
            starts: where each record starts in `data`.
            ends: where it ends.
            lines: how many line ends of `data` stand before it.
            sizes: what is held against the limit.
        """
        if not len(starts):
            return
        whole = Frame(
            data=data,
            offset=offset,
            starts=starts,
            lengths=(ends - starts).astype(np.int32),
            records=np.arange(self._record, self._record + len(starts)),
            lines=lines + self._line,
            span=self._span,
        )
        self._record += len(starts)
        if sizes.max() <= self._limit:
            yield whole
            return
        large = sizes > self._limit
        if not large.all():
            yield _kept(whole, ~large)
        for index in np.flatnonzero(large).tolist():
            yield self._too_large(whole.raw(index)[:RAW_HEAD_BYTES], whole.place(index))

    def too_large(self, head: bytes, offset: int, length: int) -> Fault:
        """The fault of one record that was passed over without being held, which is counted by this."""
        place = Place(offset=offset, length=length, record=self._record, line=self._line, span=self._span)
        self._record += 1
        return self._too_large(head[:RAW_HEAD_BYTES], place)

    def empty(self, offset: int, line_ends: int, detail: str) -> Fault:
        """The fault of a place where a record is missing; `line_ends` as for `frame`."""
        place = Place(offset=offset, record=self._record, line=self._line + line_ends, span=self._span)
        self._record += 1
        return Fault(code=Code.INVALID_JSON, level=Level.RECORD, detail=detail, place=place, raw=b"")

    def pass_lines(self, count: int) -> None:
        """Go on behind so many line ends."""
        self._line += count

    def _too_large(self, head: bytes, place: Place) -> Fault:
        detail = f"the record is {place.length:,} bytes long, {self._limit:,} are allowed"
        code = Code.RECORD_TOO_LARGE
        return Fault(code=code, level=Level.RECORD, detail=detail, place=place, raw=head)


def _kept(frame: Frame, kept: npt.NDArray[np.bool_]) -> Frame:
    return replace(
        frame,
        starts=frame.starts[kept],
        lengths=frame.lengths[kept],
        records=frame.records[kept],
        lines=frame.lines[kept],
    )


def broken(stream: BrokenStream, unfinished: int) -> Fault:
    """The fault of the rest of an object whose stream broke, behind a record of which so many bytes were read."""
    behind = f"; the {unfinished:,} bytes of a record before that are unfinished" if unfinished else ""
    detail = f"{stream.detail}, behind {stream.offset:,} decoded bytes{behind}"
    place = Place(offset=stream.offset)
    return Fault(code=stream.code, level=Level.OBJECT, detail=detail, place=place)


def break_of(source: Source, size: int) -> Fault | None:
    """The fault of a stream that breaks within the next bytes, which are taken; None if it does not."""
    try:
        source.read(size)
        source.read(1)
    except BrokenStream as stream:
        return broken(stream, 0)
    return None
