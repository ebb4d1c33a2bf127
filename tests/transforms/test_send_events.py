"""SendEvents: a receipt for each chunk, whatever became of its events."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from tests.sinks.chunks import event, event_chunk, numbered
from tests.sinks.receiver import Receiver, Reply
from tests.transforms.running import output_of
from transforms.control.run_folder import RunFolder
from transforms.model.events import EventChunk
from transforms.model.receipts import Receipt
from transforms.model.rejections import Code, Level
from transforms.send_events import SendEvents
from transforms.sinks.sink import SinkUnusable
from transforms.sinks.table import SinkSettings
from transforms.storage.store import StorageSettings


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """The run's folder."""
    (tmp_path / "run").mkdir()
    return RunFolder(str(tmp_path / "run"))


def send(chunks: list[EventChunk], to: str, folder: RunFolder, **settings: int) -> list[Receipt]:
    """The receipts of these chunks."""
    transform = SendEvents(to, SinkSettings(run="run-1", **settings), StorageSettings(), folder)  # type: ignore[arg-type]
    receipts: list[Receipt] = output_of(chunks, transform)
    return receipts


def test_a_receipt_for_each_chunk_in_order(folder: RunFolder) -> None:
    """All events arrive once; the receipts say so, those of chunks without events too."""
    chunks = [numbered(5, 0), event_chunk([], 1), numbered(3, 2)]
    with Receiver() as receiver:
        receipts = send(chunks, receiver.url, folder, batch=2)

    assert sorted(one["uniqueId"] for one in receiver.events) == sorted([f"id-{n}" for n in (*range(5), *range(3))])
    assert [receipt.account.chunk.index for receipt in receipts] == [0, 1, 2]
    assert [receipt.account.counts.events_sent for receipt in receipts] == [5, 0, 3]
    assert all(receipt.done for receipt in receipts)
    assert [receipt.account.counts.records_read for receipt in receipts] == [5, 0, 3]


def test_files_hold_what_the_receipts_say(tmp_path: Path, folder: RunFolder) -> None:
    """One file for each chunk with events, named after run, pack and chunk."""
    chunks = [numbered(2, 0), event_chunk([], 1), numbered(1, 2)]

    receipts = send(chunks, str(tmp_path / "out"), folder)

    names = [f"events-run-1-{chunk.account.chunk}.ndjson.gz" for chunk in (chunks[0], chunks[2])]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names
    lines = gzip.decompress((tmp_path / "out" / names[0]).read_bytes()).splitlines()
    assert [json.loads(line)["uniqueId"] for line in lines] == ["id-0", "id-1"]
    assert [receipt.account.counts.events_sent for receipt in receipts] == [2, 0, 1]


def test_a_refused_event_is_a_rejection_of_its_record(folder: RunFolder) -> None:
    """It quotes the record; the events beside it were sent."""
    chunk = event_chunk([event(0), event(1, meterApiName="bad"), event(1, uniqueId="sibling", ordinal=1)])
    bad = Reply(400, {}, b"no such meter")
    with Receiver(judge=lambda events: bad if any(e["meterApiName"] == "bad" for e in events) else Reply()) as receiver:
        (receipt,) = send([chunk], receiver.url, folder)

    (rejection,) = receipt.account.rejections
    assert (rejection.code, rejection.level, rejection.raw) == (Code.SINK_REFUSED, Level.EVENT, b"record 1")
    assert (receipt.account.counts.events_sent, receipt.account.counts.events_rejected) == (2, 1)


def test_what_is_not_taken_is_undelivered(folder: RunFolder) -> None:
    """The receipt carries the events and why."""
    with Receiver(judge=lambda _: Reply(503)) as receiver:
        (receipt,) = send([numbered(2)], receiver.url, folder, attempts=1)

    assert receipt.undelivered.column("uniqueId").to_pylist() == ["id-0", "id-1"]
    assert not receipt.done
    assert "503" in (receipt.detail or "")


def test_an_unusable_sink_is_told(folder: RunFolder) -> None:
    """Wrong credentials fail the bundle, with the sentence where the driver finds it."""
    with Receiver(judge=lambda _: Reply(401)) as receiver, pytest.raises(SinkUnusable, match="401"):
        send([numbered(2)], receiver.url, folder)

    assert "HTTP 401" in (folder.failure() or "")


def test_receipts_come_before_the_failure(folder: RunFolder, tmp_path: Path) -> None:
    """What is fused behind has every receipt, and the sentence is told, when the bundle fails."""
    notes = tmp_path / "notes"

    def note(receipt: Receipt) -> None:
        counts, told = receipt.account.counts, folder.failure() is not None
        with notes.open("a") as file:  # functions are copied on their way to the runner, so a list would stay empty
            file.write(json.dumps([counts.events_sent, counts.events_undelivered, told or receipt.done]) + "\n")

    with Receiver([Reply(), Reply(), Reply()], lambda _: Reply(401)) as receiver:
        settings = SinkSettings(run="run-1", batch=2, parallel=1)
        transform = SendEvents(receiver.url, settings, StorageSettings(), folder)
        pipeline = beam.Pipeline(runner=FnApiRunner())
        created = pipeline | beam.Create([numbered(4, index) for index in range(3)], reshuffle=False)
        created | transform | beam.Map(note)
        with pytest.raises(SinkUnusable, match="401"):
            pipeline.run()

    seen = [json.loads(line) for line in notes.read_text().splitlines()]
    assert seen == [[4, 0, True], [2, 2, True], [0, 4, True]]
    assert len(receiver.events) == 6


def test_a_key_that_a_worker_lacks_is_told(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver's environment is not the worker's."""
    monkeypatch.delenv("AMBERFLO_API_KEY", raising=False)
    with pytest.raises(SinkUnusable, match="AMBERFLO_API_KEY"):
        send([numbered(1)], "amberflo", folder)

    assert "AMBERFLO_API_KEY" in (folder.failure() or "")


def test_a_stopped_run_waits_for_no_service(folder: RunFolder) -> None:
    """Requests that would be tried again in an hour are undelivered as soon as the stop mark is seen."""

    def judge(_: object) -> Reply:
        folder.stop("enough")
        return Reply(503, {"Retry-After": "3600"})

    with Receiver(judge=judge) as receiver:
        (receipt,) = send([numbered(3)], receiver.url, folder)

    assert receipt.undelivered.num_rows == 3
    assert len(receiver.requests) == 1
