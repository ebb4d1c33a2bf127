"""What the slow interpreter of mappings computes with: JSON whose numbers keep their text, times, and failures."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any, TypeVar

from transforms.columns.numbers import CellFault, read_integer, read_number

_INT64 = range(-(2**63), 2**63)
_Number = TypeVar("_Number", int, float)


class Failed(Exception):
    """A step that a value breaks, with the code of the rejection."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Digits:
    """A JSON number as it stands in the source."""

    text: str


class Time(int):
    """Milliseconds since 1970, UTC: no integer to the mapping language."""


Value = str | float | int | bool | None
"""A value of any type of the language; None is absent. A number is a float, an integer an int, a time a `Time`."""


def read_json(text: bytes | str) -> Any:
    """The JSON value, its numbers as `Digits`; raises ValueError."""
    return json.loads(text, parse_int=Digits, parse_float=Digits, parse_constant=_refuse)


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def scalar_text(value: Any) -> str | None:
    """The text of a JSON scalar: a number's is that in the source."""
    if isinstance(value, Digits):
        return value.text
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def is_blank(value: object) -> bool:
    """Whether it is a text that is empty or only white space."""
    return isinstance(value, str) and (not value or value.isspace())


def convert(value: Value, wanted: str | None) -> Value:
    """The value as another type (the names of `as`); None wants nothing."""
    if value is None or wanted is None:
        return value
    if wanted == "string":
        return _to_text(value)
    if wanted == "number":
        return _to_number(value)
    if wanted == "integer":
        return _to_integer(value)
    if wanted == "boolean":
        return _to_boolean(value)
    assert isinstance(value, Time), f"{value!r} as {wanted}: the compiler refuses this"
    return value


def _to_text(value: str | float | bool) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        whole = math.isfinite(value) and value.is_integer() and abs(value) < 2**53
        return str(int(value)) if whole else repr(value)
    return str(int(value))


def _to_number(value: str | float | bool) -> float | None:
    if isinstance(value, str):
        return None if is_blank(value) else _read(read_number(value))
    assert not isinstance(value, bool | Time), f"{value!r} as a number: the compiler refuses this"
    return float(value)


def _to_integer(value: str | float | bool) -> int | None:
    if isinstance(value, str):
        return None if is_blank(value) else _read(read_integer(value))
    assert not isinstance(value, bool | Time), f"{value!r} as an integer: the compiler refuses this"
    if isinstance(value, int):
        return value
    if math.isfinite(value) and not value.is_integer():
        raise Failed("WRONG_TYPE")
    if not math.isfinite(value) or int(value) not in _INT64:
        raise Failed("OUT_OF_RANGE")
    return int(value)


def _to_boolean(value: str | float | bool) -> bool | None:
    if isinstance(value, str):
        if is_blank(value):
            return None
        if value.lower() in ("true", "1"):
            return True
        if value.lower() in ("false", "0"):
            return False
        raise Failed("WRONG_TYPE")
    assert isinstance(value, bool), f"{value!r} as a boolean: the compiler refuses this"
    return value


def _read(found: _Number | CellFault | None) -> _Number | None:
    if isinstance(found, CellFault):
        raise Failed(str(found.code))
    return found
