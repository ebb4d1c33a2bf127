"""Emission: the events of judged candidates, with their ids."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.mapping import kernels
from transforms.mapping.kernels import Mask, Rows
from transforms.mapping.running.dimensions import Parts
from transforms.mapping.running.fan_out import FanOut
from transforms.mapping.running.ids import RecordIds, marked_ids, record_ids
from transforms.mapping.running.inputs import Candidates
from transforms.mapping.running.judgement import Emission, Judged, Measures
from transforms.model.events import event_batch
from transforms.model.records import Provenance


@dataclass(frozen=True, slots=True)
class Layout:
    """Which events good candidates make, in order.

    Attributes:
        candidates: of each event; ascending.
        places: of each event among its candidate's: the number of its emit, or of its entry in `values`.
        of_values: which events are entries of `values`; None where none is.
        counts: how many events each candidate makes.
    """

    candidates: Rows
    places: Rows
    of_values: Mask | None
    counts: Rows

    @classmethod
    def of(cls, judged: Judged, good: Mask) -> Layout:
        """The events of these candidates."""
        lives = [emission.live & good for emission in judged.emissions]
        grid = np.stack(lives, axis=1) if lives else np.zeros((len(good), 0), np.bool_)
        flat = np.flatnonzero(grid)  # candidate after candidate
        emits = max(len(lives), 1)
        counts: Rows = grid.sum(axis=1)
        if judged.measures is None:
            return cls(flat // emits, flat % emits, None, counts)
        entries = judged.measures.entries.counts * good
        fan_out = FanOut.of(counts + entries)
        of_values = entries[fan_out.records] > 0
        places = fan_out.ordinals
        places[~of_values] = flat % emits
        return cls(fan_out.records, places, of_values, counts + entries)

    def taken(self, column: pa.Array) -> pa.Array:
        """A column of the candidates as one of the events."""
        if (self.counts > 1).any():
            return column.take(pa.array(self.candidates))
        # Whole runs of rows are copied at once, where a take copies row by row.
        return column if len(self.candidates) == len(column) else column.filter(pa.array(self.counts == 1))


def events_of(
    judged: Judged, layout: Layout, candidates: Candidates, provenance: Provenance, start: int, *, item_id: bool
) -> pa.RecordBatch:
    """The event columns.

    Args:
        judged: of all candidates.
        layout: of the good ones.
        candidates: where they are from.
        provenance: of the chunk.
        start: the chunk's row at which the candidates' records begin.
        item_id: whether `judged.id` is the items' own.
    """
    rows = start + candidates.records[layout.candidates]
    meters, values = _measured(judged, layout)
    ids = record_ids(layout.taken(judged.id), rows, provenance)
    numbering = Numbering.of(judged, layout, candidates, ids, item_id=item_id)
    columns = [
        layout.taken(judged.customer),
        meters,
        values,
        layout.taken(judged.time),
        ids.texts if numbering is None else marked_ids(ids, numbering.marked, numbering.ordinals, meters),
        _dimensions(judged, layout),
    ]
    firsts = candidates.items[layout.candidates] * len(judged.emissions)
    return event_batch(columns, rows, firsts + layout.places)


def _measured(judged: Judged, layout: Layout) -> tuple[pa.Array, pa.Array]:
    """The meter and the value of every event."""
    emissions, measures = judged.emissions, judged.measures
    if measures is None and len(emissions) == 1:
        return layout.taken(emissions[0].meter), layout.taken(emissions[0].value)
    # The columns of all emits, then all entries: one take picks from all of them.
    meters = [emission.meter for emission in emissions]
    values = [emission.value for emission in emissions]
    picks = layout.places * len(layout.counts) + layout.candidates
    if measures is not None and layout.of_values is not None:
        meters.append(measures.entries.names)
        values.append(measures.entries.values)
        entries = len(emissions) * len(layout.counts) + measures.entries.starts[layout.candidates] + layout.places
        picks = np.where(layout.of_values, entries, picks)
    index = pa.array(picks)
    names = pa.concat_arrays(meters).take(index)
    if measures is not None and measures.meter is not None:
        names = _joined(names, measures, layout)
    return names, pa.concat_arrays(values).take(index)


def _joined(names: pa.Array, measures: Measures, layout: Layout) -> pa.Array:
    """The entries' names behind the record's meter; an only entry is the meter itself."""
    meters = layout.taken(measures.meter)
    longer = pc.binary_join_element_wise(meters, names, measures.join)
    return pc.if_else(pa.array(layout.counts[layout.candidates] > 1), longer, meters)


def _dimensions(judged: Judged, layout: Layout) -> pa.MapArray:
    """The dimensions of every event; an emit's own stand before the others."""
    emissions, common = judged.emissions, judged.dimensions
    if not any(emission.names for emission in emissions):
        return common.merged(layout.candidates)
    if len(emissions) == 1 and layout.of_values is None:
        return _overlaid(emissions[0], common).merged(layout.candidates)
    emits = layout.places if layout.of_values is None else np.where(layout.of_values, len(emissions), layout.places)
    groups = [np.flatnonzero(emits == number) for number in range(len(emissions) + 1)]
    parts = [*(_overlaid(emission, common) for emission in emissions), common]
    maps = [part.merged(layout.candidates[group]) for part, group in zip(parts, groups, strict=True)]
    back = np.argsort(np.concatenate(groups), kind="stable")
    return pa.concat_arrays(maps).take(pa.array(back))


def _overlaid(emission: Emission, common: Parts) -> Parts:
    """The dimensions with an emit's own before them; of equal names the other is left where the emit's is absent."""
    own = dict(zip(emission.names, emission.columns, strict=True))
    columns = []
    for name, column in zip(common.names, common.columns, strict=True):
        columns.append(_where_absent(own[name], column) if name in own else column)
    return Parts((*emission.names, *common.names), (*emission.columns, *columns), common.entries)


def _where_absent(first: pa.Array, second: pa.Array) -> pa.Array:
    absent = kernels.missing(first) | kernels.blank(first)
    return pc.if_else(pa.array(absent), second, pa.scalar(None, pa.string()))


@dataclass(frozen=True, slots=True)
class Numbering:
    """Which events share their id with others, and what is added to tell them apart."""

    marked: Mask
    ordinals: Rows

    @classmethod
    def of(
        cls, judged: Judged, layout: Layout, candidates: Candidates, ids: RecordIds, *, item_id: bool
    ) -> Numbering | None:
        """The numbering of the events; None where none shares its id.

        An event shares its record's id with the events of other items, unless the id is the item's own; it shares its
        item's or record's with those of other emits, and of other entries. Whether another event was left out by a
        filter or a condition changes no id: only the entries of `values` are counted.
        """
        emits = len(judged.emissions)
        if not candidates.exploded and emits <= 1 and layout.of_values is None:
            return None
        shared = np.full(len(layout.candidates), candidates.exploded)
        if item_id:
            shared &= ids.derived
        several = np.full(len(shared), emits > 1)
        if layout.of_values is not None:
            several = np.where(layout.of_values, layout.counts[layout.candidates] > 1, several)
        firsts = np.where(shared, candidates.items[layout.candidates] * emits, 0)
        return cls(shared | several, firsts + layout.places)
