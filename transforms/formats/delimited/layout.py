"""How a plan meets a header: which columns of the text are read, and which field each of them fills."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from transforms.formats.delimited.nested import NestedCells
from transforms.model.objects import Header
from transforms.model.plan import Field, Kind, Plan

_HAS_COLUMN = {
    Kind.TEXT: True,
    Kind.NUMBER: True,
    Kind.INTEGER: True,
    Kind.SCALAR: True,
    Kind.RAW: True,
    Kind.TEXT_MAP: False,
    Kind.NUMBER_MAP: False,
    Kind.ITEMS: False,
}


@dataclass(frozen=True, slots=True)
class Nested:
    """A column of JSON: its index, the numbers of the planned fields in it, and what finds them there."""

    column: int
    fields: tuple[int, ...]
    cells: NestedCells


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns to read for one plan under one header.

    Attributes:
        header: of the rows.
        nulls: the cells that are null, empty ones included.
        fields: each planned field with the index of its column; None where the header has none, or the kind none.
        nested: the columns in which other fields are found.
        rest: the field for all other columns, with their indexes in header order; None where the plan has none.
        read: the indexes to read, ascending, at least one: a table without columns would have no rows to count.
    """

    header: Header
    nulls: frozenset[str]
    fields: tuple[tuple[Field, int | None], ...]
    nested: tuple[Nested, ...]
    rest: tuple[str, tuple[int, ...]] | None
    read: tuple[int, ...]


def lay_out(plan: Plan, header: Header | None, depth: int) -> Layout:
    """The layout for this plan and header; a frame without a header is not one of delimited text.

    Args:
        plan: what is read.
        header: of the frame.
        depth: how deep the JSON in a cell may nest.
    """
    if header is None:
        raise ValueError("a frame of delimited text carries its header")
    index = _Columns(header.names)
    fields = tuple((field, index.get(field.source) if _HAS_COLUMN[field.kind] else None) for field in plan.fields)
    nested = _nested(fields, index, depth)
    named = {n for _, n in fields if n is not None} | {each.column for each in nested}
    others = tuple(n for n in range(len(header.names)) if n not in named)
    rest = None if plan.rest is None else (plan.rest, others)
    read = tuple(range(len(header.names))) if rest else tuple(sorted(named)) or (0,)
    return Layout(header=header, nulls=plan.nulls | {""}, fields=fields, nested=nested, rest=rest, read=read)


class _Columns:
    """The index of each column by its name, or by one that differs in case only where it is the only such one."""

    def __init__(self, names: Sequence[str]) -> None:
        self._exact = {name: n for n, name in enumerate(names)}
        folded = [name.casefold() for name in names]
        once = Counter(folded)
        self._folded = {name: n for n, name in enumerate(folded) if once[name] == 1}

    def get(self, name: str) -> int | None:
        """The column that is meant by this name; None if there is none, or several and none by its exact name."""
        exact = self._exact.get(name)
        return self._folded.get(name.casefold()) if exact is None else exact


def _nested(fields: Sequence[tuple[Field, int | None]], index: _Columns, depth: int) -> tuple[Nested, ...]:
    """Fields of several steps without a column of their own, by the column of their first step."""
    groups: dict[int, list[int]] = {}
    for number, (field, own) in enumerate(fields):
        if own is None and len(field.path) > 1 and _HAS_COLUMN[field.kind]:
            column = index.get(str(field.path[0]))
            if column is not None:
                groups.setdefault(column, []).append(number)
    return tuple(
        Nested(column, tuple(numbers), NestedCells([fields[number][0] for number in numbers], depth))
        for column, numbers in groups.items()
    )
