"""Digests: what travels from the chunks to an object's reason file; bounded however many records were refused."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Self

from msgspec import structs

from transforms.dead_letter.places import RejectedPlace
from transforms.model.accounts import Account, Outcome, SpanReport
from transforms.model.objects import ObjectRef
from transforms.model.rejections import Code, Level, Place, Rejection, bounded

EXAMPLES = 30
"""Examples in a digest and in a reason file. More than there are codes, so that each code has one."""

EXCERPT_LIMIT = 200
"""Characters of a record quoted in an example; the whole of it is in the raw file."""

_UTF8_MAX = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One rejection, small enough for a reason file.

    Attributes:
        code: the reason.
        level: what was refused.
        place: where in the object; None for an object refused as a whole.
        field: dotted path of the field at fault.
        detail: the reason in a sentence.
        excerpt: the start of the record, at most `EXCERPT_LIMIT` characters on one line; None for objects.
    """

    code: Code
    level: Level
    place: Place | None
    field: str | None
    detail: str
    excerpt: str | None

    @classmethod
    def of(cls, rejection: Rejection) -> Self:
        """The example that this rejection gives."""
        return cls(
            code=rejection.code,
            level=rejection.level,
            place=rejection.place,
            field=None if rejection.field is None else bounded(rejection.field),
            detail=bounded(rejection.detail),
            excerpt=None if rejection.raw is None else _excerpt(rejection.raw),
        )

    @property
    def position(self) -> tuple[bool, int, Code, str, str]:
        """The order of examples: objects first, so that one is never crowded out, then by place."""
        offset = -1 if self.place is None else self.place.offset
        return self.level is not Level.OBJECT, offset, self.code, self.field or "", self.detail


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectDigest:
    """What one chunk refused of one object: a Beam element, encodable with msgspec.

    Attributes:
        object: the object.
        chunk: id of the chunk; the digest of a bundle that is done twice counts once.
        counts: rejections by code.
        levels: the same rejections by level.
        examples: at most `EXAMPLES`, each code's first among them, in order of position.
        header: whether its records are rows under a header line.
        raw_uri: the raw file that holds these rejections; None where there are none.
        spans: reports on spans of the object that end in this chunk.
    """

    object: ObjectRef
    chunk: str
    counts: dict[Code, int] = field(default_factory=dict)
    levels: dict[Level, int] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    header: bool = False
    raw_uri: str | None = None
    spans: tuple[SpanReport, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectReport:
    """What a run refused of one object, all its chunks together: the content of a reason file.

    Attributes:
        object: the object.
        counts: rejections by code; empty when nothing was refused, and then there is no reason file.
        levels: the same rejections by level.
        examples: as in `ObjectDigest`, of the whole object.
        header: whether its records are rows under a header line.
        raw_uris: the raw files, sorted.
    """

    object: ObjectRef
    counts: dict[Code, int]
    levels: dict[Level, int]
    examples: tuple[Example, ...]
    header: bool
    raw_uris: tuple[str, ...]

    @property
    def total(self) -> int:
        """All rejections of the object."""
        return sum(self.counts.values())


def digests_of(account: Account, place: RejectedPlace) -> list[ObjectDigest]:
    """One digest per object of which the account refuses something or reports a span, in order of appearance."""
    rejections: dict[ObjectRef, list[Rejection]] = {}
    spans: dict[ObjectRef, list[SpanReport]] = {}
    for rejection in account.rejections:
        rejections.setdefault(rejection.object, []).append(rejection)
    for span in account.spans:
        spans.setdefault(span.object, []).append(span)
    return [
        _digest(ref, rejections.get(ref, []), tuple(spans.get(ref, ())), account, place)
        for ref in {**rejections, **spans}
    ]


def _digest(
    ref: ObjectRef, rejections: list[Rejection], spans: tuple[SpanReport, ...], account: Account, place: RejectedPlace
) -> ObjectDigest:
    return ObjectDigest(
        object=ref,
        chunk=str(account.chunk),
        counts=dict(Counter(rejection.code for rejection in rejections)),
        levels=dict(Counter(rejection.level for rejection in rejections)),
        examples=_first_examples(rejections),
        header=any(rejection.header is not None for rejection in rejections),
        raw_uri=place.raw_uri(place.root_of(ref), account.chunk) if rejections else None,
        spans=spans,
    )


def merge(digests: Iterable[ObjectDigest]) -> ObjectReport:
    """The report of one object, the same whatever the order of its digests and however often one is repeated.

    Reads the digests once and keeps `EXAMPLES` examples of them. A record number or line in a span that starts inside
    the object counts from the span's start; what the earlier spans hold is added, or, where one of them was not read
    to its end, the number is left out.

    Raises:
        ValueError: there is no digest.
    """
    ref: ObjectRef | None = None
    counts: Counter[Code] = Counter()
    levels: Counter[Level] = Counter()
    examples: tuple[Example, ...] = ()
    header: bool = False
    raw_uris: set[str] = set()
    spans: dict[int, SpanReport] = {}
    for digest in _once(digests):
        ref = digest.object
        counts.update(digest.counts)
        levels.update(digest.levels)
        examples = _select([*examples, *digest.examples])
        header = header or digest.header
        raw_uris.update(() if digest.raw_uri is None else (digest.raw_uri,))
        spans.update({span.start: span for span in digest.spans})
    if ref is None:
        raise ValueError("an object without digests has no report")
    return ObjectReport(
        object=ref,
        counts=dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
        levels=dict(sorted(levels.items())),
        examples=_number(examples, [spans[start] for start in sorted(spans)]),
        header=header,
        raw_uris=tuple(sorted(raw_uris)),
    )


def _once(digests: Iterable[ObjectDigest]) -> Iterator[ObjectDigest]:
    """The first digest of each chunk."""
    chunks: set[str] = set()
    for digest in digests:
        if digest.chunk not in chunks:
            chunks.add(digest.chunk)
            yield digest


def _excerpt(raw: bytes) -> str:
    start = raw[: EXCERPT_LIMIT * _UTF8_MAX + _UTF8_MAX].decode("utf-8", "backslashreplace")
    return bounded(start, EXCERPT_LIMIT)


def _first_examples(rejections: Iterable[Rejection]) -> tuple[Example, ...]:
    """As `_select`, but makes examples only of rejections that can be among the first: a chunk may hold thousands."""
    by_code: dict[Code, list[Rejection]] = {}
    for rejection in rejections:
        by_code.setdefault(rejection.code, []).append(rejection)
    early = (heapq.nsmallest(EXAMPLES, same, key=_position) for same in by_code.values())
    return _select([Example.of(rejection) for some in early for rejection in some])


def _position(rejection: Rejection) -> tuple[bool, int, str, str]:
    offset = -1 if rejection.place is None else rejection.place.offset
    return rejection.level is not Level.OBJECT, offset, rejection.field or "", rejection.detail


def _select(examples: list[Example]) -> tuple[Example, ...]:
    """Each code's first example, then the earliest others, `EXAMPLES` together, in order of position.

    Selecting from selections gives what selecting from everything gives, so chunks can be merged one by one.
    """
    ordered = sorted(examples, key=lambda example: example.position)
    firsts = {example.code: example for example in reversed(ordered)}
    others = [example for example in ordered if firsts[example.code] is not example]
    chosen = [*firsts.values(), *others[: EXAMPLES - len(firsts)]]
    return tuple(sorted(chosen, key=lambda example: example.position))


def _number(examples: tuple[Example, ...], spans: list[SpanReport]) -> tuple[Example, ...]:
    """The examples with numbers that count from the object's start."""
    if not spans:
        return examples
    before = dict(zip((span.start for span in spans), _totals_before(spans), strict=True))

    def numbered(example: Example) -> Example:
        if example.place is None or example.place.span == 0:
            return example
        return replace(example, place=_shift(example.place, before.get(example.place.span)))

    return tuple(numbered(example) for example in examples)


def _totals_before(spans: list[SpanReport]) -> list[tuple[int, int] | None]:
    """Records and lines before each span; None where an earlier span is missing or was not read to its end."""
    totals: list[tuple[int, int] | None] = []
    known: tuple[int, int] | None = (0, 0) if spans[0].start == 0 else None
    for span in spans:
        totals.append(known)
        if known is not None:
            known = (known[0] + span.records, known[1] + span.lines) if span.outcome is Outcome.READ else None
    return totals


def _shift(place: Place, before: tuple[int, int] | None) -> Place:
    if before is None:
        return structs.replace(place, record=None, line=None, span=0)
    records, lines = before
    return structs.replace(
        place,
        record=None if place.record is None else place.record + records,
        line=None if place.line is None else place.line + lines,
        span=0,
    )
