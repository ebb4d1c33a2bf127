"""The decode plan as msgspec types: what the fast JSON decoder builds, and how the planned values are got out of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import msgspec

from transforms.model.plan import Kind, Plan

_TYPES: dict[Kind, Any] = {
    Kind.TEXT: str | None,
    Kind.NUMBER: float | None,
    Kind.INTEGER: int | float | None,
    Kind.TEXT_MAP: dict[str, Any] | None,
    Kind.NUMBER_MAP: dict[str, float | None] | None,
}

Row = Any
"""A Struct that msgspec made of one record."""


@dataclass(frozen=True, slots=True)
class Structs:
    """A plan's types.

    Attributes:
        root: the Struct type of a record; its default instance has nothing in any field.
        columns: for each planned field, a function from rows to its values.
    """

    root: type[msgspec.Struct]
    columns: tuple[Callable[[Sequence[Row]], list[Any]], ...]


class _Node:
    """One level of the tree that the plan's paths make: attribute names by key, and what stands behind each."""

    def __init__(self) -> None:
        self.children: dict[str, _Node | Kind] = {}

    def attribute(self, key: str) -> str:
        return f"f{list(self.children).index(key)}"

    def struct(self) -> type[msgspec.Struct]:
        fields = []
        for key, child in self.children.items():
            known = child.struct() | None if isinstance(child, _Node) else _TYPES[child]
            fields.append((self.attribute(key), known, None))
        names = {self.attribute(key): key for key in self.children}
        return msgspec.defstruct("Row", fields, rename=names, gc=False)


def structs_of(plan: Plan) -> Structs | None:
    """The types of a plan, or None where msgspec cannot carry it out.

    That is: a path that is planned both for itself and as the parent of another, or as two kinds; a key with a quote,
    a backslash or a control character in it.
    """
    root = _tree(plan)
    if root is None:
        return None
    return Structs(root.struct(), tuple(_column(root, field.path) for field in plan.fields))


def _tree(plan: Plan) -> _Node | None:
    root = _Node()
    for field in plan.fields:
        node: _Node | Kind = root
        for key in field.path[:-1]:
            if not isinstance(node, _Node) or not _plain(key):
                return None
            node = node.children.setdefault(key, _Node())
        if not isinstance(node, _Node) or not _plain(field.path[-1]):
            return None
        if node.children.setdefault(field.path[-1], field.kind) is not field.kind:
            return None
    return root


def _plain(key: str) -> bool:
    return not any(c in '"\\' or c < " " or "\ud800" <= c <= "\udfff" for c in key)


def _column(root: _Node, path: tuple[str, ...]) -> Callable[[Sequence[Row]], list[Any]]:
    names, node = [], root
    for key in path:
        names.append(node.attribute(key))
        child = node.children[key]
        if isinstance(child, _Node):
            node = child
    first, *rest = [attrgetter(name) for name in names]
    if not rest:
        return lambda rows: list(map(first, rows))

    def column(rows: Sequence[Row]) -> list[Any]:
        values: list[Any] = list(map(first, rows))
        for step in rest:
            values = [None if value is None else step(value) for value in values]
        return values

    return column
