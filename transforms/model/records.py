"""Chunks of decoded records: columns, where each record came from, and its bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import xxhash

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
        header: the header line of delimited text.
    """

    object: int
    offset: int
    data: bytes
    rows: int
    header: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where each row came from: `places` has a row per record (schema `PLACES`), in the order of `blocks`."""

    objects: tuple[ObjectRef, ...]
    places: pa.RecordBatch
    blocks: tuple[Block, ...]

    def place(self, row: int) -> Place:
        """Where the record of this row stands."""
        _, offset, length, record, line = (self.places.column(i)[row].as_py() for i in range(5))
        return Place(offset=offset, length=length, record=record, line=line)

    def reject(
        self, row: int, code: Code, detail: str, *, field: str | None = None, level: Level = Level.RECORD
    ) -> Rejection:
        """The rejection of this row's record (or of an event of it), with its raw bytes."""
        place, block = self.place(row), self._block(row)
        start = place.offset - block.offset
        return Rejection(
            code=code,
            level=level,
            object=self.objects[block.object],
            place=place,
            field=field,
            detail=bounded(detail),
            raw=block.data[start : start + place.length],
            header=block.header,
        )

    def derived_ids(self) -> list[str]:
        """An id per row: `<object digest>-<offset>-<xxh3 of the record's bytes>`, stable over runs and splits.

        Source: xxh3 64 bit, https://github.com/Cyan4973/xxHash; the object part is `ObjectRef.digest`.
        """
        digests = [ref.digest for ref in self.objects]
        offsets = self.places.column("offset").to_pylist()
        lengths = self.places.column("length").to_pylist()
        ids: list[str] = []
        for block, first in self._rows_by_block():
            prefix, base, data = digests[block.object], block.offset, block.data
            for offset, length in zip(
                offsets[first : first + block.rows], lengths[first : first + block.rows], strict=True
            ):
                start = offset - base
                ids.append(f"{prefix}-{offset}-{xxhash.xxh3_64_hexdigest(data[start : start + length])}")
        return ids

    def _rows_by_block(self) -> Iterator[tuple[Block, int]]:
        first = 0
        for block in self.blocks:
            yield block, first
            first += block.rows

    def _block(self, row: int) -> Block:
        for block, first in self._rows_by_block():
            if row < first + block.rows:
                return block
        raise IndexError(f"row {row} is in no block")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChunk:
    """An ordered slice of a pack's records, decoded: a Beam element and the unit of retry.

    `columns` has one row a good record, with the schema of the decode plan; records refused while decoding are in
    `account.rejections`.
    """

    columns: pa.RecordBatch
    provenance: Provenance
    account: Account
