"""Explosion: the items of an array as rows of their own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.mapping import kernels
from transforms.mapping.kernels import Mask, Rows
from transforms.model.plan import Field, Kind, Plan


@dataclass(frozen=True, slots=True)
class Level:
    """The items of one array, whatever records they are of.

    Attributes:
        columns: by name.
        owners: for every innermost item, which row of this level it is or lies in; None where they are the same.
    """

    columns: dict[str, pa.Array]
    owners: Rows | None


@dataclass(frozen=True, slots=True)
class Explosion:
    """The items of the innermost array, in record order.

    Attributes:
        records: of each item, its record.
        ordinals: of each item, its place among all of its record's, over all outer arrays, from 0.
        counts: of each record, how many items it has.
        absent: which records lack the array, or all of their outer items do; where some have it, the others have no
            items.
        levels: the arrays from the outermost on.
    """

    records: Rows
    ordinals: Rows
    counts: Rows
    absent: Mask
    levels: tuple[Level, ...]

    @classmethod
    def of(cls, column: pa.Array, chain: tuple[Field, ...]) -> Explosion:
        """The items of a column of lists.

        Args:
            column: of the first field of the chain, one row a record; it may be a slice.
            chain: as `chain_of` gives it.
        """
        rows = len(column)
        absent = np.zeros(rows, np.bool_)
        records = np.arange(rows, dtype=np.int64)
        parents: list[Rows] = []
        columns: list[dict[str, pa.Array]] = []
        for depth, field in enumerate(chain):
            lists = column if depth == 0 else columns[-1][field.name]
            absent |= _all_of(kernels.missing(lists), records, rows)
            lengths = pc.list_value_length(lists).fill_null(0).to_numpy(zero_copy_only=False)
            parents.append(np.repeat(np.arange(len(lists), dtype=np.int64), lengths))
            records = records[parents[-1]]
            items = lists.flatten()
            columns.append({item.name: items.field(index) for index, item in enumerate(field.items)})
        counts = np.bincount(records, minlength=rows).astype(np.int64)
        ordinals = np.arange(len(records), dtype=np.int64) - np.repeat(np.cumsum(counts) - counts, counts)
        return cls(records, ordinals, counts, absent, _levels(columns, parents))


def _all_of(missing: Mask, records: Rows, rows: int) -> Mask:
    """Of which records all arrays of a level are missing, and not for want of outer items."""
    gone = np.bincount(records[missing], minlength=rows)
    all_gone: Mask = (gone > 0) & (gone == np.bincount(records, minlength=rows))
    return all_gone


def _levels(columns: list[dict[str, pa.Array]], parents: list[Rows]) -> tuple[Level, ...]:
    """Each array's columns, with the way from the innermost items to its own."""
    owners: Rows | None = None
    levels = []
    for depth in reversed(range(len(columns))):
        levels.append(Level(columns[depth], owners))
        owners = parents[depth] if owners is None else parents[depth][owners]
    return tuple(reversed(levels))


def chain_of(plan: Plan, name: str) -> tuple[Field, ...]:
    """The ITEMS fields from the plan's own down to the one of this name; KeyError where there is none."""
    chain = _chain(plan.fields, name)
    if chain is None:
        raise KeyError(name)
    return chain


def _chain(fields: tuple[Field, ...], name: str) -> tuple[Field, ...] | None:
    for field in fields:
        if field.kind is not Kind.ITEMS:
            continue
        below = () if field.name == name else _chain(field.items, name)
        if below is not None:
            return (field, *below)
    return None
