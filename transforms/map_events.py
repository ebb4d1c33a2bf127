"""MapToEvents: chunks of records to chunks of meter events."""

from __future__ import annotations

import apache_beam as beam

from transforms import coders  # noqa: F401  # registers the coders of the elements below
from transforms.mapping.mapping import Mapping
from transforms.model.events import EventChunk
from transforms.model.records import RecordChunk


class MapToEvents(beam.PTransform):  # type: ignore[misc]  # Beam ships no types
    """Applies a mapping's column kernels to every chunk; a record is mapped whole or rejected whole.

    Input: `RecordChunk`s decoded after the mapping's plan. Output: one `EventChunk` each, possibly without events,
    the rejections in its account.

    Delivery: a pure function of the chunk. Parallelism: that of the input.

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

    def process(self, chunk: RecordChunk) -> list[EventChunk]:
        return [self._mapping.map(chunk)]
