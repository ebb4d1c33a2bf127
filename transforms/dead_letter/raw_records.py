"""Raw rejected records as gzipped NDJSON: one row a rejection, with all that is needed to feed the record back."""

from __future__ import annotations

import base64
from collections.abc import Iterable

import msgspec
from isal import igzip

from transforms.model.objects import as_text
from transforms.model.rejections import Code, Level, Place, Rejection

_NOWHERE = Place(offset=0)


class RawRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One row of a raw file. The keys without a default are in every row, null where not known.

    Attributes:
        run: id of the run that refused it.
        code: the reason, a section of docs/reasons.md.
        level: `object`, `record` or `event`.
        object: URI of the object.
        version: ETag of the object; of local files size and modification time.
        offset: decoded byte offset of the record, in binary formats its row number from 0; null for whole objects.
        length: bytes of the record, line end excluded; 0 where not known.
        record: its 1-based number in the object; null in a span of a split object that starts inside it.
        line: its 1-based physical line; null as for `record`.
        field: dotted path of the field at fault.
        detail: the reason in a sentence.
        raw: the record's own bytes, as text; absent for objects.
        raw_base64: the same bytes where they are not UTF-8; then `raw` is absent.
        raw_truncated: true where the raw bytes are only the start of the record.
        header: the header line of delimited text.
    """

    run: str
    code: Code
    level: Level
    object: str
    version: str
    offset: int | None
    length: int | None
    record: int | None
    line: int | None
    field: str | None
    detail: str
    raw: str | None = None
    raw_base64: str | None = None
    raw_truncated: bool = False
    header: str | None = None

    @property
    def content(self) -> bytes | None:
        """The record's own bytes; None for objects."""
        if self.raw_base64 is not None:
            return base64.b64decode(self.raw_base64)
        return None if self.raw is None else self.raw.encode()


_LEVEL = 1
"""Of isal: on such rows as small as level 3 in a tenth of its time."""

_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(RawRecord)


def write_raw_records(rejections: Iterable[Rejection], run: str) -> bytes:
    """The rejections as gzipped NDJSON of `RawRecord`, in their order; the same bytes for the same rejections."""
    rows = _ENCODER.encode_lines([_row(rejection, run) for rejection in rejections])
    return igzip.compress(rows, _LEVEL, mtime=0)


def read_raw_records(data: bytes) -> list[RawRecord]:
    """The rows of one raw file.

    Raises:
        msgspec.DecodeError, OSError, EOFError: the bytes are not what `write_raw_records` writes.
    """
    rows: bytes = igzip.decompress(data)  # type: ignore[no-untyped-call]  # isal leaves its reader without annotations
    return _DECODER.decode_lines(rows)


def _row(rejection: Rejection, run: str) -> RawRecord:
    place = rejection.place
    known = place or _NOWHERE
    text, base64_text = _as_json_text(rejection.raw)
    return RawRecord(
        run=run,
        code=rejection.code,
        level=rejection.level,
        object=as_text(rejection.object.uri),
        version=rejection.object.version,
        offset=None if place is None else place.offset,
        length=None if place is None else place.length,
        record=None if known.span else known.record,
        line=None if known.span else known.line,
        field=None if rejection.field is None else as_text(rejection.field),
        detail=as_text(rejection.detail),
        raw=text,
        raw_base64=base64_text,
        raw_truncated=rejection.raw is not None and known.length > len(rejection.raw),
        header=None if rejection.header is None else rejection.header.decode("utf-8", "backslashreplace"),
    )


def _as_json_text(raw: bytes | None) -> tuple[str | None, str | None]:
    """The bytes as text, or, where they are not UTF-8, as base64."""
    if raw is None:
        return None, None
    try:
        return raw.decode("utf-8"), None
    except UnicodeDecodeError:
        return None, base64.b64encode(raw).decode("ascii")
