"""Repetition: how large the events of a record are where many of them repeat what it says once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.mapping import kernels
from transforms.mapping.kernels import Mask, Rows
from transforms.mapping.nodes import Node
from transforms.mapping.program import Program, Target
from transforms.mapping.running.inputs import Candidates, RecordInputs
from transforms.mapping.running.parts import cut

LIMIT = 64
"""How many times its own size the events of one record may be: each item or entry of `values` repeats the customer,
the id and the dimensions, so without a limit a record of 4 MiB could become hundreds of gigabytes."""

SAID = f"the events would take more than {LIMIT} times the bytes of their record"

FIXED_BYTES = 96
"""Of an event whatever its texts: its numbers, the offsets of its texts, a derived id."""


def too_often(repeated: Rows, events: Rows, lengths: Rows) -> Mask:
    """Which records' events would be too large.

    Args:
        repeated: bytes that every event of a record repeats.
        events: how many it makes; up to `LIMIT` are always right.
        lengths: bytes of the record.
    """
    mask: Mask = repeated * events > LIMIT * (lengths + repeated)
    return mask


class Repetition:
    """What a program's events repeat, by its record's columns."""

    def __init__(self, program: Program) -> None:
        self._emits = max(len(program.emits), 1)
        self._values = None if program.values is None else program.values.entries.column
        self._exploded = program.explode is not None
        own = {field.name: field.arrow for field in program.plan.fields}
        read = dict.fromkeys(source for node in _nodes(program) for source in node.sources)
        self._texts = [name for name in read if name in own and pa.types.is_string(own[name])]
        self._about = [name for name in read if name.startswith("$") and name not in own]
        self._objects = [rule.column for rule in program.dimensions.entries if rule.column in own]

    def of_texts(self, records: RecordInputs) -> Rows:
        """Bytes of the texts that each item of a record repeats before anything is made of them."""
        return _sizes(records, self._texts)

    def parts(self, every: Candidates, lengths: Rows) -> list[slice]:
        """The records in parts, by the bytes that their events will take at most.

        Args:
            every: all candidates of the chunk.
            lengths: bytes of each record.
        """
        if self._emits == 1 and self._values is None and not every.exploded:
            return [slice(0, len(lengths))]  # such events are no larger than their records
        repeated = lengths
        if every.exploded:
            repeated = _sizes(every.source, [*self._texts, *self._about, *self._objects])
        sizes = self._emits * (lengths + every.counts * (FIXED_BYTES + repeated))
        return cut(sizes if self._values is None else sizes + self._of_values(every, repeated, self._values))

    def _of_values(self, every: Candidates, repeated: Rows, name: str) -> Rows:
        """Bytes of the events that the entries of `values` make; their names stand in ids, too."""
        if every.of_record(name):
            column = every.source.column(name)
            counts, own = _entry_counts(column) * every.counts, _own_sizes(column)
        else:
            column = every.column(name)
            counts, own = every.per_record(_entry_counts(column)), every.per_record(_own_sizes(column))
        sizes: Rows = counts * (np.maximum(repeated - own, 0) + FIXED_BYTES) + 2 * own
        return sizes


def _sizes(records: RecordInputs, names: list[str]) -> Rows:
    sizes = np.zeros(records.rows, np.int64)
    for name in names:
        column = records.column(name)
        if pa.types.is_string(column.type) or pa.types.is_map(column.type):
            sizes += _own_sizes(column)
    return sizes


def _own_sizes(column: pa.Array) -> Rows:
    sizes: Rows = kernels.map_sizes(column) if pa.types.is_map(column.type) else kernels.text_sizes(column)
    return sizes


def _entry_counts(column: pa.Array) -> Rows:
    """How many entries each object has; of JSON text one more than its commas, which is never too few."""
    if pa.types.is_map(column.type):
        return kernels.lengths(column).astype(np.int64)
    commas: Rows = pc.count_substring(column, ",").fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return commas + np.int64(1)


def _nodes(program: Program) -> Iterator[Node]:
    for rule in program.filters:
        yield rule.condition
    for emit in program.emits:
        if emit.when is not None:
            yield emit.when
    for target in _targets(program):
        yield target.node


def _targets(program: Program) -> Iterator[Target]:
    yield program.customer
    yield program.time
    if program.id is not None:
        yield program.id
    if program.values is not None and program.values.meter is not None:
        yield program.values.meter
    for emit in program.emits:
        yield from (emit.meter, emit.value, *(target for _, target in emit.dimensions))
    yield from (target for _, target in program.dimensions.fields)
