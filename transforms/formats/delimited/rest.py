"""Columns that no field names, as one map per row: header to cell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from transforms.model.plan import ARROW_TYPES, Kind

_MAP = ARROW_TYPES[Kind.TEXT_MAP]


def map_rest(names: Sequence[str], columns: Sequence[pa.StringArray], rows: int) -> pa.MapArray:
    """Per row a map of the cells that are not null, in column order; null where there is none."""
    filled = [(name, column) for name, column in zip(names, columns, strict=True) if column.null_count < rows]
    if not filled:
        return pa.nulls(rows, _MAP)
    # Row by row, and within a row column by column: the entry's column, and its cell's place in all columns end to end.
    shape = (rows, len(filled))
    entries = np.broadcast_to(np.arange(len(filled), dtype=np.int32), shape)
    cells = entries * np.int32(rows) + np.arange(rows, dtype=np.int32)[:, None]
    counts = np.full(rows, len(filled), np.int32)
    if any(column.null_count for _, column in filled):
        present = np.stack([np.asarray(column.is_valid()) for _, column in filled], axis=1)
        counts = np.count_nonzero(present, axis=1)
        entries, cells = entries[present], cells[present]
    offsets = np.zeros(rows + 1, np.int32)
    np.cumsum(counts, out=offsets[1:])
    keys = pa.array([name for name, _ in filled], pa.string()).take(pa.array(entries.ravel()))
    values = pa.concat_arrays([column for _, column in filled]).take(pa.array(cells.ravel()))
    empty = None if counts.all() else pa.array(counts == 0)
    return pa.MapArray.from_arrays(pa.array(offsets), keys, values, _MAP, mask=empty)
