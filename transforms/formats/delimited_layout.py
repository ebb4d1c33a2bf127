"""How a plan meets a header: which columns of the text are read, and which field each of them fills."""

from __future__ import annotations

from dataclasses import dataclass

from transforms.formats.format import Header
from transforms.model.plan import Field, Kind, Plan

_SCALARS = (Kind.TEXT, Kind.NUMBER, Kind.INTEGER)


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns to read for one plan under one header.

    Attributes:
        header: of the rows.
        fields: each planned field with the index of its column; None where the header has none, or the kind none.
        rest: the field for all other columns, with their indexes in header order; None where the plan has none.
        read: the indexes to read, ascending, at least one: a table without columns would have no rows to count.
    """

    header: Header
    fields: tuple[tuple[Field, int | None], ...]
    rest: tuple[str, tuple[int, ...]] | None
    read: tuple[int, ...]


def lay_out(plan: Plan, header: Header | None) -> Layout:
    """The layout for this plan and header; a frame without a header is not one of delimited text."""
    if header is None:
        raise ValueError("a frame of delimited text carries its header")
    index = {name: n for n, name in enumerate(header.names)}
    fields = tuple((field, index.get(field.source) if field.kind in _SCALARS else None) for field in plan.fields)
    named = {n for _, n in fields if n is not None}
    others = tuple(n for n in range(len(header.names)) if n not in named)
    rest = None if plan.rest is None else (plan.rest, others)
    read = tuple(range(len(header.names))) if rest else tuple(sorted(named)) or (0,)
    return Layout(header=header, fields=fields, rest=rest, read=read)
