"""What a format is: bytes of a span in, frames of whole records out, and frames in, columns out.

Framing knows where records begin and end; decoding knows what is in them. Every format is one module that offers both
and one line in `formats.table`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from transforms.formats.frames import Decoded, Fault, Frame, RowFrame
from transforms.model.objects import Header, Span
from transforms.model.plan import Plan
from transforms.model.rejections import Code


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a record or an object may cost before it is refused.

    Attributes:
        record_bytes: the longest record, line end excluded; beyond it the record is `RECORD_TOO_LARGE`.
        depth: how deep records may nest; beyond it the record is `TOO_DEEP`.
        columns: of an object's header, schema or footer; beyond it the object is `TOO_MANY_COLUMNS`.
        header_bytes: of an object's header or footer; beyond it the object is `BAD_HEADER`. A format may allow fewer.
        decoded_bytes: what a compressed object (of one that is split, each part) may decode to; beyond it the rest of
            it is `EXPANSION_LIMIT`.
        expansion: decoded bytes for each stored one, judged from `expansion_from` decoded bytes on; beyond it the rest
            of the object is `EXPANSION_LIMIT`.
        expansion_from: see there.
        members: how many files of an archive are read; with the next one the archive is `TOO_MANY_MEMBERS`.
    """

    record_bytes: int = 4 * 1024 * 1024
    depth: int = 128
    columns: int = 20_000
    header_bytes: int = 32 * 1024 * 1024
    decoded_bytes: int = 1024**4
    expansion: int = 1000
    expansion_from: int = 1024**3
    members: int = 100_000


class BrokenStream(Exception):
    """The compressed bytes of an object are corrupt, end too early or cost too much; what was read before is good.

    Attributes:
        offset: decoded bytes that came out before the break.
        detail: one sentence for the reason file.
        code: the reason, `CORRUPT_COMPRESSION` or `EXPANSION_LIMIT`.
    """

    def __init__(self, offset: int, detail: str, code: Code = Code.CORRUPT_COMPRESSION) -> None:
        super().__init__(detail)
        self.offset = offset
        self.detail = detail
        self.code = code


class Source(Protocol):
    """The decoded bytes of one span, forward only; of text in UTF-8, whatever it is stored as."""

    @property
    def offset(self) -> int:
        """Decoded offset in the object of the next byte that `read` gives."""

    @property
    def start(self) -> int:
        """The first byte of the span in the object, from which records and lines are counted."""

    @property
    def end(self) -> int | None:
        """Decoded offset behind which no record of this span starts; None: read to the end."""

    @property
    def header(self) -> Header | None:
        """Of delimited text, where the planner has read it."""

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, fewer only at the end or before a break; they stay to be read."""

    def head(self, size: int) -> bytes:
        """The first bytes of the object, fewer only where it is shorter or breaks: asked before anything is read."""

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes, fewer only at the end of the object, never dependent on network reads.

        Raises:
            BrokenStream: when the good bytes before the break have all been given.
        """


class RowDecoder(Protocol):
    """As `Decoder`, of frames whose records are rows of columns."""

    def feed(self, frame: RowFrame, object_index: int) -> None:
        """Decode the frame's records; a record that does not decode is a fault and never touches its neighbours."""

    def flush(self) -> Decoded:
        """Everything fed since the last flush; the decoder is empty afterwards."""


class Decoder(Protocol):
    """Builds the planned columns from frames, over object borders, until it is asked for them."""

    def feed(self, frame: Frame, object_index: int) -> None:
        """Decode the frame's records; a record that does not decode is a fault and never touches its neighbours."""

    def flush(self) -> Decoded:
        """Everything fed since the last flush; the decoder is empty afterwards."""


class Format(Protocol):
    """One way in which records stand in bytes that are read from their start to their end.

    Attributes:
        name: as `--format` and Span.format spell it.
        extensions: of keys, without the dot, lower case: a hint where the content does not decide.
        splittable: whether a plain object may be read in byte ranges.
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def extensions(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def splittable(self) -> bool: ...  # noqa: D102

    def frames(self, source: Source, limits: Limits) -> Iterator[Frame | Fault]:
        """Cut the source into frames of at most about `FRAME_BYTES` (more only where one record is longer).

        The cuts depend on nothing but the bytes. A break of the stream ends it with one fault of level OBJECT, after
        the frames of all whole records before it. Holds at most a few frames' bytes, whatever the object's size.
        """

    def decoder(self, plan: Plan, limits: Limits) -> Decoder:
        """A fresh decoder for frames of this format."""


class RandomAccess(Protocol):
    """The stored bytes of an object, any part of them at any time."""

    @property
    def size(self) -> int:
        """How many there are."""

    def read(self, start: int, end: int) -> bytes:
        """Those from `start` up to `end`, fewer only where the object ends before.

        Raises:
            ObjectUnreadable: forbidden, gone, changed since the listing, or the network is exhausted.
        """


class FileFormat(Protocol):
    """One way in which records stand in a file that has to be read here and there, such as Parquet.

    Attributes: as those of `Format`.
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def extensions(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def splittable(self) -> bool: ...  # noqa: D102

    def recognises(self, file: RandomAccess) -> bool:
        """Whether the file is of this format, told by as few of its bytes as can tell."""

    def columns(self, file: RandomAccess, limits: Limits) -> tuple[str, ...]:
        """The names of the file's columns; none where they cannot be told."""

    def frames(self, file: RandomAccess, span: Span, plan: Plan, limits: Limits) -> Iterator[RowFrame | Fault]:
        """The records of a span, only what the plan needs of them, as `Format.frames` gives those of a source.

        What belongs to the span is what begins in its stored bytes.
        """

    def decoder(self, plan: Plan, limits: Limits) -> RowDecoder:
        """A fresh decoder for frames of this format."""
