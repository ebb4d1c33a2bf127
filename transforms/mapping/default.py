"""The default schema: records that are meter events already, by the names of Amberflo's ingest schema.

Fields and CSV columns: https://docs.amberflo.io/docs/meter-ingestion-event-schema (a record has either `meterApiName`
and `meterValue`, or `values` with one entry a meter; in CSV every column of another name is a dimension).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.mapping import kernels
from transforms.mapping.fan_out import FanOut
from transforms.mapping.ids import event_ids, record_ids
from transforms.mapping.kernels import Mask, Rows
from transforms.mapping.parts import cut, event_chunks
from transforms.model.events import EventChunk, event_batch
from transforms.model.plan import Field, Kind, Plan
from transforms.model.records import Provenance, RecordChunk
from transforms.model.rejections import Code, Rejection

PLAN = Plan(
    fields=(
        Field("customerId", ("customerId",), Kind.TEXT),
        Field("meterApiName", ("meterApiName",), Kind.TEXT),
        Field("meterValue", ("meterValue",), Kind.NUMBER),
        Field("meterTimeInMillis", ("meterTimeInMillis",), Kind.INTEGER),
        Field("uniqueId", ("uniqueId",), Kind.TEXT),
        Field("dimensions", ("dimensions",), Kind.TEXT_MAP),
        Field("values", ("values",), Kind.NUMBER_MAP),
    ),
    rest="dimensions",
)
"""What the default schema reads."""

REPETITION_LIMIT = 64
"""How many times its own size the events of one record may be: each entry of `values` repeats the customer, the id and
the dimensions, so without a limit a record of 4 MiB could become hundreds of gigabytes."""

FIXED_BYTES = 96
"""Of an event whatever its texts: its numbers, the offsets of its texts, a derived id."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The decoded columns of a chunk, dimensions without their absent entries."""

    customer: pa.Array
    meter: pa.Array
    value: pa.Array
    time: pa.Array
    id: pa.Array
    dimensions: pa.MapArray
    values: pa.MapArray

    @classmethod
    def of(cls, columns: pa.RecordBatch) -> Draft:
        """The draft of columns in the order of `PLAN`."""
        draft = cls(*columns.columns)
        return replace(draft, dimensions=kernels.without_blank_items(draft.dimensions))

    def take(self, rows: Rows) -> Draft:
        """These rows only."""
        indices = pa.array(rows)
        return Draft(*(getattr(self, name).take(indices) for name in self.__slots__))

    def slice(self, part: slice) -> Draft:
        """These consecutive rows only, without copying; all of them are this draft itself."""
        if part == slice(0, len(self.customer)):
            return self
        return Draft(*(getattr(self, name)[part] for name in self.__slots__))

    @property
    def plain(self) -> bool:
        """Whether no record gives `values`."""
        return bool(self.values.null_count == len(self.values))

    @property
    def has_values(self) -> Mask:
        """Which records give `values`."""
        return ~kernels.missing(self.values)

    @property
    def repeated_sizes(self) -> Rows:
        """Bytes of each record that every one of its events repeats."""
        return kernels.text_sizes(self.customer) + kernels.text_sizes(self.id) + kernels.map_sizes(self.dimensions)


def _conflicting(draft: Draft) -> Mask:
    return draft.has_values & ~(kernels.missing(draft.meter) & kernels.missing(draft.value))


def _without_both(draft: Draft) -> Mask:
    return ~draft.has_values & kernels.missing(draft.meter) & kernels.missing(draft.value)


def _repeated_too_often(draft: Draft) -> Mask:
    counts = kernels.lengths(draft.values)
    if counts.max(initial=0) <= REPETITION_LIMIT:
        return np.zeros(len(counts), np.bool_)
    repeated = draft.repeated_sizes
    own = repeated + kernels.map_sizes(draft.values) + 8 * counts
    too_often: Mask = repeated * counts > REPETITION_LIMIT * own
    return too_often


@dataclass(frozen=True, slots=True)
class Check:
    """One rule: which records break it, and what their rejection says."""

    fails: Callable[[Draft], Mask]
    code: Code
    field: str
    detail: str


