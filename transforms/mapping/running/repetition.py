"""Repetition: how large the events of a record are where many of them repeat what it, or the mapping, says once."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.mapping import kernels
from transforms.mapping.growth import growth_of_events
from transforms.mapping.kernels import Mask, Rows
from transforms.mapping.program import Program
from transforms.mapping.running.inputs import Candidates, RecordInputs
from transforms.mapping.running.parts import cut

LIMIT = 64
"""How many times its own size the events of one record may be: each item or entry of `values` repeats the customer,
the id and the dimensions, so without a limit a record of 4 MiB could become hundreds of gigabytes."""

SAID = f"the events would take more than {LIMIT} times the bytes of their record"

FIXED_BYTES = 96
"""Of an event whatever its texts: its numbers, the offsets of its texts, a derived id."""


def too_often(repeated: Rows, once: Rows) -> Mask:
    """Which records' events would be too large.

    Args:
        repeated: bytes of what a record's events repeat, over all of them.
        once: bytes of the record, and of what is repeated before anything is made of it: so up to `LIMIT` events may
            repeat any text as it is.
    """
    mask: Mask = repeated > LIMIT * once
    return mask


class Repetition:
    """What a program's events repeat, by its record's columns."""

    def __init__(self, program: Program) -> None:
        self._emits = max(len(program.emits), 1)
        self._values = None if program.values is None else program.values.entries.column
        growth = growth_of_events(program)
        self._fixed = growth.fixed
        own = {field.name: pa.types.is_string(field.arrow) for field in program.plan.fields}
        self._texts = {name: times for name, times in growth.times.items() if own.get(name)}
        self._about = {name: times for name, times in growth.times.items() if name.startswith("$") and name not in own}
        self._of_items = {name: times for name, times in growth.times.items() if name not in own | self._about}
        self._objects = [rule.column for rule in program.dimensions.entries if rule.column in own]

    def refused(self, every: Candidates, lengths: Rows) -> Mask:
        """Which records have too many items for what each of those would repeat.

        Args:
            every: all candidates; nothing is made of them yet.
            lengths: bytes of each record.
        """
        once = _sizes(every.source, dict.fromkeys((*self._texts, *self._about), 1.0))
        repeated = every.counts * self.of_texts(every.source) + self._in_items(every, repeated_only=True)
        return too_often(repeated, lengths + self._fixed + once)

    def of_texts(self, records: RecordInputs) -> Rows:
        """Bytes that the events of an item repeat at most: texts of, about and made of the record, the mapping's."""
        return self._fixed + _sizes(records, self._texts | self._about)

    def parts(self, every: Candidates, lengths: Rows) -> list[slice]:
        """The records in parts, by the bytes that their events will take at most.

        Args:
            every: all candidates of the chunk.
            lengths: bytes of each record.
        """
        if every.exploded:
            repeated = self.of_texts(every.source) + _sizes(every.source, dict.fromkeys(self._objects, 1.0))
            own = lengths + self._in_items(every, repeated_only=False)
            return cut(self._emits * (own + every.counts * (FIXED_BYTES + repeated)))
        longer = {name: times - 1.0 for name, times in self._texts.items() if times > 1.0}
        added = self._fixed + _sizes(every.source, longer | self._about)
        if self._emits == 1 and self._values is None:
            return cut(added)  # without it such events are no larger than their records
        sizes = self._emits * (2 * lengths + FIXED_BYTES + added)
        return cut(sizes if self._values is None else sizes + _of_values(every.source, lengths + added, self._values))

    def _in_items(self, every: Candidates, *, repeated_only: bool) -> Rows:
        """Bytes of what is made of the texts of a record's items, and of the items around those."""
        sizes = np.zeros(every.source.rows, np.float64)
        for name, times in self._of_items.items():
            sizes += times * every.item_bytes(name, repeated_only=repeated_only)
        return sizes.astype(np.int64)


def _of_values(records: RecordInputs, repeated: Rows, name: str) -> Rows:
    """Bytes of the events that the entries of `values` make; their names stand in ids, too."""
    column = records.column(name)
    own = _own_sizes(column)
    sizes: Rows = _entry_counts(column) * (np.maximum(repeated - own, 0) + FIXED_BYTES) + 2 * own
    return sizes


def _sizes(records: RecordInputs, times: dict[str, float]) -> Rows:
    """Bytes of these columns, each so many times; those that are no text have none."""
    sizes = np.zeros(records.rows, np.float64)
    for name, each in times.items():
        column = records.column(name)
        if pa.types.is_string(column.type) or pa.types.is_map(column.type):
            sizes += _own_sizes(column) * each
    return sizes.astype(np.int64)


def _own_sizes(column: pa.Array) -> Rows:
    sizes: Rows = kernels.map_sizes(column) if pa.types.is_map(column.type) else kernels.text_sizes(column)
    return sizes


def _entry_counts(column: pa.Array) -> Rows:
    """How many entries each object has; of JSON text one more than its commas, which is never too few."""
    if pa.types.is_map(column.type):
        return kernels.lengths(column).astype(np.int64)
    commas: Rows = pc.count_substring(column, ",").fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return commas + np.int64(1)
