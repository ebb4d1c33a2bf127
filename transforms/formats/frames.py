"""Frames: whole records of one object with their places, and what a decoder makes of them.

A *frame* is a run of decoded bytes with the place of each record in it, or, of formats that are read by columns, a run
of rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from transforms.model.block_offsets import BlockOffsets
from transforms.model.objects import Header
from transforms.model.records import Block
from transforms.model.rejections import Code, Level, Place
from transforms.model.row_text import row_text

FRAME_BYTES = 1024 * 1024
"""Decoded bytes read at a time: fits the second-level cache, and larger ones measured slower."""


class Fault(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A record or the rest of an object refused while framing or decoding; its object is known by who asked.

    `header` is the header line of delimited text, without which a raw row could not be read again.
    """

    code: Code
    level: Level
    detail: str
    place: Place | None = None
    field: str | None = None
    raw: bytes | None = None
    header: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Whole records cut out of one object's decoded bytes, in order.

    Attributes:
        data: the bytes.
        offset: decoded offset of `data[0]` in the object.
        starts: int64, where each record starts in `data`.
        lengths: int32, the bytes of each record, line end and blanks around it excluded.
        records: int64, the 1-based number of each record, counted from the start of the span.
        lines: int64, the 1-based physical line on which each record starts, counted as `records`.
        span: the start of the span; see `Place.span`.
        header: of delimited text.
        binary: the records are of a binary format: `data` is what they are as JSON, `offset` the first one's place,
            from which the others count one by one, and `lines` and unknown `records` are 0.
        blocks: where the bytes were decoded in blocks: what makes offsets in the object of places in `data`.
    """

    data: bytes
    offset: int
    starts: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int32]
    records: npt.NDArray[np.int64]
    lines: npt.NDArray[np.int64]
    span: int = 0
    header: Header | None = None
    binary: bool = False
    blocks: BlockOffsets | None = None

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def nbytes(self) -> int:
        """What its records count for in a chunk."""
        return len(self.data)

    @property
    def ends(self) -> npt.NDArray[np.int64]:
        """Where each record ends in `nbytes`."""
        return self.starts + self.lengths

    @property
    def offsets(self) -> npt.NDArray[np.int64]:
        """The place of each record in the object."""
        if self.blocks is not None:
            return self.blocks.offsets(self.starts)
        return self.offset + (np.arange(len(self)) if self.binary else self.starts)

    def part(self, first: int, stop: int) -> Self:
        """The records from `first` up to `stop` with the bytes they stand in."""
        base, end = int(self.starts[first]), int(self.starts[stop - 1] + self.lengths[stop - 1])
        return replace(
            self,
            data=self.data[base:end],
            offset=self._offset(first),
            blocks=None if self.blocks is None else self.blocks.behind(base, end),
            starts=self.starts[first:stop] - base,
            lengths=self.lengths[first:stop],
            records=self.records[first:stop],
            lines=self.lines[first:stop],
        )

    def place(self, index: int) -> Place:
        """Where the record at this index stands."""
        return Place(
            offset=self._offset(index),
            length=self.lengths.item(index),
            record=self.records.item(index) or None,
            line=self.lines.item(index) or None,
            span=self.span,
        )

    def _offset(self, index: int) -> int:
        if self.blocks is not None:
            return int(self.blocks.offsets(self.starts[index : index + 1])[0])
        return self.offset + (index if self.binary else self.starts.item(index))

    def raw(self, index: int) -> bytes:
        """The bytes of the record at this index."""
        start = self.starts.item(index)
        return self.data[start : start + self.lengths.item(index)]

    def block(self, object_index: int, rows: int) -> Block:
        """The frame's bytes as a block of a chunk, of whose rows so many were cut from it."""
        return Block(
            object=object_index,
            offset=self.offset,
            data=self.data,
            rows=rows,
            span=self.span,
            header=None if self.header is None else self.header.raw,
            starts=self.starts.astype(np.int32).tobytes() if self.binary else b"",
            blocks=self.blocks,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFrame:
    """Whole records of a format that is read by columns, in order.

    Attributes:
        table: one row a record: the columns that were read, as they stand in the file.
        first: the number of the first row in the object, from 0; it is the record's place.
        version: what tells the content of the object from another's, in hex digits.
    """

    table: pa.RecordBatch
    first: int
    version: str

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @property
    def nbytes(self) -> int:
        """What its records count for in a chunk."""
        return int(self.table.nbytes)

    @property
    def starts(self) -> npt.NDArray[np.int64]:
        """Where each record starts in `nbytes`, were they all of one size."""
        return np.arange(len(self)) * self.nbytes // max(len(self), 1)

    @property
    def ends(self) -> npt.NDArray[np.int64]:
        """Where each record ends in `nbytes`."""
        return np.arange(1, len(self) + 1) * self.nbytes // max(len(self), 1)

    @property
    def offsets(self) -> npt.NDArray[np.int64]:
        """The number of each row."""
        return np.arange(self.first, self.first + len(self))

    @property
    def lengths(self) -> npt.NDArray[np.int32]:
        """Of text there is none."""
        return np.zeros(len(self), np.int32)

    @property
    def records(self) -> npt.NDArray[np.int64]:
        """The 1-based number of each record in the object."""
        return self.offsets + 1

    @property
    def lines(self) -> npt.NDArray[np.int64]:
        """There are none."""
        return np.zeros(len(self), np.int64)

    def part(self, first: int, stop: int) -> RowFrame:
        """The records from `first` up to `stop`."""
        return replace(self, table=self.table.slice(first, stop - first), first=self.first + first)

    def place(self, index: int) -> Place:
        """Where the record at this index stands."""
        return Place(offset=self.first + index, record=self.first + index + 1)

    def raw(self, index: int) -> bytes:
        """The record at this index as JSON."""
        return row_text(self.table, index)

    def block(self, object_index: int, rows: int) -> Block:
        """The frame's columns as a block of a chunk, of whose rows so many were cut from it."""
        return Block(
            object=object_index, offset=self.first, data=b"", rows=rows, table=self.table, version=self.version
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """What a decoder made of the frames it was fed since the last flush.

    Attributes:
        columns: one row a good record, schema of the plan, in the order fed.
        places: one row a good record, schema `PLACES`.
        blocks: the bytes the rows were cut from, in row order.
        faults: refused records with the index of their object, in the order fed.
    """

    columns: pa.RecordBatch
    places: pa.RecordBatch
    blocks: tuple[Block, ...]
    faults: list[tuple[int, Fault]] = field(default_factory=list)
