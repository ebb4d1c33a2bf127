"""What a sink is: it cuts a chunk of events into requests, and each request ends in one of three answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, Self

from transforms.model.events import EventChunk


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The sink has the events of the request, for good."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The sink will never take the request as it is; `detail` is its answer, bounded and without secrets."""

    detail: str


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Nobody knows whether the sink has the events; `detail` says what went wrong last, without secrets."""

    detail: str


Answer = Acknowledged | Refused | Undelivered


class SinkUnusable(Exception):
    """No event's content is at fault and none can get through: credentials, address, disk. The run stops.

    The text is one sentence for people, without a secret in it.
    """


class HoldsEvents(ValueError):
    """The output already holds events of an earlier run, and nobody allowed adding to them."""


class Request(Protocol):
    """Some consecutive events of a chunk on their way to the sink, all of them taken or none."""

    @property
    def rows(self) -> range:
        """Which rows of the chunk's events."""

    def deliver(self) -> Answer:
        """Send it, with as many attempts as the sink's settings allow; called from any thread.

        Raises:
            SinkUnusable: no event can get through.
        """

    def halves(self) -> tuple[Self, Self] | None:
        """The request as two, to find out which event is refused; None where it cannot be divided."""


class Sink(Protocol):
    """A service or a place for files; made once per worker, used by several threads.

    Attributes:
        name: what people call it, without secrets.
        parallel: how many requests may be under way at once.
    """

    name: str
    parallel: int

    def check(self) -> None:
        """Try, before the run and without sending an event, whether the sink can be reached and may be used.

        Raises:
            SinkUnusable: it cannot be reached or written to.
            HoldsEvents: it holds events of an earlier run.
        """

    def requests(self, chunk: EventChunk) -> Iterator[Request]:
        """The requests for the chunk's events, in order, every event in exactly one; prepared as they are asked for."""

    def interrupt(self) -> None:
        """End all waiting: requests that would be tried again later are undelivered now."""

    def close(self) -> None:
        """Give connections back; idempotent."""
