"""The column kernels that mappings are made of; none of them looks at a single row."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]


def missing(column: pa.Array) -> Mask:
    """Which rows are null."""
    return as_mask(column.is_null())


def blank(texts: pa.Array) -> Mask:
    """Which texts are empty or only white space (as Python's `str.isspace` has it); a null is not blank."""
    empty = pc.equal(pc.binary_length(texts), 0)
    return as_mask(pc.or_(empty, pc.utf8_is_space(texts)))


def as_mask(flags: pa.Array) -> Mask:
    """The flags as numpy, null as False."""
    mask: Mask = (pc.coalesce(flags, pa.scalar(value=False)) if flags.null_count else flags).to_numpy(
        zero_copy_only=False
    )
    return mask


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


def with_blank_key(maps: pa.MapArray) -> Mask:
    """Which rows have an entry whose key is blank."""
    offsets, keys, _ = entries(maps)
    found: Mask = np.zeros(len(maps), np.bool_)
    found[np.searchsorted(offsets, np.flatnonzero(blank(keys)), side="right") - 1] = True
    return found


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
