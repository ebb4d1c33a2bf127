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

BATCH_ROWS = 12_500
"""Rows of a batch where they are small: a quarter of a chunk, and about what the second-level cache holds."""

BATCH_BYTES = 2 * 1024 * 1024
"""Decoded bytes of a batch, by what the footer tells of the size of its rows."""

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
    pages that are decoded, and one batch.

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
            BrokenFile: a column is damaged or encrypted, or they do not have as many rows as the footer says.
            ObjectUnreadable: the file cannot be had.
        """
        rows = 0
        batches = self._batches(group)
        while (batch := self._next(batches)) is not None:
            rows += batch.num_rows
            if rows > group.rows:  # their numbers would be those of other rows
                raise BrokenFile(f"the row group has more rows than the {group.rows:,} that the footer tells of")
            yield batch
        if rows < group.rows:
            raise BrokenFile(f"the row group has {rows:,} rows, and the footer tells of {group.rows:,}")

    def _next(self, batches: Iterator[pa.RecordBatch]) -> pa.RecordBatch | None:
        try:
            return next(batches, None)
        except Exception as error:  # pyarrow raises anything at all on bad bytes
            if self.ranges.error is not None:
                raise self.ranges.error from error
            raise BrokenFile(sentence(error)) from error

    def _batches(self, group: RowGroup) -> Iterator[pa.RecordBatch]:
        self._trial.check(group.number, self._leaves)
        metadata = self._footer.metadata.row_group(group.number)
        columns = [metadata.column(leaf) for leaf in self._leaves]
        stored = [_range_of(column) for column in columns]
        held = sum(end - start for start, end in stored) <= HELD_BYTES
        self.ranges.hold(stored if held else [])
        reader = self._opened(0 if held else self._piece)
        size = sum(column.total_uncompressed_size for column in columns) // max(1, group.rows)
        rows = max(1, min(BATCH_ROWS, BATCH_BYTES // max(1, size)))
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


def _range_of(column: pq.ColumnChunkMetaData) -> Range:
    """The stored bytes of a column in a row group."""
    offsets = (column.dictionary_page_offset, column.data_page_offset)
    start = min(offset for offset in offsets if offset is not None)
    return start, start + column.total_compressed_size
