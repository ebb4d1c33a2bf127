"""Inputs: the source columns as the nodes of a mapping see them, one row a candidate for an event."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pyarrow as pa

from transforms.mapping import kernels
from transforms.mapping.kernels import Mask, Rows
from transforms.mapping.running.explosion import Explosion
from transforms.mapping.running.origins import Origins


class RecordInputs:
    """The columns of records; those about objects and places are made when they are asked for."""

    def __init__(self, columns: pa.RecordBatch, origins: Origins) -> None:
        self._columns = {name: columns.column(index) for index, name in enumerate(columns.schema.names)}
        self._origins = origins

    @property
    def rows(self) -> int:
        """How many records."""
        return self._origins.rows

    def column(self, name: str) -> pa.Array:
        """A column of the plan, or one about the record, by the name that `nodes.Inputs` gives it."""
        found = self._columns.get(name)
        if found is None:
            found = self._columns[name] = self._origins.column(name)
        return found


class Candidates:
    """The columns of candidates: the items of an exploded array, or the records themselves, or some of these.

    A column is taken when it is first asked for, and once.
    """

    def __init__(self, records: RecordInputs, explosion: Explosion | None, kept: Rows | None = None) -> None:
        self._source = records
        self._explosion = explosion
        self._kept = kept
        self._columns: dict[str, pa.Array] = {}
        self._indices: dict[int, pa.Array | None] = {}

    @property
    def rows(self) -> int:
        """How many candidates."""
        if self._kept is not None:
            return len(self._kept)
        return self._source.rows if self._explosion is None else len(self._explosion.records)

    @cached_property
    def records(self) -> Rows:
        """Of each candidate, its record; ascending."""
        if self._explosion is None:
            return np.arange(self._source.rows, dtype=np.int64) if self._kept is None else self._kept
        return self._explosion.records if self._kept is None else self._explosion.records[self._kept]

    @cached_property
    def items(self) -> Rows:
        """Of each candidate, its place among its record's items; 0 where nothing is exploded."""
        if self._explosion is None:
            return np.zeros(self.rows, np.int64)
        return self._explosion.ordinals if self._kept is None else self._explosion.ordinals[self._kept]

    def column(self, name: str) -> pa.Array:
        """A column at the level of the candidates, by the name that `nodes.Inputs` gives it."""
        found = self._columns.get(name)
        if found is None:
            found = self._columns[name] = self._taken(name)
        return found

    def some(self, chosen: Mask) -> Candidates:
        """Only these candidates; their columns are taken from the source, not from here."""
        kept = np.flatnonzero(chosen)
        return Candidates(self._source, self._explosion, kept if self._kept is None else self._kept[kept])

    def of_record(self, name: str) -> bool:
        """Whether a column belongs to the record, so that its items repeat it."""
        return self._explosion is None or all(name not in level.columns for level in self._explosion.levels)

    @property
    def source(self) -> RecordInputs:
        """The records that they are of."""
        return self._source

    @property
    def counts(self) -> Rows:
        """Of each record, how many candidates there are of it."""
        return np.bincount(self.records, minlength=self._source.rows).astype(np.int64)

    def per_record(self, amounts: Rows) -> Rows:
        """Of each record, the sum of its candidates' amounts."""
        return np.bincount(self.records, amounts, self._source.rows).astype(np.int64)

    def item_bytes(self, name: str, *, repeated_only: bool = False) -> Rows:
        """Of each record, the bytes of a text column of its items, at any level, for all of its innermost items.

        Args:
            name: of the column.
            repeated_only: nothing of what is the innermost items' own.
        """
        for level in () if self._explosion is None else self._explosion.levels:
            if name in level.columns and pa.types.is_string(level.columns[name].type):
                if level.owners is not None:
                    return self._per_item(kernels.text_sizes(level.columns[name])[level.owners])
                if not repeated_only:
                    return self._per_item(kernels.text_sizes(level.columns[name]))
        return np.zeros(self._source.rows, np.int64)

    def _per_item(self, sizes: Rows) -> Rows:
        return self.per_record(sizes if self._kept is None else sizes[self._kept])

    @property
    def without_array(self) -> Mask:
        """Which records lack the array whose items are the candidates."""
        return np.zeros(self._source.rows, np.bool_) if self._explosion is None else self._explosion.absent

    @property
    def exploded(self) -> bool:
        """Whether the candidates are items."""
        return self._explosion is not None

    def _taken(self, name: str) -> pa.Array:
        levels = () if self._explosion is None else self._explosion.levels
        for depth, level in enumerate(levels):
            if name in level.columns:
                return self._spread(level.columns[name], depth, level.owners)
        owners = None if self._explosion is None else self._explosion.records
        return self._spread(self._source.column(name), -1, owners)

    def _spread(self, column: pa.Array, depth: int, owners: Rows | None) -> pa.Array:
        """A column of a level for the candidates; the index is made once a level."""
        if depth not in self._indices:
            rows = owners if self._kept is None else self._kept if owners is None else owners[self._kept]
            self._indices[depth] = None if rows is None else pa.array(rows)
        index = self._indices[depth]
        return column if index is None else column.take(index)
