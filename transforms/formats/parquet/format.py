"""Parquet files: their row groups as frames, those of a span alone."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from transforms.formats.format import Limits, RandomAccess, RowDecoder
from transforms.formats.frames import Fault, RowFrame
from transforms.formats.framing import RAW_HEAD_BYTES
from transforms.formats.parquet.decoder import ParquetDecoder
from transforms.formats.parquet.footer import BrokenFile, ends_as_parquet, read_footer, refuse_repeated
from transforms.formats.parquet.projection import needed_leaves
from transforms.formats.parquet.row_groups import RowGroup, RowGroupReader, row_groups
from transforms.formats.parquet.trial import FooterTrial
from transforms.model.objects import Span
from transforms.model.plan import Plan
from transforms.model.rejections import Code, Level, Place


class ParquetFormat:
    """Parquet (https://parquet.apache.org/docs/file-format/): only the columns that the plan needs are fetched.

    Rejects:
        CORRUPT_FILE: the footer cannot be read; or, behind all rows that can be, the rows of damaged row groups.
        BAD_HEADER: the footer is over `Limits.header_bytes`, or its schema over `Limits.depth`, or two columns have a
            name that is read.
        TOO_MANY_COLUMNS: there are more than `Limits.columns`.

    What is wrong with the footer is told by the span from the object's start alone.
        RECORD_TOO_LARGE: a row takes more than `Limits.record_bytes` in memory.
    """

    name = "parquet"
    extensions = ("parquet", "pq", "parq")
    splittable = True

    def recognises(self, file: RandomAccess) -> bool:
        """Whether the last bytes are those of a Parquet file."""
        return ends_as_parquet(file)

    def columns(self, file: RandomAccess, limits: Limits) -> tuple[str, ...]:
        """The names of the columns at the top of the schema; none of a file whose footer cannot be read."""
        try:
            return tuple(read_footer(file, limits).schema.names)
        except BrokenFile:
            return ()

    def frames(self, file: RandomAccess, span: Span, plan: Plan, limits: Limits) -> Iterator[RowFrame | Fault]:
        """The rows of the row groups that begin in the span; what cannot be read of them is one fault at the end."""
        try:
            footer = read_footer(file, limits)
            refuse_repeated(footer, plan)
        except BrokenFile as broken:
            if span.start == 0:
                yield Fault(code=broken.code, level=Level.OBJECT, detail=str(broken))
            return
        trial = FooterTrial(footer.metadata, file.size)
        reader = RowGroupReader(file, footer, trial, needed_leaves(footer.schema, plan))
        lost = _Lost()
        for group in row_groups(footer, trial, span):
            row = group.first
            try:
                for batch in reader.batches(group):
                    yield from _within(RowFrame(table=batch, first=row, version=footer.version), limits)
                    row += batch.num_rows
            except BrokenFile as broken:
                lost.note(group, row, broken)
        if lost.rows:
            yield lost.fault()

    def decoder(self, plan: Plan, limits: Limits) -> RowDecoder:
        """A fresh decoder for frames of this format."""
        return ParquetDecoder(plan, limits.depth)


class _Lost:
    """Rows that cannot be read."""

    def __init__(self) -> None:
        self.rows = 0
        self._groups = 0
        self._first: tuple[RowGroup, int, str] | None = None

    def note(self, group: RowGroup, row: int, reason: BrokenFile) -> None:
        """From this row on the row group cannot be read."""
        self._first = self._first or (group, row, str(reason))
        self._groups += 1
        self.rows += max(1, group.first + group.rows - row)

    def fault(self) -> Fault:
        """All of them as one."""
        group, row, reason = self._first  # type: ignore[misc]  # asked where something was lost
        place = Place(offset=row, record=row + 1)
        more = f" and {self._groups - 1:,} more row groups" if self._groups > 1 else ""
        detail = f"{self.rows:,} rows cannot be read, from row {row + 1:,} in row group {group.number}{more}: {reason}"
        return Fault(code=Code.CORRUPT_FILE, level=Level.OBJECT, detail=detail, place=place)


def _within(frame: RowFrame, limits: Limits) -> Iterator[RowFrame | Fault]:
    """The frame without the rows that are over the limit, each of which is a fault in its place."""
    begin = 0
    for row, size in _over(frame.table, 0, limits.record_bytes):
        if begin < row:
            yield frame.part(begin, row)
        detail = f"the row takes {size:,} bytes, {limits.record_bytes:,} are allowed"
        raw = frame.raw(row)[:RAW_HEAD_BYTES]
        yield Fault(code=Code.RECORD_TOO_LARGE, level=Level.RECORD, detail=detail, place=frame.place(row), raw=raw)
        begin = row + 1
    if begin < len(frame):
        yield frame.part(begin, len(frame)) if begin else frame


def _over(rows: pa.RecordBatch, first: int, limit: int) -> Iterator[tuple[int, int]]:
    """The rows that take more bytes than the limit, and how many, counted from `first`.

    Halves that are within it together hold none: of a batch without any, only as many parts are looked at as it is
    limits large.
    """
    size = rows.nbytes
    if size <= limit:
        return
    if rows.num_rows == 1:
        yield first, size
        return
    half = rows.num_rows // 2
    yield from _over(rows.slice(0, half), first, limit)
    yield from _over(rows.slice(half), first + half, limit)
