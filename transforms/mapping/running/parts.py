"""Parts: a chunk's events as several event chunks where they take many times the bytes of their records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from transforms.mapping.kernels import Rows
from transforms.model.accounts import Account
from transforms.model.events import EventChunk
from transforms.model.records import Provenance
from transforms.model.rejections import Rejection

PART_BYTES = 32 * 1024 * 1024
"""Bytes of events at which a part ends. Writing their text takes several times as much, and a sink has two or three
parts under way; chunks of 8 MiB whose records make one to three events each stay whole."""


def cut(sizes: Rows, limit: int = PART_BYTES) -> list[slice]:
    """The records in parts whose events take at most `limit` bytes together; at least one part.

    A record is never divided, so that a refusal can say how many of its siblings were sent; one that is larger is a
    part of its own.

    Args:
        sizes: bytes of each record's events.
        limit: bytes of a part.
    """
    before = np.concatenate((np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)))
    parts, first = [], 0
    while first < len(sizes):
        fitting = int(np.searchsorted(before, before[first] + limit, side="right")) - 1
        parts.append(slice(first, max(fitting, first + 1)))
        first = parts[-1].stop
    return parts or [slice(0, 0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """What became of a part of a chunk's records.

    Attributes:
        events: of the records that were mapped, with the schema `EVENT_COLUMNS`.
        records: how many were mapped.
        filtered: name of a filter → records that it left out.
        filtered_items: name of a filter → items of `explode` that it left out.
        rejections: one a rejected record.
    """

    events: pa.RecordBatch
    records: int
    filtered: Mapping[str, int] = field(default_factory=dict)
    filtered_items: Mapping[str, int] = field(default_factory=dict)
    rejections: Sequence[Rejection] = ()


def event_chunks(
    account: Account, provenance: Provenance, parts: Sequence[slice], mapped: Callable[[slice], Mapped]
) -> Iterator[EventChunk]:
    """An event chunk for each part of the records, made when it is asked for and not held here.

    Only the last account says what became of all records: what was read counts when nothing of it is left to come.

    Args:
        account: of the whole chunk, nothing of the mapping in it yet.
        provenance: of the whole chunk.
        parts: as `cut` gives them, by what the events will take at most.
        mapped: maps a part of the records.
    """
    said = _Said()
    shares = list(account.divided(len(parts)))
    for part, share in zip(parts[:-1], shares[:-1], strict=True):
        yield _event_chunk(said.hear(mapped(part)), provenance, share)
    events = said.hear(mapped(parts[-1]))
    yield _event_chunk(events, provenance, said.added_to(shares[-1]))


class _Said:
    """What has been said of the parts so far, without their events."""

    def __init__(self) -> None:
        self._records = 0
        self._filtered: Counter[str] = Counter()
        self._filtered_items: Counter[str] = Counter()
        self._rejections: list[Rejection] = []

    def hear(self, mapped: Mapped) -> pa.RecordBatch:
        """Take note of a part, and pass on its events."""
        self._records += mapped.records
        self._filtered.update(mapped.filtered)
        self._filtered_items.update(mapped.filtered_items)
        self._rejections += mapped.rejections
        return mapped.events

    def added_to(self, account: Account) -> Account:
        """The account with all of it added."""
        counted = account.plus(self._rejections, records_mapped=self._records, records_rejected=len(self._rejections))
        if not self._filtered and not self._filtered_items:
            return counted
        return counted.without(self._filtered, self._filtered_items)


def _event_chunk(events: pa.RecordBatch, provenance: Provenance, account: Account) -> EventChunk:
    return EventChunk(events=events, provenance=provenance, account=account.plus(events_mapped=events.num_rows))