CHECKS = (
    Check(lambda d: kernels.missing(d.customer), Code.MISSING_FIELD, "customerId", "customerId is missing"),
    Check(lambda d: kernels.blank(d.customer), Code.BLANK_FIELD, "customerId", "customerId is blank"),
    Check(lambda d: kernels.missing(d.time), Code.MISSING_FIELD, "meterTimeInMillis", "meterTimeInMillis is missing"),
    Check(
        lambda d: kernels.as_mask(pc.less_equal(d.time, 0)),
        Code.OUT_OF_RANGE,
        "meterTimeInMillis",
        "meterTimeInMillis must be above 0: milliseconds since 1970, UTC",
    ),
    Check(
        _conflicting,
        Code.CONFLICTING_FIELDS,
        "values",
        "values stands beside meterApiName or meterValue; give either values or both of the others",
    ),
    Check(
        _without_both,
        Code.MISSING_FIELD,
        "meterApiName",
        "neither meterApiName and meterValue nor values is there",
    ),
    Check(
        lambda d: ~d.has_values & kernels.missing(d.meter),
        Code.MISSING_FIELD,
        "meterApiName",
        "meterApiName is missing",
    ),
    Check(lambda d: kernels.blank(d.meter), Code.BLANK_FIELD, "meterApiName", "meterApiName is blank"),
    Check(
        lambda d: ~d.has_values & kernels.missing(d.value),
        Code.MISSING_FIELD,
        "meterValue",
        "meterValue is missing",
    ),
    Check(
        lambda d: d.has_values & (kernels.lengths(d.values) == 0),
        Code.MISSING_FIELD,
        "values",
        "values names no meter",
    ),
    Check(lambda d: kernels.with_blank_key(d.values), Code.BLANK_FIELD, "values", "values has a blank meter name"),
    Check(
        lambda d: kernels.with_blank_key(d.dimensions),
        Code.BLANK_FIELD,
        "dimensions",
        "dimensions has a blank name",
    ),
    Check(
        _repeated_too_often,
        Code.RECORD_TOO_LARGE,
        "values",
        f"the events of values would take more than {REPETITION_LIMIT} times the bytes of their record",
    ),
)
"""The rules in the order in which they are tried; the first that a record breaks is its reason."""


class DefaultMapping:
    """The default schema as a mapping.

    JSON null, a blank `uniqueId` and a blank dimension value count as absent; blank customers, meters and dimension
    names are refused; zero and negative values pass. There is no rule about characters or lengths.
    """

    plan = PLAN

    def map(self, chunk: RecordChunk) -> Iterator[EventChunk]:
        """One event a record, or one an entry of `values` in source order. No record is filtered out.

        Rejects with MISSING_FIELD, BLANK_FIELD, OUT_OF_RANGE, CONFLICTING_FIELDS and RECORD_TOO_LARGE, as `CHECKS`.
        """
        draft = Draft.of(chunk.columns)
        broken = _first_broken(draft)
        rows = np.flatnonzero(broken < 0)
        rejections = _rejections(broken, chunk.provenance)
        account = chunk.account.plus(rejections, records_mapped=len(rows), records_rejected=len(rejections))
        good = draft if len(rows) == len(broken) else draft.take(rows)
        return event_chunks(
            account,
            chunk.provenance,
            _parts(good),
            lambda part: _events(good.slice(part), rows[part], chunk.provenance),
        )


def _first_broken(draft: Draft) -> Rows:
    """The index of the first check each record breaks, -1 where it breaks none."""
    broken = np.full(len(draft.customer), -1, np.int64)
    for index, check in enumerate(CHECKS):
        fails = check.fails(draft)
        if fails.any():
            broken[fails & (broken < 0)] = index
    return broken


def _rejections(broken: Rows, provenance: Provenance) -> list[Rejection]:
    rejections = []
    for row in np.flatnonzero(broken >= 0).tolist():
        check = CHECKS[broken[row]]
        rejections.append(provenance.reject(row, check.code, check.detail, field=check.field))
    return rejections


def _parts(draft: Draft) -> list[slice]:
    """The records by the bytes that their `values` will take as events; plain events are no larger than records."""
    if draft.plain:
        return [slice(0, len(draft.customer))]
    meters = 2 * kernels.map_sizes(draft.values)  # in ids too
    return cut(kernels.lengths(draft.values) * (draft.repeated_sizes + FIXED_BYTES) + meters)


def _events(draft: Draft, rows: Rows, provenance: Provenance) -> pa.RecordBatch:
    """The event columns of good records; `rows` are their places in the provenance."""
    ids = record_ids(draft.id, rows, provenance)
    if draft.plain:
        columns = [draft.customer, draft.meter, draft.value, draft.time, ids.texts, draft.dimensions]
        return event_batch(columns, rows, np.zeros(len(rows), np.int64))
    fan_out = FanOut.of(np.where(draft.has_values, kernels.lengths(draft.values), 1))
    meters, values = _measured(draft, fan_out)
    columns = [
        fan_out.repeat(draft.customer),
        meters,
        values,
        fan_out.repeat(draft.time),
        event_ids(ids, fan_out, meters),
        fan_out.repeat(draft.dimensions),
    ]
    return event_batch(columns, rows[fan_out.records], fan_out.ordinals)


def _measured(draft: Draft, fan_out: FanOut) -> tuple[pa.Array, pa.Array]:
    """The meter and the value of every event."""
    many, records = draft.has_values, fan_out.records
    offsets, keys, items = kernels.entries(draft.values)
    # Meters of plain records first, entries of `values` behind them: one take picks from both.
    entries = len(many) + offsets[records] + fan_out.ordinals
    picks = pa.array(np.where(many[records], entries, records))
    meters = pa.concat_arrays([draft.meter, keys]).take(picks)
    return meters, pa.concat_arrays([draft.value, items]).take(picks)
