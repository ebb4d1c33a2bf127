"""The whole way to a service over HTTP: what it takes, what it refuses, and what happens when it is not there."""

from __future__ import annotations

import json
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.pipelines.planted import Event
from tests.pipelines.running import as_event, events_in, files_below, ingest, laws_hold, rows_in
from tests.sinks.receiver import Receiver, Reply

AGAIN = {"Retry-After": "0"}


def record(number: int, **changes: Any) -> dict[str, Any]:
    """A good record with an id of its own."""
    return {
        "customerId": "acme",
        "meterApiName": "calls",
        "meterValue": number,
        "meterTimeInMillis": 1_795_132_800_000 + number,
        "uniqueId": f"id-{number}",
        **changes,
    }


def write(file: Path, records: list[dict[str, Any]]) -> Counter[Event]:
    """The records as NDJSON, and the events that they are."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(each) + "\n" for each in records), encoding="utf-8")
    return Counter(as_event(each) for each in records if "values" not in each)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The folder that is read."""
    return tmp_path / "in"


def received(receiver: Receiver) -> Counter[Event]:
    """What the service took, however often."""
    return Counter(as_event(event) for event in receiver.events)


def test_all_events_arrive_once(source: Path, tmp_path: Path) -> None:
    """What the service was sent is what was in the file, in requests of the size asked for."""
    expected = write(source / "a.ndjson", [record(n) for n in range(250)])
    with Receiver() as receiver:
        ran = ingest(tmp_path / "s", f"{source}/", "--to", receiver.url, "--batch-events", 100)

    assert ran.code == 0, ran.err
    assert received(receiver) == expected
    assert sorted(len(request.events) for request in receiver.requests) == [50, 100, 100]
    assert ran.summary["sink"] == receiver.url
    assert ran.err == ""


def test_what_a_busy_service_puts_off_is_sent_again(source: Path, tmp_path: Path) -> None:
    """429 and 500 are answered with another attempt, not with a loss or a double."""
    expected = write(source / "a.ndjson", [record(n) for n in range(30)])
    busy = [Reply(429, AGAIN), Reply(500, AGAIN), Reply(429, AGAIN), Reply(503, AGAIN)]
    with Receiver(busy) as receiver:
        ran = ingest(tmp_path / "s", f"{source}/", "--to", receiver.url, "--batch-events", 10)

    assert ran.code == 0, ran.err
    assert received(receiver) == expected
    assert len(receiver.requests) == 3 + len(busy)
    assert ran.summary["events_sent"] == 30


@pytest.mark.parametrize("workers", [1, 2])
def test_wrong_credentials_stop_the_run(
    source: Path, tmp_path: Path, workers: int, caplog: pytest.LogCaptureFixture
) -> None:
    """401 is exit 1 with one sentence and no trace, however many processes there are; no event counts as sent."""
    write(source / "a.ndjson", [record(n) for n in range(30)])
    with Receiver(judge=lambda _: Reply(401, {}, b"no such key")) as receiver:
        ran = ingest(tmp_path / "s", f"{source}/", "--to", receiver.url, "--workers", workers)

    assert ran.code == 1
    assert ran.err == ""
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []
    assert ran.out.splitlines()[-1].startswith(f"exit 1: {receiver.url} answered HTTP 401: no such key")
    assert ran.summary["failure"].startswith(f"{receiver.url} answered HTTP 401")
    assert ran.summary["events_sent"] == 0
    assert laws_hold(ran.summary, ("records", "events"))


