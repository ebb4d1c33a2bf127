"""Sources of objects that bgzip wrote, of which a part can be decoded alone."""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import replace

import msgspec
import numpy as np

from transforms.formats.compression.bgzip import BLOCK_BYTES, SEARCHED_BYTES, block_bytes, first_block
from transforms.formats.compression.codec import MAGIC_BYTES, Corrupt, Reader, StoredBytes
from transforms.formats.compression.gzip import Gzip, gzip_members
from transforms.formats.compression.nesting import unwrapped
from transforms.formats.compression.table import codec_of
from transforms.formats.encodings import Encoding
from transforms.formats.format import Limits
from transforms.formats.frames import Fault, Frame
from transforms.formats.sources import DEFAULT_LIMITS, DecodedSource
from transforms.model.block_offsets import FACTOR_BITS, BlockOffsets
from transforms.model.objects import Header, Span


def source_of(
    reader: Reader,
    span: Span | None = None,
    limits: Limits = DEFAULT_LIMITS,
    first: Callable[[int], bytes] | None = None,
) -> DecodedSource:
    """The source of a span, or of a whole object: in blocks where its first bytes, or the planner, say so.

    Args:
        reader: as `DecodedSource` has it.
        span: which; None is all that the reader gives.
        limits: what the object may decode to.
        first: as `DecodedSource` has it.
    """
    stored = StoredBytes(reader)
    start, end, header = (0, None, None) if span is None else (span.start, span.end, span.header)
    if block_bytes(stored.peek(MAGIC_BYTES)) is not None if start == 0 else span is not None and span.blocks:
        return BlockSource(stored, start=start, end=end, header=header, limits=limits)
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
        limits: what the object may decode to.
    """

    def __init__(
        self,
        stored: StoredBytes,
        *,
        start: int = 0,
        end: int | None = None,
        header: Header | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        super().__init__(stored, start=start, end=end, header=header, limits=limits)
        self._lead = min(start, BLOCK_BYTES)
        self._border = sys.maxsize
        self._plain_text = False
        self._wrapped = False
        self._begins: list[int] = []
        self._firsts: list[int] = []
        self._offset = 0
        self.codec = Gzip()
        blocks = self._blocks()
        self._pieces = self._within(limits, blocks if start else unwrapped(blocks))

    @property
    def end(self) -> int | None:
        """As in `Source`, once it is known; until then more than any offset."""
        return None if self._end is None else self._border

    def read_as(self, unmarked: Encoding) -> None:
        """See `DecodedSource.read_as`; what is given as it was decoded can be placed."""
        super().read_as(unmarked)
        self._plain_text = self.encoding is Encoding.UTF_8

    @property
    def in_blocks(self) -> bool:
        """See `DecodedSource.in_blocks`."""
        return self._plain_text and not self._wrapped

    def placed(self, items: Iterator[Frame | Fault]) -> Iterator[Frame | Fault]:
        """The frames and faults, their offsets being virtual ones: see `BlockOffsets`."""
        return map(self._placed, items) if self.in_blocks else items

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
        if in_block and decoded > begin:
            raise Corrupt("the compressed data ends without the empty block that bgzip writes last, as if it were cut")

    def _at_first_block(self) -> bool:
        """Go on at the first block that begins in the span or behind it; False where there is none."""
        head = self._stored.peek(SEARCHED_BYTES)
        found = first_block(head, self._lead)
        if found is None:
            raise Corrupt(f"no bgzip block is found from byte {self._start:,} of the object on, or just before it")
        self._stored.skip(found, "block")
        return found < len(head)

    def _note(self, at: int, decoded: int) -> None:
        """A block begins here; of the first one behind the span, a line that begins with it is still the span's."""
        place = self._start - self._lead + at
        if self._end is not None and place >= self._end:
            self._border = min(self._border, decoded + 1)
        self._begins.append(decoded)
        self._firsts.append(place << FACTOR_BITS)

    def _placed(self, item: Frame | Fault) -> Frame | Fault:
        if isinstance(item, Frame):
            blocks = self._block_offsets(item.offset, item.offset + len(item.data))
            return replace(item, offset=int(blocks.offsets(np.zeros(1, np.int64))[0]), blocks=blocks)
        if item.place is None:
            return item
        offset = self._start << FACTOR_BITS
        if self._begins:
            at = item.place.offset
            offset = int(self._block_offsets(at, at + 1).offsets(np.zeros(1, np.int64))[0])
        return msgspec.structs.replace(item, place=msgspec.structs.replace(item.place, offset=offset))

    def _block_offsets(self, start: int, end: int) -> BlockOffsets:
        known = max(0, bisect_right(self._begins, start) - 1)
        del self._begins[:known], self._firsts[:known]  # places are asked for in their order
        begins, firsts = (np.array(each, np.int64).tobytes() for each in (self._begins, self._firsts))
        return BlockOffsets(begins, firsts).behind(start, end)
