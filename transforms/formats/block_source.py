"""Sources of objects that bgzip wrote, of which a part can be decoded alone."""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import replace

import msgspec
import numpy as np

from transforms.formats.compression.bgzip import BLOCK_BYTES, SEARCHED_BYTES, block_bytes, first_block, skip_members
from transforms.formats.compression.codec import MAGIC_BYTES, Corrupt, Reader, StoredBytes
from transforms.formats.compression.gzip import Gzip, gzip_members
from transforms.formats.compression.nesting import unwrapped
from transforms.formats.compression.table import codec_of
from transforms.formats.encodings import Encoding
from transforms.formats.format import BrokenStream, Limits
from transforms.formats.frames import Fault, Frame
from transforms.formats.sources import DEFAULT_LIMITS, DecodedSource, Item
from transforms.model.block_offsets import FACTOR_BITS, BlockOffsets
from transforms.model.objects import Header, Span

Reopen = Callable[[], Reader]
"""Gives the stored bytes of an object from its start."""

_UNENDED = "the compressed data ends without the empty block that bgzip writes last, as if it were cut"

_LOOKED_AT = 4 * BLOCK_BYTES
"""Decoded bytes within which it has become clear whether the content is text."""


def source_of(
    reader: Reader,
    span: Span | None = None,
    limits: Limits = DEFAULT_LIMITS,
    *,
    first: Callable[[int], bytes] | None = None,
    reopen: Reopen | None = None,
) -> DecodedSource:
    """The source of a span, or of a whole object: in blocks where its first bytes, or the planner, say so.

    Args:
        reader: gives the stored bytes, those of a range as `DecodedSource` or `BlockSource` needs them.
        span: which; None is all that the reader gives.
        limits: what the object may decode to.
        first: as `DecodedSource` has it.
        reopen: as `BlockSource` has it.
    """
    stored = StoredBytes(reader)
    start, end, header = (0, None, None) if span is None else (span.start, span.end, span.header)
    in_blocks = span is not None and span.blocks
    if start == 0:
        in_blocks = block_bytes(stored.peek(MAGIC_BYTES)) is not None
    if in_blocks:
        return BlockSource(stored, start=start, end=end, header=header, limits=limits, reopen=reopen)
    return DecodedSource(stored, start=start, end=end, header=header, limits=limits, first=first)


