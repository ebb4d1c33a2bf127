"""Framing of delimited text: where each row begins and ends, whatever stands in quotes, in flat memory."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import numpy as np
from msgspec.structs import replace

from transforms.formats.delimited.header import HEAD_BYTES, given_header, over_limits, read_header
from transforms.formats.delimited.repeated import repeated_headers, runs
from transforms.formats.delimited.scan import BlockScan, Positions, Refusal
from transforms.formats.delimited.sniffing import header_start
from transforms.formats.format import BrokenStream, Limits, Source
from transforms.formats.frames import FRAME_BYTES, Fault, Frame
from transforms.model.objects import Header
from transforms.model.rejections import Level, Place

RAW_HEAD_BYTES = 64 * 1024
"""What is kept of a row that is over the limit."""


def frame_rows(source: Source, limits: Limits, columns: tuple[str, ...] = ()) -> Iterator[Frame | Fault]:
    """Frames of the rows below the header and the faults among them, in order.

    Where `columns` are given there is no header, and the first row is one like others. Blank lines are no rows, and
    neither are rows that repeat the header byte by byte. An object that is empty or blank has neither rows nor faults.

    Rejects:
        BAD_HEADER, TOO_MANY_COLUMNS: see `read_header`, `over_limits`; nothing else of the object is read.
        UNCLOSED_QUOTE: a quoted cell ends neither before the object nor within `limits.record_bytes` of the row's
            start, or text follows its closing quote. The row is refused up to the end of the line on which that cell
            opens, since what follows are most likely good rows; reading goes on at the next line.
        RECORD_TOO_LARGE: the row is longer than `limits.record_bytes`; reading goes on at the next line.
        CORRUPT_COMPRESSION: the stream broke; the whole rows before the break are good.
    """
    blocks = Blocks(source)
    offset, data = source.offset, blocks.read()
    while len(data) < HEAD_BYTES and not blocks.ended:
        data += blocks.read()
    begin = header_start(data)
    found: tuple[Header, int] | Fault | None = None
    if columns:
        found = given_header(data, columns, whole=blocks.whole), begin
    elif not blocks.ended or begin < len(data):
        found = read_header(data, offset=offset, whole=blocks.whole)
    if isinstance(found, tuple):
        found = over_limits(found[0], limits) or found
    if isinstance(found, Fault):
        yield found
        return
    if found is not None:
        header, start = found
        rows = RowCutter(header, limits, offset=offset + start, line=1 + data.count(b"\n", 0, start))
        yield from rows.read(blocks, data[start:])
    if blocks.broken is not None:
        place = Place(offset=blocks.broken.offset)
        yield Fault(code=blocks.broken.code, level=Level.OBJECT, detail=blocks.broken.detail, place=place)


class Blocks:
    """The source's bytes in blocks of one size, and how they ended."""

    def __init__(self, source: Source, size: int = FRAME_BYTES) -> None:
        self._source = source
        self._size = size
        self.ended = False
        self.broken: BrokenStream | None = None

    @property
    def whole(self) -> bool:
        """Whether the object has been read to its proper end."""
        return self.ended and self.broken is None

    def read(self) -> bytes:
        """The next block. Behind a short one the source is asked once more: it may have ended there, or broken."""
        block = b""
        try:
            block = self._source.read(self._size)
            self.ended = len(block) < self._size and not self._source.read(1)
        except BrokenStream as broken:
            self.ended, self.broken = True, broken
        return block


class RowCutter:
    """Cuts one object's blocks into rows, the same rows whatever the blocks' size.

    `offset` and `line` tell where the first byte stands, which has to start a row.
    """

    def __init__(self, header: Header, limits: Limits, *, offset: int, line: int) -> None:
        self._header = header
        self._limit = limits.record_bytes
        self._offset = offset
        self._line = line
        self._record = 1
        self._overlong: tuple[Fault, Place] | None = None

    def read(self, blocks: Blocks, data: bytes) -> Iterator[Frame | Fault]:
        """All rows of `data` and of the blocks behind it; see `frame_rows` for what is refused."""
        while True:
            if blocks.whole and data and not data.endswith(b"\n"):
                data += b"\n"
            scan = BlockScan(data, self._header.delimiter, self._limit)
            used = yield from self._cut(scan, whole=blocks.whole)
            self._line += scan.lines_before(used)
            self._offset += used
            data = data[used:]
            if blocks.ended:
                break
            data += blocks.read()
        if self._overlong is not None:
            yield _reaching(*self._overlong, self._offset + len(data))

    def _cut(self, scan: BlockScan, *, whole: bool) -> Generator[Frame | Fault, None, int]:
        """The block's rows; returns where the bytes start that the next block has to go on with."""
        start = 0
        if self._overlong is not None:
            end = scan.data.find(b"\n")
            if end < 0:
                return _all_but_last(scan.data)
            yield _reaching(*self._overlong, self._offset + scan.row_length(0, end))
            self._overlong, start = None, end + 1
        while True:
            ends = scan.good_rows(start)
            if len(ends):
                yield from self._frame(scan, start, ends)
                start = int(ends[-1]) + 1
            refusal = scan.refusal(start, whole=whole)
            if refusal is None:
                return start
            fault, place = self._refuse(scan, start, refusal)
            if refusal.end is None:
                self._overlong = fault, place
                return _all_but_last(scan.data)
            yield fault
            start = refusal.end + 1

    def _frame(self, scan: BlockScan, start: int, ends: Positions) -> Iterator[Frame]:
        starts = np.empty_like(ends)
        starts[0], starts[1:] = start, ends[:-1] + 1
        lengths = scan.row_lengths(starts, ends)
        if not lengths.all():
            filled = lengths > 0
            starts, lengths = starts[filled], lengths[filled]
        repeated = repeated_headers(scan.data, starts, lengths, self._header.raw)
        for run in runs(~repeated):
            yield self._rows(scan, starts[run], lengths[run])

    def _rows(self, scan: BlockScan, starts: Positions, lengths: Positions) -> Frame:
        first, stop = int(starts[0]), int(starts[-1] + lengths[-1])
        record, self._record = self._record, self._record + len(starts)
        return Frame(
            data=scan.data[first:stop],
            offset=self._offset + first,
            starts=starts - first,
            lengths=lengths.astype(np.int32),
            records=np.arange(record, self._record),
            lines=self._line + scan.lines_before(starts),
            header=self._header,
        )

    def _refuse(self, scan: BlockScan, start: int, refusal: Refusal) -> tuple[Fault, Place]:
        length = 0 if refusal.end is None else scan.row_length(start, refusal.end)
        kept = length if refusal.end is not None and length <= self._limit else min(RAW_HEAD_BYTES, self._limit)
        line = self._line + scan.lines_before(start)
        place = Place(offset=self._offset + start, length=length, record=self._record, line=line)
        self._record += 1
        raw = scan.data[start : start + kept]
        fault = Fault(
            code=refusal.code,
            level=Level.RECORD,
            detail=refusal.detail,
            place=place,
            raw=raw,
            header=self._header.raw,
        )
        return fault, place


def _reaching(fault: Fault, place: Place, end: int) -> Fault:
    """The fault of a row whose end is known by now."""
    return replace(fault, place=replace(place, length=end - place.offset))


def _all_but_last(data: bytes) -> int:
    """The last byte of a refused row is kept: with the next block it shows whether a carriage return ends the row."""
    return len(data) - 1
