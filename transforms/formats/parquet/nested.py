"""Lists, maps and structs taken apart: their entries as columns of their own, and which row each belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from transforms.formats.parquet.built import Mask, mask
from transforms.model.column_values import bounds

Integers = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class Spread:
    """The items of a list or map column, one row's behind the other.

    Attributes:
        lengths: how many each row has; none where it is null.
        children: of a list its values, of a map its keys and its items.
        there: the rows that are not null.
    """

    lengths: npt.NDArray[np.int64]
    children: tuple[pa.Array, ...]
    there: Mask

    @property
    def owners(self) -> npt.NDArray[np.int64]:
        """The row of each item."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)

    def rows_of(self, items: Mask | None) -> Mask | None:
        """The rows that have one of these items."""
        if items is None:
            return None
        rows = np.zeros(len(self.lengths), np.bool_)
        rows[self.owners[items]] = True
        return rows

    def offsets(self, kept: Mask | None = None) -> npt.NDArray[np.int32]:
        """Where each row's items begin and the last one's end, counting those that are kept."""
        lengths = self.lengths
        if kept is not None:
            lengths = np.bincount(self.owners[kept], minlength=len(lengths))
        offsets = np.zeros(len(lengths) + 1, np.int32)
        np.cumsum(lengths, out=offsets[1:])
        return offsets


def spread(column: pa.Array) -> Spread:
    """The items of each row of a list or map column."""
    starts, ends = bounds(column)
    there = mask(column.is_valid())
    lengths = np.where(there, ends - starts, 0).astype(np.int64)
    whole = (column.keys, column.items) if pa.types.is_map(column.type) else (column.values,)
    if not _is_gapless(starts, lengths):
        return Spread(lengths, tuple(child.take(pa.array(_places(starts, lengths))) for child in whole), there)
    first = int(starts[0]) if len(starts) else 0
    return Spread(lengths, tuple(child.slice(first, int(lengths.sum())) for child in whole), there)


def _is_gapless(starts: Integers, lengths: Integers) -> bool:
    """Whether the rows' items stand one behind the other, which only those of nulls may not."""
    return bool((starts[1:] == starts[:-1] + lengths[:-1]).all())


def _places(starts: Integers, lengths: Integers) -> Integers:
    """The place of each item of each row."""
    before: Integers = np.cumsum(lengths) - lengths
    return np.arange(int(lengths.sum())) + np.repeat(starts - before, lengths)
