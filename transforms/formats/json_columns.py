"""Values that msgspec decoded to Arrow arrays: one call a column, and which rows do not fit it after all.

msgspec's types are wider than the kinds of the plan where a tight type would cost a refused record its second look
too often: whole numbers may be floats, values of a text map may be anything. What they let through is caught here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, cast

import numpy as np
import pyarrow as pa

from transforms.model.plan import Kind

_INT64_END = 2**63
_NEGATIVE_ZERO = re.compile(rb"[:\s]-0[\s,}]")

Record = Callable[[int], bytes]
"""The bytes of a row's record."""


def build(kind: Kind, values: list[Any], record: Record) -> tuple[pa.Array | None, list[int]]:
    """The column, or the rows whose values are not of this kind (or need a closer look) and no column.

    Args:
        kind: of the planned field.
        values: one a row as decoded; whatever fits once it is written in the kind's own way is so rewritten in place.
        record: where the source text matters.
    """
    return _BUILD[kind](values, record)


def _texts(values: list[Any], _: Record) -> tuple[pa.Array | None, list[int]]:
    return pa.array(values, pa.string()), []


def _numbers(values: list[Any], _: Record) -> tuple[pa.Array | None, list[int]]:
    return pa.array(values, pa.float64()), []


def _integers(values: list[Any], _: Record) -> tuple[pa.Array | None, list[int]]:
    # pyarrow would cut the fraction off a float without a word, so it may only see integers.
    if float in set(map(type, values)):
        misfits = [
            index for index, value in enumerate(values) if type(value) is float and not _to_integer(values, index)
        ]
        if misfits:
            return None, misfits
    try:
        return pa.array(values, pa.int64()), []
    except OverflowError:
        inside = range(-_INT64_END, _INT64_END)
        return None, [index for index, value in enumerate(values) if value is not None and value not in inside]


def _to_integer(values: list[Any], index: int) -> bool:
    value: float = values[index]
    fits = value.is_integer() and -_INT64_END <= value < _INT64_END
    if fits:
        values[index] = int(value)
    return fits


def _text_maps(values: list[Any], record: Record) -> tuple[pa.Array | None, list[int]]:
    array = _map_array(values, pa.string())
    if array is not None:
        return array, []
    misfits = [index for index, value in enumerate(values) if value and not _to_texts(values, index, record)]
    return (None, misfits) if misfits else (_map_array(values, pa.string()), [])


def _to_texts(values: list[Any], index: int, record: Record) -> bool:
    texts: dict[str, str] = {}
    for key, value in values[index].items():
        kind = type(value)
        if kind is str:
            texts[key] = value
        elif kind is int and (value or not _NEGATIVE_ZERO.search(record(index))):
            texts[key] = str(value)
        elif kind is bool:
            texts[key] = "true" if value else "false"
        elif value is not None:
            return False
    values[index] = texts
    return True


def _number_maps(values: list[Any], _: Record) -> tuple[pa.Array | None, list[int]]:
    array = _map_array(values, pa.float64())
    if array is None:
        for index, value in enumerate(values):
            if value:
                values[index] = {key: number for key, number in value.items() if number is not None}
        array = _map_array(values, pa.float64())
    return array, []


def _map_array(maps: Sequence[dict[str, Any] | None], kind: pa.DataType) -> pa.Array | None:
    """The maps as an array, or None where an item is null or of another type."""
    if maps.count(None) == len(maps):
        return pa.nulls(len(maps), pa.map_(pa.string(), kind))
    mask, filled = None, cast("Sequence[dict[str, Any]]", maps)
    if not all(maps):
        mask = pa.array([one is None for one in maps], pa.bool_())
        filled = [one or {} for one in maps]
    offsets = np.zeros(len(maps) + 1, np.int32)
    np.cumsum(np.fromiter(map(len, filled), np.int32, len(maps)), out=offsets[1:])
    try:
        items = pa.array(list(chain.from_iterable(map(dict.values, filled))), kind)
    except pa.ArrowException:
        return None
    if items.null_count:
        return None
    keys = pa.array(list(chain.from_iterable(filled)), pa.string())
    return pa.MapArray.from_arrays(pa.array(offsets), keys, items, mask=mask)


_BUILD: dict[Kind, Callable[[list[Any], Record], tuple[pa.Array | None, list[int]]]] = {
    Kind.TEXT: _texts,
    Kind.NUMBER: _numbers,
    Kind.INTEGER: _integers,
    Kind.TEXT_MAP: _text_maps,
    Kind.NUMBER_MAP: _number_maps,
}
