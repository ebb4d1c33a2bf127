"""Rows of binary formats as JSON text: what a rejection quotes, and what record-by-record formats are decoded from.

Every value has one JSON form: texts, booleans and integers as they are; finite floats as JSON numbers; decimals as
numbers with all their digits; NaN and the infinities, which JSON does not have, as the texts `NaN`, `Infinity` and
`-Infinity`; times and dates as RFC 3339 has them, without an offset where none is known; bytes as the text that they
are in UTF-8, else in base64; maps as objects.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from typing import Any

import msgspec
import pyarrow as pa

_encode = msgspec.json.Encoder(decimal_format="number", enc_hook=str).encode

_NAMES = {math.inf: "Infinity", -math.inf: "-Infinity"}


def json_text(row: Mapping[str, Any]) -> bytes:
    """The row as one JSON object on one line."""
    return _encode(_plain(row))


def row_text(table: pa.RecordBatch, row: int) -> bytes:
    """A row of Arrow columns as one JSON object on one line."""
    return json_text(table.slice(row, 1).to_pylist()[0])


def _plain(value: Any) -> Any:
    """The value with everything that JSON has no form for in the form that stands for it."""
    match value:
        case str() | bool() | int() | None:
            return value
        case float():
            return value if math.isfinite(value) else _NAMES.get(value, "NaN")
        case Mapping():
            return {_key(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case bytes():
            return _text(value)
        case _:
            return value


def _key(key: Any) -> str:
    return key if isinstance(key, str) else str(_plain(key))


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return base64.b64encode(data).decode("ascii")
