"""GatherTallies: all tallies of a run to one object, for a driver that shares no disk with its workers."""

from __future__ import annotations

from collections.abc import Iterable

import apache_beam as beam
import msgspec

from transforms import coders  # noqa: F401  # registers the coders of the elements below
from transforms.model.accounts import Tally
from transforms.storage.access import storage_for
from transforms.storage.store import StorageSettings


class GatherTallies(beam.PTransform):  # type: ignore[misc]  # Beam ships no types
    """Writes every distinct tally as a line of NDJSON; `read_tallies` reads them back.

    Input: bounded `Tally`s. Output: the URI, once it is written.

    Delivery: tallies of a bundle that was done twice are the same and count once. Parallelism: one worker, since a
    tally is some hundred bytes a chunk of 50,000 records.

    Args:
        uri: where to write.
        storage: how to reach it.
    """

    def __init__(self, uri: str, storage: StorageSettings) -> None:
        super().__init__()
        self._write = _WriteTallies(uri, storage)

    def expand(self, tallies: beam.PCollection[Tally]) -> beam.PCollection[str]:
        """Bring all tallies to one worker and write them."""
        return (
            tallies
            | "OneKey" >> beam.Map(lambda tally: (0, tally)).with_output_types(tuple[int, Tally])
            | "Together" >> beam.GroupByKey()
            | "WriteTallies" >> beam.ParDo(self._write).with_output_types(str)
        )


class _WriteTallies(beam.DoFn):  # type: ignore[misc]
    def __init__(self, uri: str, storage: StorageSettings) -> None:
        self._uri = uri
        self._settings = storage

    def setup(self) -> None:
        self._storage = storage_for(self._settings)

    def process(self, gathered: tuple[int, Iterable[Tally]]) -> list[str]:
        distinct = {tally.id: tally for tally in gathered[1]}
        encoder = msgspec.json.Encoder()
        self._storage.put(self._uri, b"".join(encoder.encode(tally) + b"\n" for tally in distinct.values()))
        return [self._uri]


def read_tallies(content: bytes) -> list[Tally]:
    """The tallies that `GatherTallies` wrote."""
    return msgspec.json.Decoder(Tally).decode_lines(content)