class BlockSource(DecodedSource):
    """As `DecodedSource`, of the blocks that begin in a span of the stored bytes.

    `offset` counts the decoded bytes from the first of these blocks on; `placed` makes places in the object of it,
    which are the same however the object is split. `end` is not known before the first block behind the span is
    reached. Where a line begins exactly with a block, nobody knows it without the block before: it belongs to the span
    of that one.

    Args:
        stored: the bytes from `BLOCK_BYTES` before `start` on (from 0 where there are fewer), and on behind `end`.
        start: first stored byte of the span.
        end: first stored byte behind the span, or None for the object's end.
        header: of delimited text, where it is known.
        limits: what the span may decode to.
        reopen: asked where the first block cannot be found from just before the span.
    """

    def __init__(
        self,
        stored: StoredBytes,
        *,
        start: int = 0,
        end: int | None = None,
        header: Header | None = None,
        limits: Limits = DEFAULT_LIMITS,
        reopen: Reopen | None = None,
    ) -> None:
        super().__init__(stored, start=start, end=end, header=header, limits=limits)
        self.codec = Gzip()
        self._reopen = reopen
        self._lead = min(start, BLOCK_BYTES)
        self._offset = 0
        self._border = sys.maxsize
        self._is_text = False
        self._wrapped = False
        self._unended = False
        self._begins: list[int] = []
        self._firsts: list[int] = []

    @property
    def end(self) -> int | None:
        """As in `Source`, once it is known; until then more than any offset."""
        return None if self._end is None else self._border

    @property
    def in_blocks(self) -> bool:
        """See `DecodedSource.in_blocks`: what is given is text just as the blocks hold it."""
        return self._is_text and not self._wrapped

    def read_as(self, unmarked: Encoding) -> None:
        """See `DecodedSource.read_as`."""
        super().read_as(unmarked)
        self._is_text = self.encoding is Encoding.UTF_8

    def read(self, size: int) -> bytes:
        """See `DecodedSource.read`."""
        try:
            data = super().read(size)
        except BrokenStream as broken:
            part = f"in the part from stored byte {self._start:,} on: " if self._start else ""
            raise BrokenStream(broken.offset, part + broken.detail, broken.code) from None
        # Files of other kinds say themselves whether they are cut.
        if size and not data and self._unended and self.in_blocks:
            raise BrokenStream(self._offset, _UNENDED)
        return data

    def placed(self, item: Item) -> Item:
        """The frame or fault, its offset being a virtual one: see `BlockOffsets`. To be asked in their order."""
        if not self.in_blocks:
            return item
        return self._framed(item) if isinstance(item, Frame) else self._told(item)

    def _opened(self, limits: Limits) -> Iterator[bytes]:
        blocks = self._blocks()
        return self._within(limits, blocks if self._start else unwrapped(blocks))

    def _blocks(self) -> Iterator[bytes]:
        if self._start and not self._at_first_block():
            return
        decoded = begin = 0
        in_block = False
        for at, pieces in gzip_members(self._stored):
            self._note(at, decoded)
            begin, in_block = decoded, block_bytes(self._stored.peek(MAGIC_BYTES)) is not None
            for piece in pieces:
                if not decoded and not self._start:
                    self._wrapped = codec_of(piece) is not None
                decoded += len(piece)
                yield piece
        self._unended = in_block and decoded > begin

    def _at_first_block(self) -> bool:
        """Go on at the first block that begins in the span or behind it; False where there is none."""
        head = self._stored.peek(SEARCHED_BYTES)
        found = first_block(head, self._lead)
        if found is not None:
            self._stored.skip(found, "block")
            return found < len(head)
        if self._reopen is None:
            raise Corrupt("no block can be found there")
        self._stored, self._lead = StoredBytes(self._reopen()), self._start
        return skip_members(self._stored, self._start)

    def _note(self, at: int, decoded: int) -> None:
        """A block begins here; of the first one behind the span, a line that begins with it is still the span's."""
        place = self._start - self._lead + at
        if self._end is not None and place >= self._end:
            self._border = min(self._border, decoded + 1)
        if decoded > _LOOKED_AT and not self.in_blocks:
            return
        if self._begins and self._begins[-1] == decoded:  # the block before is empty
            self._firsts[-1] = place << FACTOR_BITS
            return
        self._begins.append(decoded)
        self._firsts.append(place << FACTOR_BITS)

    def _framed(self, frame: Frame) -> Frame:
        blocks = self._block_offsets(frame.offset, frame.offset + len(frame.data))
        return replace(frame, offset=_first(blocks), blocks=blocks)

    def _told(self, fault: Fault) -> Fault:
        if fault.place is None:
            return fault
        offset = self._start << FACTOR_BITS
        if self._begins:
            offset = _first(self._block_offsets(fault.place.offset, fault.place.offset + 1))
        return msgspec.structs.replace(fault, place=msgspec.structs.replace(fault.place, offset=offset))

    def _block_offsets(self, start: int, end: int) -> BlockOffsets:
        known = max(0, bisect_right(self._begins, start) - 1)
        del self._begins[:known], self._firsts[:known]  # places are asked for in their order
        begins, firsts = (np.array(each, np.int64).tobytes() for each in (self._begins, self._firsts))
        return BlockOffsets(begins, firsts).behind(start, end)


def _first(blocks: BlockOffsets) -> int:
    return int(blocks.offsets(np.zeros(1, np.int64))[0])
