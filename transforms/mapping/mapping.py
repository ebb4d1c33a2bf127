"""What a mapping is: the source fields it needs, and the events it makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from transforms.model.events import EventChunk
from transforms.model.plan import Plan
from transforms.model.records import RecordChunk


class Mapping(Protocol):
    """Turns records into events, whole chunks at a time; the same records always give the same events.

    Attributes:
        plan: what the decoders must read for it.
        splittable: whether a record's events are the same wherever its object is divided; not where its number counts.
    """

    @property
    def plan(self) -> Plan: ...  # noqa: D102
    @property
    def splittable(self) -> bool: ...  # noqa: D102

    def map(self, chunk: RecordChunk) -> Iterator[EventChunk]:
        """The events of the chunk's records, in record order: one event chunk, or several parts where they are large.

        Each part is made when it is asked for, so a caller that passes them on holds one at a time. All events of a
        record are in one part, and every part has an account, which together count everything once (`parts.cut` and
        `parts.event_chunks` see to it).
        A record is mapped whole, left out whole or rejected whole, and the account says which:
        records read = mapped + filtered + rejected.
        """
