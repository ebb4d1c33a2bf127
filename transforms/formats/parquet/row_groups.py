"""Row groups: which of them belong to a span, and their rows in batches of bounded size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from transforms.formats.format import RandomAccess
from transforms.formats.parquet.footer import BrokenFile, Footer, sentence
from transforms.formats.parquet.ranges import FetchedRanges, Range
from transforms.formats.parquet.trial import FooterTrial
from transforms.model.objects import Span
from transforms.model.records import CHUNK_BYTES, CHUNK_RECORDS

PIECE_ROWS = 500
"""Rows that are decoded at once: the footer does not tell how large rows become whose values repeat."""

HELD_BYTES = 32 * 1024 * 1024
"""Stored bytes of a row group that are fetched at once; of larger ones each column is read in pieces, which together
are as many."""

_LEAST_PIECE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class RowGroup:
    """One row group.

    Attributes:
        number: in the file, from 0.
        start: its first stored byte.
        first: the number of its first row in the file.
        rows: how many it has.
    """

    number: int
    start: int
    first: int
    rows: int


def row_groups(footer: Footer, trial: FooterTrial, span: Span) -> Iterator[RowGroup]:
    """Those that begin in the span, wherever they end; none is taken to begin before the one before it does."""
    first = start = 0
    for number in range(footer.metadata.num_row_groups):
        group = footer.metadata.row_group(number)
        with suppress(BrokenFile):  # one of which nobody knows where it is belongs where the one before does
            trial.check(number, [0])
            start = max(start, _range_of(group.column(0))[0])
        if span.start <= start and (span.end is None or start < span.end):
            yield RowGroup(number, start, first, group.num_rows)
        first += max(0, group.num_rows)


class RowGroupReader:
    """Reads some columns of a file's row groups.

    Holds the stored bytes of one row group, at most `HELD_BYTES` (64 KiB a column, where that is more), beside the
    pages that are decoded, and one batch: as much as a chunk takes, or `PIECE_ROWS` rows where these are more.

    Args:
        file: its bytes.
        footer: of the file.
        trial: of the footer.
        leaves: the numbers of the columns.

    Attributes:
        ranges: what is fetched.
    """

    def __init__(self, file: RandomAccess, footer: Footer, trial: FooterTrial, leaves: Sequence[int]) -> None:
        self.ranges = FetchedRanges(file)
        self._footer = footer
        self._trial = trial
        self._leaves = list(leaves)
        self._piece = max(_LEAST_PIECE_BYTES, HELD_BYTES // max(1, len(self._leaves)))

    def batches(self, group: RowGroup) -> Iterator[pa.RecordBatch]:
        """The rows of a row group.

        Raises:
            BrokenFile: behind all rows before it, a column is damaged or encrypted, or they do not have as many rows as
                the footer says.
            ObjectUnreadable: the file cannot be had.
        """
        held: list[pa.RecordBatch] = []
        rows = size = 0
        broken = None
        try:
            for piece in self._pieces(group):
                if rows + piece.num_rows > CHUNK_RECORDS or size + piece.nbytes > CHUNK_BYTES:
                    yield from _joined(held)
                    held, rows, size = [], 0, 0
                held.append(piece)
                rows += piece.num_rows
                size += piece.nbytes
        except BrokenFile as error:
            broken = error
        yield from _joined(held)
        if broken is not None:
            raise broken

    def _pieces(self, group: RowGroup) -> Iterator[pa.RecordBatch]:
        rows = 0
        pieces = self._read(group)
        while (piece := self._next(pieces)) is not None:
            rows += piece.num_rows
            if rows > group.rows:  # their numbers would be those of other rows
                raise BrokenFile(f"the row group has more rows than the {group.rows:,} that the footer tells of")
            yield piece
        if rows < group.rows:
            raise BrokenFile(f"the row group has {rows:,} rows, and the footer tells of {group.rows:,}")

    def _next(self, pieces: Iterator[pa.RecordBatch]) -> pa.RecordBatch | None:
        try:
            return next(pieces, None)
        except Exception as error:  # pyarrow raises anything at all on bad bytes
            if self.ranges.error is not None:
                raise self.ranges.error from error
            raise BrokenFile(sentence(error)) from error

    def _read(self, group: RowGroup) -> Iterator[pa.RecordBatch]:
        self._trial.check(group.number, self._leaves)
        metadata = self._footer.metadata.row_group(group.number)
        columns = [metadata.column(leaf) for leaf in self._leaves]
        stored = [_range_of(column) for column in columns]
        held = sum(end - start for start, end in stored) <= HELD_BYTES
        self.ranges.hold(stored if held else [])
        reader = self._opened(0 if held else self._piece)
        size = sum(column.total_uncompressed_size for column in columns) // max(1, group.rows)
        rows = max(1, min(PIECE_ROWS, CHUNK_BYTES // max(1, size)))
        return reader.iter_batches(rows, [group.number], column_indices=self._leaves, use_threads=False)  # type: ignore[no-any-return]

    def _opened(self, buffer_bytes: int) -> pq.ParquetReader:
        file = pq.ParquetFile(
            self.ranges,
            metadata=self._footer.metadata,
            buffer_size=buffer_bytes,
            pre_buffer=False,
            page_checksum_verification=True,
        )
        return file.reader


def _joined(pieces: Sequence[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The pieces as one, if there are any."""
    if pieces:
        yield pieces[0] if len(pieces) == 1 else pa.concat_batches(pieces)


def _range_of(column: pq.ColumnChunkMetaData) -> Range:
    """The stored bytes of a column in a row group."""
    offsets = (column.dictionary_page_offset, column.data_page_offset)
    start = min(offset for offset in offsets if offset is not None)
    return start, start + column.total_compressed_size
