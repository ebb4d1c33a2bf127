"""Chunks: frames and faults of a pack's objects in, record chunks with their accounts out, cut at exact sizes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from transforms.formats.format import FileFormat, Format, Limits
from transforms.formats.frames import Decoded, Fault, Frame, RowFrame
from transforms.model.accounts import Account, ChunkId, Counts, Outcome, SpanReport, Unread
from transforms.model.objects import ObjectRef
from transforms.model.plan import Plan
from transforms.model.records import CHUNK_BYTES, CHUNK_RECORDS, PLACES, Provenance, RecordChunk
from transforms.model.rejections import DETAIL_LIMIT, Level, Rejection, bounded

AnyFrame = Frame | RowFrame

AnyFormat = Format | FileFormat
"""Of the two kinds, each of which decodes the frames that it makes."""


class Chunking:
    """Gathers what the spans of one pack give, and cuts it into chunks.

    A chunk ends before the record with which it would hold more than `CHUNK_RECORDS` records or `CHUNK_BYTES`
    decoded bytes (the raw bytes of refused records counted), wherever frames and objects begin and end. It is only
    cut when that record comes, so the pack's last chunk is known to be the last.
    """

    def __init__(self, pack: str, plan: Plan, limits: Limits) -> None:
        self._pack = pack
        self._plan = plan
        self._limits = limits
        self._index = 0
        self._decoder: tuple[str, Any] | None = None
        self._begin()

    def _begin(self) -> None:
        self._records = self._bytes = 0
        self._objects: list[ObjectRef] = []
        self._decoded: list[Decoded] = []
        self._rejections: list[Rejection] = []
        self._counts: Counter[str] = Counter()
        self._skipped: Counter[str] = Counter()
        self._refused = 0
        self._unread: list[Unread] = []
        self._spans: list[SpanReport] = []

    def take_frame(self, form: AnyFormat, ref: ObjectRef, frame: AnyFrame) -> Iterator[RecordChunk]:
        """Decode the frame's records; gives the chunks that were full before they all were in."""
        first = 0
        while first < len(frame):
            count = self._fitting(frame, first)
            if not count:
                yield self.cut()
                continue
            part = frame if count == len(frame) else frame.part(first, first + count)
            self._decoder_of(form).feed(part, self._object(ref))
            self._records += count
            self._bytes += part.nbytes
            first += count

    def take_fault(self, ref: ObjectRef, fault: Fault) -> Iterator[RecordChunk]:
        """Take what was refused while framing; gives the chunk that was full before."""
        size = len(fault.raw or b"")
        full = self._records >= CHUNK_RECORDS or self._bytes + size > CHUNK_BYTES
        if fault.level is Level.RECORD and full and self._records:
            yield self.cut()
        self._reject(ref, fault)
        if fault.level is Level.RECORD:
            self._records += 1
            self._bytes += size

    def end_span(self, report: SpanReport, *, whole: bool, stored_bytes: int, detail: str = "") -> None:
        """Account for a span that is done, in the chunk that is open; `detail` tells why it was unread."""
        self._counts["bytes_read"] += stored_bytes
        if report.outcome is Outcome.UNREAD:
            self._unread.append(Unread(object=report.object, detail=bounded(detail)))
        if whole:
            self._counts[f"objects_{report.outcome.value}"] += 1
        else:
            self._spans.append(report)

    def begin_member(self) -> None:
        """Count a member of an archive, which no listing has counted; `end_span` or `skip_member` says what of it."""
        self._counts["objects_matched"] += 1

    def skip_member(self, reason: str) -> None:
        """Account for a member that is not read."""
        self._counts["objects_skipped"] += 1
        self._skipped[reason] += 1

    def cut(self, *, last: bool = False) -> RecordChunk:
        """The chunk that is open; a new one is begun."""
        if self._decoder is not None:
            self._decoded.append(self._decoder[1].flush())
        for decoded in self._decoded:
            for index, fault in decoded.faults:
                self._reject(self._objects[index], fault)
        chunk = self._chunk(last=last)
        self._index += 1
        self._begin()
        return chunk

    def _chunk(self, *, last: bool) -> RecordChunk:
        columns = _joined([decoded.columns for decoded in self._decoded], self._plan.schema)
        places = _joined([decoded.places for decoded in self._decoded], PLACES)
        blocks = tuple(block for decoded in self._decoded for block in decoded.blocks)
        counts = Counts(**self._counts, records_read=places.num_rows + self._refused, records_rejected=self._refused)
        account = Account(
            chunk=ChunkId(pack=self._pack, index=self._index, last=last),
            counts=counts,
            rejections=tuple(self._rejections),
            skipped=dict(self._skipped),
            unread=tuple(self._unread),
            spans=tuple(self._spans),
        )
        provenance = Provenance(objects=tuple(self._objects), places=places, blocks=blocks)
        return RecordChunk(columns=columns, provenance=provenance, account=account)

    def _fitting(self, frame: AnyFrame, first: int) -> int:
        """How many records of the frame, from the first on, still go into the chunk; an empty one takes any."""
        records, size = CHUNK_RECORDS - self._records, CHUNK_BYTES - self._bytes
        if first == 0 and len(frame) <= records and frame.nbytes <= size:
            return len(frame)
        ends = frame.ends[first:] - (frame.starts[first] if first else 0)
        count = min(records, int(np.searchsorted(ends, size, side="right")))
        return count or (0 if self._records else 1)

    def _decoder_of(self, form: AnyFormat) -> Any:
        if self._decoder is None or self._decoder[0] != form.name:
            if self._decoder is not None:
                self._decoded.append(self._decoder[1].flush())
            self._decoder = (form.name, form.decoder(self._plan, self._limits))
        return self._decoder[1]

    def _object(self, ref: ObjectRef) -> int:
        if not self._objects or self._objects[-1] is not ref:
            self._objects.append(ref)
        return len(self._objects) - 1

    def _reject(self, ref: ObjectRef, fault: Fault) -> None:
        simple = len(fault.detail) <= DETAIL_LIMIT and fault.detail.isprintable()
        self._rejections.append(
            Rejection(
                code=fault.code,
                level=fault.level,
                object=ref,
                place=fault.place,
                field=fault.field,
                detail=fault.detail if simple else bounded(fault.detail),
                raw=fault.raw,
                header=fault.header,
            )
        )
        self._refused += fault.level is Level.RECORD


def _joined(batches: list[pa.RecordBatch], schema: pa.Schema) -> pa.RecordBatch:
    filled = [batch for batch in batches if batch.num_rows]
    if not filled:
        return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)
    return filled[0] if len(filled) == 1 else pa.concat_batches(filled)
