"""What a mapping is: the source fields it needs, and the events it makes of them."""

from __future__ import annotations

from typing import Protocol

from transforms.model.events import EventChunk
from transforms.model.plan import Plan
from transforms.model.records import RecordChunk


class Mapping(Protocol):
    """Turns records into events, whole chunks at a time; the same records always give the same events.

    Attributes:
        plan: what the decoders must read for it.
    """

    plan: Plan

    def map(self, chunk: RecordChunk) -> EventChunk:
        """The events of the chunk's records, in record order.

        A record is mapped whole, left out whole or rejected whole, and the account says which:
        records read = mapped + filtered + rejected.
        """
