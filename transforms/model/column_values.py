"""Arrow columns as values that JSON has: what `row_text` writes of each row.

Arrow's own conversion to Python refuses nanoseconds, names that stand twice, map keys that are objects, and texts that
are not UTF-8. Here every column of a type that Parquet has gets an answer, and the forms are those of `json_forms`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from transforms.model.json_forms import bytes_text, encode, float_value
from transforms.model.time_texts import UNITS, counts_of, is_instant, is_time, time_texts

Places = npt.NDArray[np.integer]


def column_values(column: pa.Array, *, epoch: bool = False) -> list[Any]:
    """The JSON value of each row; `epoch`: of timestamps of a zone the milliseconds since 1970 in place of a text."""
    kind = column.type
    if isinstance(kind, pa.UuidType):
        texts: list[Any] = uuid_texts(column).to_pylist()
        return texts
    if isinstance(kind, pa.BaseExtensionType):
        return column_values(column.storage, epoch=epoch)
    if pa.types.is_nested(kind):
        return _nested(column, epoch=epoch)
    return _times(column, epoch=epoch) if is_time(kind) else _scalars(column)


def uuid_texts(column: pa.Array) -> pa.StringArray:
    """UUIDs in their usual text (https://www.rfc-editor.org/rfc/rfc9562#section-4)."""
    return pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.string())


def epoch_milliseconds(column: pa.Array) -> list[int | None]:
    """Of timestamps the milliseconds in which they lie, since 1970."""
    units = UNITS[column.type.unit]
    there = column.is_valid().to_pylist()
    return [count * 1000 // units if ok else None for count, ok in zip(counts_of(column).tolist(), there, strict=True)]


def bounds(column: pa.Array) -> tuple[Places, Places]:
    """Where in the child of a list or map column the items of each row begin and end; of nulls, anywhere."""
    offsets = column.offsets.to_numpy()
    return offsets[:-1], offsets[1:]


def _nested(column: pa.Array, *, epoch: bool) -> list[Any]:
    kind, there = column.type, column.is_valid().to_pylist()
    if pa.types.is_struct(kind):
        names = [kind.field(number).name for number in range(kind.num_fields)]
        rows = zip(*(column_values(column.field(number), epoch=epoch) for number in range(len(names))), strict=True)
        return [dict(zip(names, row, strict=True)) if ok else None for row, ok in zip(rows, there, strict=True)]
    starts, ends = bounds(column)
    if not pa.types.is_map(kind):
        items = _parts(column.values, starts, ends, epoch=epoch)
        return [some if ok else None for some, ok in zip(items, there, strict=True)]
    keys, items = (_parts(child, starts, ends, epoch=epoch) for child in (column.keys, column.items))
    return [
        dict(zip(map(_key, some), values, strict=True)) if ok else None
        for some, values, ok in zip(keys, items, there, strict=True)
    ]


def _parts(child: pa.Array, starts: Places, ends: Places, *, epoch: bool) -> list[list[Any]]:
    """The values of each row's items."""
    first, last = int(starts.min(initial=len(child))), int(ends.max(initial=0))
    values = column_values(child.slice(first, max(0, last - first)), epoch=epoch)
    return [values[start - first : end - first] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]


def _key(key: Any) -> str:
    return key if isinstance(key, str) else encode(key).decode("utf-8")


def _times(column: pa.Array, *, epoch: bool) -> list[Any]:
    """Texts, those of their numbers where no calendar has them."""
    if epoch and is_instant(column.type):
        return epoch_milliseconds(column)
    texts, counts, there = time_texts(column).to_pylist(), counts_of(column).tolist(), column.is_valid().to_pylist()
    return [str(count) if text is None and ok else text for text, count, ok in zip(texts, counts, there, strict=True)]


def _scalars(column: pa.Array) -> list[Any]:
    kind = column.type
    if pa.types.is_floating(kind):
        return [None if value is None else float_value(value) for value in pc.cast(column, pa.float64()).to_pylist()]
    if pa.types.is_string(kind) or pa.types.is_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return [None if value is None else bytes_text(value) for value in column.cast(pa.binary()).to_pylist()]
    values: list[Any] = column.to_pylist()
    return values
