"""Planned fields as msgspec types: what the fast JSON decoder builds, and how the planned values are got out of it.

The paths make a tree. A node of it that is planned as one thing has that thing's type: an object with planned keys is
a Struct, an array with planned indexes a Struct that stands as an array, a field its own type. A node that is planned
as several things (a raw field that is the parent of others) is kept as its source text, and each of the things is
decoded from that, for all rows at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import msgspec

from transforms.model.plan import Field, Kind

_TYPES: dict[Kind, Any] = {
    Kind.TEXT: str | None,
    Kind.NUMBER: float | None,
    Kind.INTEGER: int | float | None,
    Kind.TEXT_MAP: dict[str, Any] | None,
    Kind.NUMBER_MAP: dict[str, float | None] | None,
    Kind.SCALAR: Any,
    Kind.RAW: msgspec.Raw,
}
"""Of every kind but ITEMS, whose type is made of its fields."""

LAST_INDEX = 255
"""The last index into an array that is worth a type: all elements before it become part of that type."""

Row = Any
"""What msgspec made of one record or item."""

_Columns = list[list[Any]]

_Take = Callable[[list[Any], _Columns, set[int]], None]
"""Puts what a node's values hold into the columns of the fields planned there, and the rows that have to be looked at
again into the set."""


def decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    """A decoder to this type that leaves numbers of no planned type as they are written."""
    return msgspec.json.Decoder(kind, float_hook=str)


@dataclass(frozen=True, slots=True)
class _Part:
    """One thing that a node is planned as: its type, how values of that type are taken apart, and an empty value."""

    type: Any
    take: _Take
    nothing: Any = None


class Structs:
    """The types of some planned fields.

    Attributes:
        row: the type of a record or an item.
        whole: the numbers of the fields that are the record itself, where it is known without decoding.
        nothing: a row in which there is nothing.
        items: by the number of a field of ITEMS, the types of one item.
    """

    def __init__(self, part: _Part, nothing: bytes, fields: int, whole: list[int], items: dict[int, Structs]) -> None:
        self.row = part.type
        self.whole = whole
        self.items = items
        self._take = part.take
        self._fields = fields
        self.nothing: Row = decoder(part.type).decode(nothing)

    def spread(self, rows: list[Row]) -> tuple[list[list[Any]], set[int]]:
        """For each field its value in every row, and the rows that need the slow look; no values of `whole` ones."""
        columns: _Columns = [[]] * self._fields
        again: set[int] = set()
        self._take(rows, columns, again)
        return columns, again


class _Node:
    """What is planned at one place: fields by kind, and what stands behind keys and indexes."""

    def __init__(self) -> None:
        self.fields: dict[Kind, list[int]] = {}
        self.items: list[tuple[int, Structs]] = []
        self.keys: dict[str, _Node] = {}
        self.indexes: dict[int, _Node] = {}

    def child(self, step: str | int) -> _Node:
        if isinstance(step, int):
            return self.indexes.setdefault(step, _Node())
        return self.keys.setdefault(step, _Node())

    def part(self) -> _Part:
        """The node as one type."""
        parts = [_leaf(kind, numbers) for kind, numbers in self.fields.items()]
        parts += [_list(number, structs) for number, structs in self.items]
        if self.indexes:
            parts.append(_optional(_array(self.indexes)))
        if self.keys:
            parts.append(_optional(_object(self.keys)))
        return parts[0] if len(parts) == 1 else _several(parts)


def structs_of(fields: Sequence[Field], *, known: bool) -> Structs | None:
    """The types of the fields of a record or an item, or None where msgspec cannot carry the plan out.

    That is: a key with a quote, a backslash or a control character in it; an index beyond `LAST_INDEX`; a record that
    would have to be something else than an object.

    Args:
        fields: planned for it.
        known: whether the source text of a record is known without decoding.
    """
    tree = _tree(fields)
    if tree is None:
        return None
    root, items = tree
    whole = root.fields.pop(Kind.RAW, [])
    if root.fields or root.items or root.indexes:
        return None
    part = _object(root.keys)
    if whole and not known:
        part = _several([_leaf(Kind.RAW, whole), part])
    return Structs(part, b"{}", len(fields), whole if known else [], items)


def value_structs(fields: Sequence[Field]) -> Structs | None:
    """The types of the fields of one value, of whichever type that is; None as for `structs_of`."""
    tree = _tree(fields)
    return Structs(tree[0].part(), b"null", len(fields), [], tree[1]) if tree else None


def _tree(fields: Sequence[Field]) -> tuple[_Node, dict[int, Structs]] | None:
    """The node of a record and the types of items by field; None where a step has no name, or an item no type."""
    root, items = _Node(), {}
    for number, field in enumerate(fields):
        node = root
        for step in field.path:
            if not _can_be_named(step):
                return None
            node = node.child(step)
        if field.kind is Kind.ITEMS:
            structs = structs_of(field.items, known=False)
            if structs is None:
                return None
            items[number] = structs
            node.items.append((number, structs))
        else:
            node.fields.setdefault(field.kind, []).append(number)
    return root, items


def _can_be_named(step: str | int) -> bool:
    if isinstance(step, int):
        return step <= LAST_INDEX
    return not any(c in '"\\' or c < " " or "\ud800" <= c <= "\udfff" for c in step)


def _leaf(kind: Kind, numbers: list[int]) -> _Part:
    def take(values: list[Any], columns: _Columns, _: set[int]) -> None:
        columns[numbers[0]] = values
        for number in numbers[1:]:
            columns[number] = values.copy()

    return _Part(_TYPES[kind], take)


def _list(number: int, structs: Structs) -> _Part:
    def take(values: list[Any], columns: _Columns, _: set[int]) -> None:
        columns[number] = values

    return _Part(list[structs.row] | None, take)  # type: ignore[name-defined]


def _object(children: dict[str, _Node]) -> _Part:
    names = {f"f{number}": key for number, key in enumerate(children)}
    parts = {name: children[key].part() for name, key in names.items()}
    return _struct(parts, [(name, parts[name].type, None) for name in names], rename=names)


def _array(children: dict[int, _Node]) -> _Part:
    parts = {f"f{index}": node.part() for index, node in children.items()}
    names = [f"f{index}" for index in range(max(children) + 1)]
    fields = [(name, parts[name].type if name in parts else msgspec.Raw, None) for name in names]
    return _struct(parts, fields, array_like=True)


def _struct(parts: dict[str, _Part], fields: list[tuple[str, Any, None]], **options: Any) -> _Part:
    """The part whose type is a Struct of these fields, in each of which `parts` may have something to take."""
    takes = [(attrgetter(name), part.take) for name, part in parts.items()]

    def take(values: list[Any], columns: _Columns, again: set[int]) -> None:
        for get, inner in takes:
            inner(list(map(get, values)), columns, again)

    struct = msgspec.defstruct("Row", fields, gc=False, **options)
    return _Part(struct, take, struct())


def _optional(part: _Part) -> _Part:
    """The part where null may stand instead."""
    nothing = part.nothing

    def take(values: list[Any], columns: _Columns, again: set[int]) -> None:
        part.take([value or nothing for value in values], columns, again)

    return _Part(part.type | None, take)


def _several(parts: list[_Part]) -> _Part:
    """The source text, and all of the parts decoded from it; absent values are null to them."""
    takes = [part.take if part.type is msgspec.Raw else _decoding(part) for part in parts]

    def take(values: list[Any], columns: _Columns, again: set[int]) -> None:
        for inner in takes:
            inner(values, columns, again)

    return _Part(msgspec.Raw, take)


def _decoding(part: _Part) -> _Take:
    one, many = decoder(part.type).decode, decoder(list[part.type]).decode  # type: ignore[name-defined]

    def take(values: list[Any], columns: _Columns, again: set[int]) -> None:
        texts = [b"null" if value is None else value for value in values]
        try:
            found = many(b"[" + b",".join(texts) + b"]")
        except (msgspec.MsgspecError, RecursionError):
            found = [part.nothing] * len(texts)
            for row, text in enumerate(texts):
                try:
                    found[row] = one(text)
                except (msgspec.MsgspecError, RecursionError):
                    again.add(row)
        part.take(found, columns, again)

    return take
