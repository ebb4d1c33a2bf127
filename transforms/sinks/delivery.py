"""Delivery: a sink's requests on a bounded pool of threads, across chunks, and a receipt for each chunk."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait

import numpy as np
import pyarrow as pa

from transforms.model.events import EVENTS, EventChunk
from transforms.model.receipts import Receipt
from transforms.model.rejections import Code, Level, Rejection
from transforms.sinks.sink import Acknowledged, Refused, Request, Sink

IN_FLIGHT_BYTES = 64 * 1024 * 1024
"""Records and event columns of all chunks under way: a few full chunks, so that requests never run dry between two."""

IN_FLIGHT_CHUNKS = 64
"""Chunks under way when they are small: each is at least one request, so this fills the pool several times over."""

_UNDELIVERED, _SENT, _REFUSED = 0, 1, 2


class _Shipment:
    """One chunk under way. Threads take its requests one by one; what they learn is kept per event."""

    def __init__(
        self, sink: Sink, chunk: EventChunk, stopped: threading.Event, fail: Callable[[BaseException], None]
    ) -> None:
        self.chunk = chunk
        self.weight = chunk.events.nbytes + sum(block.nbytes for block in chunk.provenance.blocks)
        self.tasks: list[Future[None]] = []
        self._requests = sink.requests(chunk)
        self._taking = threading.Lock()
        self._stopped = stopped
        self._fail = fail
        self._outcomes = np.full(chunk.events.num_rows, _UNDELIVERED, np.int8)
        self._refusals: dict[int, str] = {}
        self._detail = "the delivery was stopped before they were sent"

    def work(self) -> None:
        """Deliver requests until none is left or the delivery is stopped; an error stops all of it."""
        try:
            while not self._stopped.is_set():
                with self._taking:
                    request = next(self._requests, None)
                if request is None:
                    return
                self._deliver(request)
        except BaseException as error:
            self._fail(error)
            raise

    def _deliver(self, request: Request) -> None:
        """Deliver one request; a refused one is halved until the refused events stand alone."""
        answer, rows = request.deliver(), request.rows
        if isinstance(answer, Acknowledged):
            self._outcomes[rows.start : rows.stop] = _SENT
        elif not isinstance(answer, Refused):
            self._detail = answer.detail
        elif halves := request.halves():
            for half in halves:
                if not self._stopped.is_set():
                    self._deliver(half)
        else:
            self._outcomes[rows.start : rows.stop] = _REFUSED
            self._refusals.update(dict.fromkeys(rows, answer.detail))

    def receipt(self) -> Receipt:
        """What became of the chunk; called when no thread works on it any more."""
        undelivered = self.chunk.events.filter(pa.array(self._outcomes == _UNDELIVERED)).select(EVENTS.names)
        account = self.chunk.account.plus(
            self._rejections(),
            events_sent=int((self._outcomes == _SENT).sum()),
            events_rejected=len(self._refusals),
            events_undelivered=undelivered.num_rows,
        )
        return Receipt(account=account, undelivered=undelivered, detail=self._detail if undelivered.num_rows else None)

    def _rejections(self) -> list[Rejection]:
        if not self._refusals:
            return []
        rows = self.chunk.events.column("row").to_numpy()
        siblings = np.bincount(rows)
        sent = np.bincount(rows[self._outcomes == _SENT], minlength=len(siblings))
        ids = self.chunk.events.column("uniqueId")
        rejections = []
        for event, answer in sorted(self._refusals.items()):
            row = int(rows[event])
            others = f", {sent[row]} of its record's {siblings[row]} events were sent" if siblings[row] > 1 else ""
            detail = f"event {ids[event].as_py()}{others}: {answer}"
            rejections.append(self.chunk.provenance.reject(row, Code.SINK_REFUSED, detail, level=Level.EVENT))
        return rejections


class Delivery:
    """Sends chunks through one sink with bounded parallelism and memory; used by one thread.

    At least once: a chunk that is delivered again sends the same events with the same ids again.

    Args:
        sink: where to.
        tell: is given the error that stops the delivery, before any receipt tells of its consequences; called from
            the thread that met it.
        in_flight_bytes, in_flight_chunks: bounds of what is under way.
    """

    def __init__(
        self,
        sink: Sink,
        *,
        tell: Callable[[BaseException], None] = lambda _: None,
        in_flight_bytes: int = IN_FLIGHT_BYTES,
        in_flight_chunks: int = IN_FLIGHT_CHUNKS,
    ) -> None:
        self._sink = sink
        self._tell = tell
        self._bytes = in_flight_bytes
        self._chunks = in_flight_chunks
        self._pool = ThreadPoolExecutor(sink.parallel, thread_name_prefix="deliver")
        self._under_way: deque[_Shipment] = deque()
        self._stopped = threading.Event()
        self._failing = threading.Lock()
        self._failure: BaseException | None = None

    def submit(self, chunk: EventChunk) -> Iterator[Receipt]:
        """Take the chunk up, once there is room for it; receipts of finished chunks, in the order they were submitted.

        Raises:
            SinkUnusable: for this or an earlier chunk; nothing more can be sent. Before it leaves, every chunk under
                way, this one included, has its receipt: what was acknowledged counts as sent, the rest is undelivered.
        """
        shipment = _Shipment(self._sink, chunk, self._stopped, self._fail)
        self._under_way.append(shipment)
        while len(self._under_way) > 1 and not self._within_bounds():
            yield from self._finish_first()
        shipment.tasks = [self._pool.submit(shipment.work) for _ in range(self._sink.parallel)]
        while self._under_way and all(task.done() for task in self._under_way[0].tasks):
            yield from self._finish_first()

    def drain(self) -> Iterator[Receipt]:
        """The receipts of all chunks not yet told of, as they finish.

        Raises:
            SinkUnusable: as `submit`.
        """
        while self._under_way:
            yield from self._finish_first()

    def stop(self) -> None:
        """Send nothing more: `drain` is quick from now on, and what was not sent is undelivered."""
        self._stopped.set()
        self._sink.interrupt()

    def close(self) -> None:
        """Stop, wait for requests on the wire, and close the sink; chunks not drained have no receipt."""
        self.stop()
        self._pool.shutdown(cancel_futures=True)
        self._sink.close()

    def _fail(self, error: BaseException) -> None:
        with self._failing:
            if self._failure is None:
                self._failure = error
                self._tell(error)
        self.stop()

    def _within_bounds(self) -> bool:
        weight = sum(shipment.weight for shipment in self._under_way)
        return weight <= self._bytes and len(self._under_way) <= self._chunks

    def _finish_first(self) -> Iterator[Receipt]:
        """The receipt of the oldest chunk; once the delivery failed, those of all chunks, and then the error."""
        yield self._first_receipt()
        if self._failure is None:
            return
        while self._under_way:
            yield self._first_receipt()
        raise self._failure

    def _first_receipt(self) -> Receipt:
        wait(self._under_way[0].tasks)
        return self._under_way.popleft().receipt()
