"""Maps and structs as maps of texts or of numbers: each value by its kind, nulls left out, a later key wins."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.formats.parquet.built import Built, Mask, mask, refused
from transforms.formats.parquet.nested import Spread, spread

Build = Callable[[pa.Array], Built | None]
"""Makes a column of values."""

_FEW = 63
"""Different keys that have a bit each."""


def map_column(source: pa.Array, build: Build, value_type: pa.DataType) -> Built | None:
    """The objects of a map or struct column; None where only the slow look can tell."""
    kind = pa.map_(pa.string(), value_type)
    if pa.types.is_struct(source.type):
        return _of_struct(source, build, kind)
    if not pa.types.is_map(source.type):
        return refused(source, kind)
    if not pa.types.is_string(source.type.key_type):
        return None
    entries = spread(source)
    built = build(entries.children[1])
    return None if built is None else _of_map(entries, built, kind)


def _of_map(entries: Spread, built: Built, kind: pa.DataType) -> Built:
    keys, values, kept = entries.children[0], built.values, None
    if values.null_count:
        kept = mask(values.is_valid())
        keys, values = keys.filter(pa.array(kept)), values.filter(pa.array(kept))
    doubtful = entries.rows_of(built.doubtful)
    twice = _twice(entries)
    if twice is not None:
        doubtful = twice if doubtful is None else doubtful | twice
    missing = None if entries.there.all() else pa.array(~entries.there)
    offsets = pa.array(entries.offsets(kept))
    return Built(pa.MapArray.from_arrays(offsets, keys, values, kind, mask=missing), doubtful)


def _twice(entries: Spread) -> Mask | None:
    """The rows in which a key stands twice."""
    filled = entries.lengths > 1
    if not filled.any():
        return None
    keys = entries.children[0].dictionary_encode()
    codes = keys.indices.to_numpy()
    if len(keys.dictionary) <= _FEW:
        bits = np.left_shift(1, codes, dtype=np.int64)
        starts = entries.offsets()[:-1][entries.lengths > 0]
        repeated = np.bitwise_or.reduceat(bits, starts) != np.add.reduceat(bits, starts)
        rows = np.flatnonzero(entries.lengths > 0)[repeated]
    else:
        pairs = np.sort(entries.owners * len(keys.dictionary) + codes)
        rows = pairs[1:][pairs[1:] == pairs[:-1]] // len(keys.dictionary)
    found = np.zeros(len(entries.lengths), np.bool_)
    found[rows] = True
    return found if len(rows) else None


def _of_struct(source: pa.Array, build: Build, kind: pa.DataType) -> Built | None:
    """One entry for each field that is not null, in the order of the fields."""
    there = mask(source.is_valid())
    fields = _last_of_each_name(source)
    columns = [build(pc.struct_field(source, [number])) for number in fields.values()]
    if any(column is None for column in columns):
        return None
    if not columns:
        return refused(source.slice(0, 0), kind) if not len(source) else None
    built = [column for column in columns if column is not None]
    filled = np.stack([mask(column.values.is_valid()) for column in built], axis=1)
    rows, numbers = np.nonzero(filled)
    names = pa.array(list(fields), pa.string()).take(pa.array(numbers))
    places = numbers * len(source) + rows
    values = pa.concat_arrays([column.values for column in built]).take(pa.array(places))
    offsets = np.zeros(len(source) + 1, np.int32)
    np.cumsum(filled.sum(axis=1), out=offsets[1:])
    missing = None if there.all() else pa.array(~there)
    masks = [column.doubtful for column in built if column.doubtful is not None]
    doubtful = np.logical_or.reduce(masks) if masks else None
    return Built(pa.MapArray.from_arrays(pa.array(offsets), names, values, kind, mask=missing), doubtful)


def _last_of_each_name(source: pa.Array) -> dict[str, int]:
    """The fields in the order in which their names first stand, each the last one of its name."""
    return {source.type.field(number).name: number for number in range(source.type.num_fields)}
