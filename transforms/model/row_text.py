"""Rows of binary formats as JSON text: what a rejection quotes, and what record-by-record formats are decoded from.

The forms of values are those of `json_forms`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from transforms.model.column_values import column_values
from transforms.model.json_forms import encode, encode_lines, plain


def json_text(row: Mapping[str, Any]) -> bytes:
    """The row as one JSON object on one line."""
    return encode(plain(row))


def json_lines(values: Sequence[Any]) -> bytes:
    """Each value as JSON on a line of its own; nothing in them is a float that is not finite, or bytes.

    What is not UTF-8 stays so: texts hold it as `surrogateescape` has it
    (https://docs.python.org/3/library/codecs.html#error-handlers).
    """
    try:
        return encode_lines(values)
    except UnicodeEncodeError:
        return b"".join(_escaped(value) + b"\n" for value in values)


def row_text(table: pa.RecordBatch, row: int) -> bytes:
    """A row of Arrow columns as one JSON object on one line."""
    return row_texts(table.slice(row, 1))[0]


def row_texts(
    table: pa.RecordBatch, *, epoch: bool = False, reading: Callable[[str], Any] | None = None
) -> list[bytes]:
    """Each row as `row_text` has it.

    Args:
        table: the rows.
        epoch: as for `column_values`.
        reading: what stands in place of a column's text, where it is no part of something else.
    """
    columns = [column_values(column, epoch=epoch) for column in table.columns]
    if reading is not None:
        columns = [[reading(value) if isinstance(value, str) else value for value in values] for values in columns]
    rows = zip(*columns, strict=True) if columns else [()] * len(table)
    return [encode(dict(zip(table.schema.names, row, strict=True))) for row in rows]


def _escaped(value: Any) -> bytes:
    """The value as JSON, bytes that are no UTF-8 as they are."""
    match value:
        case dict():
            return b"{" + b",".join(_escaped(key) + b":" + _escaped(item) for key, item in value.items()) + b"}"
        case list():
            return b"[" + b",".join(map(_escaped, value)) + b"]"
        case str():
            return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogateescape")
        case _:
            return encode(value)
