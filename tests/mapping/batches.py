"""A batch of columns made of lists, and nodes that read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from transforms.mapping.nodes import ARROW, Column, Node, Type
from transforms.mapping.steps.reading import ReadColumn


@dataclass(frozen=True)
class Batch:
    """Columns by name, each a slice of a longer one, as they are in a part of a chunk."""

    columns: dict[str, pa.Array]
    rows: int

    def column(self, name: str) -> pa.Array:
        """The column of this name."""
        return self.columns[name]


def batch(rows: int, **columns: tuple[Type, list[Any]]) -> Batch:
    """Columns of these types and values."""
    return Batch({name: sliced(type_, values) for name, (type_, values) in columns.items()}, rows)


def sliced(type_: Type, values: list[Any]) -> pa.Array:
    """The values, out of the middle of an array with more of them on both sides."""
    more = {Type.TEXT: "more", Type.BOOLEAN: True}.get(type_, 7)
    return pa.array([more, None, *values, more], ARROW[type_]).slice(2, len(values))


def reads(type_: Type = Type.TEXT, name: str = "a") -> ReadColumn:
    """A node that reads a column of this type."""
    return ReadColumn(name, name, type_)


def evaluated(node: Node, values: list[Any], type_: Type = Type.TEXT) -> Column:
    """What a node makes of column `a` with these values."""
    column = node.evaluate(batch(len(values), a=(type_, values)))
    column.values.validate(full=True)
    assert column.values.type == ARROW[node.type]
    assert len(column.values) == len(values)
    return column


def values_of(node: Node, values: list[Any], type_: Type = Type.TEXT) -> list[Any]:
    """The values that a node makes of column `a`, in which nothing may fail."""
    column = evaluated(node, values, type_)
    assert not column.failures
    return list(column.values.to_pylist())


def outcomes(column: Column) -> list[Any]:
    """Each row's value, or the code of its first failure; a row that failed has no value."""
    found = column.values.to_pylist()
    for failure in reversed(column.failures):
        for row in failure.rows.nonzero()[0].tolist():
            assert column.values[row].as_py() is None
            found[row] = failure.code
    return list(found)


def details(column: Column) -> list[str]:
    """What each failure says about each of its rows."""
    return [failure.explain(row) for failure in column.failures for row in failure.rows.nonzero()[0].tolist()]
