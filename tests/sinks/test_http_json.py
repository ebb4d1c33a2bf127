"""JSON arrays to a real receiver, through the delivery, from events to receipts."""

from __future__ import annotations

from typing import Any

from tests.sinks.chunks import event, event_chunk, numbered
from tests.sinks.receiver import Receiver, Reply
from transforms.model.events import EventChunk
from transforms.model.receipts import Receipt
from transforms.sinks import http_json
from transforms.sinks.delivery import Delivery
from transforms.sinks.http import HttpSettings
from transforms.sinks.http_json import JsonArraySink


def deliver(url: str, chunk: EventChunk, batch: int) -> Receipt:
    """The chunk's receipt."""
    settings = HttpSettings(url=url, attempts=2, wait_seconds=0.001)
    delivery = Delivery(JsonArraySink("receiver", settings, batch))
    try:
        (receipt,) = [*delivery.submit(chunk), *delivery.drain()]
    finally:
        delivery.close()
    return receipt


def test_every_event_arrives_once() -> None:
    """Events of more than one window are cut into full requests, and none is missing or doubled."""
    count = 16_384 + 2_500
    with Receiver() as receiver:
        receipt = deliver(receiver.url, numbered(count), batch=1_000)

    assert receipt.account.counts.events_sent == count
    assert sorted(one["uniqueId"] for one in receiver.events) == sorted(f"id-{number}" for number in range(count))
    assert sorted(len(one.events) for one in receiver.requests) == [884, *[1_000] * 18]


def test_large_events_make_smaller_requests() -> None:
    """A request ends at its limit of bytes, and an event beyond it goes alone."""
    sizes = [http_json.BODY_BYTES // 3, http_json.BODY_BYTES // 2, http_json.BODY_BYTES + 1, 1]
    events = [event(number, customerId="c" * size) for number, size in enumerate(sizes)]
    with Receiver() as receiver:
        receipt = deliver(receiver.url, event_chunk(events), batch=100)

    assert receipt.done
    assert sorted(tuple(one["uniqueId"] for one in request.events) for request in receiver.requests) == [
        ("id-0", "id-1"),
        ("id-2",),
        ("id-3",),
    ]


def test_bad_event_is_found_and_neighbours_are_sent() -> None:
    """A service that refuses whole requests because of one event gets all others, and the event is named."""

    def judge(events: list[dict[str, Any]]) -> Reply:
        return Reply(400, body=b"unknown meter") if any(e["meterApiName"] == "bad" for e in events) else Reply()

    events = [event(number, meterApiName="bad" if number in {3, 77} else "calls") for number in range(100)]
    with Receiver(judge=judge) as receiver:
        receipt = deliver(receiver.url, event_chunk(events), batch=100)

    assert [rejection.detail for rejection in receipt.account.rejections] == [
        "event id-3: HTTP 400: unknown meter",
        "event id-77: HTTP 400: unknown meter",
    ]
    assert {one["uniqueId"] for one in receiver.events} == {f"id-{number}" for number in range(100)} - {"id-3", "id-77"}
    assert len(receiver.events) == receipt.account.counts.events_sent == 98


def test_partial_outage_leaves_only_its_requests_undelivered() -> None:
    """Requests that never got through are undelivered, the others are sent."""

    def judge(events: list[dict[str, Any]]) -> Reply:
        return Reply(500) if events[0]["uniqueId"] == "id-10" else Reply()

    with Receiver(judge=judge) as receiver:
        receipt = deliver(receiver.url, numbered(30), batch=10)

    assert receipt.undelivered.column("uniqueId").to_pylist() == [f"id-{number}" for number in range(10, 20)]
    assert receipt.account.counts.events_sent == 20
    assert receipt.detail == f"{receiver.url} answered HTTP 500 (attempt 2 of 2)"


def test_retried_requests_repeat_the_same_ids() -> None:
    """What is sent again is the same body, so a service that drops known ids counts it once."""
    with Receiver([Reply(503)]) as receiver:
        receipt = deliver(receiver.url, numbered(5), batch=5)

    assert receipt.done
    assert receiver.requests[0].events == receiver.requests[1].events
