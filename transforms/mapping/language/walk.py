"""From YAML nodes to the spec's types: each node is read as what the spec wants at its place, never guessed.

Where a text is due, the scalar is taken as it is written (`no`, `1.10`, `null`); where any scalar may stand, plain ones
are numbers, booleans and null as YAML 1.2 says. All problems are collected; a value with a problem is never built.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from msgspec import inspect

from transforms.mapping.language import spec
from transforms.mapping.language.problems import Problem
from transforms.mapping.language.wording import allowed, called, listed, quoted, unknown_key, wrong_scalar
from transforms.mapping.language.yaml_nodes import (
    MappingNode,
    ScalarNode,
    SequenceNode,
    YamlNode,
    is_tagged,
    place,
    plain_value,
)

_HALF = re.compile("[\ud800-\udfff]")

Step = str | int
Path = tuple[Step, ...]
"""Keys and indexes from the top of the file."""

ALIASED = 10_000
"""Nodes that aliases may repeat: a few lines of nested aliases can stand for billions."""

DEEPEST = 100
"""Values within values, aliases followed."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a value stands.

    Attributes:
        line: from 1, as the column.
        column: of its first character, a quote included.
        text: the column where its text starts, if that stands in one line as it is; else 0.
    """

    line: int
    column: int
    text: int


class _Unread:
    """Stands for a value that has a problem."""


_UNREAD = _Unread()


class Walk:
    """One walk over a file's nodes.

    Attributes:
        problems: everything that was found wrong.
        positions: of all values met.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.positions: dict[Path, Spot] = {}
        self._open: set[int] = set()
        self._seen: set[int] = set()
        self._repeated = 0

    def read(self, root: YamlNode) -> spec.Mapping | None:
        """The mapping, or None where there are problems."""
        value = self._value(root, (_MAPPING,), ())
        return value if isinstance(value, spec.Mapping) and not self.problems else None

    def _problem(self, node: YamlNode, message: str) -> _Unread:
        self.problems.append(Problem(*place(node), message))
        return _UNREAD

    def _value(self, node: YamlNode, types: tuple[inspect.Type, ...], path: Path) -> Any:
        """The node as the first of these types that it can be."""
        self.positions[path] = Spot(*place(node), _text_column(node))
        if is_tagged(node):
            return self._problem(node, f"tags such as `{_tag(node)}` are not used here; put a text in quotes")
        if len(path) > DEEPEST:
            return self._problem(node, f"more than {DEEPEST} levels, aliases followed")
        if not self._enter(node):
            return _UNREAD
        try:
            if isinstance(node, MappingNode):
                return self._mapping(node, types, path)
            if isinstance(node, SequenceNode):
                return self._sequence(node, types, path)
            return self._scalar(node, types, path)
        finally:
            self._open.discard(id(node))

    def _enter(self, node: YamlNode) -> bool:
        """Whether to read the node: not if it is open already, or if aliases have repeated too much."""
        key = id(node)
        if key in self._open:
            self._problem(node, "an alias stands within what it repeats")
            return False
        if key in self._seen:
            self._repeated += 1
            if self._repeated > ALIASED:
                if self._repeated == ALIASED + 1:
                    self._problem(node, f"aliases repeat more than {ALIASED:,} values")
                return False
        self._seen.add(key)
        self._open.add(key)
        return True

    # scalars

    def _scalar(self, node: ScalarNode, types: tuple[inspect.Type, ...], path: Path) -> Any:
        if (half := _half(node)) is not None:
            return self._problem(node, half)
        wants_text = any(isinstance(each, inspect.StrType) for each in types)
        other = any(isinstance(each, (inspect.IntType, inspect.FloatType, inspect.BoolType)) for each in types)
        if node.style is None and not node.value and not _takes_any(types):
            return self._problem(node, f"nothing stands after {called(path)}; {allowed(types)} is allowed")
        if wants_text and not other:
            return node.value
        try:
            value = plain_value(node)
        except ValueError as error:
            return self._problem(node, str(error))
        for each in types:
            fits, made = _as_type(value, each)
            if fits:
                return made
        return self._problem(node, wrong_scalar(node.value, value, types, path))

    # sequences

    def _sequence(self, node: SequenceNode, types: tuple[inspect.Type, ...], path: Path) -> Any:
        items = _item_types(types)
        if items is None:
            return self._problem(node, f"{called(path)} is a list; {allowed(types)} is allowed")
        return [self._value(child, items, (*path, index)) for index, child in enumerate(node.value)]

    # mappings

    def _mapping(self, node: MappingNode, types: tuple[inspect.Type, ...], path: Path) -> Any:
        for each in types:
            if isinstance(each, inspect.StructType):
                return self._struct(node, each, path)
            if isinstance(each, inspect.DictType):
                return self._entries(node, alternatives(each.value_type), path)
            if isinstance(each, inspect.AnyType):
                return self._entries(node, types, path)
        return self._problem(node, f"{called(path)} has keys of its own; {allowed(types)} is allowed")

    def _entries(self, node: MappingNode, values: tuple[inspect.Type, ...], path: Path) -> dict[str, Any]:
        return {key.value: self._value(child, values, (*path, key.value)) for key, child in self._pairs(node)}

    def _struct(self, node: MappingNode, type_: inspect.StructType, path: Path) -> Any:
        fields = {field.encode_name: field for field in type_.fields}
        before, made = len(self.problems), {}
        given = set()
        for key, child in self._pairs(node):
            given.add(key.value)
            field = fields.get(key.value)
            if field is None:
                self._problem(key, unknown_key(key.value, fields))
                continue
            made[field.name] = self._value(child, alternatives(field.type), (*path, key.value))
        missing = [name for name, field in fields.items() if field.required and name not in given]
        if missing:
            self._problem(node, f"{listed(quoted(missing))} {'is' if len(missing) == 1 else 'are'} missing")
        return type_.cls(**made) if len(self.problems) == before else _UNREAD

    def _pairs(self, node: MappingNode) -> Iterator[tuple[ScalarNode, YamlNode]]:
        """The keys and values, those that are merged in (`<<`) last; keys that come twice are problems."""
        first: dict[str, YamlNode] = {}
        merged: list[YamlNode] = []
        for key, child in node.value:
            if not isinstance(key, ScalarNode) or is_tagged(key):
                self._problem(key, "a key is a text")
            elif (half := _half(key)) is not None:
                self._problem(key, half)
            elif key.style is None and key.value == "<<":
                merged.append(child)
            elif key.value in first:
                self._problem(key, f"the key `{key.value}` stands in line {place(first[key.value])[0]} already")
            else:
                first[key.value] = key
                yield key, child
        for child in merged:
            yield from self._merged(child, first)

    def _merged(self, node: YamlNode, taken: dict[str, YamlNode]) -> Iterator[tuple[ScalarNode, YamlNode]]:
        """What `<<` brings in: the entries of a mapping, or of several, the earlier first."""
        sources = node.value if isinstance(node, SequenceNode) else [node]
        for source in sources:
            if not isinstance(source, MappingNode):
                self._problem(source, "`<<` takes a mapping, or a list of mappings")
                continue
            if not self._enter(source):
                continue
            for key, child in self._pairs(source):
                if key.value not in taken:
                    taken[key.value] = key
                    yield key, child
            self._open.discard(id(source))


