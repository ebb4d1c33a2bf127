"""Records of Avro blocks as frames of JSON, each with its place, and the faults of those that are none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from transforms.formats.avro.instants import InstantFrame
from transforms.formats.avro.records import Undone
from transforms.formats.format import Limits, Source
from transforms.formats.frames import Fault, Frame
from transforms.formats.framing import RAW_HEAD_BYTES
from transforms.model.rejections import Code, Level, Place
from transforms.model.row_text import json_lines

_INDEX_BITS = 20
"""A record's offset is that of its block and, in so many bits, its index in there: every span knows both."""

BLOCK_RECORDS = (1 << _INDEX_BITS) - 1
"""The most records of a block."""

_LINE_FEED = 0x0A


class BlockFraming:
    """Numbers the records of a span from its start; the block of a record is named by where its first byte stands."""

    def __init__(self, source: Source, limits: Limits, *, instants: bool) -> None:
        self._span = source.start
        self._limit = limits.record_bytes
        self._instants = instants
        self._record = 1

    def frames(self, block: int, index: int, values: Sequence[Any]) -> Iterator[Frame | Fault]:
        """The values, the first of which has this index in its block; one over the limit is a fault."""
        frame = self._frame(block, index, values)
        self._record += len(frame)
        if frame.lengths.max() <= self._limit:
            yield frame
            return
        first = 0
        for large in np.flatnonzero(frame.lengths > self._limit).tolist():
            if first < large:
                yield frame.part(first, large)
            yield self._too_large(frame, large)
            first = large + 1
        if first < len(frame):
            yield frame.part(first, len(frame))

    def lost(self, block: int, count: int, undone: Undone) -> Iterator[Fault]:
        """A fault for each record of a block that was promised and not read, or one for all if that cannot be true."""
        left = count - undone.index
        known = 0 < left <= undone.room
        detail = undone.detail if known or left == 0 else f"{undone.detail}; how many records are lost is not known"
        yield self._fault(block, undone.index, undone.code, detail, undone.raw)
        for index in range(undone.index + 1, count if known else 0):
            detail = "it stands behind a record of its block that does not decode, so that nobody knows where it begins"
            yield self._fault(block, index, Code.CORRUPT_BLOCK, detail, None)

    def ended(self, block: int) -> Fault:
        """The fault of the rest of an object, from somewhere in this block on."""
        detail = f"the file ends too early or is damaged, in the block from byte {block:,} on, and no marker follows"
        place = self._place(block, 0)
        return Fault(code=Code.CORRUPT_FILE, level=Level.OBJECT, detail=detail, place=place)

    def _frame(self, block: int, index: int, values: Sequence[Any]) -> Frame:
        data = json_lines(values)
        ends = np.flatnonzero(np.frombuffer(data, np.uint8) == _LINE_FEED)
        starts = np.empty_like(ends)
        starts[0], starts[1:] = 0, ends[:-1] + 1
        told: dict[str, Any] = {
            "data": data,
            "offset": (block << _INDEX_BITS) + index,
            "starts": starts,
            "lengths": (ends - starts).astype(np.int32),
            "records": np.arange(self._record, self._record + len(ends)),
            "lines": np.zeros(len(ends), np.int64),
            "span": self._span,
            "binary": True,
        }
        return InstantFrame(**told, values=values) if self._instants else Frame(**told)

    def _too_large(self, frame: Frame, index: int) -> Fault:
        place = frame.place(index)
        detail = f"the record is {place.length:,} bytes long as JSON, {self._limit:,} are allowed"
        raw = frame.raw(index)[:RAW_HEAD_BYTES]
        return Fault(code=Code.RECORD_TOO_LARGE, level=Level.RECORD, detail=detail, place=place, raw=raw)

    def _fault(self, block: int, index: int, code: Code, detail: str, raw: bytes | None) -> Fault:
        place = self._place(block, index)
        self._record += 1
        return Fault(code=code, level=Level.RECORD, detail=detail, place=place, raw=raw)

    def _place(self, block: int, index: int) -> Place:
        return Place(offset=(block << _INDEX_BITS) + index, record=self._record, span=self._span)
