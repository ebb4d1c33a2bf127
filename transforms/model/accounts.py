"""The account of a chunk: what was read, mapped, refused and sent. The laws and the summary are computed from these."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum

from transforms.model.objects import ObjectRef
from transforms.model.rejections import Rejection


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkId:
    """Which chunk of which pack; the same pack always gives the same chunks.

    `last` tells that the pack is complete with this chunk, so chunks 0 … `index` are all of it.
    """

    pack: str
    index: int
    last: bool

    def __str__(self) -> str:
        return f"{self.pack}-{self.index:05d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many of each; the names are those of the run's summary."""

    objects_matched: int = 0
    objects_read: int = 0
    objects_rejected: int = 0
    objects_unread: int = 0
    objects_skipped: int = 0
    bytes_read: int = 0
    records_read: int = 0
    records_mapped: int = 0
    records_filtered: int = 0
    records_rejected: int = 0
    events_mapped: int = 0
    events_sent: int = 0
    events_rejected: int = 0
    events_undelivered: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(Counts)})


class Outcome(StrEnum):
    """How the reading of an object, or of a span of it, ended; where spans differ the worst one counts."""

    READ = "read"
    REJECTED = "rejected"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """An object that could not be read, whatever its content; the next run tries it again."""

    object: ObjectRef
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanReport:
    """What one span of a split object held, so that whoever sees all spans can number records and lines."""

    object: ObjectRef
    start: int
    outcome: Outcome
    records: int
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What has happened so far to one chunk and to the objects that end in it; each step adds its part.

    `counts` leaves out objects that were split; those are told by `spans`, since only all spans together decide.
    """

    chunk: ChunkId
    counts: Counts = field(default_factory=Counts)
    rejections: tuple[Rejection, ...] = ()
    unread: tuple[Unread, ...] = ()
    spans: tuple[SpanReport, ...] = ()

    def plus(self, rejections: Iterable[Rejection] = (), **counts: int) -> Account:
        """This account with more rejections and counts added."""
        added = Counts(**counts)
        return replace(self, counts=self.counts + added, rejections=(*self.rejections, *rejections))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """An account without its raw records: the unit from which the summary is added up.

    Runners may run a bundle again, so tallies of the same `id` are counted once. `skipped` says why objects were not
    read, reason → number.
    """

    id: str
    counts: Counts = field(default_factory=Counts)
    rejections_by_code: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)
    unread: tuple[Unread, ...] = ()
    spans: tuple[SpanReport, ...] = ()
