"""MapToEvents: chunks of records in, the chunks of their events out."""

from __future__ import annotations

import pyarrow as pa

from tests.mapping.records import DEFAULT, record, record_chunk
from tests.transforms.running import output_of
from transforms.map_events import MapToEvents
from transforms.model.events import EVENT_COLUMNS
from transforms.model.rejections import Code


def test_each_chunk_is_mapped_on_its_own() -> None:
    """One chunk out for each in, in order, just as the mapping gives it: good records as events, bad ones rejected."""
    several = record(uniqueId="e2", values={"a": 1, "b": 2}, meterApiName=None, meterValue=None)
    chunks = [record_chunk([record(), record(customerId=" "), several]), record_chunk([record(customerId=None)])]

    mapped = output_of(chunks, MapToEvents(DEFAULT))

    assert mapped == [part for chunk in chunks for part in DEFAULT.map(chunk)]
    assert [chunk.events.schema for chunk in mapped] == [EVENT_COLUMNS] * 2
    assert mapped[0].events.column("uniqueId") == pa.array(["e1", "e2#0-a", "e2#1-b"])
    assert [each.code for chunk in mapped for each in chunk.account.rejections] == [
        Code.BLANK_FIELD,
        Code.MISSING_FIELD,
    ]


def test_parts_have_ids_of_their_own() -> None:
    """A chunk of many large events comes out in parts, only the last of which ends the pack."""
    long = record(values={f"m{n}": n for n in range(60)}, dimensions={"note": "x" * 400_000})
    chunk = record_chunk([{**long, "meterApiName": None, "meterValue": None}] * 3)

    mapped = output_of([chunk], MapToEvents(DEFAULT))

    assert [str(part.account.chunk) for part in mapped] == [f"00112233aabbccdd-00000-{n:03d}" for n in range(3)]
    assert [part.account.chunk.last for part in mapped] == [False, False, True]