@pytest.mark.parametrize("taken", [1, 7, 31])
def test_credentials_that_end_in_the_middle_leave_true_numbers(
    source: Path, tmp_path: Path, taken: int, caplog: pytest.LogCaptureFixture
) -> None:
    """401 after some requests: what was taken counts as sent, and what else was mapped is in the undelivered files."""
    expected: Counter[Event] = Counter()
    for number in range(20):
        expected += write(source / f"{number:02}.ndjson", [record(number * 100 + n) for n in range(10)])
    with Receiver([Reply()] * taken, lambda _: Reply(401, {}, b"the key has expired")) as receiver:
        ran = ingest(
            tmp_path / "s", f"{source}/", "--to", receiver.url, "--batch-events", 5, "--pack-bytes", 500, "--workers", 1
        )  # fmt: skip
    undelivered = events_in(source / "undelivered" / ran.summary["run"])

    assert ran.code == 1
    assert ran.err == ""
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []
    assert ran.out.splitlines()[-1].startswith(f"exit 1: {receiver.url} answered HTTP 401: the key has expired")
    assert ran.summary["events_sent"] == received(receiver).total() > 0
    assert ran.summary["events_undelivered"] == undelivered.total() > 0
    assert ran.summary["events_mapped"] == ran.summary["events_sent"] + ran.summary["events_undelivered"]
    assert received(receiver) + undelivered <= expected
    assert laws_hold(ran.summary, ("records", "events"))


def test_what_a_failing_service_never_took_can_be_read_again(source: Path, tmp_path: Path) -> None:
    """A service that goes down in the middle: exit 3, and the undelivered events are a file that a next run sends."""
    expected = write(source / "a.ndjson", [record(n, dimensions={"n": 1.5}) for n in range(100)])
    expected = Counter({(*event[:5], (("n", "1.5"),)): 1 for event in expected})
    answers = [Reply(), Reply(), Reply()]
    with Receiver(answers, lambda _: Reply(503)) as receiver:
        ran = ingest(tmp_path / "1", f"{source}/", "--to", receiver.url, "--batch-events", 10, "--attempts", 1)
    undelivered = source / "undelivered" / ran.summary["run"]

    assert ran.code == 3
    assert (ran.summary["events_sent"], ran.summary["events_undelivered"]) == (30, 70)
    assert ran.summary["undelivered_files"] == f"{undelivered}/"
    assert "503" in ran.summary["undelivered_because"]
    assert laws_hold(ran.summary)
    assert received(receiver) + events_in(undelivered) == expected
    assert "events undelivered: 70" in ran.out

    with Receiver() as recovered:
        again = ingest(tmp_path / "2", f"{undelivered}/", "--to", recovered.url, "--rejected", tmp_path / "r")

    assert again.code == 0, again.err
    assert received(receiver) + received(recovered) == expected


def test_undelivered_events_are_not_read_beside_their_objects(source: Path, tmp_path: Path) -> None:
    """A glob over the whole folder reads the objects again, and what was undelivered of them not a second time."""
    expected = write(source / "a.ndjson", [record(n) for n in range(10)])
    with Receiver(judge=lambda _: Reply(503)) as receiver:
        ingest(tmp_path / "1", f"{source}/", "--to", receiver.url, "--attempts", 1)
    with Receiver() as recovered:
        again = ingest(tmp_path / "2", f"{source}/", "--to", recovered.url)

    assert again.code == 0, again.err
    assert received(recovered) == expected
    assert (again.summary["objects_read"], again.summary["objects_skipped"]) == (1, 1)


