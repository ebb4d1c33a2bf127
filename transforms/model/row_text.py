"""Rows of binary formats as JSON text: what a rejection quotes, and what record-by-record formats are decoded from.

Every value has one JSON form: texts, booleans and integers as they are; finite floats as JSON numbers; decimals as
numbers with all their digits; NaN and the infinities, which JSON does not have, as the texts `NaN`, `Infinity` and
`-Infinity`; times and dates as RFC 3339 has them, without an offset where none is known; bytes as the text that they
are in UTF-8, else in base64; maps as objects.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import pyarrow as pa

_ENCODER = msgspec.json.Encoder(decimal_format="number", enc_hook=str)
_encode = _ENCODER.encode

_NAMES = {math.inf: "Infinity", -math.inf: "-Infinity"}


def json_text(row: Mapping[str, Any]) -> bytes:
    """The row as one JSON object on one line."""
    return _encode(_plain(row))


def json_lines(values: Sequence[Any]) -> bytes:
    """Each value as JSON on a line of its own; nothing in them is a float that is not finite, or bytes.

    What is not UTF-8 stays so: texts hold it as `surrogateescape` has it
    (https://docs.python.org/3/library/codecs.html#error-handlers).
    """
    try:
        return _ENCODER.encode_lines(values)
    except UnicodeEncodeError:
        return b"".join(_escaped(value) + b"\n" for value in values)


def row_text(table: pa.RecordBatch, row: int) -> bytes:
    """A row of Arrow columns as one JSON object on one line."""
    return json_text(table.slice(row, 1).to_pylist()[0])


def _plain(value: Any) -> Any:
    """The value with everything that JSON has no form for in the form that stands for it."""
    match value:
        case str() | bool() | int() | None:
            return value
        case float():
            return value if math.isfinite(value) else float_text(value)
        case Mapping():
            return {_key(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case bytes():
            return bytes_text(value)
        case _:
            return value


def _key(key: Any) -> str:
    return key if isinstance(key, str) else str(_plain(key))


def float_text(value: float) -> str:
    """What stands for a float that is not finite."""
    return _NAMES.get(value, "NaN")


def bytes_text(data: bytes) -> str:
    """What stands for bytes."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return base64.b64encode(data).decode("ascii")


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
            return _encode(value)
