"""Rows of binary formats as JSON text: what a rejection quotes, and what record-by-record formats are decoded from.

The forms of values are those of `json_forms`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from transforms.model.column_values import column_values
from transforms.model.json_forms import encode, plain


def json_text(row: Mapping[str, Any]) -> bytes:
    """The row as one JSON object on one line."""
    return encode(plain(row))


def row_text(table: pa.RecordBatch, row: int) -> bytes:
    """A row of Arrow columns as one JSON object on one line."""
    return row_texts(table.slice(row, 1))[0]


def row_texts(table: pa.RecordBatch, *, epoch: bool = False) -> list[bytes]:
    """Each row as `row_text` has it; `epoch` as for `column_values`."""
    columns = [column_values(column, epoch=epoch) for column in table.columns]
    rows = zip(*columns, strict=True) if columns else [()] * len(table)
    return [encode(dict(zip(table.schema.names, row, strict=True))) for row in rows]
