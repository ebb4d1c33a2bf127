"""SendEvents: chunks of meter events to the sink, and a receipt for each."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial

import apache_beam as beam
from apache_beam.transforms.window import GlobalWindows
from apache_beam.utils.windowed_value import WindowedValue

from transforms import coders  # noqa: F401  # registers the coders of the elements below
from transforms.control.run_folder import RunFolder
from transforms.model.events import EventChunk
from transforms.model.receipts import Receipt
from transforms.sinks.delivery import Delivery
from transforms.sinks.sink import Sink, SinkUnusable
from transforms.sinks.table import SinkSettings, sink_for
from transforms.storage.access import storage_for
from transforms.storage.store import StorageError, StorageSettings

_LOOK_FOR_STOP_SECONDS = 0.5
"""How often a worker that may be waiting for a service looks whether the run is to stop."""


class SendEvents(beam.PTransform):  # type: ignore[misc]  # Beam ships no types
    """Delivers every event of every chunk, several requests at a time, and says what became of each.

    Input: `EventChunk`s. Output: one `Receipt` each, in order, as soon as its last request is answered and at the
    latest at the end of the bundle. Where the sink cannot be used, the bundle fails once every chunk that was begun
    has its receipt, so that what is fused behind can count what was sent and keep what was not.

    Delivery: at least once; a bundle done twice sends the same events with the same ids. Parallelism: the sink's
    requests per worker. Memory: a bounded number of chunks under way.

    Args:
        to: the sink as `--to` names it.
        settings: of the sink, without secrets; workers take those from their environment.
        storage: how file sinks reach their place.
        folder: where a failure is told, and where the stop mark would be.
    """

    def __init__(self, to: str, settings: SinkSettings, storage: StorageSettings, folder: RunFolder) -> None:
        super().__init__()
        self._send = _SendChunk(to, settings, storage, folder)

    def expand(self, chunks: beam.PCollection[EventChunk]) -> beam.PCollection[Receipt]:
        """Send each chunk, several at a time."""
        return chunks | "SendChunk" >> beam.ParDo(self._send).with_output_types(Receipt)


class _SendChunk(beam.DoFn):  # type: ignore[misc]
    def __init__(self, to: str, settings: SinkSettings, storage: StorageSettings, folder: RunFolder) -> None:
        self._to = to
        self._settings = settings
        self._storage = storage
        self._folder = folder

    def setup(self) -> None:
        self._closed = threading.Event()
        try:
            self._sink = sink_for(self._to, self._settings, lambda _: storage_for(self._storage))
        except (SinkUnusable, StorageError) as error:
            self._tell(error)
            raise
        self._delivery = Delivery(self._sink, tell=self._tell)
        watch = partial(_interrupt_when_stopped, self._sink, self._folder, self._closed)
        threading.Thread(target=watch, name="stop-mark", daemon=True).start()

    def process(self, chunk: EventChunk) -> Iterator[Receipt]:
        yield from self._delivery.submit(chunk)

    def finish_bundle(self) -> Iterator[WindowedValue]:
        yield from map(GlobalWindows.windowed_value_at_end_of_window, self._delivery.drain())

    def teardown(self) -> None:
        self._closed.set()
        self._delivery.close()

    def _tell(self, error: BaseException) -> None:
        """Leave the sentence of an error that stops the run where the driver finds it; runners mangle exceptions."""
        if isinstance(error, SinkUnusable | StorageError):
            self._folder.tell_failure(str(error))


def _interrupt_when_stopped(sink: Sink, folder: RunFolder, closed: threading.Event) -> None:
    while not closed.wait(_LOOK_FOR_STOP_SECONDS):
        if folder.stopped():
            sink.interrupt()
            return
