"""The slow look: a row's values through their JSON text, by `json.record`, whose word is final."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import msgspec
import pyarrow as pa

from transforms.formats.json.record import Path, Refused, read_field, refusal
from transforms.formats.json.syntax import nesting
from transforms.model.plan import Field, Kind
from transforms.model.rejections import Code
from transforms.model.row_text import row_texts
from transforms.model.time_texts import is_instant

_items = msgspec.json.Decoder(list[msgspec.Raw]).decode


class JsonRows:
    """Rows of columns as JSON records.

    Where a whole number is planned a timestamp of a known zone is its milliseconds since 1970, and else its text: so
    each row has two texts, which differ in nothing else.

    Args:
        rows: the columns.
        depth: texts that are JSON objects or arrays stand for what they say, if they nest no deeper; by None no text.
    """

    def __init__(self, rows: pa.RecordBatch, depth: int | None = None) -> None:
        self._rows = rows
        self._depth = depth

    def read(self, row: int, field: Field) -> Any:
        """The value of a field, as `json.record.read_record` has it.

        Raises:
            Refused: with WRONG_TYPE or OUT_OF_RANGE.
        """
        return _read(self._texts[row], self._epochs[row], field, ())

    @cached_property
    def _texts(self) -> list[bytes]:
        return self._written(epoch=False)

    @cached_property
    def _epochs(self) -> list[bytes]:
        if not any(_has_instants(field.type) for field in self._rows.schema):
            return self._texts
        return self._written(epoch=True)

    def _written(self, *, epoch: bool) -> list[bytes]:
        depth = self._depth
        if depth is None:
            return row_texts(self._rows, epoch=epoch)
        return row_texts(self._rows, epoch=epoch, reading=lambda text: _json_in(text, depth))


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of this type holds texts."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _json_in(text: str, depth: int) -> str | msgspec.Raw:
    """The JSON object or array that the text is, else itself."""
    if not text.lstrip().startswith(("{", "[")):
        return text
    data = text.encode("utf-8", "surrogateescape").strip()
    try:
        msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return text
    return text if nesting(data) > depth else msgspec.Raw(data)


def _read(text: bytes, epochs: bytes, field: Field, at: Path) -> Any:
    if field.kind is not Kind.ITEMS:
        return read_field(epochs if field.kind is Kind.INTEGER else text, field, at)
    if epochs is text or epochs == text:
        return read_field(text, field, at)
    whole = Field(field.name, field.path, Kind.RAW)
    values = [read_field(each, whole, at) for each in (text, epochs)]
    if values[0] is None or not values[0].startswith("["):
        return read_field(text, field, at)
    pairs = zip(*(_items(value) for value in values), strict=True)
    return [
        _read_item(bytes(item), bytes(other), field, (*at, *field.path, n)) for n, (item, other) in enumerate(pairs)
    ]


def _read_item(text: bytes, epochs: bytes, field: Field, at: Path) -> tuple[Any, ...]:
    if not text.startswith(b"{"):
        raise refusal(text, Code.WRONG_TYPE, 0, len(text), "an object", at)
    return tuple(_read(text, epochs, inner, at) for inner in field.items)


def _has_instants(kind: pa.DataType) -> bool:
    if isinstance(kind, pa.BaseExtensionType):
        return _has_instants(kind.storage_type)
    if pa.types.is_nested(kind):
        return any(_has_instants(kind.field(number).type) for number in range(kind.num_fields))
    return is_instant(kind)


def read_column(rows: JsonRows, count: int, field: Field) -> tuple[list[Any], list[int]]:
    """The field's value in each row, and the rows in which it is refused, which have none."""
    values: list[Any] = []
    refused = []
    for row in range(count):
        try:
            values.append(rows.read(row, field))
        except Refused:
            values.append(None)
            refused.append(row)
    return values, refused
