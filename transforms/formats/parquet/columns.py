"""Planned fields from Arrow columns, all rows at once, by the rules of `json.record`.

What a kernel cannot decide is left to the slow look: single rows as doubtful, whole columns as none at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.formats.parquet.built import Built, Mask, mask, refused
from transforms.formats.parquet.maps import map_column
from transforms.formats.parquet.nested import spread
from transforms.formats.parquet.scalars import integer_column, number_column, scalar_column, text_column
from transforms.model.column_values import column_values
from transforms.model.json_forms import encode
from transforms.model.plan import Field, Kind


def build_field(field: Field, rows: pa.StructArray) -> Built | None:
    """The column of a field of these records or items; None where only the slow look can tell.

    Args:
        field: as planned.
        rows: the columns that were read.
    """
    column = rows
    for number, step in enumerate(field.path):
        found = _child(column, step)
        if found is None:
            return _astray(column, field, number)
        column = found
    return _BUILD[field.kind](_stored(column), field)


def _child(column: pa.Array, step: str | int) -> pa.Array | None:
    """What stands behind a step in each row, null where there is nothing; None where there are no such steps."""
    kind = column.type
    if pa.types.is_null(kind):
        return column
    if not isinstance(step, str) or not pa.types.is_struct(kind):
        return None
    numbers = kind.get_all_field_indices(step)
    return pc.struct_field(column, [numbers[-1]]) if numbers else pa.nulls(len(column))


def _astray(column: pa.Array, field: Field, number: int) -> Built | None:
    """A path that goes on from a column that is no struct: through a map or an array it may still lead somewhere."""
    by_name = isinstance(field.path[number], str)
    leads = pa.types.is_map(column.type) if by_name else pa.types.is_nested(column.type)
    return None if leads or isinstance(column.type, pa.BaseExtensionType) else refused(column, field.arrow)


def _stored(column: pa.Array) -> pa.Array:
    """The column as what it is stored as, but for UUIDs, which have a text of their own."""
    if isinstance(column.type, pa.BaseExtensionType) and not isinstance(column.type, pa.UuidType):
        return column.storage
    return column


def _text_map(column: pa.Array, _: Field) -> Built | None:
    return map_column(column, lambda values: scalar_column(_stored(values)), pa.string())


def _number_map(column: pa.Array, _: Field) -> Built | None:
    return map_column(column, lambda values: number_column(_stored(values)), pa.float64())


def _raw(column: pa.Array, _: Field) -> Built:
    texts = [None if value is None else encode(value) for value in column_values(column)]
    return Built(pa.array(texts, pa.string()))


def _items(column: pa.Array, field: Field) -> Built | None:
    kind = column.type
    if not pa.types.is_list(kind):
        return refused(column, field.arrow)
    if not pa.types.is_struct(kind.value_type):
        return None
    rows = spread(column)
    items = rows.children[0]
    built = [build_field(inner, items) for inner in field.items]
    if any(each is None for each in built):
        return None
    found = [each for each in built if each is not None]
    values = pa.StructArray.from_arrays([each.values for each in found], fields=list(field.arrow.value_type))
    missing = None if rows.there.all() else pa.array(~rows.there)
    lists = pa.ListArray.from_arrays(pa.array(rows.offsets()), values, field.arrow, mask=missing)
    nulls = [mask(items.is_null())] if items.null_count else []
    return Built(lists, rows.rows_of(_any([*nulls, *(each.doubtful for each in found if each.doubtful is not None)])))


def _any(masks: Sequence[Mask]) -> Mask | None:
    return np.logical_or.reduce(masks) if masks else None


_BUILD: dict[Kind, Callable[[pa.Array, Field], Built | None]] = {
    Kind.TEXT: lambda column, _: text_column(column),
    Kind.NUMBER: lambda column, _: number_column(column),
    Kind.INTEGER: lambda column, _: integer_column(column),
    Kind.SCALAR: lambda column, _: scalar_column(column),
    Kind.TEXT_MAP: _text_map,
    Kind.NUMBER_MAP: _number_map,
    Kind.RAW: _raw,
    Kind.ITEMS: _items,
}
