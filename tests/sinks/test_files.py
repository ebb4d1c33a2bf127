"""Event files: content, names, and what the folder may already hold."""

from __future__ import annotations

import gzip
import io
import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.mapping.records import DEFAULT, record_chunk
from tests.sinks.chunks import event, event_chunk, numbered
from transforms.model.events import EVENTS, EventChunk
from transforms.sinks import files
from transforms.sinks.files import FileFormat, FileSink
from transforms.sinks.sink import Acknowledged, HoldsEvents, SinkUnusable, Undelivered
from transforms.storage.local import LocalStore
from transforms.storage.store import ObjectUnreadable, PlaceUnavailable, StorageError

MIXED = [
    event(0, dimensions=[("region", "eu"), ("note", 'say "hi"\n')]),
    event(1, meterValue=0.1, customerId="Ærø"),
    event(2, meterValue=-7.0, dimensions=[("region", "us")]),
]


def sink(folder: Path, file_format: FileFormat = FileFormat.NDJSON, *, append: bool = False) -> FileSink:
    """A sink that writes into the folder."""
    return FileSink(LocalStore(), f"{folder}/", run="r1", file_format=file_format, append=append)


def write(target: FileSink, chunk: EventChunk) -> None:
    """Write the chunk's file."""
    for request in target.requests(chunk):
        assert request.rows == range(chunk.events.num_rows)
        assert request.halves() is None
        assert request.deliver() == Acknowledged()


def test_ndjson_file_reads_back_as_the_same_events(tmp_path: Path) -> None:
    """The lines are records of the default schema: mapped again, they give the same events."""
    chunk = event_chunk(MIXED)
    write(sink(tmp_path), chunk)

    (file,) = tmp_path.iterdir()
    assert file.name == "events-r1-00112233aabbccdd-00000.ndjson.gz"
    records = [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
    (again,) = DEFAULT.map(record_chunk(records))
    assert again.events.select(EVENTS.names).equals(chunk.events.select(EVENTS.names))


def test_parquet_file_has_typed_columns(tmp_path: Path) -> None:
    """Numbers, text and the dimensions map come back with their types, zstd-compressed."""
    chunk = event_chunk(MIXED)
    write(sink(tmp_path, FileFormat.PARQUET), chunk)

    (file,) = tmp_path.iterdir()
    assert file.name == "events-r1-00112233aabbccdd-00000.parquet"
    assert pq.read_table(file).to_pylist() == pa.Table.from_batches([chunk.events.select(EVENTS.names)]).to_pylist()
    assert pq.read_schema(file).field("meterTimeInMillis").type == pa.int64()
    assert pq.ParquetFile(file).metadata.row_group(0).column(0).compression == "ZSTD"


def test_parquet_dictionary_only_where_values_repeat() -> None:
    """Repeating columns are stored as a dictionary, unique ones are not."""
    events = [event(number, dimensions=[("request", f"r-{number}")]) for number in range(100)]

    group = pq.ParquetFile(io.BytesIO(files.parquet(event_chunk(events).events.select(EVENTS.names)))).metadata

    columns = [group.row_group(0).column(index) for index in range(group.num_columns)]
    dictionary = [one.path_in_schema for one in columns if one.has_dictionary_page]
    assert dictionary == ["customerId", "meterApiName", "dimensions.key_value.key"]


def test_same_chunk_gives_the_same_bytes() -> None:
    """Writing again replaces a file by its equal: no time or chance is in the bytes, across windows too."""
    events = numbered(16_384 + 1).events

    assert files.ndjson_gz(events) == files.ndjson_gz(events)
    assert gzip.decompress(files.ndjson_gz(events)).count(b"\n") == events.num_rows


def test_chunk_without_events_writes_no_file(tmp_path: Path) -> None:
    """A chunk whose records were all rejected leaves nothing behind."""
    assert list(sink(tmp_path).requests(numbered(0))) == []


def test_each_part_of_a_chunk_is_a_file(tmp_path: Path) -> None:
    """Parts do not overwrite each other, and are known as this tool's files."""
    chunk = numbered(1)

    for account in chunk.account.divided(2):
        write(sink(tmp_path), replace(chunk, account=account))

    names = [f"events-r1-00112233aabbccdd-00000-{part}.ndjson.gz" for part in ("000", "001")]
    assert sorted(file.name for file in tmp_path.iterdir()) == names
    (tmp_path / names[0]).unlink()
    assert files.holds_events(LocalStore(), f"{tmp_path}/")


def test_folder_with_events_needs_append(tmp_path: Path) -> None:
    """Other files do not matter; a file of ours stops the run unless appending was asked for."""
    (tmp_path / "events-notes.txt").write_text("mine")
    (tmp_path / "events-by-day").mkdir()
    sink(tmp_path).check()
    assert not files.holds_events(LocalStore(), f"{tmp_path}/")

    write(sink(tmp_path), numbered(1))

    assert files.holds_events(LocalStore(), f"{tmp_path}/")
    with pytest.raises(HoldsEvents, match=f"{tmp_path}/ already holds events"):
        sink(tmp_path).check()
    sink(tmp_path, append=True).check()
    write(sink(tmp_path, append=True), numbered(1, index=1))
    assert len(list(tmp_path.glob("*.ndjson.gz"))) == 2


def test_check_refuses_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    """A file where the folder should be stops the run before it starts."""
    (tmp_path / "file").write_text("")

    with pytest.raises(SinkUnusable, match="cannot be written"):
        sink(tmp_path / "file").check()


class FailingStore(LocalStore):
    """A store whose writes fail as told."""

    def __init__(self, error: StorageError) -> None:
        self._error = error

    def put(self, uri: str, data: bytes) -> None:
        """Fail."""
        raise self._error


def test_storage_errors_become_answers() -> None:
    """A place that is gone stops the run; one object that could not be written is undelivered."""
    gone, lost = (
        FileSink(FailingStore(error), "/x/", run="r1") for error in (PlaceUnavailable("full"), ObjectUnreadable("lost"))
    )

    with pytest.raises(SinkUnusable, match="full"):
        next(gone.requests(numbered(1))).deliver()
    assert next(lost.requests(numbered(1))).deliver() == Undelivered("lost")
