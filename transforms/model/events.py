"""Chunks of meter events: who used how much of what, when, with which dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from transforms.model.accounts import Account
from transforms.model.records import Provenance

EVENTS = pa.schema(
    [
        pa.field("customerId", pa.string(), nullable=False),
        pa.field("meterApiName", pa.string(), nullable=False),
        pa.field("meterValue", pa.float64(), nullable=False),
        pa.field("meterTimeInMillis", pa.int64(), nullable=False),
        pa.field("uniqueId", pa.string(), nullable=False),
        pa.field("dimensions", pa.map_(pa.string(), pa.string())),
    ]
)
"""The event columns, named as in Amberflo's ingest schema (https://docs.amberflo.io/docs/meter-ingestion-event-schema).
`meterValue` is finite; `dimensions` is null where an event has none."""

LATEST = 253_402_300_799_999
"""The last `meterTimeInMillis`: the end of the year 9999, behind which many readers of times fail."""

ORIGIN = pa.schema([pa.field("row", pa.int32(), nullable=False), pa.field("ordinal", pa.int32(), nullable=False)])
"""Which row of the chunk's provenance an event came from, and which event of that record it is, from 0."""

EVENT_COLUMNS = pa.schema([*EVENTS, *ORIGIN])
"""All columns of an event chunk."""


def event_batch(
    columns: Sequence[pa.Array], rows: npt.NDArray[np.integer], ordinals: npt.NDArray[np.integer]
) -> pa.RecordBatch:
    """The batch of `columns` in the order of `EVENTS`, with the events' origin behind them."""
    origin = [pa.array(rows.astype(np.int32)), pa.array(ordinals.astype(np.int32))]
    return pa.RecordBatch.from_arrays([*columns, *origin], schema=EVENT_COLUMNS)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventChunk:
    """The events of one record chunk or of a part of it, in record order: a Beam element.

    Attributes:
        events: with the schema `EVENT_COLUMNS`.
        provenance: of the whole record chunk; parts share it.
        account: of this part.
    """

    events: pa.RecordBatch
    provenance: Provenance
    account: Account
