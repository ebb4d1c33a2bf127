"""One JSON record against the plan, looked at slowly: its values, or the one reason why it is refused.

These are the rules that every JSON decoder has to keep, in the order in which they are checked:

1. `INVALID_UTF8`: the record's bytes are not UTF-8, skipped values included.
2. `INVALID_JSON`, `TOO_DEEP`: see `syntax`; whichever lies nearer to the record's start.
3. `NOT_AN_OBJECT`: the record is another JSON value.
4. The planned fields in the plan's order, the keys of a map in the order in which they first appear, the items of an
   array one after the other and in each its fields in the plan's order. `field` is the path of the value at fault: of
   the key in a map, of the item or a value in it, or of the parent that is no object (no array, where the path goes
   on with an index).

    null or absent, also of a parent     null; an item of an array is never null
    text         string                  its characters
    number       number                  the nearest double; `OUT_OF_RANGE` if that is infinite
    integer      number                  without fraction and exponent its exact value, else the nearest double;
                                         `OUT_OF_RANGE` beyond int64, `WRONG_TYPE` if that double is not whole
    text map     object                  strings as they are, numbers as their source text, true, false; nulls left out
    number map   object                  each value as for number; nulls left out
    scalar       text                    its characters
                 number, true, false     its source text
    raw          anything                its source text; with an empty path the whole record, or item
    items        array of objects        each with its planned fields
    anything else                        `WRONG_TYPE`

Where a key stands twice in an object the last one counts, and the earlier one is only checked for syntax. Keys are
compared after their escapes are undone. `-0` is zero, and stays "-0" in a text map and as a scalar. Behind the end of
an array there is nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from transforms.formats.json.syntax import find_fault
from transforms.model.plan import Field, Kind, Plan, written
from transforms.model.rejections import Code, bounded

QUOTE_CHARACTERS = 60
"""How much of a value a detail quotes."""

_T = TypeVar("_T")

_INT64_DIGITS = 19
_INT64_END = 2**63
_CLASSES = {
    ord("{"): "object",
    ord("["): "array",
    ord('"'): "text",
    ord("t"): "true",
    ord("f"): "false",
    ord("n"): "null",
}

Path = tuple[str | int, ...]
"""Where in a record a value stands."""

_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_text = msgspec.json.Decoder(str).decode


class Refused(Exception):
    """A record that does not carry out the plan: code, field path and detail for its rejection."""

    def __init__(self, code: Code, detail: str, field: str | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.field = field


def read_record(record: bytes, plan: Plan, depth: int) -> list[Any]:
    """The value of each planned field of one JSON record, given without blanks around it.

    Text, a scalar and raw are a str, a number a float, an integer an int, a map a dict, items a list that has a tuple
    of values for each of them; None where there is nothing.

    Raises:
        Refused: with the first reason found, see the module's text.
    """
    try:
        record.decode("utf-8")
    except UnicodeDecodeError as error:
        raise refusal(record, Code.INVALID_UTF8, error.start) from None
    fault = find_fault(record, depth)
    if fault is not None:
        raise refusal(
            record, Code.TOO_DEEP if fault.too_deep else Code.INVALID_JSON, fault.position, allowed=str(depth)
        )
    if not record.startswith(b"{"):
        raise refusal(record, Code.NOT_AN_OBJECT)
    return [read_field(record, field) for field in plan.fields]


def refusal(
    record: bytes, code: Code, start: int = 0, end: int = 0, allowed: str = "", path: Path | None = None
) -> Refused:
    """The refusal of a record in the words that every JSON decoder uses.

    Args:
        record: its bytes.
        code: why.
        start: the byte at fault, or the first of the value at fault.
        end: behind the value at fault.
        allowed: what is allowed instead: of the value, or how many levels.
        path: where the value stands.
    """
    return Refused(code, detail_of(record, code, start, end, allowed), None if path is None else written(path))


def detail_of(record: bytes, code: Code, start: int = 0, end: int = 0, allowed: str = "") -> str:
    """The sentence of that refusal."""
    return _DETAILS[code](record, start, end, allowed)


def _not_utf8(record: bytes, start: int, *_: object) -> str:
    return f"byte {start} of the record (0x{record[start]:02x}) is not UTF-8"


def _too_deep(_: bytes, start: int, __: int, allowed: str) -> str:
    return f"byte {start} of the record opens level {int(allowed) + 1}, {allowed} are allowed"


def _not_json(record: bytes, start: int, *_: object) -> str:
    if start >= len(record):
        return f"the record ends too early, behind its {len(record):,} bytes"
    found = quote(record[start : start + 4 * QUOTE_CHARACTERS], QUOTE_CHARACTERS // 3)
    return f"byte {start} of the record cannot stand there: {found}"


def _not_an_object(record: bytes, *_: object) -> str:
    return f"the record is {_shown(record)}, not a JSON object"


def _wrong_type(record: bytes, start: int, end: int, allowed: str) -> str:
    return f"found {_shown(record[start:end])}, only {allowed} is allowed here"


def _does_not_fit(record: bytes, start: int, end: int, allowed: str) -> str:
    return f"found {_shown(record[start:end])}, which does not fit {allowed}"


_DETAILS: dict[Code, Callable[[bytes, int, int, str], str]] = {
    Code.INVALID_UTF8: _not_utf8,
    Code.INVALID_JSON: _not_json,
    Code.TOO_DEEP: _too_deep,
    Code.NOT_AN_OBJECT: _not_an_object,
    Code.WRONG_TYPE: _wrong_type,
    Code.OUT_OF_RANGE: _does_not_fit,
}


def read_field(value: bytes, field: Field, at: Path = ()) -> Any:
    """What a field holds in a value, which is valid JSON without blanks around it and stands at this path.

    Raises:
        Refused: with WRONG_TYPE or OUT_OF_RANGE.
    """
    for depth, step in enumerate(field.path):
        if value.startswith(b"n"):
            return None
        child = _child(value, step, at + field.path[:depth])
        if child is None:
            return None
        value = bytes(child)
    if field.kind is Kind.ITEMS:
        return _read_items(value, field, at + field.path)
    return _READ[field.kind](value, at + field.path)


def _child(value: bytes, step: str | int, at: Path) -> msgspec.Raw | None:
    if isinstance(step, str):
        if not value.startswith(b"{"):
            raise _wrong(value, "an object", at)
        return _object(value).get(step)
    if not value.startswith(b"["):
        raise _wrong(value, "an array", at)
    items = _array(value)
    return items[step] if step < len(items) else None


def _read_items(value: bytes, field: Field, at: Path) -> list[tuple[Any, ...]] | None:
    if value.startswith(b"n"):
        return None
    if not value.startswith(b"["):
        raise _wrong(value, "an array of objects", at)
    return [_read_item(bytes(item), field, (*at, index)) for index, item in enumerate(_array(value))]


def _read_item(value: bytes, field: Field, at: Path) -> tuple[Any, ...]:
    if not value.startswith(b"{"):
        raise _wrong(value, "an object", at)
    return tuple(read_field(value, item, at) for item in field.items)


def _read_text(value: bytes, path: Path) -> str | None:
    if value.startswith(b'"'):
        return _text(value)
    if value.startswith(b"n"):
        return None
    raise _wrong(value, "a text", path)


def _read_number(value: bytes, path: Path) -> float | None:
    if value.startswith(b"n"):
        return None
    if value[0] in _CLASSES:
        raise _wrong(value, "a number", path)
    number = float(value)
    if math.isinf(number):
        raise _out_of_range(value, "a double", path)
    return number


def _read_integer(value: bytes, path: Path) -> int | None:
    if value.startswith(b"n"):
        return None
    if value[0] in _CLASSES:
        raise _wrong(value, "a whole number", path)
    if value.lstrip(b"-").isdigit():
        number: float = int(value) if len(value.lstrip(b"-")) <= _INT64_DIGITS else math.inf
    else:
        number = float(value)
        if math.isfinite(number) and not number.is_integer():
            raise _wrong(value, "a whole number", path)
    if not -_INT64_END <= number < _INT64_END:
        raise _out_of_range(value, "a 64-bit integer", path)
    return int(number)


def _read_text_map(value: bytes, path: Path) -> dict[str, str] | None:
    return _read_map(value, path, _read_scalar)


def _read_number_map(value: bytes, path: Path) -> dict[str, float] | None:
    return _read_map(value, path, _read_number)


def _read_map(value: bytes, path: Path, read: Callable[[bytes, Path], _T | None]) -> dict[str, _T] | None:
    if value.startswith(b"n"):
        return None
    if not value.startswith(b"{"):
        raise _wrong(value, "an object", path)
    items = ((key, read(bytes(raw), (*path, key))) for key, raw in _object(value).items())
    return {key: item for key, item in items if item is not None}


def _read_scalar(value: bytes, path: Path) -> str | None:
    if value.startswith(b'"'):
        return _text(value)
    if value.startswith(b"n"):
        return None
    if value[0] in b"{[":
        raise _wrong(value, "a text, a number, true or false", path)
    return value.decode("ascii")


def _read_raw(value: bytes, _: Path) -> str | None:
    return None if value.startswith(b"n") else value.decode("utf-8")


_READ: dict[Kind, Callable[[bytes, Path], Any]] = {
    Kind.TEXT: _read_text,
    Kind.NUMBER: _read_number,
    Kind.INTEGER: _read_integer,
    Kind.TEXT_MAP: _read_text_map,
    Kind.NUMBER_MAP: _read_number_map,
    Kind.SCALAR: _read_scalar,
    Kind.RAW: _read_raw,
}


def _wrong(value: bytes, allowed: str, path: Path) -> Refused:
    return refusal(value, Code.WRONG_TYPE, 0, len(value), allowed, path)


def _out_of_range(value: bytes, allowed: str, path: Path) -> Refused:
    return refusal(value, Code.OUT_OF_RANGE, 0, len(value), allowed, path)


def _shown(value: bytes) -> str:
    """The value for a detail: what it is, and its text."""
    name = _CLASSES.get(value[0], "number")
    article = "" if name in ("true", "false", "null") else "an " if name in ("object", "array") else "the "
    return f"{article}{name}" if not article else f"{article}{name} {quote(value, QUOTE_CHARACTERS)}"


def quote(value: bytes, limit: int) -> str:
    """The start of a JSON text on one line, at most `limit` characters of it."""
    return bounded(value[: 4 * limit + 4].decode("utf-8", "replace"), limit)
