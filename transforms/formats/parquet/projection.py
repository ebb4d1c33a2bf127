"""Which leaf columns of a file a plan needs: those that lie on its paths, and no others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa

from transforms.model.plan import Field, Kind, Plan

Path = Sequence[str | int]


def needed_leaves(schema: pa.Schema, plan: Plan) -> list[int]:
    """The numbers of the leaf columns, in their order in the file."""
    record = pa.struct(list(schema))
    leaves: set[int] = set()
    for field in plan.without_rest.fields:
        leaves.update(_leaves(record, 0, field))
    return sorted(leaves)


def count_leaves(kind: pa.DataType) -> int:
    """How many columns of the file a column of this type is."""
    if isinstance(kind, pa.BaseExtensionType):
        return count_leaves(kind.storage_type)
    if not pa.types.is_nested(kind):
        return 1
    return sum(count_leaves(kind.field(number).type) for number in range(kind.num_fields))


def _leaves(kind: pa.DataType, first: int, field: Field) -> Iterator[int]:
    """Those that a field needs of a column of this type, whose first leaf has this number."""
    yield from _below(kind, first, field.path, field.items if field.kind is Kind.ITEMS else None)


def _below(kind: pa.DataType, first: int, path: Path, items: Iterable[Field] | None) -> Iterator[int]:
    if path and pa.types.is_struct(kind):
        for child, at in _children(kind, first):
            if child.name == path[0]:
                yield from _below(child.type, at, path[1:], items)
    elif path and isinstance(path[0], int) and pa.types.is_list(kind):
        yield from _below(kind.value_type, first, path[1:], items)
    elif not path and items is not None and pa.types.is_list(kind) and pa.types.is_struct(kind.value_type):
        found = [leaf for field in items for leaf in _leaves(kind.value_type, first, field)]
        yield from found or [first]  # how many items there are must be known, even where nothing of them is
    else:
        yield from range(first, first + count_leaves(kind))


def _children(kind: pa.StructType, first: int) -> Iterator[tuple[pa.Field, int]]:
    for number in range(kind.num_fields):
        child = kind.field(number)
        yield child, first
        first += count_leaves(child.type)
