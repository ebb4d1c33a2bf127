"""Chunks of decoded records: columns, where each record came from, and its bytes."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from transforms.model.accounts import Account
from transforms.model.block_offsets import BlockOffsets
from transforms.model.objects import ObjectRef
from transforms.model.rejections import Code, Level, Place, Rejection, bounded
from transforms.model.row_text import row_text

Positions = npt.NDArray[np.integer]

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
    """Part of one object that `rows` consecutive rows of the chunk were cut from.

    Of text it holds the decoded bytes: a record is `data[place.offset - offset:][:place.length]`. In binary formats
    offsets count records, and a record is quoted as JSON: of formats that are read record by record `data` holds that
    JSON, the n-th record's from `starts[n]` on, where n is `place.offset - offset`; of formats that are read by columns
    `table` holds what was read, the n-th record as its n-th row.

    Attributes:
        object: index into the chunk's objects.
        offset: that of the first byte, or of the first record, in the object.
        data: decoded bytes, or JSON.
        rows: how many rows of the chunk, after those of the blocks before, lie in this block. Rejected records lie
            in it too but are no rows.
        span: of the places in it; see `Place.span`.
        header: the header line of delimited text.
        starts: where each record's JSON begins in `data`, 32-bit integers in the machine's order.
        table: the columns that were read.
        version: of a table, what tells the content of its object from another's, in hex digits.
        blocks: where the bytes were decoded in blocks: what makes places in `data` of offsets in the object.
    """

    object: int
    offset: int
    data: bytes
    rows: int
    span: int = 0
    header: bytes | None = None
    starts: bytes = b""
    table: pa.RecordBatch | None = None
    version: str = ""
    blocks: BlockOffsets | None = None

    @property
    def nbytes(self) -> int:
        """What it holds in memory."""
        return len(self.data) + len(self.starts) + (0 if self.table is None else int(self.table.nbytes))

    def positions(self, offsets: Positions) -> Positions:
        """Where in `data` the records of these offsets begin."""
        if self.blocks is not None:
            return self.blocks.positions(offsets)
        return np.frombuffer(self.starts, np.int32)[offsets - self.offset] if self.starts else offsets - self.offset

    def record(self, offset: int, length: int) -> bytes:
        """The bytes of the record at this offset of the object, or its JSON."""
        if self.table is not None:
            return row_text(self.table, offset - self.offset)
        start = int(self.positions(np.array([offset]))[0])
        return self.data[start : start + length]


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
        offset, length = (self.places.column(name)[row].as_py() for name in ("offset", "length"))
        return block.record(offset, length), block.header

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
        blocks = sum(block.nbytes for block in self.provenance.blocks)
        size: int = self.columns.nbytes + self.provenance.places.nbytes + blocks
        return size
