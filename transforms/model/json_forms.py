"""Values of binary formats in JSON.

Every value has one JSON form: texts, booleans and integers as they are; finite floats as JSON numbers; decimals as
numbers with all their digits; NaN and the infinities, which JSON does not have, as the texts `NaN`, `Infinity` and
`-Infinity`; times and dates as RFC 3339 has them, without an offset where none is known, and beyond its years as the
text of the number that they are stored as; bytes as the text that they are in UTF-8, else in base64; maps as objects.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from typing import Any

import msgspec

_ENCODER = msgspec.json.Encoder(decimal_format="number", enc_hook=str)

encode_lines = _ENCODER.encode_lines
"""Several values, each as `encode` has it and with a line end behind it."""

encode = _ENCODER.encode
"""A value that JSON has a form for as its text, on one line; decimals are numbers."""

_NAMES = {math.inf: "Infinity", -math.inf: "-Infinity"}


def plain(value: Any) -> Any:
    """The value with everything that JSON has no form for in the form that stands for it."""
    match value:
        case str() | bool() | int() | None:
            return value
        case float():
            return float_value(value)
        case Mapping():
            return {_key(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case bytes():
            return bytes_text(value)
        case _:
            return value


def float_value(value: float) -> float | str:
    """A finite float as it is, another one by its name."""
    return value if math.isfinite(value) else float_text(value)


def float_text(value: float) -> str:
    """What stands for a float that is not finite."""
    return _NAMES.get(value, "NaN")


def bytes_text(data: bytes) -> str:
    """The text that the bytes are in UTF-8, else in base64."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return base64.b64encode(data).decode("ascii")


def _key(key: Any) -> str:
    return key if isinstance(key, str) else str(plain(key))
