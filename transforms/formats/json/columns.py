"""Values that msgspec decoded to Arrow arrays: one call a column, and which rows do not fit it after all.

msgspec's types are wider than the kinds of the plan where a tight type would cost a refused record its second look
too often: whole numbers may be floats, scalars and the values of a text map may be anything. What they let through is
caught here.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import accumulate, chain
from typing import Any, cast

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.formats.json.structs import Structs
from transforms.model.plan import Field, Kind

_INT64_END = 2**63
_NEGATIVE_ZERO = re.compile(rb"-0[\s,}\]]")
_NULL = b"null"
_TEXT_INTEGER_OR_NULL = {str, int, type(None)}
_TEXT_OR_NULL = {str, type(None)}
_INTEGER_OR_NULL = {int, type(None)}

NegativeZero = Callable[[int], bool]
"""Whether the record of a row may hold a `-0`, which decodes to the integer 0."""

Built = tuple[pa.Array | None, list[int]]


def may_hold_negative_zero(text: bytes) -> bool:
    """Whether there may be a `-0` among the numbers of a JSON text; now and then a yes where there is none."""
    return _NEGATIVE_ZERO.search(text) is not None


def build(field: Field, values: list[Any], items: Structs | None, negative_zero: NegativeZero) -> Built:
    """The column, or the rows whose values are not of the field's kind (or need a closer look) and no column.

    Args:
        field: as planned.
        values: one a row, as decoded or as the slow look found it; whatever fits once it is written in the kind's own
            way is so rewritten in place.
        items: of ITEMS, the types that their items were decoded to; None where all values are of the slow look.
        negative_zero: asked where the source text matters.
    """
    if field.kind is Kind.ITEMS:
        return _items(field, values, items, negative_zero)
    return _BUILD[field.kind](values, negative_zero)


def _items(field: Field, values: list[Any], structs: Structs | None, negative_zero: NegativeZero) -> Built:
    ends = list(accumulate((len(value) if value else 0 for value in values), initial=0))
    columns, misfits = _spread(field, list(chain.from_iterable(filter(None, values))), structs)

    def owner(item: int) -> int:
        return bisect_right(ends, item) - 1

    arrays = []
    for number, (inner, column) in enumerate(zip(field.items, columns, strict=True)):
        nested = structs.items.get(number) if structs else None
        array, found = build(inner, column, nested, lambda item: negative_zero(owner(item)))
        arrays.append(array)
        misfits.update(found)
    if misfits:
        return None, sorted(set(map(owner, misfits)))
    mask = pa.array([value is None for value in values], pa.bool_()) if None in values else None
    rows = pa.Array.from_buffers(field.arrow.value_type, ends[-1], [None], children=arrays)
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), rows, field.arrow, mask=mask), []


def _spread(field: Field, items: list[Any], structs: Structs | None) -> tuple[list[list[Any]], set[int]]:
    """For each field of the items its values, and the items that need a closer look; tuples have had theirs."""
    if structs is None:
        return [[item[number] for item in items] for number in range(len(field.items))], set()
    if tuple not in set(map(type, items)):
        return structs.spread(items)
    columns, misfits = structs.spread([structs.nothing if type(item) is tuple else item for item in items])
    for row, item in enumerate(items):
        if type(item) is tuple:
            for column, value in zip(columns, item, strict=True):
                column[row] = value
    return columns, misfits


def _texts(values: list[Any], _: NegativeZero) -> Built:
    return pa.array(values, pa.string()), []


def _numbers(values: list[Any], _: NegativeZero) -> Built:
    return pa.array(values, pa.float64()), []


def _scalars(values: list[Any], negative_zero: NegativeZero) -> Built:
    types = set(map(type, values))
    if types <= _INTEGER_OR_NULL and int in types:
        with suppress(OverflowError):
            array = pa.array(values, pa.int64())
            zeros = np.flatnonzero(pc.fill_null(pc.equal(array, 0), False))  # noqa: FBT003
            return array.cast(pa.string()), [row for row in zeros.tolist() if negative_zero(row)]
    if types <= _TEXT_OR_NULL:
        return pa.array(values, pa.string()), []
    if types <= _TEXT_INTEGER_OR_NULL and 0 not in values:
        return pa.array([str(value) if type(value) is int else value for value in values], pa.string()), []
    misfits = [
        row for row, value in enumerate(values) if type(value) is not str and not _to_text(values, row, negative_zero)
    ]
    return (None, misfits) if misfits else (pa.array(values, pa.string()), [])


def _to_text(values: list[Any], row: int, negative_zero: NegativeZero) -> bool:
    value = values[row]
    if type(value) is int:
        values[row] = str(value)
        return value != 0 or not negative_zero(row)
    if type(value) is bool:
        values[row] = "true" if value else "false"
    return value is None or type(value) is bool


def _raws(values: list[Any], _: NegativeZero) -> Built:
    texts = values
    if msgspec.Raw in set(map(type, values)):
        texts = [bytes(value) if type(value) is msgspec.Raw else value for value in values]
    return pa.array([None if text == _NULL else text for text in texts], pa.string()), []


def _integers(values: list[Any], _: NegativeZero) -> Built:
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


def _text_maps(values: list[Any], negative_zero: NegativeZero) -> Built:
    array = _map_array(values, pa.string())
    if array is not None:
        return array, []
    misfits = [index for index, value in enumerate(values) if value and not _to_texts(values, index, negative_zero)]
    return (None, misfits) if misfits else (_map_array(values, pa.string()), [])


def _to_texts(values: list[Any], index: int, negative_zero: NegativeZero) -> bool:
    texts: dict[str, str] = {}
    for key, value in values[index].items():
        kind = type(value)
        if kind is str:
            texts[key] = value
        elif kind is int and (value or not negative_zero(index)):
            texts[key] = str(value)
        elif kind is bool:
            texts[key] = "true" if value else "false"
        elif value is not None:
            return False
    values[index] = texts
    return True


def _number_maps(values: list[Any], _: NegativeZero) -> Built:
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


_BUILD: dict[Kind, Callable[[list[Any], NegativeZero], Built]] = {
    Kind.TEXT: _texts,
    Kind.NUMBER: _numbers,
    Kind.INTEGER: _integers,
    Kind.TEXT_MAP: _text_maps,
    Kind.NUMBER_MAP: _number_maps,
    Kind.SCALAR: _scalars,
    Kind.RAW: _raws,
}
