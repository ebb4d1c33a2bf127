"""Framed rows to columns of text: by Arrow's reader where its answer cannot differ, by the grammar itself elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pa_csv

from transforms.formats.delimited.cells import read_cells
from transforms.formats.delimited.layout import Layout
from transforms.formats.delimited.scan import Positions

_WHOLE = 1 << 30
"""A block size larger than any run of rows: Arrow never cuts them."""

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Rows:
    """Whole rows in bytes that hold nothing else but line ends and blank lines."""

    data: bytes
    starts: Positions
    lengths: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.starts)

    def row(self, index: int) -> bytes:
        """The bytes of one row, without its line end."""
        start = int(self.starts[index])
        return self.data[start : start + int(self.lengths[index])]

    def only(self, indexes: npt.NDArray[np.intp]) -> Rows:
        """These rows, ascending, by themselves; what stands together is copied together."""
        parts: list[bytes] = []
        starts, size = [self.starts[:0]], 0
        for run in np.split(indexes, np.flatnonzero(np.diff(indexes) != 1) + 1):
            if len(run):
                first, last = int(run[0]), int(run[-1])
                begin, end = int(self.starts[first]), int(self.starts[last]) + int(self.lengths[last])
                parts.append(self.data[begin:end])
                starts.append(self.starts[first : last + 1] - begin + size)
                size += end - begin + 1
        return Rows(b"\n".join(parts), np.concatenate(starts), self.lengths[indexes])


@dataclass(frozen=True, slots=True)
class TextTable:
    """The text of the rows that have as many cells as the header; `Layout.nulls` are null.

    Attributes:
        columns: by column index, those that the layout reads.
        misshapen: the number of cells of each other row, by row.
    """

    columns: dict[int, pa.StringArray]
    misshapen: dict[int, int]


def read_text(rows: Rows, layout: Layout) -> TextTable:
    """The cells of rows that are valid UTF-8."""
    if len(rows) and not _differs(rows.data):
        table = _read_by_arrow(rows, layout)
        if table is not None:
            return table
    return _read_by_grammar(rows, layout)


def _differs(data: bytes) -> bool:
    """Whether Arrow would read the bytes otherwise: a lone carriage return ends its rows, and it skips a first BOM."""
    return (b"\r" in data and data.count(b"\r") != data.count(b"\r\n")) or data.startswith(_BOM)


def _read_by_arrow(rows: Rows, layout: Layout) -> TextTable | None:
    """None when Arrow does not see the rows that the framing saw."""
    misshapen: dict[int, int] = {}

    def note(row: pa_csv.InvalidRow) -> str:
        misshapen[row.number - 1] = row.actual_columns
        return "skip"

    quoted = b'"' in rows.data
    names = [str(n) for n in range(len(layout.header.names))]
    table = pa_csv.read_csv(
        pa.BufferReader(rows.data),
        pa_csv.ReadOptions(use_threads=False, block_size=_WHOLE, column_names=names),
        pa_csv.ParseOptions(
            delimiter=layout.header.delimiter,
            quote_char='"' if quoted else False,
            newlines_in_values=quoted,
            invalid_row_handler=note,
        ),
        pa_csv.ConvertOptions(
            check_utf8=False,
            include_columns=[str(n) for n in layout.read],
            column_types={str(n): pa.string() for n in layout.read},
            null_values=sorted(layout.nulls),
            strings_can_be_null=True,
        ),
    )
    if len(table) + len(misshapen) != len(rows):
        return None
    # One block of bytes gives one chunk, or none where every row is misshapen.
    columns = {
        n: column.chunk(0) if column.num_chunks else pa.array([], pa.string())
        for n, column in zip(layout.read, table.columns, strict=True)
    }
    return TextTable(columns, misshapen)


def _read_by_grammar(rows: Rows, layout: Layout) -> TextTable:
    width, delimiter = len(layout.header.names), layout.header.delimiter
    misshapen: dict[int, int] = {}
    texts: dict[int, list[str | None]] = {n: [] for n in layout.read}
    for index in range(len(rows)):
        cells = read_cells(rows.row(index), delimiter)
        if len(cells) != width:
            misshapen[index] = len(cells)
            continue
        for n, column in texts.items():
            cell = cells[n].decode("utf-8")
            column.append(None if cell in layout.nulls else cell)
    return TextTable({n: pa.array(column, pa.string()) for n, column in texts.items()}, misshapen)
