"""Chunks of decoded records: columns, where each record came from, and its bytes."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate

import pyarrow as pa

from transforms.model.accounts import Account
from transforms.model.objects import ObjectRef
from transforms.model.rejections import Code, Level, Place, Rejection, bounded

CHUNK_BYTES = 8 * 1024 * 1024
"""Decoded bytes at which a chunk ends: large enough that the cost of a step vanishes, small enough that a few
chunks in flight stay within tens of megabytes."""

CHUNK_RECORDS = 50_000
"""Records at which a chunk ends when they are small."""

PLACES = pa.schema(
    [
        pa.field("object", pa.int32(), nullable=False),
        pa.field("offset", pa.int64(), nullable=False),
        pa.field("length", pa.int32(), nullable=False),
        pa.field("record", pa.int64()),
        pa.field("line", pa.int64()),
    ]
)
"""One row a record: index into the chunk's objects, then the fields of `Place`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Decoded bytes of one object that `rows` consecutive rows of the chunk were cut from.

    Attributes:
        object: index into the chunk's objects.
        offset: decoded offset of `data[0]` in the object.
        data: the bytes; a record is `data[place.offset - offset:][:place.length]`.
        rows: how many rows of the chunk, after those of the blocks before, lie in this block. Rejected records lie
            in it too but are no rows.
        span: of the places in it; see `Place.span`.
        header: the header line of delimited text.
    """

    object: int
    offset: int
    data: bytes
    rows: int
    span: int = 0
    header: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where each row came from: `places` has a row per record (schema `PLACES`), in the order of `blocks`."""

    objects: tuple[ObjectRef, ...]
    places: pa.RecordBatch
    blocks: tuple[Block, ...]
    _ends: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # A chunk of thousands of small objects has thousands of blocks: found by bisection, not by walking.
        object.__setattr__(self, "_ends", tuple(accumulate(block.rows for block in self.blocks)))

    def place(self, row: int) -> Place:
        """Where the record of this row stands."""
        _, offset, length, record, line = (self.places.column(i)[row].as_py() for i in range(5))
        return Place(offset=offset, length=length, record=record, line=line, span=self._block(row).span)

    def reject(
        self, row: int, code: Code, detail: str, *, field: str | None = None, level: Level = Level.RECORD
    ) -> Rejection:
        """The rejection of this row's record (or of an event of it), with its raw bytes."""
        place, (raw, header), block = self.place(row), self.source(row), self._block(row)
        return Rejection(
            code=code,
            level=level,
            object=self.objects[block.object],
            place=place,
            field=field,
            detail=bounded(detail),
            raw=raw,
            header=header,
        )

    def source(self, row: int) -> tuple[bytes, bytes | None]:
        """The bytes of this row's record, and the header line of delimited text."""
        block = self._block(row)
        start = self.places.column("offset")[row].as_py() - block.offset
        return block.data[start : start + self.places.column("length")[row].as_py()], block.header

    def _block(self, row: int) -> Block:
        if not 0 <= row < self.places.num_rows:
            raise IndexError(f"row {row} is in no block")
        return self.blocks[bisect_right(self._ends, row)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChunk:
    """An ordered slice of a pack's records, decoded: a Beam element and the unit of retry.

    `columns` has one row a good record, with the schema of the decode plan; records refused while decoding are in
    `account.rejections`.
    """

    columns: pa.RecordBatch
    provenance: Provenance
    account: Account

    @property
    def nbytes(self) -> int:
        """What it holds in memory, without its rejections."""
        blocks = sum(len(block.data) for block in self.provenance.blocks)
        size: int = self.columns.nbytes + self.provenance.places.nbytes + blocks
        return size
