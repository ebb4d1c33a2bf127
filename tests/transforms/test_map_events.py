"""MapToEvents: chunks of records in, the chunks of their events out."""

from __future__ import annotations

import pyarrow as pa

from tests.mapping.records import record, record_chunk
from tests.transforms.running import output_of
from transforms.map_events import MapToEvents
from transforms.mapping.default import DefaultMapping
from transforms.model.events import EVENT_COLUMNS
from transforms.model.rejections import Code


def test_each_chunk_is_mapped_on_its_own() -> None:
    """One chunk out for each in, in order, just as the mapping gives it: good records as events, bad ones rejected."""
    several = record(uniqueId="e2", values={"a": 1, "b": 2}, meterApiName=None, meterValue=None)
    chunks = [record_chunk([record(), record(customerId=" "), several]), record_chunk([record(customerId=None)])]

    mapped = output_of(chunks, MapToEvents(DefaultMapping()))

    assert mapped == [DefaultMapping().map(chunk) for chunk in chunks]
    assert [chunk.events.schema for chunk in mapped] == [EVENT_COLUMNS] * 2
    assert mapped[0].events.column("uniqueId") == pa.array(["e1", "e2#0-a", "e2#1-b"])
    assert [each.code for chunk in mapped for each in chunk.account.rejections] == [
        Code.BLANK_FIELD,
        Code.MISSING_FIELD,
    ]
