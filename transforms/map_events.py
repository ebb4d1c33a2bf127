"""MapToEvents: chunks of records to chunks of meter events."""

from __future__ import annotations

from collections.abc import Iterator

import apache_beam as beam

from transforms import coders  # noqa: F401  # registers the coders of the elements below
from transforms.mapping.mapping import Mapping
from transforms.model.events import EventChunk
from transforms.model.records import RecordChunk


class MapToEvents(beam.PTransform):  # type: ignore[misc]  # Beam ships no types
    """Applies a mapping's column kernels to every chunk; a record is mapped whole or rejected whole.

    Input: `RecordChunk`s decoded after the mapping's plan. Output: one `EventChunk` each, possibly without events, or
    several parts where the events are many times their records; the rejections are in the account of the last.

    Delivery: a pure function of the chunk. Parallelism: that of the input. Memory: one part at a time where the steps
    behind are fused to this one.

    Args:
        mapping: picklable; made once, used by every worker.
    """

    def __init__(self, mapping: Mapping) -> None:
        super().__init__()
        self._mapping = mapping

    def expand(self, chunks: beam.PCollection[RecordChunk]) -> beam.PCollection[EventChunk]:
        """Map each chunk on its own."""
        return chunks | "MapChunk" >> beam.ParDo(_MapChunk(self._mapping)).with_output_types(EventChunk)


class _MapChunk(beam.DoFn):  # type: ignore[misc]
    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping

    def process(self, chunk: RecordChunk) -> Iterator[EventChunk]:
        return self._mapping.map(chunk)
