"""The blocks of an Avro file: how far each is good, and where reading goes on behind one that is not."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from transforms.formats.avro.codecs import BLOCK_BYTES, CODECS, Undecodable
from transforms.formats.avro.cursor import NUMBER_BYTES, Cursor, varint
from transforms.formats.avro.framing import BLOCK_RECORDS, BlockFraming
from transforms.formats.avro.header import SYNC_BYTES, BadHeader, Header, read_header
from transforms.formats.avro.records import Records, Undone, records_of
from transforms.formats.format import Limits, Source
from transforms.formats.frames import Fault, Frame
from transforms.formats.framing import RAW_HEAD_BYTES, broken
from transforms.model.rejections import Code, Level

_HEAD_BYTES = 2 * NUMBER_BYTES
"""How many records a block has, and how many bytes."""


def block_frames(source: Source, limits: Limits) -> Iterator[Frame | Fault]:
    """Frames of the records in the blocks of a span, and the faults among them, in order.

    A block belongs to the span in which the last good marker before it begins, as Hadoop has it. Behind a block that
    is damaged reading goes on at the next marker; behind a marker that is damaged, as long as blocks decode.

    Rejects:
        BAD_HEADER: the header, its schema or its codec; told by the span from the object's start alone.
        TOO_MANY_COLUMNS: the schema has more fields than `limits.columns`; likewise.
        CORRUPT_FILE: the object ends too early, or no marker follows damage; records before that are good.
        CORRUPT_BLOCK: a record that a damaged block promises, if what it promises can be true; else one for all.
        RECORD_TOO_LARGE, TOO_DEEP: a record; one whose end is not found costs the rest of its block.
        CORRUPT_COMPRESSION: the stream broke; records before that are good.
    """
    cursor = Cursor(source)
    try:
        header = read_header(source.head, limits.header_bytes)
        records = records_of(header.schema, limits)
    except BadHeader as bad:
        if source.start == 0:
            yield from _refused(cursor, bad)
        return
    yield from _Blocks(source, cursor, header, records, limits).read()


def _refused(cursor: Cursor, bad: BadHeader) -> Iterator[Fault]:
    """The fault of a header; an object without a byte has none."""
    empty = not cursor.peek(1)
    if cursor.broken is not None and bad.code is Code.CORRUPT_FILE:
        yield broken(cursor.broken, 0)
    elif not empty:
        yield Fault(code=bad.code, level=Level.OBJECT, detail=str(bad))


class _Blocks:
    """The blocks of one span."""

    def __init__(self, source: Source, cursor: Cursor, header: Header, records: Records, limits: Limits) -> None:
        self._source = source
        self._cursor = cursor
        self._header = header
        self._records = records
        self._at_marker = True
        self._framing = BlockFraming(source, limits, instants=records.instants)

    def read(self) -> Iterator[Frame | Fault]:
        """All records of the span."""
        cursor, end = self._cursor, self._source.end
        if not self._to_first_marker():
            return
        marker, going = cursor.position, True
        cursor.take(SYNC_BYTES)
        while going and (end is None or marker < end) and cursor.peek(1):
            cursor.mark()
            going = yield from self._block(cursor.position)
            marker = cursor.position - SYNC_BYTES if self._at_marker else marker
        if going and cursor.broken is not None:
            yield broken(cursor.broken, 0)

    def _to_first_marker(self) -> bool:
        if self._source.start == 0:
            self._cursor.take(self._header.size - SYNC_BYTES)
            return True
        self._cursor.take(1)  # a range is read from the byte before it on
        return self._cursor.find(self._header.sync)

    def _block(self, offset: int) -> Generator[Frame | Fault, None, bool]:
        """One block, and go behind the marker that follows it; whether there is more to come."""
        count, undone, marker = yield from self._content(offset)
        self._at_marker = marker == self._header.sync
        if undone is None and (self._at_marker or (count and len(marker) == SYNC_BYTES)):
            return True
        if self._at_marker and undone is not None:
            yield from self._framing.lost(offset, count, undone)
            return True
        return (yield from self._damaged(offset, count, undone))

    def _content(self, offset: int) -> Generator[Frame | Fault, None, tuple[int, Undone | None, bytes]]:
        """The records of a block: how many are promised, what was not read of them, and what stands behind them."""
        head = self._cursor.peek(_HEAD_BYTES)
        promised = _promised(head)
        if promised is None:
            return 0, Undone(0, Code.CORRUPT_BLOCK, "the block does not begin as one does", head, 0), b""
        count, size, at = promised
        self._cursor.take(at)
        stored = self._cursor.take(size)
        try:
            data = CODECS[self._header.codec](stored)
        except Undecodable as bad:
            undone = Undone(0, Code.CORRUPT_BLOCK, f"the block is damaged: {bad}", stored[:RAW_HEAD_BYTES], len(stored))
            return count, undone, self._cursor.take(SYNC_BYTES)
        index = 0
        for run in self._records.read(data, count):
            if isinstance(run, Undone):
                return count, run, self._cursor.take(SYNC_BYTES)
            yield from self._framing.frames(offset, index, run)
            index += len(run)
        return count, None, self._cursor.take(SYNC_BYTES)

    def _damaged(self, offset: int, count: int, undone: Undone | None) -> Generator[Fault, None, bool]:
        """Tell of a block without a marker behind it, and go behind the next one; whether there is any."""
        self._cursor.back()
        if self._cursor.find(self._header.sync):
            if undone is None:
                undone = Undone(0, Code.CORRUPT_BLOCK, "the block is empty and no marker follows it", b"", 0)
            yield from self._framing.lost(offset, count, undone)
            self._cursor.take(SYNC_BYTES)
            self._at_marker = True
            return True
        if self._cursor.broken is not None:
            yield broken(self._cursor.broken, 0)
        else:
            yield self._framing.ended(offset)
        return False


def _promised(head: bytes) -> tuple[int, int, int] | None:
    """How many records and bytes a block is said to have, and where these begin; None of what none can have."""
    count = varint(head, 0)
    size = count and varint(head, count[1])
    if not count or not size or not 0 <= count[0] <= BLOCK_RECORDS or not 0 <= size[0] <= BLOCK_BYTES:
        return None
    return count[0], size[0], size[1]
