"""Checking: what a run would make of its inputs, found out from a sample of each kind of object; nothing is sent."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field

import pyarrow as pa

from pipelines.job import Job
from pipelines.selecting import select
from transforms.formats.packs import read_pack
from transforms.formats.read_settings import ReadSettings
from transforms.formats.sighting import Sighting, sight
from transforms.model.accounts import Account, Counts
from transforms.model.events import EVENTS
from transforms.model.objects import ObjectRef, Pack, Span
from transforms.model.rejections import Code, Level, Rejection
from transforms.planning.listing import list_objects
from transforms.storage.access import storage_for
from transforms.storage.store import ObjectUnreadable, Store

LISTED = 100_000
"""Objects after which the listing is left: enough to meet every kind, and a hundred requests on S3."""

KINDS = 30
"""Kinds that are told apart by their folders; if there are more, only their extensions do."""

EXAMPLES = 3
"""Events, and rejections of each code, that are shown of a kind."""

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_HASH = re.compile(r"(?<![0-9A-Za-z])(?=[a-f]*[0-9])[0-9a-f]{7,}(?![0-9A-Za-z])")
_NUMBER = re.compile(r"[0-9]+")
_EXTENSIONS = re.compile(r"(?:\.[A-Za-z][0-9A-Za-z]{0,11}){0,2}$")


def shape_of(key: str) -> str:
    """The key with `*` for what differs between keys that some program named: numbers, hashes and UUIDs."""
    extensions = _extensions(key)
    stem = key.removesuffix(extensions)
    return _NUMBER.sub("*", _HASH.sub("*", _UUID.sub("*", stem))) + extensions


def _extensions(key: str) -> str:
    """What stands behind a name, such as `.csv.gz`."""
    match = _EXTENSIONS.search(key)
    return match.group() if match else ""


@dataclass(slots=True)
class Kind:
    """Objects whose names are alike.

    Attributes:
        shape: of their names.
        objects: how many there are.
        size: their stored bytes.
        samples: those that are looked into: the first, the last and the largest.
    """

    shape: str
    objects: int = 0
    size: int = 0
    samples: list[ObjectRef] = field(default_factory=list)

    def add(self, ref: ObjectRef) -> None:
        """Count an object, and keep it if it is one to look into."""
        self.objects += 1
        self.size += ref.size
        first, *others = [*self.samples, ref]
        largest = max((first, *others), key=lambda each: each.size)
        self.samples = list({each.uri: each for each in (first, largest, ref)}.values())

    def take(self, other: Kind) -> None:
        """Count the objects of another kind as of this one."""
        objects, size = self.objects + other.objects, self.size + other.size
        for ref in other.samples:
            self.add(ref)
        self.objects, self.size = objects, size


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was seen in one object.

    Attributes:
        object: which.
        sighting: what it is, and how that was told; None where it cannot be read.
        counts: of the part that was read.
        partly: whether there is more behind that part.
        unread: why it cannot be read; "" if it can.
    """

    object: ObjectRef
    sighting: Sighting | None
    counts: Counts = field(default_factory=Counts)
    partly: bool = False
    unread: str = ""


@dataclass(slots=True, kw_only=True)
class Finding:
    """A kind of objects, and what a sample of them came to."""

    kind: Kind
    looks: list[Look] = field(default_factory=list)
    events: list[pa.RecordBatch] = field(default_factory=list)
    rejections: dict[Code, list[Rejection]] = field(default_factory=dict)
    filtered: Counter[str] = field(default_factory=Counter)

    @property
    def counts(self) -> Counts:
        """Of all that was read."""
        return sum((look.counts for look in self.looks), Counts())

    @property
    def good(self) -> bool:
        """Whether the sample was read, with fewer records rejected than not."""
        counts = self.counts
        refused = any(look.unread for look in self.looks) or counts.objects_rejected
        return not refused and 2 * counts.records_rejected <= counts.records_read

    def note(self, account: Account) -> None:
        """Add what became of a chunk."""
        self.filtered.update(account.filtered)
        for each in account.rejections:
            examples = self.rejections.setdefault(each.code, [])
            if len(examples) < EXAMPLES:
                examples.append(each)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a check found.

    Attributes:
        findings: one for each kind, in the order of the listing.
        listed: objects that were listed.
        skipped: why others are not read, reason → how many.
        complete: whether the listing came to its end.
    """

    findings: tuple[Finding, ...]
    listed: int
    skipped: Mapping[str, int]
    complete: bool


def check(job: Job) -> Report:
    """Look into a sample of each kind of object that a job would read; at most one chunk of each object is decoded.

    Raises:
        WrongSetting: a setting cannot work.
        StorageError: a place cannot be reached.
    """
    storage = storage_for(job.storage)
    kinds: dict[str, Kind] = {}
    listed, skipped, complete = 0, Counter[str](), True
    selection, _ = select(job, storage)
    for page in list_objects(storage, selection):
        skipped.update({str(reason): count for reason, count in page.skipped.items()})
        for ref in page.refs:
            shape = ref.root + shape_of(ref.key)
            kinds.setdefault(shape, Kind(shape)).add(ref)
        listed += len(page.refs)
        if listed >= LISTED:
            complete = False
            break
    reading = job.reading(selection.left_out)
    findings = tuple(_finding(kind, job, storage, reading) for kind in _told_apart(kinds.values()))
    return Report(findings=findings, listed=listed, skipped=skipped, complete=complete)


def _told_apart(kinds: Iterable[Kind]) -> Iterator[Kind]:
    """The kinds, those with the same extensions as one where there are many."""
    all_kinds = list(kinds)
    if len(all_kinds) <= KINDS:
        return iter(all_kinds)
    merged: dict[str, Kind] = {}
    for kind in all_kinds:
        extensions = _extensions(kind.shape)
        merged.setdefault(extensions, Kind(f"**/*{extensions}")).take(kind)
    return iter(merged.values())


def _finding(kind: Kind, job: Job, store: Store, reading: ReadSettings) -> Finding:
    finding = Finding(kind=kind)
    for ref in kind.samples:
        finding.looks.append(_look(ref, job, store, reading, finding))
    return finding


def _look(ref: ObjectRef, job: Job, store: Store, reading: ReadSettings, finding: Finding) -> Look:
    try:
        seen = sight(ref, store, job.mapping.plan.keys, reading)
    except ObjectUnreadable as error:
        return Look(object=ref, sighting=None, unread=str(error))
    pack = Pack(spans=(Span(object=ref),))
    counts, last = Counts(), False
    with closing(read_pack(pack, store, job.mapping.plan, reading)) as chunks:
        chunk = next(chunks)
        for mapped in job.mapping.map(chunk):
            finding.note(mapped.account)
            counts, last = counts + mapped.account.counts, mapped.account.chunk.last
            room = EXAMPLES - sum(len(events) for events in finding.events)
            finding.events.append(mapped.events.slice(0, max(room, 0)).select(EVENTS.names))
        missed = chunk.account.unread
    unread = missed[0].detail if missed else ""
    return Look(object=ref, sighting=seen, counts=counts, partly=not last, unread=unread)


def refused_whole(finding: Finding) -> Iterator[Rejection]:
    """The objects of the sample that are refused as a whole, or from some place on."""
    return (each for found in finding.rejections.values() for each in found if each.level is Level.OBJECT)
