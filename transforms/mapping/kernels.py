"""The column kernels that mappings are made of; none of them looks at a single row."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from transforms.columns.texts import Characters, bytes_of

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]
Integers = npt.NDArray[np.integer]

_EXACT = 2.0**53
"""Below it every whole double is one integer's."""

_MAY_BE_BLANK = np.array([byte <= ord(" ") or byte >= 0x80 for byte in range(256)])
"""By the first byte of a text: white space is among the first ASCII characters, or not ASCII."""


def missing(column: pa.Array) -> Mask:
    """Which rows are null."""
    return as_mask(column.is_null()) if column.null_count else np.zeros(len(column), np.bool_)


def blank(texts: pa.Array) -> Mask:
    """Which texts are empty or only white space (as Python's `str.isspace` has it); a null is not blank."""
    bounds, data = bytes_of(texts)
    found: Mask = bounds[1:] == bounds[:-1]
    if len(data):
        found |= _MAY_BE_BLANK[data.take(bounds[:-1], mode="clip")]
    if texts.null_count:
        found &= ~missing(texts)
    # Few are left, as a rule none: only they are looked at whole.
    suspects = np.flatnonzero(found)
    if len(suspects):
        some = texts.take(pa.array(suspects))
        found[suspects] = as_mask(pc.or_(pc.equal(pc.binary_length(some), 0), pc.utf8_is_space(some)))
    return found


def as_mask(flags: pa.Array) -> Mask:
    """The flags as numpy, null as False."""
    if flags.null_count:
        flags = pc.coalesce(flags, pa.scalar(value=False))
    _, bits = flags.buffers()
    end = flags.offset + len(flags)
    # Eight at a time; Arrow's own way to numpy takes them one by one.
    unpacked = np.unpackbits(np.frombuffer(bits or b"", np.uint8), count=end, bitorder="little")
    return unpacked[flags.offset :].view(np.bool_)


def entries(maps: pa.MapArray) -> tuple[npt.NDArray[np.int32], pa.Array, pa.Array]:
    """Offsets from 0, keys and items of all rows, whatever slice of a larger array this is."""
    offsets = maps.offsets.to_numpy()
    first, count = int(offsets[0]), int(offsets[-1] - offsets[0])
    return offsets - offsets[0], maps.keys.slice(first, count), maps.items.slice(first, count)


def lengths(maps: pa.MapArray) -> npt.NDArray[np.int32]:
    """How many entries each map has; none where it is null."""
    counts: npt.NDArray[np.int32] = np.diff(maps.offsets.to_numpy())
    return counts


def without_blank_items(maps: pa.MapArray) -> pa.MapArray:
    """The maps without the entries whose text is null or blank, and null where no entry is left."""
    offsets, keys, items = entries(maps)
    gone = missing(items) | blank(items)
    if gone.any():
        keep = ~gone
        kept_before = np.concatenate(([0], np.cumsum(keep, dtype=np.int32)))
        offsets, keys, items = kept_before[offsets], keys.filter(pa.array(keep)), items.filter(pa.array(keep))
    none_left = np.diff(offsets) == 0
    if not gone.any() and none_left.sum() == maps.null_count:
        return maps
    return pa.MapArray.from_arrays(pa.array(offsets, pa.int32()), keys, items, mask=pa.array(none_left))


def text_sizes(texts: pa.Array) -> Rows:
    """UTF-8 bytes of each text; a null has none."""
    sizes: Rows = pc.binary_length(texts).fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    return sizes


def map_sizes(maps: pa.MapArray) -> Rows:
    """UTF-8 bytes of the keys of each map, and of its items where those are text."""
    offsets, keys, items = entries(maps)
    sizes = text_sizes(keys) + (text_sizes(items) if pa.types.is_string(items.type) else 0)
    before = np.concatenate((np.zeros(1, np.int64), np.cumsum(sizes)))
    return np.diff(before[offsets])


def with_nulls(values: npt.NDArray[Any], valid: Mask) -> pa.Array:
    """The values as a column, null where they are not valid."""
    return pa.array(values) if valid.all() else pa.array(values, mask=~valid)


def emptied(column: pa.Array, rows: Mask) -> pa.Array:
    """The column with null in these rows; itself where there are none."""
    return pc.if_else(pa.array(rows), pa.scalar(None, column.type), column) if rows.any() else column


def filled(column: pa.Array) -> npt.NDArray[Any]:
    """Numbers as numpy, null as 0."""
    values: npt.NDArray[Any] = (column.fill_null(0) if column.null_count else column).to_numpy()
    return values


def number_texts(numbers: pa.Array) -> pa.Array:
    """Doubles as text: a whole one below 2**53 as an integer, any other as Python's `repr`."""
    values = filled(numbers)
    size = np.abs(values)
    whole = (np.trunc(values) == values) & (size < _EXACT)
    if whole.all():
        return pc.cast(pc.cast(numbers, pa.int64()), pa.string())
    # Arrow writes the same shortest digits as repr, but turns to exponents at other sizes.
    texts = pc.cast(numbers, pa.string())
    if whole.any():
        integers = pa.array(np.where(whole, values, 0.0).astype(np.int64))
        texts = pc.if_else(pa.array(whole), pc.cast(integers, pa.string()), texts)
    odd = ~whole & ~((size >= 1e-4) & (size < 1e10))
    if odd.any():
        texts = pc.replace_with_mask(texts, pa.array(odd), pa.array([repr(value) for value in values[odd].tolist()]))
    return emptied(texts, missing(numbers)) if numbers.null_count else texts


def by_length(texts: pa.Array, lengths: Collection[int]) -> Iterator[tuple[slice | Rows, Characters]]:
    """The texts that have one of these lengths in bytes (all above 0), as a table of bytes for each length.

    Yields:
        Which rows, and their bytes: the first axis is the position in the text, the second one the row.
    """
    sizes = text_sizes(texts)
    if not len(sizes) or not lengths:
        return
    first = int(sizes[0])
    if first in lengths and (sizes == first).all():
        yield slice(None), _table(texts, first)
        return
    limit = max(lengths)
    counts = np.bincount(sizes[sizes <= limit], minlength=limit + 1)
    for length in lengths:
        if counts[length]:
            rows = np.flatnonzero(sizes == length)
            yield rows, _table(texts.take(pa.array(rows)), length)


def _table(texts: pa.Array, length: int) -> Characters:
    """The bytes of texts that all have this length."""
    bounds, data = bytes_of(texts)
    flat = data[bounds[0] : bounds[-1]]
    return np.ascontiguousarray(flat.reshape(len(texts), length).T)