def alternatives(type_: inspect.Type) -> tuple[inspect.Type, ...]:
    """The types of a union; metadata and null, which no file needs to write, taken off."""
    if isinstance(type_, inspect.Metadata):
        return alternatives(type_.type)
    if isinstance(type_, inspect.UnionType):
        found = [each for part in type_.types for each in alternatives(part)]
        return tuple(each for each in found if not isinstance(each, inspect.NoneType))
    return (type_,)


_MAPPING = alternatives(inspect.type_info(spec.Mapping))[0]


def _takes_any(types: tuple[inspect.Type, ...]) -> bool:
    return any(isinstance(each, inspect.AnyType) for each in types)


def _item_types(types: tuple[inspect.Type, ...]) -> tuple[inspect.Type, ...] | None:
    """What the items of a list may be; None where no list is due."""
    for each in types:
        if isinstance(each, inspect.ListType):
            return alternatives(each.item_type)
        if isinstance(each, inspect.AnyType):
            return types
    return None


def _as_type(value: object, type_: inspect.Type) -> tuple[bool, object]:
    """Whether a scalar is of the type, and the value then."""
    match type_:
        case inspect.AnyType():
            return True, value
        case inspect.LiteralType():
            return any(type(value) is type(each) and value == each for each in type_.values), value
        case inspect.BoolType():
            return isinstance(value, bool), value
        case inspect.IntType():
            return type(value) is int, value
        case inspect.FloatType():
            made = float(value) if type(value) is int else value
            return isinstance(made, float), made
        case inspect.StrType():
            return isinstance(value, str), value
    return False, None


def _half(node: ScalarNode) -> str | None:
    """What is wrong with a text that holds halves of surrogate pairs, which no UTF-8 can; None where it has none."""
    half = _HALF.search(node.value)
    if half is None:
        return None
    return f"`\\u{ord(half[0]):04x}` is half of a surrogate pair, and no character; write the character itself"


def _tag(node: YamlNode) -> str:
    return str(node.tag).replace("tag:yaml.org,2002:", "!!")


def _text_column(node: YamlNode) -> int:
    """The column of a scalar's text, where each of its characters stands for itself; else 0."""
    if not isinstance(node, ScalarNode) or node.start_mark.line != node.end_mark.line:
        return 0
    quotes = 0 if node.style is None else 1
    same = node.end_mark.column - node.start_mark.column == len(node.value) + 2 * quotes
    return node.start_mark.column + 1 + quotes if same else 0
