"""What a format is: bytes of a span in, frames of whole records out, and frames in, columns out.

A *frame* is a run of decoded bytes with the place of each record in it. Framing knows where records begin and end;
decoding knows what is in them. Every format is one module that offers both and one line in `formats.table`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from transforms.model.objects import Header
from transforms.model.plan import Plan
from transforms.model.records import Block
from transforms.model.rejections import Code, Level, Place

FRAME_BYTES = 1024 * 1024
"""Decoded bytes read at a time: fits the second-level cache, and larger ones measured slower."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a record may cost before it is refused.

    Attributes:
        record_bytes: the longest record, line end excluded; beyond it the record is `RECORD_TOO_LARGE`.
        depth: how deep JSON may nest; beyond it the record is `TOO_DEEP`.
    """

    record_bytes: int = 4 * 1024 * 1024
    depth: int = 128


class BrokenStream(Exception):
    """The compressed bytes of an object are corrupt or end too early; what was read before is good.

    Attributes:
        offset: decoded bytes that came out before the break.
        detail: one sentence for the reason file.
    """

    def __init__(self, offset: int, detail: str) -> None:
        super().__init__(detail)
        self.offset = offset
        self.detail = detail


class Source(Protocol):
    """The decoded bytes of one span, forward only; of text in UTF-8, whatever it is stored as."""

    @property
    def offset(self) -> int:
        """Decoded offset in the object of the next byte that `read` gives."""

    @property
    def start(self) -> int:
        """The first byte of the span in the object, from which records and lines are counted."""

    @property
    def end(self) -> int | None:
        """Decoded offset behind which no record of this span starts; None: read to the end."""

    @property
    def header(self) -> Header | None:
        """Of delimited text, where the planner has read it."""

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, fewer only at the end or before a break; they stay to be read."""

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes, fewer only at the end of the object, never dependent on network reads.

        Raises:
            BrokenStream: when the good bytes before the break have all been given.
        """


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
    """

    data: bytes
    offset: int
    starts: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int32]
    records: npt.NDArray[np.int64]
    lines: npt.NDArray[np.int64]
    span: int = 0
    header: Header | None = None

    def __len__(self) -> int:
        return len(self.starts)

    def place(self, index: int) -> Place:
        """Where the record at this index stands."""
        return Place(
            offset=self.offset + self.starts.item(index),
            length=self.lengths.item(index),
            record=self.records.item(index),
            line=self.lines.item(index),
            span=self.span,
        )

    def raw(self, index: int) -> bytes:
        """The bytes of the record at this index."""
        start = self.starts.item(index)
        return self.data[start : start + self.lengths.item(index)]

    def part(self, first: int, stop: int) -> Frame:
        """The records from `first` up to `stop` with the bytes they stand in."""
        base = self.starts.item(first)
        return Frame(
            data=self.data[base : self.starts.item(stop - 1) + self.lengths.item(stop - 1)],
            offset=self.offset + base,
            starts=self.starts[first:stop] - base,
            lengths=self.lengths[first:stop],
            records=self.records[first:stop],
            lines=self.lines[first:stop],
            span=self.span,
            header=self.header,
        )

    def block(self, object_index: int, rows: int) -> Block:
        """The frame's bytes as a block of a chunk, of whose rows so many were cut from it."""
        return Block(
            object=object_index,
            offset=self.offset,
            data=self.data,
            rows=rows,
            span=self.span,
            header=None if self.header is None else self.header.raw,
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


class Decoder(Protocol):
    """Builds the planned columns from frames, over object borders, until it is asked for them."""

    def feed(self, frame: Frame, object_index: int) -> None:
        """Decode the frame's records; a record that does not decode is a fault and never touches its neighbours."""

    def flush(self) -> Decoded:
        """Everything fed since the last flush; the decoder is empty afterwards."""


class Format(Protocol):
    """One way in which records stand in bytes.

    Attributes:
        name: as `--format` and Span.format spell it.
        extensions: of keys, without the dot, lower case: a hint where the content does not decide.
        splittable: whether a plain object may be read in byte ranges.
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def extensions(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def splittable(self) -> bool: ...  # noqa: D102

    def frames(self, source: Source, limits: Limits) -> Iterator[Frame | Fault]:
        """Cut the source into frames of at most about `FRAME_BYTES` (more only where one record is longer).

        The cuts depend on nothing but the bytes. A break of the stream ends it with one fault of level OBJECT, after
        the frames of all whole records before it. Holds at most a few frames' bytes, whatever the object's size.
        """

    def decoder(self, plan: Plan, limits: Limits) -> Decoder:
        """A fresh decoder for frames of this format."""
