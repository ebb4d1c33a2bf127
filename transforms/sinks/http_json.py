"""Any HTTP service that takes a JSON array of events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from transforms.model.events import EventChunk
from transforms.sinks.event_form import EventForm
from transforms.sinks.http import HttpClient, HttpSettings
from transforms.sinks.json_text import JsonText, elements, window_of
from transforms.sinks.sink import Answer

BODY_BYTES = 4 * 1024 * 1024
"""A request ends here even below its number of events; services commonly refuse bodies of 5 MB and more."""


@dataclass(frozen=True, slots=True)
class ArrayRequest:
    """Consecutive events as one JSON array; the body is cut out of their window's text when it is sent."""

    client: HttpClient
    text: JsonText
    first: int
    start: int
    stop: int

    @property
    def rows(self) -> range:
        """Which rows of the chunk's events: those of the window begin at `first`."""
        return range(self.first + self.start, self.first + self.stop)

    def deliver(self) -> Answer:
        """Post the array."""
        return self.client.post(self.text.array(self.start, self.stop))

    def halves(self) -> tuple[ArrayRequest, ArrayRequest] | None:
        """The request as two, down to single events."""
        if self.stop - self.start < 2:
            return None
        middle = (self.start + self.stop) // 2
        return (
            ArrayRequest(self.client, self.text, self.first, self.start, middle),
            ArrayRequest(self.client, self.text, self.first, middle, self.stop),
        )


class JsonArraySink:
    """Posts JSON arrays of at most `batch` events. At least once: ids let the service drop what it has already."""

    def __init__(self, name: str, settings: HttpSettings, batch: int, event_form: EventForm = EventForm.METER) -> None:
        self.name = name
        self.parallel = settings.parallel
        self._client = HttpClient(settings)
        self._batch = batch
        self._form = event_form

    def check(self) -> None:
        """Connect to the service; nothing is sent.

        Raises:
            SinkUnusable: it cannot be reached.
        """
        self._client.check()

    def requests(self, chunk: EventChunk) -> Iterator[ArrayRequest]:
        """The chunk's events in requests of `batch`, fewer where `BODY_BYTES` is reached."""
        window = max(window_of(chunk.events) // self._batch, 1) * self._batch
        for first in range(0, chunk.events.num_rows, window):
            text = elements(chunk.events.slice(first, window), self._form)
            for start, stop in _cuts(text, self._batch):
                yield ArrayRequest(self._client, text, first, start, stop)

    def interrupt(self) -> None:
        """Give up on requests that wait for another attempt."""
        self._client.interrupt()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _cuts(text: JsonText, batch: int) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(text):
        full = int(np.searchsorted(text.offsets, int(text.offsets[start]) + BODY_BYTES, side="right")) - 1
        stop = max(start + 1, min(start + batch, len(text), full))
        yield start, stop
        start = stop
