"""Files of events: NDJSON (gzip), which can be read as input again, or Parquet."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq
from isal import isal_zlib

from transforms.model.events import EVENTS, EventChunk
from transforms.sinks.event_form import EventForm
from transforms.sinks.json_text import lines, window_of
from transforms.sinks.sink import Acknowledged, Answer, HoldsEvents, SinkUnusable, Undelivered
from transforms.storage.store import ObjectUnreadable, PlaceUnavailable, Store

SAMPLE_EVENTS = 2_048
"""The first values of a column tell whether a Parquet dictionary pays."""

_GZIP = 31
"""zlib's window bits for a gzip member; its header holds no time, so equal events give equal files."""


class FileFormat(StrEnum):
    """How events are written."""

    NDJSON = "ndjson"
    PARQUET = "parquet"


EXTENSIONS = {FileFormat.NDJSON: "ndjson.gz", FileFormat.PARQUET: "parquet"}
_NAME = re.compile(r"events-[^/]+-[0-9a-f]{16}-[0-9]{5,}(-[0-9]{3,})?\.(ndjson\.gz|parquet)")


def holds_events(store: Store, place: str) -> bool:
    """Whether files named like this sink's lie directly in the folder `place` (with its trailing slash)."""
    return any(
        _NAME.fullmatch(ref.uri.removeprefix(place)) for page in store.list(f"{place}events-", place) for ref in page
    )


@dataclass(frozen=True, slots=True)
class FileRequest:
    """A chunk's events as one file, made when it is sent so that encoding runs beside the decoding of the next."""

    store: Store
    uri: str
    events: pa.RecordBatch
    encode: Callable[[pa.RecordBatch], bytes]

    @property
    def rows(self) -> range:
        """All rows of the chunk."""
        return range(self.events.num_rows)

    def deliver(self) -> Answer:
        """Put the file, replacing one of the same name: the same chunk of an earlier attempt.

        Raises:
            SinkUnusable: the place cannot be written to.
        """
        try:
            self.store.put(self.uri, self.encode(self.events))
        except PlaceUnavailable as error:
            raise SinkUnusable(str(error)) from error
        except ObjectUnreadable as error:
            return Undelivered(str(error))
        return Acknowledged()

    def halves(self) -> None:
        """Nothing: files are never refused."""
        return


class FileSink:
    """Writes one file a chunk, `events-<run>-<pack>-<chunk>.<extension>`, each atomically.

    A chunk of several parts is as many files, with `-<part>` behind the chunk.
    Exactly once: a chunk that is written again in the same run replaces its file with equal events.

    Attributes:
        name: the folder.
        parallel: files encoded or on their way at once.
    """

    def __init__(
        self,
        store: Store,
        place: str,
        *,
        run: str,
        file_format: FileFormat = FileFormat.NDJSON,
        event_form: EventForm = EventForm.METER,
        append: bool = False,
        parallel: int = 4,
    ) -> None:
        self.name = place
        self.parallel = parallel
        self._store = store
        self._run = run
        self._append = append
        self._extension = EXTENSIONS[file_format]
        self._encode = parquet if file_format is FileFormat.PARQUET else partial(ndjson_gz, form=event_form)

    def check(self) -> None:
        """Try to write below the folder, and look whether it holds events already.

        Raises:
            SinkUnusable: it cannot be written to.
            HoldsEvents: it holds this tool's events and appending was not asked for.
        """
        try:
            self._store.check_writable(self.name)
            held = not self._append and holds_events(self._store, self.name)
        except (PlaceUnavailable, ObjectUnreadable) as error:
            raise SinkUnusable(str(error)) from error
        if held:
            raise HoldsEvents(f"{self.name} already holds events of an earlier run; --append adds to them")

    def requests(self, chunk: EventChunk) -> Iterator[FileRequest]:
        """One request, none for a chunk without events."""
        if chunk.events.num_rows:
            uri = f"{self.name}events-{self._run}-{chunk.account.chunk}.{self._extension}"
            yield FileRequest(self._store, uri, chunk.events.select(EVENTS.names), self._encode)

    def interrupt(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        """Nothing is held; the store belongs to who made it."""


def ndjson_gz(events: pa.RecordBatch, form: EventForm = EventForm.METER) -> bytes:
    """The events as gzipped lines of JSON, one gzip member, level 1 of isal."""
    packer = isal_zlib.compressobj(1, wbits=_GZIP)
    size = window_of(events)
    windows = (events.slice(first, size) for first in range(0, events.num_rows, size))
    return b"".join([*(packer.compress(lines(window, form).data) for window in windows), packer.flush()])


def parquet(events: pa.RecordBatch) -> bytes:
    """The events as a Parquet file with one row group, zstd, and statistics where queries filter."""
    sink = pa.BufferOutputStream()
    pq.write_table(
        pa.Table.from_batches([events]),
        sink,
        compression="zstd",
        use_dictionary=_repetitive(events),
        write_statistics=["customerId", "meterApiName", "meterTimeInMillis"],
    )
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _repetitive(events: pa.RecordBatch) -> list[str]:
    """The Parquet paths of the text columns in which most values come again."""
    maps = events.column("dimensions")
    texts = {name: events.column(name) for name in ("customerId", "meterApiName")}
    texts["dimensions.key_value.key"] = maps.keys
    texts["dimensions.key_value.value"] = maps.items
    return [path for path, column in texts.items() if _repeats(column.slice(0, SAMPLE_EVENTS))]


def _repeats(sample: pa.Array) -> bool:
    return 2 * len(sample.unique()) <= len(sample)
