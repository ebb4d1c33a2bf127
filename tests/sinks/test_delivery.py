"""Delivery: receipts in order, laws of counting, bounds, and what a refusal costs."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sinks.chunks import event, event_chunk, numbered
from transforms.model.accounts import Counts
from transforms.model.events import EVENTS, EventChunk
from transforms.model.receipts import Receipt
from transforms.model.rejections import Code, Level
from transforms.sinks.delivery import Delivery
from transforms.sinks.sink import Acknowledged, Answer, Refused, SinkUnusable, Undelivered

Judge = Callable[[list[str]], Answer]


@dataclass(frozen=True, slots=True)
class FakeRequest:
    """Events by their ids; the judge answers."""

    ids: list[str]
    rows: range
    judge: Judge

    def deliver(self) -> Answer:
        """What the judge says."""
        return self.judge(self.ids)

    def halves(self) -> tuple[FakeRequest, FakeRequest] | None:
        """Two of half the ids."""
        middle = len(self.ids) // 2
        if not middle:
            return None
        return (
            FakeRequest(self.ids[:middle], self.rows[:middle], self.judge),
            FakeRequest(self.ids[middle:], self.rows[middle:], self.judge),
        )


class FakeSink:
    """A sink that cuts chunks by number and asks a judge."""

    name = "fake"

    def __init__(self, judge: Judge, *, batch: int = 4, parallel: int = 4) -> None:
        self.parallel = parallel
        self.interrupted = threading.Event()
        self.closed = False
        self._judge = judge
        self._batch = batch

    def check(self) -> None:
        """Nothing to check."""

    def requests(self, chunk: EventChunk) -> Iterator[FakeRequest]:
        """Requests of `batch` events."""
        ids = chunk.events.column("uniqueId").to_pylist()
        for start in range(0, len(ids), self._batch):
            rows = range(start, min(start + self._batch, len(ids)))
            yield FakeRequest(ids[rows.start : rows.stop], rows, self._judge)

    def interrupt(self) -> None:
        """Remember it."""
        self.interrupted.set()

    def close(self) -> None:
        """Remember it."""
        self.closed = True


def deliver(sink: FakeSink, *chunks: EventChunk) -> list[Receipt]:
    """The receipts of all chunks."""
    delivery = Delivery(sink)
    try:
        receipts = [receipt for chunk in chunks for receipt in delivery.submit(chunk)]
        return [*receipts, *delivery.drain()]
    finally:
        delivery.close()


def test_acknowledged_chunks_have_complete_receipts_in_order() -> None:
    """Every chunk has one receipt, in the order submitted, empty chunks too, with the counts of steps before kept."""
    chunks = [numbered(9, 0), numbered(0, 1), numbered(5, 2)]

    receipts = deliver(FakeSink(lambda _: Acknowledged()), *chunks)

    assert [receipt.account.chunk for receipt in receipts] == [chunk.account.chunk for chunk in chunks]
    assert [receipt.account.counts.events_sent for receipt in receipts] == [9, 0, 5]
    assert [receipt.account.counts.records_mapped for receipt in receipts] == [9, 0, 5]
    assert all(receipt.done and receipt.detail is None for receipt in receipts)


def test_refused_event_costs_itself_alone() -> None:
    """One bad event in a request of many is found by halving, in a logarithmic number of requests."""
    asked: list[list[str]] = []

    def judge(ids: list[str]) -> Answer:
        asked.append(ids)
        return Refused("HTTP 400: bad meter") if "id-37" in ids else Acknowledged()

    (receipt,) = deliver(FakeSink(judge, batch=64), numbered(64))

    (rejection,) = receipt.account.rejections
    assert (rejection.code, rejection.level) == (Code.SINK_REFUSED, Level.EVENT)
    assert rejection.detail == "event id-37: HTTP 400: bad meter"
    assert rejection.raw == b"record 37"
    assert (receipt.account.counts.events_sent, receipt.account.counts.events_rejected) == (63, 1)
    assert receipt.done
    assert len(asked) == 1 + 2 * 6


def test_refusal_tells_of_the_siblings() -> None:
    """Where a record made several events, the rejection says how many of them were sent."""
    events = [event(0, uniqueId=f"id-0#{ordinal}-m", ordinal=ordinal) for ordinal in range(3)]
    sink = FakeSink(lambda ids: Refused("no") if "id-0#1-m" in ids else Acknowledged())

    (receipt,) = deliver(sink, event_chunk(events))

    assert receipt.account.rejections[0].detail == "event id-0#1-m, 2 of its record's 3 events were sent: no"


def test_undelivered_events_are_in_the_receipt() -> None:
    """Events of a request that was given up on come back as they were, with what went wrong."""
    chunk = numbered(10)
    sink = FakeSink(lambda ids: Undelivered("no answer") if "id-5" in ids else Acknowledged())

    (receipt,) = deliver(sink, chunk)

    assert receipt.undelivered.schema.equals(EVENTS)
    assert receipt.undelivered.equals(chunk.events.select(EVENTS.names).slice(4, 4))
    assert (receipt.done, receipt.detail) == (False, "no answer")


@settings(deadline=None)
@given(st.lists(st.sampled_from([Acknowledged(), Refused("no"), Undelivered("gone")]), max_size=30), st.integers(1, 7))
def test_every_event_is_counted_once(fates: list[Answer], batch: int) -> None:
    """Whatever the answers, sent, rejected and undelivered add up, and the counts match what the receipt holds."""

    def judge(ids: list[str]) -> Answer:
        """A request is refused if any event is, and undelivered if any is and none is refused."""
        answers = [fates[int(one.removeprefix("id-"))] for one in ids]
        kinds = (Refused, Undelivered, Acknowledged)
        return next(answer for kind in kinds for answer in answers if isinstance(answer, kind))

    (receipt,) = deliver(FakeSink(judge, batch=batch, parallel=2), numbered(len(fates)))

    counts = receipt.account.counts
    assert counts.events_mapped == counts.events_sent + counts.events_rejected + counts.events_undelivered
    assert counts.events_rejected == len(receipt.account.rejections) == fates.count(Refused("no"))
    assert counts.events_undelivered == receipt.undelivered.num_rows
    assert receipt.done == (counts.events_undelivered == 0)


def test_unusable_sink_stops_everything() -> None:
    """The error comes out of submit or drain, and requests not yet sent are never sent."""
    asked: list[list[str]] = []

    def judge(ids: list[str]) -> Answer:
        asked.append(ids)
        raise SinkUnusable("HTTP 401")

    sink = FakeSink(judge, batch=1, parallel=1)
    with pytest.raises(SinkUnusable, match="HTTP 401"):
        deliver(sink, numbered(100), numbered(100, 1))

    assert asked == [["id-0"]]
    assert sink.closed


@pytest.mark.parametrize("parallel", [1, 4])
@pytest.mark.parametrize("bounds", [{}, {"in_flight_bytes": 1}, {"in_flight_chunks": 2}])
@pytest.mark.parametrize("taken", [0, 7, 20, 59])
def test_failure_settles_all_that_was_begun(parallel: int, bounds: dict[str, int], taken: int) -> None:
    """Before the error leaves, every chunk submitted has its one receipt, true to what the service acknowledged."""
    lock, asked, acknowledged = threading.Lock(), itertools.count(), Counter[str]()
    told: list[str] = []

    def judge(ids: list[str]) -> Answer:
        with lock:
            if next(asked) >= taken:
                raise SinkUnusable("HTTP 401")
            acknowledged.update(ids)
            return Acknowledged()

    sink = FakeSink(judge, batch=2, parallel=parallel)
    delivery = Delivery(sink, tell=lambda error: told.append(str(error)), **bounds)
    submitted: list[EventChunk] = []
    receipts: list[Receipt] = []

    def receipts_of_all() -> Iterator[Receipt]:
        for index in range(12):
            submitted.append(event_chunk([event(n, uniqueId=f"{index}-{n}") for n in range(10)], index))
            yield from delivery.submit(submitted[-1])
        yield from delivery.drain()

    def take_all() -> None:
        for receipt in receipts_of_all():
            receipts.append(receipt)
            assert told or receipt.done

    with pytest.raises(SinkUnusable, match="HTTP 401"):
        take_all()
    delivery.close()

    assert told == ["HTTP 401"]
    assert sink.interrupted.is_set()
    assert [receipt.account.chunk.index for receipt in receipts] == list(range(len(submitted)))
    counts = sum((receipt.account.counts for receipt in receipts), Counts())
    assert counts.events_sent == acknowledged.total()
    undelivered = [one for receipt in receipts for one in receipt.undelivered.column("uniqueId").to_pylist()]
    everything = [one for chunk in submitted for one in chunk.events.column("uniqueId").to_pylist()]
    assert Counter(everything) == acknowledged + Counter(undelivered)
    assert counts.events_undelivered == len(undelivered)


def test_failure_ends_waits_and_keeps_answers_on_the_wire() -> None:
    """A request that is answered after another one failed counts as sent, and none waits for a later attempt."""
    on_the_wire = threading.Event()

    def judge(ids: list[str]) -> Answer:
        if ids == ["id-0"]:
            on_the_wire.set()
            return Acknowledged() if sink.interrupted.wait(10) else Undelivered("not interrupted")
        on_the_wire.wait(10)
        raise SinkUnusable("HTTP 401")

    sink = FakeSink(judge, batch=1, parallel=2)
    delivery = Delivery(sink)
    receipts: list[Receipt] = []
    with pytest.raises(SinkUnusable):
        receipts.extend(itertools.chain(delivery.submit(numbered(5)), delivery.drain()))
    delivery.close()

    (receipt,) = receipts
    assert receipt.account.counts.events_sent == 1
    assert receipt.undelivered.column("uniqueId").to_pylist() == ["id-1", "id-2", "id-3", "id-4"]


def test_submit_waits_for_room() -> None:
    """With room for one chunk, a second is begun only when the first has its receipt, which submit gives back."""
    began: list[str] = []
    delivery = Delivery(FakeSink(lambda ids: began.append(ids[0]) or Acknowledged(), batch=9), in_flight_bytes=1)
    receipts = []
    for index in range(3):
        receipts += delivery.submit(event_chunk([event(0, uniqueId=f"chunk-{index}")], index))
        assert index - len(receipts) <= 0
    receipts += delivery.drain()
    delivery.close()

    assert began == ["chunk-0", "chunk-1", "chunk-2"]
    assert [receipt.account.chunk.index for receipt in receipts] == [0, 1, 2]


def test_requests_run_side_by_side_within_the_bound() -> None:
    """As many requests as the sink allows are under way together, across chunks, and never one more."""
    together = threading.Barrier(3, timeout=10)
    lock, running, most = threading.Lock(), 0, 0

    def judge(_: list[str]) -> Answer:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        together.wait()
        with lock:
            running -= 1
        together.wait()
        return Acknowledged()

    receipts = deliver(FakeSink(judge, batch=1, parallel=3), *(numbered(1, index) for index in range(6)))

    assert sum(receipt.account.counts.events_sent for receipt in receipts) == 6
    assert most == 3


def test_stop_leaves_the_rest_undelivered() -> None:
    """After stop no request begins, waiting ones are interrupted, and drain tells what was not sent."""
    sending = threading.Event()

    def judge(ids: list[str]) -> Answer:
        sending.set()
        return Acknowledged() if sink.interrupted.wait(10) else Undelivered("not interrupted")

    sink = FakeSink(judge, batch=1, parallel=1)
    delivery = Delivery(sink)
    receipts = list(delivery.submit(numbered(5)))
    sending.wait(10)
    delivery.stop()
    receipts += delivery.drain()
    delivery.close()

    (receipt,) = receipts
    assert receipt.account.counts.events_sent == 1
    assert receipt.account.counts.events_undelivered == 4
    assert receipt.detail == "the delivery was stopped before they were sent"
