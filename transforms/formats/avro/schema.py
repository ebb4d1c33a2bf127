"""The writer's schema, made into one by which fastavro reads values that JSON has a form for, and nothing endless.

Types get names of our own, logical types readers of our own. A type that contains itself is unrolled level by level,
since fastavro would follow it until the stack ends. What makes much of few bytes is known before it is read: see
`Shape.growth`. The rules are those of https://avro.apache.org/docs/1.12.0/specification/#schema-declaration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from transforms.formats.avro.header import BadHeader
from transforms.formats.avro.logical import is_logical, marked

_PARTS = 1 << 17
"""Up to how many a schema may have once it is unrolled."""

_LEAF_GROWTH = 32
"""Bytes of JSON that a byte of Avro can make, names and symbols apart: a time of three digits is longest."""

_NAME_EXTRA = 4
"""Quotes, colon and comma."""

_LEAST = {"null": 0, "float": 4, "double": 8} | dict.fromkeys(("boolean", "int", "long", "bytes", "string"), 1)
"""Primitive types and the bytes that a value takes at least."""

_INSTANTS = ("timestamp-millis", "timestamp-micros", "timestamp-nanos")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a schema, rewritten.

    Attributes:
        schema: for fastavro.
        least: bytes that a value takes at least.
        text: bytes of JSON that come with those whatever the value is: names, and what takes no bytes itself.
    """

    schema: Any
    least: int
    text: int = 0


@dataclass(frozen=True, slots=True)
class Shape:
    """A schema, rewritten.

    Attributes:
        schema: for fastavro: a record whose fields are so many values of the writer's schema.
        growth: bytes of JSON that a byte of Avro can make at most.
        instants: whether there are timestamps in it.
    """

    schema: dict[str, Any]
    growth: int
    instants: bool


def shape_of(schema: Any, levels: int, *, values: int, careful: bool) -> Shape:
    """The shape by which so many values are read at once.

    Args:
        schema: the writer's, as JSON.
        levels: of JSON that are unrolled; what is nested deeper raises `logical.TooDeep` when it is read.
        values: how many.
        careful: whether floats that are not finite become texts.

    Raises:
        BadHeader: it is no schema, has too many parts, or an array whose items take no bytes.
    """
    rewriting = _Rewriting(levels, careful=careful)
    try:
        parts = [rewriting.part(schema, "", 0) for _ in range(values)]
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError):
        raise BadHeader("the schema is no Avro schema") from None
    fields = [{"name": f"v{number}", "type": part.schema} for number, part in enumerate(parts)]
    group = {"type": "record", "name": "Group", "fields": fields}
    return Shape(group, max(rewriting.growth, parts[0].text) + rewriting.leaf, rewriting.instants)


