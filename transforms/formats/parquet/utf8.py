"""Texts that are not UTF-8: Parquet says that they are, and nothing on the way has looked."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from transforms.formats.encodings import is_utf8
from transforms.formats.parquet.built import Mask, mask
from transforms.formats.parquet.nested import spread


def not_utf8(column: pa.Array) -> Mask | None:
    """The rows of a column with a text in them that is not UTF-8; None where there are none."""
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        return not_utf8(column.storage)
    if pa.types.is_struct(kind):
        return _any([not_utf8(column.field(number)) for number in range(kind.num_fields)], column)
    if pa.types.is_nested(kind):
        rows = spread(column)
        return _any([rows.rows_of(not_utf8(child)) for child in rows.children], column)
    return _texts(column) if pa.types.is_string(kind) else None


def _texts(column: pa.StringArray) -> Mask | None:
    raw = column.cast(pa.binary())
    try:
        raw.cast(pa.string())  # this looks, all at once
    except pa.ArrowInvalid:
        return np.array([value is not None and not is_utf8(value) for value in raw.to_pylist()], np.bool_)
    return None


def _any(masks: list[Mask | None], column: pa.Array) -> Mask | None:
    """The rows of any of the masks that are there at all."""
    found = [each for each in masks if each is not None]
    return np.logical_or.reduce(found) & mask(column.is_valid()) if found else None
