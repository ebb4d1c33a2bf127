"""Event chunks for tests."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from transforms.model.accounts import Account, ChunkId, Counts
from transforms.model.events import EVENT_COLUMNS, EventChunk
from transforms.model.objects import ObjectRef
from transforms.model.records import PLACES, Block, Provenance

OBJECT = ObjectRef(uri="s3://usage/a.ndjson", root="s3://usage/", version="v1", size=0, modified_ms=0)


def event(number: int, **changes: Any) -> dict[str, Any]:
    """An event of record `number`, with these fields changed."""
    return {
        "customerId": "acme",
        "meterApiName": "calls",
        "meterValue": 1.0,
        "meterTimeInMillis": 1700000000000 + number,
        "uniqueId": f"id-{number}",
        "dimensions": None,
        "row": number,
        "ordinal": 0,
        **changes,
    }


def event_chunk(events: list[dict[str, Any]], index: int = 0) -> EventChunk:
    """The chunk of these events; the record of row n is the line `record n`."""
    rows = max((one["row"] for one in events), default=-1) + 1
    lines = [f"record {row}".encode() for row in range(rows)]
    places, offset = [], 0
    for row, line in enumerate(lines):
        places.append(
            {"object": 0, "offset": offset, "length": len(line), "record": row + 1, "line": row + 1},
        )
        offset += len(line) + 1
    return EventChunk(
        events=pa.RecordBatch.from_pylist(events, schema=EVENT_COLUMNS),
        provenance=Provenance(
            objects=(OBJECT,),
            places=pa.RecordBatch.from_pylist(places, schema=PLACES),
            blocks=(Block(object=0, offset=0, data=b"\n".join(lines), rows=rows),),
        ),
        account=Account(
            chunk=ChunkId(pack="00112233aabbccdd", index=index, last=False),
            counts=Counts(records_read=rows, records_mapped=rows, events_mapped=len(events)),
        ),
    )


def numbered(count: int, index: int = 0) -> EventChunk:
    """A chunk of `count` events, each of its own record."""
    return event_chunk([event(number) for number in range(count)], index)
