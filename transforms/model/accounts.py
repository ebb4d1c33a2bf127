"""The account of a chunk: what was read, mapped, refused and sent. The laws and the summary are computed from these."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum

from transforms.model.objects import ObjectRef
from transforms.model.rejections import Rejection


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkId:
    """Which chunk of which pack, and which part of its events; the same pack always gives the same chunks and parts.

    Attributes:
        pack: the pack.
        index: the chunk's number in the pack, from 0.
        last: the pack is complete with this: chunks 0 … `index`, each with all of its parts, are all of it.
        part: number of this part of the chunk's events, from 0.
        parts: how many the chunk has.
    """

    pack: str
    index: int
    last: bool
    part: int = 0
    parts: int = 1

    def __str__(self) -> str:
        chunk = f"{self.pack}-{self.index:05d}"
        return chunk if self.parts == 1 else f"{chunk}-{self.part:03d}"


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
    `filtered` says which filters left records out, name → records; together they are `counts.records_filtered`.
    `filtered_items` says which filters left items of `explode` out, name → items, whether or not others of their record
    stayed; they are no records, and part of no law. `skipped` says why members of archives were not read, reason → how
    many; together they are `counts.objects_skipped`.
    """

    chunk: ChunkId
    counts: Counts = field(default_factory=Counts)
    rejections: tuple[Rejection, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    filtered: Mapping[str, int] = field(default_factory=dict)
    filtered_items: Mapping[str, int] = field(default_factory=dict)
    unread: tuple[Unread, ...] = ()
    spans: tuple[SpanReport, ...] = ()

    def plus(self, rejections: Iterable[Rejection] = (), **counts: int) -> Account:
        """This account with more rejections and counts added."""
        added = Counts(**counts)
        return replace(self, counts=self.counts + added, rejections=(*self.rejections, *rejections))

    def without(self, filtered: Mapping[str, int], items: Mapping[str, int] | None = None) -> Account:
        """This account with records and items added that filters left out, name → how many."""
        return replace(
            self.plus(records_filtered=sum(filtered.values())),
            filtered=_added(self.filtered, filtered),
            filtered_items=_added(self.filtered_items, items or {}),
        )

    def divided(self, parts: int) -> Iterator[Account]:
        """An account for each part of the chunk's events; together they say what this one says.

        The last has all of it, the others begin empty: what was read counts when nothing of the chunk is left to come.
        """
        for part in range(parts - 1):
            yield Account(chunk=replace(self.chunk, last=False, part=part, parts=parts))
        yield self if parts == 1 else replace(self, chunk=replace(self.chunk, part=parts - 1, parts=parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """An account without its raw records: the unit from which the summary is added up.

    Runners may run a bundle again, so tallies of the same `id` are counted once. `skipped` says why objects were not
    read, reason → number; `filtered` which filters left records out, name → records; `filtered_items` which left items
    of `explode` out, name → items; `undelivered_because` why events were not delivered, in a sentence.
    """

    id: str
    counts: Counts = field(default_factory=Counts)
    rejections_by_code: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)
    filtered: Mapping[str, int] = field(default_factory=dict)
    filtered_items: Mapping[str, int] = field(default_factory=dict)
    unread: tuple[Unread, ...] = ()
    spans: tuple[SpanReport, ...] = ()
    undelivered_because: str | None = None


def _added(these: Mapping[str, int], those: Mapping[str, int]) -> dict[str, int]:
    return {name: these.get(name, 0) + those.get(name, 0) for name in {**these, **those}}
