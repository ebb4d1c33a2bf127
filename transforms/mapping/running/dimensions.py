"""Dimensions: fields and whole objects merged to one map a row, in their order of precedence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from transforms.columns.interleaving import interleaved
from transforms.mapping import kernels
from transforms.mapping.kernels import Mask, Rows
from transforms.mapping.running.entries import Entries
from transforms.mapping.running.fan_out import FanOut

Numbers = npt.NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class Parts:
    """What dimensions are made of; where two parts give a name, the earlier one stands.

    Attributes:
        names: of the fields; of two that are the same no row has both.
        columns: of the fields, texts; null and blank ones are left out.
        entries: of objects, behind the fields.
    """

    names: tuple[str, ...]
    columns: tuple[pa.Array, ...]
    entries: tuple[Entries, ...] = ()

    @property
    def sizes(self) -> Rows | int:
        """Bytes that each row's dimensions take at most."""
        total: Rows | int = 0
        for name, column in zip(self.names, self.columns, strict=True):
            total = total + kernels.text_sizes(column) + len(name.encode())
        for part in self.entries:
            total = total + part.sizes
        return total

    def merged(self, rows: Rows) -> pa.MapArray:
        """The dimensions of these rows, null where there are none."""
        # A plan may have parts that one format never fills, such as the columns that are left of delimited text.
        entries = [part for part in self.entries if len(part.names)]
        if not self.columns and not entries:
            return pa.nulls(len(rows), pa.map_(pa.string(), pa.string()))
        if not self.columns and len(entries) == 1 and entries[0].slots is None:
            part = entries[0]
            maps = _maps(part.offsets, part.names, part.values)
            return maps if _all(rows, len(maps)) else maps.take(pa.array(rows))
        if not entries:
            return _fields_alone(self.names, self.columns, rows)
        segments = [_of_entries(part, rows) for part in entries]
        if self.columns:
            segments.insert(0, _of_fields(self.names, self.columns, rows))
        names, values, counts = _in_row_order(segments)
        suspects = _in_common(segments)
        return _unlike(names, values, counts, suspects) if len(suspects) else _maps(_ends(counts), names, values)


@dataclass(frozen=True, slots=True)
class _Segment:
    """One part: how many entries each row has, and where their names and values are in pools of those."""

    counts: Numbers
    names: pa.Array
    name_picks: Numbers
    values: pa.Array
    value_picks: Numbers


def _fields_alone(names: tuple[str, ...], columns: tuple[pa.Array, ...], rows: Rows) -> pa.MapArray:
    has = _there(columns, rows)
    pool = pa.array(names, pa.string())
    if has.all():
        counts: Numbers = np.full(len(rows), len(names))
        every_name = _repeated(pool, len(rows))
    else:
        counts = has.sum(axis=1)
        every_name = pool.take(pa.array(np.flatnonzero(has) % len(names)))
    return _maps(_ends(counts), every_name, interleaved(columns, rows, has))


def _there(columns: tuple[pa.Array, ...], rows: Rows) -> Mask:
    """Which of the rows (first axis) have a text in which column."""
    there = [~(kernels.missing(column) | kernels.blank(column)) for column in columns]
    return np.stack(there if _all(rows, len(columns[0])) else [one[rows] for one in there], axis=1)


def _of_fields(names: tuple[str, ...], columns: tuple[pa.Array, ...], rows: Rows) -> _Segment:
    has = _there(columns, rows)
    flat = np.flatnonzero(has)  # row after row
    places = flat // len(names)
    fields = flat - places * len(names)
    return _Segment(
        counts=has.sum(axis=1),
        names=pa.array(names, pa.string()),
        name_picks=fields,
        values=pa.concat_arrays(columns),
        value_picks=fields * len(columns[0]) + rows[places],
    )


def _of_entries(part: Entries, rows: Rows) -> _Segment:
    counts = part.counts[rows]
    fan_out = FanOut.of(counts)
    picks = part.starts[rows][fan_out.records] + fan_out.ordinals
    return _Segment(counts, part.names, picks, part.values, picks)


def _in_row_order(segments: Sequence[_Segment]) -> tuple[pa.Array, pa.Array, Numbers]:
    """Names and values of all rows, in each row segment after segment; and how many each row has."""
    if len(segments) == 1:
        (one,) = segments
        return one.names.take(pa.array(one.name_picks)), one.values.take(pa.array(one.value_picks)), one.counts
    counts = np.sum([segment.counts for segment in segments], axis=0)
    ends = _ends(counts)
    name_picks, value_picks = np.empty(ends[-1], np.int64), np.empty(ends[-1], np.int64)
    starts, names_before, values_before = ends[:-1], 0, 0
    for segment in segments:
        fan_out = FanOut.of(segment.counts)
        places = starts[fan_out.records] + fan_out.ordinals
        name_picks[places] = segment.name_picks + names_before
        value_picks[places] = segment.value_picks + values_before
        starts = starts + segment.counts
        names_before, values_before = names_before + len(segment.names), values_before + len(segment.values)
    names = pa.concat_arrays([segment.names for segment in segments]).take(pa.array(name_picks))
    return names, pa.concat_arrays([segment.values for segment in segments]).take(pa.array(value_picks)), counts


def _repeated(texts: pa.Array, times: int) -> pa.Array:
    """All texts, again and again; several times as fast as picking each."""
    parts = [text.encode() for text in texts.to_pylist()]
    ends = np.cumsum([len(part) for part in parts], dtype=np.int32)
    bounds = np.zeros(len(parts) * times + 1, np.int32)
    bounds[1:] = (np.arange(times, dtype=np.int32)[:, None] * ends[-1] + ends).ravel()
    return pa.StringArray.from_buffers(len(bounds) - 1, pa.py_buffer(bounds), pa.py_buffer(b"".join(parts) * times))


def _in_common(segments: Sequence[_Segment]) -> pa.Array:
    """The names that two segments have; none has one twice in a row."""
    if len(segments) == 1:
        return segments[0].names.slice(0, 0)
    counted = pa.concat_arrays([pc.unique(segment.names) for segment in segments]).value_counts()
    return counted.field("values").filter(pc.greater(counted.field("counts"), 1))


def _unlike(names: pa.Array, values: pa.Array, counts: Numbers, suspects: pa.Array) -> pa.MapArray:
    """The maps with the first of each row's entries of one name; only these names are looked at."""
    codes = pc.index_in(names, suspects).fill_null(-1).to_numpy(zero_copy_only=False)
    rows = np.repeat(np.arange(len(counts)), counts)
    suspected = np.flatnonzero(codes >= 0)
    _, firsts = np.unique(rows[suspected] * len(suspects) + codes[suspected], return_index=True)
    keep = codes < 0
    keep[suspected[firsts]] = True
    kept = pa.array(keep)
    return _maps(_ends(np.bincount(rows[keep], minlength=len(counts))), names.filter(kept), values.filter(kept))


def _maps(offsets: Numbers, names: pa.Array, values: pa.Array) -> pa.MapArray:
    empty = pa.array(np.diff(offsets) == 0)
    return pa.MapArray.from_arrays(pa.array(offsets, pa.int32()), names, values, mask=empty)


def _ends(counts: Numbers) -> Rows:
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)))


def _all(rows: Rows, count: int) -> bool:
    """Whether these ascending rows, possibly repeated, are all `count` rows, once each."""
    return len(rows) == count and bool((rows == np.arange(count)).all())
