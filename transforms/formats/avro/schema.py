"""The writer's schema, made into one by which fastavro reads values that JSON has a form for, and nothing endless.

Types get names of our own, logical types readers of our own. A type that contains itself is unrolled level by level,
since fastavro would follow it until the stack ends. The rules are those of
https://avro.apache.org/docs/1.12.0/specification/#schema-declaration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from transforms.formats.avro.header import BadHeader
from transforms.formats.avro.logical import is_logical, marked

_PARTS = 1 << 16
"""Up to how many a schema may have once it is unrolled."""

_PRIMITIVE = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
_RECORDS = frozenset({"record", "error"})
_NAMED = _RECORDS | {"enum", "fixed"}
_INSIDE = {"array": "items", "map": "values"}

_INSTANTS = frozenset({"timestamp-millis", "timestamp-micros", "timestamp-nanos"})

_NO_SCHEMA = (KeyError, TypeError, AttributeError, ValueError, RecursionError)
"""What comes of going through JSON that is none."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A schema, rewritten.

    Attributes:
        types: its named types, each behind those that it names.
        value: the schema of a value, which has named types by their names only.
        instants: whether there are timestamps in it.
    """

    types: tuple[dict[str, Any], ...]
    value: Any
    instants: bool


def shape_of(schema: Any, levels: int, *, careful: bool) -> Shape:
    """The schema rewritten.

    Args:
        schema: the writer's, as JSON.
        levels: of JSON that are unrolled; what is nested deeper raises `logical.TooDeep` when it is read.
        careful: whether floats that are not finite become texts.

    Raises:
        BadHeader: it is no schema, or has too many parts.
    """
    try:
        return _Rewriting(_named_in(schema), levels, careful=careful).all(schema)
    except _NO_SCHEMA:
        raise BadHeader("the schema is no Avro schema") from None


@dataclass(frozen=True, slots=True)
class _Named:
    """A named type as the writer has it, with the namespace of what is in it."""

    schema: dict[str, Any]
    space: str


def _named_in(schema: Any) -> dict[str, _Named]:
    """All named types by their full names."""
    found: dict[str, _Named] = {}
    waiting = [(schema, "")]
    while waiting:
        part, space = waiting.pop()
        if isinstance(part, list):
            waiting += [(branch, space) for branch in part]
        elif isinstance(part, dict):
            kind = part["type"]
            if not isinstance(kind, str):
                waiting.append((kind, space))
            elif kind in _NAMED:
                full, space = _full_name(part, space)
                if full in found:
                    raise BadHeader(f"the schema defines the type {full} twice")
                found[full] = _Named(part, space)
                waiting += [(field["type"], space) for field in part["fields"]] if kind in _RECORDS else []
            elif kind in _INSIDE:
                waiting.append((part[_INSIDE[kind]], space))
    return found


def _full_name(schema: dict[str, Any], space: str) -> tuple[str, str]:
    """The name of a type with its namespace, and that alone."""
    name, own = schema["name"], schema.get("namespace")
    if "." in name:
        return name, name.rpartition(".")[0]
    space = space if own is None else own
    return f"{space}.{name}" if space else name, space


class _Rewriting:
    """Goes through a schema; a named type is written once a level, whatever leads to it."""

    def __init__(self, named: dict[str, _Named], levels: int, *, careful: bool) -> None:
        self._named = named
        self._levels = levels
        self._careful = careful
        self._names: dict[tuple[str, int], str] = {}
        self._waiting: list[tuple[str, int]] = []
        self._parts = 0
        self._instants = False

    def all(self, schema: Any) -> Shape:
        """The whole of it."""
        value = self._part(schema, "", 0)
        types: list[tuple[int, dict[str, Any]]] = []
        while self._waiting:
            full, level = self._waiting.pop()
            types.append((level, self._type(full, level)))
        types.sort(key=lambda each: -each[0])  # a type names such of a deeper level only
        return Shape(tuple(each for _, each in types), value, self._instants)

    def _part(self, schema: Any, space: str, level: int) -> Any:
        """A part, as it stands in a namespace and at a level of JSON."""
        self._parts += 1
        if self._parts > _PARTS:
            raise BadHeader("the schema has too many parts")
        if isinstance(schema, list):
            if not schema:
                raise BadHeader("the schema has a union of nothing")
            return [self._part(branch, space, level) for branch in schema]
        if not isinstance(schema, dict):
            schema = {"type": schema}
        kind = schema["type"]
        if not isinstance(kind, str):
            return self._part(kind, space, level)
        if kind in _PRIMITIVE:
            return self._primitive(kind, schema)
        if kind in _INSIDE:
            inside = _INSIDE[kind]
            deeper = level < self._levels
            return {"type": kind, inside: self._part(schema[inside], space, level + 1)} if deeper else _too_deep()
        return self._name(_full_name(schema, space)[0] if kind in _NAMED else self._find(kind, space), level)

    def _primitive(self, kind: str, schema: dict[str, Any]) -> Any:
        name = schema.get("logicalType")
        if kind == "bytes":
            return _marked_bytes(kind, schema)
        if kind in {"int", "long"} and is_logical(kind, name):
            self._instants |= name in _INSTANTS
            return marked(kind, str(name))
        return marked(kind, "finite") if self._careful and kind in {"float", "double"} else kind

    def _find(self, name: str, space: str) -> str:
        """The full name of a type that is named without its namespace, perhaps."""
        near = f"{space}.{name}"
        full = near if "." not in name and near in self._named else name
        if full not in self._named:
            raise BadHeader(f"the schema names the type {name}, which it does not have")
        return full

    def _name(self, full: str, level: int) -> Any:
        """Our name of a type at a level."""
        if level >= self._levels and self._named[full].schema["type"] in _RECORDS:
            return _too_deep()
        if (full, level) not in self._names:
            self._names[full, level] = f"T{len(self._names)}"
            self._waiting.append((full, level))
        return self._names[full, level]

    def _type(self, full: str, level: int) -> dict[str, Any]:
        name, schema, space = self._names[full, level], self._named[full].schema, self._named[full].space
        if schema["type"] == "enum":
            return {"type": "enum", "name": name, "symbols": _symbols(schema)}
        if schema["type"] == "fixed":
            return _fixed(schema) | {"name": name}
        names = [field["name"] for field in schema["fields"]]
        if len(set(names)) < len(names):
            raise BadHeader(f"the schema has two fields of one name in the record {full}")
        parts = [self._part(field["type"], space, level + 1) for field in schema["fields"]]
        fields = [{"name": str(each), "type": part} for each, part in zip(names, parts, strict=True)]
        return {"type": "record", "name": name, "fields": fields}


def _symbols(schema: dict[str, Any]) -> list[str]:
    symbols = schema["symbols"]
    if not isinstance(symbols, list) or not all(isinstance(symbol, str) for symbol in symbols):
        raise BadHeader("the schema has an enum whose symbols are no texts")
    return symbols


def _fixed(schema: dict[str, Any]) -> dict[str, Any]:
    size, logical = schema["size"], schema.get("logicalType")
    if type(size) is not int or size < 0:
        raise BadHeader("the schema has a fixed type whose size is no whole number")
    known = (logical, size) in {("duration", 12), ("uuid", 16)}
    return (marked("fixed", str(logical)) if known else _marked_bytes("fixed", schema)) | {"size": size}


def _marked_bytes(kind: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A decimal, or a text. A logical type that is not valid is to be passed over."""
    scale = schema.get("scale", 0)
    if schema.get("logicalType") == "decimal" and type(scale) is int and scale >= 0:
        return marked(kind, "decimal", scale=scale)
    return marked(kind, "text")


def _too_deep() -> dict[str, Any]:
    return marked("null", "too-deep")
