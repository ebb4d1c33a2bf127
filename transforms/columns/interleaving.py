"""Texts of several columns, row after row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from transforms.native import native

Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def interleaved(columns: Sequence[pa.Array], rows: Rows, there: Mask) -> pa.Array:
    """The texts of these rows, in each row one column after the other, but only those that are there.

    Args:
        columns: at least one, all of one length; less than 2 GiB is taken of them.
        rows: which of their rows, in any order and number.
        there: for each of `rows` (first axis) and each column, whether its text is taken; never where it is null.
    """
    if native is None:
        return interleaved_in_python(columns, rows, there)
    batch = pa.RecordBatch.from_arrays(list(columns), [str(number) for number in range(len(columns))])
    return pa.array(native.interleaved(batch, np.ascontiguousarray(rows), np.ascontiguousarray(there).view(np.uint8)))


def interleaved_in_python(columns: Sequence[pa.Array], rows: Rows, there: Mask) -> pa.Array:
    """The same by one take from all columns."""
    flat = np.flatnonzero(there)
    places = flat // len(columns)
    picks = (flat - places * len(columns)) * len(columns[0]) + rows[places]
    return pa.concat_arrays(columns).take(pa.array(picks))
