"""Reading a pack: its spans opened, decompressed, detected, framed and decoded into chunks."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing

from transforms.formats.chunking import AnyFormat, AnyFrame, Chunking
from transforms.formats.compression.table import without_extension
from transforms.formats.detection import HEAD_BYTES, Detection, detect_source, file_format
from transforms.formats.files import StoredFile, copied
from transforms.formats.format import BrokenStream, FileFormat, Limits, RandomAccess
from transforms.formats.frames import Fault
from transforms.formats.framing import broken
from transforms.formats.prefetch import Open, Opener, opened
from transforms.formats.sources import DecodedSource
from transforms.formats.table import FILE_FORMATS, FORMAT_NAMES, format_at
from transforms.model.accounts import Outcome, SpanReport
from transforms.model.objects import Pack, Span
from transforms.model.plan import Plan
from transforms.model.records import RecordChunk
from transforms.model.rejections import Code, Level
from transforms.storage.store import ObjectUnreadable

_Ending = Generator[RecordChunk, None, tuple[Outcome, str]]
"""Chunks, and in the end how the reading ended, and why."""

STOPPED = "the run was stopped before it was read to its end"
"""The detail of what a stopped run leaves unread."""


def read_pack(
    pack: Pack,
    opener: Opener,
    plan: Plan,
    limits: Limits,
    forced_format: str | None,
    stop: Callable[[], bool],
    json_path: tuple[str, ...] = (),
) -> Generator[RecordChunk, None, None]:
    """The chunks of a pack, at least one, the last one marked; the same pack always gives the same ones.

    Every span is accounted for in the chunk that is open when it ends: read; rejected, with one rejection of level
    OBJECT, where its content is at fault; or unread, where it could not be had or `stop` said so.

    Args:
        pack: what to read.
        opener: where from.
        plan: the fields to decode.
        limits: what a record may cost.
        forced_format: a name in `FORMATS` for all objects, or None to detect each one's.
        stop: asked between frames; once it is true, what is left of the pack is unread.
        json_path: where the records of JSON envelopes are; empty if that is found.

    Raises:
        PlaceUnavailable: the opener found that nothing there can be read.
    """
    chunks = Chunking(pack.id, plan, limits)
    with closing(opened(pack.spans, opener, stop)) as spans:
        for span, open_span in spans:
            reading = _Reading(span, chunks, plan, limits, stop, StoredFile(opener, span.object), json_path)
            yield from reading.read(open_span, forced_format)
    yield chunks.cut(last=True)


class _Reading:
    """One span on its way into the chunks."""

    def __init__(
        self,
        span: Span,
        chunks: Chunking,
        plan: Plan,
        limits: Limits,
        stop: Callable[[], bool],
        file: StoredFile,
        json_path: tuple[str, ...],
    ) -> None:
        self._span = span
        self._chunks = chunks
        self._plan = plan
        self._limits = limits
        self._stop = stop
        self._file = file
        self._json_path = json_path
        self._records = 0
        self._source: DecodedSource | None = None

    def read(self, open_span: Open, forced_format: str | None) -> Iterator[RecordChunk]:
        """Read the span to its end, or as far as that is possible, and account for it."""
        try:
            outcome, detail = yield from self._read(open_span, forced_format)
        except ObjectUnreadable as error:
            outcome, detail = Outcome.UNREAD, str(error)
        if outcome is Outcome.UNREAD and self._records:
            detail += f"; {self._records:,} records before that went their way"
        source = self._source
        report = SpanReport(
            object=self._span.object,
            start=self._span.start,
            outcome=outcome,
            records=self._records,
            lines=source.lines if source else 0,
        )
        stored_bytes = self._file.fetched + (source.stored_bytes if source else 0)
        self._chunks.end_span(report, whole=self._span.whole, stored_bytes=stored_bytes, detail=detail)

    def _read(self, open_span: Open, forced_format: str | None) -> _Ending:
        if self._stop():
            return Outcome.UNREAD, STOPPED
        known = forced_format or self._span.format
        file_form = file_format(self._file, self._span, known)
        if file_form is not None:
            return (yield from self._decode_file(file_form, self._file))
        with closing(open_span()) as stream:
            source = self._source = DecodedSource(stream, start=self._span.start, end=self._span.end)
            found = detect_source(source, self._span.object.key, known, self._plan.keys)
            if found.format is None:
                return (yield from self._pass(source, found)), ""
            if found.format in FILE_FORMATS:
                return (yield from self._decode_copy(source, FILE_FORMATS[found.format]))
            form = format_at(found.format, self._json_path)
            return (yield from self._decode(form, form.frames(source, self._limits)))

    def _decode_copy(self, source: DecodedSource, form: FileFormat) -> _Ending:
        """Read a file that is small, compressed, or known for what it is only by its first bytes."""
        try:
            with copied(source) as file:
                return (yield from self._decode_file(form, file))
        except BrokenStream as stream:
            return (yield from self._decode(form, iter([broken(stream, 0)])))

    def _decode_file(self, form: FileFormat, file: RandomAccess) -> _Ending:
        return (yield from self._decode(form, form.frames(file, self._span, self._plan, self._limits)))

    def _decode(self, form: AnyFormat, items: Iterator[AnyFrame | Fault]) -> _Ending:
        for item in items:
            if self._stop():  # asked before an item, not behind it: what was read to its end is done
                return Outcome.UNREAD, STOPPED
            if isinstance(item, Fault):
                yield from self._chunks.take_fault(self._span.object, item)
                if item.level is Level.OBJECT:
                    return Outcome.REJECTED, ""
                self._records += 1
            else:
                self._records += len(item)
                yield from self._chunks.take_frame(form, self._span.object, item)
        return Outcome.READ, ""

    def _pass(self, source: DecodedSource, found: Detection) -> Generator[RecordChunk, None, Outcome]:
        """Account for an object without a format: empty, unknown, or broken before its format could be told."""
        fault = _break_of(source)
        if fault is None and found.empty:
            return Outcome.READ
        yield from self._chunks.take_fault(self._span.object, fault or self._unknown(source, found))
        return Outcome.REJECTED

    def _unknown(self, source: DecodedSource, found: Detection) -> Fault:
        """The fault of an object whose content is nothing known: damaged from its start on, if its name says so."""
        key = self._span.object.key
        if source.codec is None and without_extension(key) != key:
            detail = f"the name says it is compressed, and the content does not begin so: it looks like {found.looks}"
            return Fault(code=Code.CORRUPT_COMPRESSION, level=Level.OBJECT, detail=detail)
        detail = f"the content looks like {found.looks}; what can be read: {', '.join(FORMAT_NAMES)}"
        return Fault(code=Code.UNKNOWN_FORMAT, level=Level.OBJECT, detail=detail)


def _break_of(source: DecodedSource) -> Fault | None:
    """The fault of a stream that breaks within what was looked at to detect its format."""
    try:
        source.read(HEAD_BYTES)
        source.read(1)
    except BrokenStream as stream:
        return broken(stream, 0)
    return None
