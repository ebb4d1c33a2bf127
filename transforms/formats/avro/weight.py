"""How much JSON the bytes of a schema's values can make at most: told by the schema, before any of it is made."""

from __future__ import annotations

from typing import Any, NamedTuple

from transforms.formats.avro.header import BadHeader
from transforms.formats.avro.schema import Shape

_NUMBER_GROWTH = 6
"""Bytes of JSON that a byte of a number or a text can make: six for a control character."""

_LOGICAL_GROWTH = 32
"""That a byte of a time can."""

_NAME_EXTRA = 4
"""Quotes, colon and comma."""

_LEAST = {"null": 0, "float": 4, "double": 8}
"""Bytes that a value of a primitive type takes at least, where it is not one."""


class _Weight(NamedTuple):
    """What a value weighs at least: its bytes, and the JSON that comes with them whatever they are."""

    least: int
    text: int = 0


def growth_of(shape: Shape) -> int:
    """Bytes of JSON that a byte of Avro can make at most; of values without a byte, that one of them can.

    Raises:
        BadHeader: there is an array whose items take no bytes, which a few bytes could make of any length.
    """
    scales = _Scales()
    for each in shape.types:
        scales.named[each["name"]] = scales.weigh(each)
    value = scales.weigh(shape.value)
    return max(scales.names, value.text) + scales.leaf


class _Scales:
    """Weighs parts of a schema, a type behind those that it names."""

    def __init__(self) -> None:
        self.named: dict[str, _Weight] = {}
        self.names = 0
        self.leaf = _NUMBER_GROWTH

    def weigh(self, part: Any) -> _Weight:
        """A part; keeps what grew most of all."""
        if isinstance(part, list):
            return self._union([self.weigh(branch) for branch in part])
        if isinstance(part, str) and part in self.named:
            return self.named[part]
        kind = part if isinstance(part, str) else part["type"]
        if kind == "record":
            return self._record(part["fields"])
        if kind in {"array", "map"}:
            return self._container(kind, self.weigh(part["items" if kind == "array" else "values"]))
        if kind == "enum":
            self.leaf = max(self.leaf, *(len(symbol.encode()) + _NAME_EXTRA for symbol in part["symbols"]), 0)
            return _Weight(1)
        if kind == "fixed":
            return _Weight(part["size"], 0 if part["size"] else _NAME_EXTRA)
        return self._primitive(kind, logical=not isinstance(part, str))

    def _primitive(self, kind: str, *, logical: bool) -> _Weight:
        if logical:
            self.leaf = max(self.leaf, _LOGICAL_GROWTH)
        if kind == "null":
            return _Weight(1 if logical else 0, len("null"))  # the logical one is not read at all
        return _Weight(_LEAST.get(kind, 1))

    def _union(self, branches: list[_Weight]) -> _Weight:
        self.leaf = max(self.leaf, *(branch.text + _NAME_EXTRA for branch in branches if not branch.least), 0)
        return _Weight(1 + min(branch.least for branch in branches))

    def _container(self, kind: str, inside: _Weight) -> _Weight:
        if kind == "array" and not inside.least:
            raise BadHeader("the schema has an array whose items take no bytes, so that it could be of any length")
        self.leaf = max(self.leaf, 0 if inside.least else inside.text + _NAME_EXTRA)
        return _Weight(1)

    def _record(self, fields: list[dict[str, Any]]) -> _Weight:
        parts = [self.weigh(field["type"]) for field in fields]
        least = sum(part.least for part in parts)
        names = sum(len(field["name"].encode()) + _NAME_EXTRA for field in fields)
        text = 2 + names + sum(part.text for part in parts)
        self.names = max(self.names, text // max(1, least))
        return _Weight(least, text)
