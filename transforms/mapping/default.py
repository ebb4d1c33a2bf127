"""The default schema: records that are meter events already, by the names of Amberflo's ingest schema.

Fields and CSV columns: https://docs.amberflo.io/docs/meter-ingestion-event-schema (a record has either `meterApiName`
and `meterValue`, or `values` with one entry a meter; in CSV every column of another name is a dimension).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.mapping import kernels
from transforms.mapping.kernels import Mask, Rows
from transforms.model.events import EVENT_COLUMNS, EventChunk
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

    @property
    def has_values(self) -> Mask:
        """Which records give `values`."""
        return ~kernels.missing(self.values)


def _conflicting(draft: Draft) -> Mask:
    return draft.has_values & ~(kernels.missing(draft.meter) & kernels.missing(draft.value))


def _without_both(draft: Draft) -> Mask:
    return ~draft.has_values & kernels.missing(draft.meter) & kernels.missing(draft.value)


def _repeated_too_often(draft: Draft) -> Mask:
    counts = kernels.lengths(draft.values)
    if counts.max(initial=0) <= REPETITION_LIMIT:
        return np.zeros(len(counts), np.bool_)
    repeated = kernels.text_sizes(draft.customer) + kernels.text_sizes(draft.id) + kernels.map_sizes(draft.dimensions)
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

    def map(self, chunk: RecordChunk) -> EventChunk:
        """One event a record, or one an entry of `values` in source order. No record is filtered out.

        Rejects with MISSING_FIELD, BLANK_FIELD, OUT_OF_RANGE, CONFLICTING_FIELDS and RECORD_TOO_LARGE, as `CHECKS`.
        """
        draft = Draft.of(chunk.columns)
        broken = _first_broken(draft)
        good = np.flatnonzero(broken < 0)
        rejections = _rejections(broken, chunk.provenance)
        events = _events(draft if len(good) == len(broken) else draft.take(good), good, chunk.provenance)
        account = chunk.account.plus(
            rejections,
            records_mapped=len(good),
            records_rejected=len(rejections),
            events_mapped=events.num_rows,
        )
        return EventChunk(events=events, provenance=chunk.provenance, account=account)


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


def _events(draft: Draft, rows: Rows, provenance: Provenance) -> pa.RecordBatch:
    """The event columns of good records; `rows` are their places in the provenance."""
    if draft.values.null_count == len(draft.values):
        ids, _ = _ids(draft.id, rows, provenance)
        columns = [draft.customer, draft.meter, draft.value, draft.time, ids, draft.dimensions]
        return _batch(columns, rows, np.zeros(len(rows), np.int64))
    sources, ordinals, meters, values = _fanned_out(draft)
    ids, derived = _ids(draft.id, rows, provenance)
    take = pa.array(sources)
    columns = [
        draft.customer.take(take),
        meters,
        values,
        draft.time.take(take),
        _sibling_ids(ids.take(take), derived[sources], sources, ordinals, meters),
        draft.dimensions.take(take),
    ]
    return _batch(columns, rows[sources], ordinals)


def _fanned_out(draft: Draft) -> tuple[Rows, Rows, pa.Array, pa.Array]:
    """For every event: its record, its place in that record, its meter and its value."""
    many = draft.has_values
    offsets, keys, items = kernels.entries(draft.values)
    sources, ordinals = kernels.spread(np.where(many, np.diff(offsets), 1))
    # Meters of plain records first, entries of `values` behind them: one take picks from both.
    picks = pa.array(np.where(many[sources], len(many) + offsets[sources] + ordinals, sources))
    meters = pa.concat_arrays([draft.meter, keys]).take(picks)
    values = pa.concat_arrays([draft.value, items]).take(picks)
    return sources, ordinals, meters, values


def _ids(given: pa.Array, rows: Rows, provenance: Provenance) -> tuple[pa.Array, Mask]:
    """The records' own ids, derived ones where there is none, and where that was."""
    absent = kernels.missing(given) | kernels.blank(given)
    lacking = np.flatnonzero(absent)
    if not len(lacking):
        return given, absent
    derived = provenance.derived_ids(rows[lacking])
    if len(lacking) == len(rows):
        return derived, absent
    return pc.replace_with_mask(given, pa.array(absent), derived), absent


def _sibling_ids(ids: pa.Array, derived: Mask, sources: Rows, ordinals: Rows, meters: pa.Array) -> pa.Array:
    """The ids with the event's place and meter behind them where its record makes several events."""
    several = np.bincount(sources)[sources] > 1 if len(sources) else np.zeros(0, np.bool_)
    if not several.any():
        return ids
    marks = pa.array(["#", "-"]).take(pa.array(derived.astype(np.int8)))
    places = pa.array(ordinals).cast(pa.string())
    longer = pc.binary_join_element_wise(ids, marks, places, "-", meters, "")
    return pc.if_else(pa.array(several), longer, ids)


def _batch(columns: list[pa.Array], rows: Rows, ordinals: Rows) -> pa.RecordBatch:
    origin = [pa.array(rows.astype(np.int32)), pa.array(ordinals.astype(np.int32))]
    return pa.RecordBatch.from_arrays([*columns, *origin], schema=EVENT_COLUMNS)
