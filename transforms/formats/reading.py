"""Reading one object: opened, decompressed, detected, framed and decoded into chunks; of an archive, every member."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial

from transforms.formats.archives.member import Member, damaged
from transforms.formats.archives.objects import member_objects
from transforms.formats.archives.table import Archive, is_named_archive
from transforms.formats.archives.tar import tar_members
from transforms.formats.archives.zip import zip_members
from transforms.formats.block_source import source_of
from transforms.formats.chunking import AnyFormat, AnyFrame, Chunking
from transforms.formats.compression.nesting import Pieces
from transforms.formats.compression.table import without_extension
from transforms.formats.delimited.format import DelimitedFormat
from transforms.formats.delimited.header import nothing_to_read
from transforms.formats.detection import HEAD_BYTES, Detection, detect_source, file_format
from transforms.formats.files import StoredFile, copied
from transforms.formats.format import BrokenStream, FileFormat, Format, Limits, RandomAccess
from transforms.formats.frames import Fault
from transforms.formats.framing import break_of, broken
from transforms.formats.prefetch import SMALL_BYTES, Open
from transforms.formats.read_settings import ReadSettings
from transforms.formats.sources import DecodedSource
from transforms.formats.table import FILE_FORMATS, FORMAT_NAMES, format_of
from transforms.model.accounts import Outcome, SpanReport
from transforms.model.objects import Span
from transforms.model.plan import Plan
from transforms.model.records import RecordChunk
from transforms.model.rejections import Code, Level
from transforms.storage.store import ObjectUnreadable

_Ending = Generator[RecordChunk, None, tuple[Outcome, str]]
"""Chunks, and in the end how the reading ended, and why."""

STOPPED = "the run was stopped before it was read to its end"
"""The detail of what a stopped run leaves unread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What every object of a pack goes through."""

    chunks: Chunking
    plan: Plan
    settings: ReadSettings
    stop: Callable[[], bool]

    @property
    def limits(self) -> Limits:
        """What a record or an object may cost."""
        return self.settings.limits


OpenSource = Callable[[], AbstractContextManager[DecodedSource]]
"""Gives the decoded bytes of an object, or raises what the opener raised."""


def stored(span: Span, open_span: Open, file: StoredFile, limits: Limits) -> OpenSource:
    """The way to the decoded bytes of a span."""

    @contextmanager
    def open_source() -> Iterator[DecodedSource]:
        with ExitStack() as streams:
            stream = streams.enter_context(closing(open_span()))
            first, reopen = partial(file.read, 0), lambda: streams.enter_context(closing(file.stream()))
            yield source_of(stream, span, limits, first=first, reopen=reopen)

    return open_source


def _contained(member: Member, limits: Limits) -> OpenSource:
    return lambda: nullcontext(DecodedSource(Pieces(member.pieces()), limits=limits))


class Reading:
    """One span, or one member of an archive, on its way into the chunks.

    Args:
        span: which.
        way: where to.
        file: the object as it is stored; None of a member.
        refused: of a member, why it cannot be read, where that is known.

    Attributes:
        records: read so far.
        outcome: how the reading ended.
        detail: why it is unread, if it is.
    """

    def __init__(self, span: Span, way: Way, *, file: StoredFile | None = None, refused: Fault | None = None) -> None:
        self._span = span
        self._way = way
        self._chunks = way.chunks
        self._stop = way.stop
        self._file = file
        self._refused = refused
        self._source: DecodedSource | None = None
        self.records = 0
        self.outcome = Outcome.UNREAD
        self.detail = ""

    def read(self, open_source: OpenSource) -> Iterator[RecordChunk]:
        """Read the span to its end, or as far as that is possible, and account for it."""
        try:
            self.outcome, self.detail = yield from self._read(open_source)
        except ObjectUnreadable as error:
            self.outcome, self.detail = Outcome.UNREAD, str(error)
        detail = self.detail
        if self.outcome is Outcome.UNREAD and self.records:
            detail += f"; {self.records:,} records before that went their way"
        source = self._source
        report = SpanReport(
            object=self._span.object,
            start=self._span.start,
            outcome=self.outcome,
            records=self.records,
            lines=source.lines if source else 0,
        )
        # What is read of a member are bytes of its archive, which counts them.
        stored_bytes = 0 if self._file is None else self._file.fetched + (source.stored_bytes if source else 0)
        self._chunks.end_span(report, whole=self._span.whole, stored_bytes=stored_bytes, detail=detail)

    def _read(self, open_source: OpenSource) -> _Ending:
        if self._stop():
            return Outcome.UNREAD, STOPPED
        if self._refused is not None:
            return (yield from self._refuse(self._refused))
        known = self._way.settings.forced_format or self._span.format
        if self._file is not None and (form := file_format(self._file, self._span, known)) is not None:
            return (yield from self._decode_file(form, self._file))
        with open_source() as source:
            self._source = source
            found = self._detected(source, known)
            if found.archive is not None and self._file is not None:
                return (yield from self._expand(found.archive, source, self._file))
            if found.format is None:
                return (yield from self._pass(source, found)), ""
            if found.format not in FILE_FORMATS:
                text_form = format_of(found.format, self._way.settings.text, self._way.plan.keys)
                return (yield from self._decode_source(text_form, source))
            form = FILE_FORMATS[found.format]
            if source.codec is not None or self._file is None or self._file.size <= SMALL_BYTES:
                return (yield from self._decode_copy(source, form))
        return (yield from self._decode_file(form, self._file))

    def _detected(self, source: DecodedSource, known: str | None) -> Detection:
        text, keys = self._way.settings.text, self._way.plan.keys
        return detect_source(source, self._span.object.key, known, text, keys, self._way.limits.record_bytes)

    def _expand(self, archive: Archive, source: DecodedSource, file: StoredFile) -> _Ending:
        """Read the members of an archive; one that is large and not compressed itself is never held."""
        if archive is Archive.TAR:
            return (yield from self._read_members(tar_members(source)))
        if source.codec is None and file.size > SMALL_BYTES:
            return (yield from self._read_members(zip_members(file, self._way.limits)))
        try:
            with copied(source) as copy:
                return (yield from self._read_members(zip_members(copy, self._way.limits)))
        except BrokenStream as stream:
            return (yield from self._refuse(broken(stream, 0)))

    def _read_members(self, members: Iterator[Member | Fault]) -> _Ending:
        way = self._way
        for item in member_objects(self._span.object, members, way.limits.members, way.settings.left_out):
            if self._stop():
                return Outcome.UNREAD, STOPPED
            if isinstance(item, Fault):
                return (yield from self._refuse(item))
            self._chunks.begin_member()
            if item.skipped is not None:
                self._chunks.skip_member(item.skipped)
                continue
            reading = Reading(Span(object=item.ref), way, refused=item.member.refused)
            yield from reading.read(_contained(item.member, way.limits))
            self.records += reading.records
            if reading.outcome is Outcome.UNREAD:
                return Outcome.UNREAD, reading.detail
        return Outcome.READ, ""

    def _refuse(self, fault: Fault) -> _Ending:
        yield from self._chunks.take_fault(self._span.object, fault)
        return Outcome.REJECTED, ""

    def _decode_copy(self, source: DecodedSource, form: FileFormat) -> _Ending:
        """Read a file that is small, compressed, or in an archive."""
        try:
            with copied(source) as file:
                return (yield from self._decode_file(form, file))
        except BrokenStream as stream:
            return (yield from self._refuse(broken(stream, 0)))

    def _decode_source(self, form: Format, source: DecodedSource) -> _Ending:
        """Read what is read from its start to its end; what is no table may look like a header without rows."""
        named = form.name == DelimitedFormat.name and not self._span.start and not self._way.settings.text.csv_header
        head = source.peek(HEAD_BYTES) if named else b""
        ending = yield from self._decode(form, map(source.placed, form.frames(source, self._way.limits)))
        if not named or self.records or ending[0] is not Outcome.READ:
            return ending
        fault = nothing_to_read(head, self._way.plan.keys)
        return ending if fault is None else (yield from self._refuse(fault))

    def _decode_file(self, form: FileFormat, file: RandomAccess) -> _Ending:
        return (yield from self._decode(form, form.frames(file, self._span, self._way.plan, self._way.limits)))

    def _decode(self, form: AnyFormat, items: Iterator[AnyFrame | Fault]) -> _Ending:
        for item in items:
            if self._stop():  # asked before an item, not behind it: what was read to its end is done
                return Outcome.UNREAD, STOPPED
            if isinstance(item, Fault):
                yield from self._chunks.take_fault(self._span.object, item)
                if item.level is Level.OBJECT:
                    return Outcome.REJECTED, ""
                self.records += 1
            else:
                self.records += len(item)
                yield from self._chunks.take_frame(form, self._span.object, item)
        return Outcome.READ, ""

    def _pass(self, source: DecodedSource, found: Detection) -> Generator[RecordChunk, None, Outcome]:
        """Account for an object without a format: empty, unknown, or broken before its format could be told."""
        fault = break_of(source, HEAD_BYTES)
        if fault is None and found.empty:
            return Outcome.READ
        fault = source.placed(fault or self._unknown(source, found))
        yield from self._chunks.take_fault(self._span.object, fault)
        return Outcome.REJECTED

    def _unknown(self, source: DecodedSource, found: Detection) -> Fault:
        """The fault of an object whose content is nothing known: damaged from its start on, if its name says so."""
        key = self._span.object.key
        if found.archive is not None:
            detail = f"it is {found.archive.value} inside an archive, and only the outer one is opened"
            return Fault(code=Code.UNKNOWN_FORMAT, level=Level.OBJECT, detail=detail)
        if is_named_archive(key):
            return damaged(
                f"the name says it is an archive, and the content does not begin so: it looks like {found.looks}"
            )
        if source.codec is None and without_extension(key) != key:
            detail = f"the name says it is compressed, and the content does not begin so: it looks like {found.looks}"
            return Fault(code=Code.CORRUPT_COMPRESSION, level=Level.OBJECT, detail=detail)
        detail = f"the content looks like {found.looks}; what can be read: {', '.join(FORMAT_NAMES)}"
        return Fault(code=Code.UNKNOWN_FORMAT, level=Level.OBJECT, detail=detail)
