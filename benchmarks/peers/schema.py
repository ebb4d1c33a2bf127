"""The columns of events in Parquet, where a peer writes them with pyarrow."""

from __future__ import annotations

import pyarrow as pa

EVENTS = pa.schema(
    [
        ("customerId", pa.string()),
        ("meterApiName", pa.string()),
        ("meterValue", pa.float64()),
        ("meterTimeInMillis", pa.int64()),
        ("uniqueId", pa.string()),
        ("dimensions", pa.map_(pa.string(), pa.string())),
    ]
)