def test_one_refused_event_costs_no_neighbour(source: Path, tmp_path: Path) -> None:
    """A request that is refused for one event is halved until only that event is left; the others arrive once."""
    records = [record(n) for n in range(98)]
    records.append({"customerId": "acme", "meterTimeInMillis": 1, "uniqueId": "many", "values": {"a": 1, "bad": 2}})
    write(source / "a.ndjson", records)

    def judge(events: list[dict[str, Any]]) -> Reply:
        bad = any(event["meterApiName"] == "bad" or event["uniqueId"] == "id-41" for event in events)
        return Reply(400, {}, b'{"error": "no such meter"}') if bad else Reply()

    with Receiver(judge=judge) as receiver:
        ran = ingest(tmp_path / "s", f"{source}/", "--to", receiver.url, "--batch-events", 100)
    rows = rows_in(source)

    assert ran.code == 0, ran.err
    assert sorted(event["uniqueId"] for event in receiver.events) == sorted(
        [f"id-{n}" for n in range(98) if n != 41] + ["many#0-a"]
    )
    assert len(receiver.requests) <= 30, "isolating two events takes about 2 log2(100) requests each"
    assert (ran.summary["events_sent"], ran.summary["events_rejected"]) == (98, 2)
    assert ran.summary["records_mapped"] == 99
    assert ran.summary["rejections_by_code"] == {"SINK_REFUSED": 2}
    assert laws_hold(ran.summary)
    assert [(row["code"], row["level"], row["record"], row["line"]) for row in rows] == [
        ("SINK_REFUSED", "event", 42, 42),
        ("SINK_REFUSED", "event", 99, 99),
    ]
    assert [json.loads(row["raw"]) for row in rows] == [records[41], records[98]]
    assert "1 of its record's 2 events were sent" in rows[1]["detail"]
    assert "no such meter" in rows[0]["detail"]


def test_a_service_that_refuses_everything_fails_the_run(source: Path, tmp_path: Path) -> None:
    """All records were good, and still nothing arrived: more than half of the events were rejected."""
    write(source / "a.ndjson", [record(n) for n in range(20)])
    with Receiver(judge=lambda _: Reply(422)) as receiver:
        ran = ingest(tmp_path / "s", f"{source}/", "--to", receiver.url)

    assert ran.code == 1
    assert "20 of 20 events were rejected" in ran.summary["too_much_rejected"]
    assert laws_hold(ran.summary)


def test_the_key_of_amberflo_goes_into_its_header_and_nowhere_else(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the output, the summary nor a reason file holds the key, even if the service repeats it."""
    monkeypatch.setenv("AMBERFLO_API_KEY", "key-hunter2")
    expected = write(source / "a.ndjson", [record(n) for n in range(4)])
    answers = [Reply(400, {}, b"refused for key-hunter2")]
    with Receiver(answers) as receiver:
        ran = ingest(
            tmp_path / "s", f"{source}/", "--to", "amberflo", "--amberflo-url", receiver.url, "--batch-events", 1,
            "--parallel-requests", 1,
        )  # fmt: skip
    written = b"".join((source / name).read_bytes() for name in files_below(source))

    assert ran.code == 0, ran.err
    assert {request.headers["x-api-key"] for request in receiver.requests} == {"key-hunter2"}
    assert received(receiver) == expected - Counter([as_event(record(0))])
    assert "hunter2" not in ran.out + ran.err + json.dumps(ran.summary) + json.dumps(rows_in(source))
    assert b"hunter2" not in written


def test_a_token_in_the_address_is_not_shown(source: Path, tmp_path: Path) -> None:
    """A query that a service wants in its address is sent, and is in neither the output nor the summary."""
    write(source / "a.ndjson", [record(0)])
    with Receiver() as receiver:
        ran = ingest(tmp_path / "s", f"{source}/", "--to", f"{receiver.url}?token=hunter2")

    assert ran.code == 0, ran.err
    assert receiver.requests[0].path == "/ingest?token=hunter2"
    assert "hunter2" not in ran.out + ran.err + json.dumps(ran.summary)


def test_a_service_that_does_not_answer_is_given_up(source: Path, tmp_path: Path) -> None:
    """`--request-timeout` ends the wait for an answer; the events are undelivered."""
    write(source / "a.ndjson", [record(0)])
    over, outlasted = threading.Event(), []

    def silent(_: list[dict[str, Any]]) -> Reply:
        if not over.wait(30):
            outlasted.append("the run waited for longer than it was told")
        return Reply(0)

    with Receiver(judge=silent) as receiver:
        try:
            ran = ingest(tmp_path / "s", f"{source}/", "--to", receiver.url, "--attempts", 1, "--request-timeout", 0.2)
        finally:
            over.set()

    assert outlasted == []
    assert ran.code == 3
    assert ran.summary["events_undelivered"] == 1
