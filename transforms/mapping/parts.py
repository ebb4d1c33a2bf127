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


def event_chunks(
    account: Account, provenance: Provenance, parts: Sequence[slice], events: Callable[[slice], pa.RecordBatch]
) -> Iterator[EventChunk]:
    """An event chunk for each part of the records, made when it is asked for and not held here.

    Args:
        account: of the whole chunk, its events not yet counted.
        provenance: of the whole chunk.
        parts: as `cut` gives them.
        events: makes the event columns of a part of the records.
    """
    for part, share in zip(parts, account.divided(len(parts)), strict=True):
        yield _event_chunk(events(part), provenance, share)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """What became of a part of a chunk's records.

    Attributes:
        events: of the records that were mapped, with the schema `EVENT_COLUMNS`.
        records: how many were mapped.
        filtered: name of a filter → records that it left out.
        rejections: one a rejected record.
    """

    events: pa.RecordBatch
    records: int
    filtered: Mapping[str, int] = field(default_factory=dict)
    rejections: Sequence[Rejection] = ()


def mapped_chunks(
    account: Account, provenance: Provenance, parts: Sequence[slice], mapped: Callable[[slice], Mapped]
) -> Iterator[EventChunk]:
    """As `event_chunks`, where only mapping a part tells what became of its records: the last account says it of all.

    Args:
        account: of the whole chunk, nothing of the mapping in it yet.
        provenance: of the whole chunk.
        parts: as `cut` gives them, by what the events will take at most.
        mapped: maps a part of the records.
    """
    records, filtered, rejections = 0, Counter[str](), list[Rejection]()
    for number, (part, share) in enumerate(zip(parts, account.divided(len(parts)), strict=True), start=1):
        one = mapped(part)
        records += one.records
        filtered.update(one.filtered)
        rejections += one.rejections
        if number < len(parts):
            yield _event_chunk(one.events, provenance, share)
            continue
        said = share.plus(rejections, records_mapped=records, records_rejected=len(rejections))
        yield _event_chunk(one.events, provenance, said.without(filtered) if filtered else said)


def _event_chunk(events: pa.RecordBatch, provenance: Provenance, account: Account) -> EventChunk:
    return EventChunk(events=events, provenance=provenance, account=account.plus(events_mapped=events.num_rows))