class _Rewriting:
    """Goes through a schema; a named type is written once a level, and named by the name it got then."""

    def __init__(self, levels: int, *, careful: bool) -> None:
        self._levels = levels
        self._careful = careful
        self._types: dict[str, tuple[dict[str, Any], str]] = {}
        self._written: dict[tuple[str, int], Part] = {}
        self._parts = 0
        self.growth = 0
        self.leaf = _LEAF_GROWTH
        self.instants = False

    def part(self, schema: Any, space: str, level: int) -> Part:
        """The part rewritten, as it stands in a namespace and at a level of JSON."""
        self._parts += 1
        if self._parts > _PARTS:
            raise BadHeader("the schema has too many parts")
        if isinstance(schema, list):
            return self._union([self.part(branch, space, level) for branch in schema])
        if not isinstance(schema, dict):
            schema = {"type": schema}
        kind = schema["type"]
        if not isinstance(kind, str):
            return self.part(kind, space, level)
        if kind in _LEAST:
            return self._primitive(kind, schema)
        if kind in {"array", "map"}:
            return self._container(kind, schema, space, level)
        if kind in {"record", "error", "enum", "fixed"}:
            return self._named(self._define(schema, space), level)
        return self._named(self._resolve(kind, space), level)

    def _union(self, branches: list[Part]) -> Part:
        self.leaf = max(self.leaf, *(branch.text + 1 for branch in branches if not branch.least), 0)
        return Part([branch.schema for branch in branches], 1 + min(branch.least for branch in branches))

    def _primitive(self, kind: str, schema: dict[str, Any]) -> Part:
        name = schema.get("logicalType")
        least, text = _LEAST[kind], len("null") if kind == "null" else 0
        if kind == "bytes":
            scale = _scale(schema)
            return Part(marked(kind, "text") if scale is None else marked(kind, "decimal", scale=scale), least)
        if is_logical(kind, name) and kind in {"int", "long"}:
            self.instants |= name in _INSTANTS
            return Part(marked(kind, str(name)), least)
        return Part(marked(kind, "finite") if self._careful and kind in {"float", "double"} else kind, least, text)

    def _container(self, kind: str, schema: dict[str, Any], space: str, level: int) -> Part:
        if level >= self._levels:
            return _too_deep()
        inside = "items" if kind == "array" else "values"
        part = self.part(schema[inside], space, level + 1)
        if kind == "array" and not part.least:
            raise BadHeader("the schema has an array whose items take no bytes, so that it could be of any length")
        self.leaf = max(self.leaf, 0 if part.least else part.text + _NAME_EXTRA)
        return Part({"type": kind, inside: part.schema}, 1)

    def _define(self, schema: dict[str, Any], space: str) -> str:
        name, own = schema["name"], schema.get("namespace")
        space = name.rpartition(".")[0] if "." in name else space if own is None else own
        full = name if "." in name or not space else f"{space}.{name}"
        self._types[full] = schema, space
        return str(full)

    def _resolve(self, name: str, space: str) -> str:
        near = f"{space}.{name}"
        if "." not in name and near in self._types:
            return near
        if name not in self._types:
            raise BadHeader(f"the schema names the type {name}, which it does not have")
        return name

    def _named(self, full: str, level: int) -> Part:
        written = self._written.get((full, level))
        if written is not None:
            return written
        schema, space = self._types[full]
        name = f"T{len(self._written)}"
        self._written[full, level] = Part(name, 1)  # taken: what is inside it gets the next ones
        if schema["type"] == "enum":
            part = self._enum(name, schema)
        elif schema["type"] == "fixed":
            part = self._fixed(name, schema)
        else:
            part = self._record(name, schema, space, level)
        self._written[full, level] = Part(name, part.least, part.text) if "name" in part.schema else part
        return part

    def _record(self, name: str, schema: dict[str, Any], space: str, level: int) -> Part:
        if level >= self._levels:
            return _too_deep()
        names = [field["name"] for field in schema["fields"]]
        if len(set(names)) < len(names):
            raise BadHeader("the schema has a record with two fields of one name")
        parts = [self.part(field["type"], space, level + 1) for field in schema["fields"]]
        least = sum(part.least for part in parts)
        text = 2 + sum(len(each.encode()) + _NAME_EXTRA for each in names) + sum(part.text for part in parts)
        self.growth = max(self.growth, text // max(1, least))
        fields = [{"name": each, "type": part.schema} for each, part in zip(names, parts, strict=True)]
        return Part({"type": "record", "name": name, "fields": fields}, least, text)

    def _enum(self, name: str, schema: dict[str, Any]) -> Part:
        symbols = schema["symbols"]
        self.leaf = max(self.leaf, *(len(symbol) + _NAME_EXTRA for symbol in symbols), 0)
        return Part({"type": "enum", "name": name, "symbols": symbols}, 1)

    def _fixed(self, name: str, schema: dict[str, Any]) -> Part:
        size, logical = schema["size"], schema.get("logicalType")
        if type(size) is not int or size < 0:
            raise BadHeader("the schema has a fixed type whose size is no whole number")
        scale = _scale(schema)
        if scale is not None:
            rewritten = marked("fixed", "decimal", scale=scale)
        elif (logical, size) in {("duration", 12), ("uuid", 16)}:
            rewritten = marked("fixed", str(logical))
        else:
            rewritten = marked("fixed", "text")
        return Part(rewritten | {"name": name, "size": size}, size, 0 if size else _NAME_EXTRA)


def _scale(schema: dict[str, Any]) -> int | None:
    """Of a decimal; None of what is none. A logical type that is not valid is to be passed over."""
    scale = schema.get("scale", 0)
    return scale if schema.get("logicalType") == "decimal" and type(scale) is int and scale >= 0 else None


def _too_deep() -> Part:
    return Part(marked("null", "too-deep"), 1)
