"""Rejections: what will not be sent, why, and where it stands."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from transforms.model.objects import ObjectRef

DETAIL_LIMIT = 240
"""Characters of a rejection's detail; it names the fault and quotes a little, it never carries the record."""


class Level(StrEnum):
    """What was refused: a whole object (or the rest of it), a record, or one event of a record."""

    OBJECT = "object"
    RECORD = "record"
    EVENT = "event"


class Code(StrEnum):
    """The stable reason codes; docs/reasons.md has a section for each."""

    # objects
    UNKNOWN_FORMAT = "UNKNOWN_FORMAT"
    CORRUPT_COMPRESSION = "CORRUPT_COMPRESSION"
    EXPANSION_LIMIT = "EXPANSION_LIMIT"
    BROKEN_ARCHIVE = "BROKEN_ARCHIVE"
    TOO_MANY_MEMBERS = "TOO_MANY_MEMBERS"
    BROKEN_ARRAY = "BROKEN_ARRAY"
    BAD_ENVELOPE = "BAD_ENVELOPE"
    BAD_HEADER = "BAD_HEADER"
    TOO_MANY_COLUMNS = "TOO_MANY_COLUMNS"
    CORRUPT_FILE = "CORRUPT_FILE"
    # records, found while decoding
    INVALID_UTF8 = "INVALID_UTF8"
    INVALID_JSON = "INVALID_JSON"
    NOT_AN_OBJECT = "NOT_AN_OBJECT"
    TOO_DEEP = "TOO_DEEP"
    RECORD_TOO_LARGE = "RECORD_TOO_LARGE"
    COLUMN_COUNT = "COLUMN_COUNT"
    UNCLOSED_QUOTE = "UNCLOSED_QUOTE"
    CORRUPT_BLOCK = "CORRUPT_BLOCK"
    WRONG_TYPE = "WRONG_TYPE"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    # records, found while mapping
    MISSING_FIELD = "MISSING_FIELD"
    BLANK_FIELD = "BLANK_FIELD"
    CONFLICTING_FIELDS = "CONFLICTING_FIELDS"
    BAD_TIME = "BAD_TIME"
    UNMAPPED_VALUE = "UNMAPPED_VALUE"
    # events
    SINK_REFUSED = "SINK_REFUSED"


class Place(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where a record stands in its object. A structure of msgspec, since there may be one for every record.

    Attributes:
        offset: decoded byte offset of the record (text formats; in bgzip's blocks a virtual one, see `BlockOffsets`),
            its row number from 0 (Parquet), or the decoded byte offset of its block and, in the lowest 20 bits, its
            index in there (Avro).
        length: bytes of the record there, line end excluded; 0 where not known.
        record: 1-based number, blank lines and the header not counted; None where not known.
        line: 1-based physical line; None where not known, and in binary formats.
        span: where the count of records and lines begins: 0 is the object's start. In a span that starts inside an
            object they count from there, and only who sees all spans can number them through.
    """

    offset: int
    length: int = 0
    record: int | None = None
    line: int | None = None
    span: int = 0


class Rejection(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One object, record or event that will not be sent; made as `Place` is.

    Attributes:
        code: the stable reason.
        level: what is refused.
        object: where it is from.
        place: where in the object; None for an object refused as a whole.
        field: dotted path of the field at fault, where one is.
        detail: one sentence of at most `DETAIL_LIMIT` characters.
        raw: the record's own bytes; None for objects.
        header: the header line of delimited text, without which the raw row could not be read again.
    """

    code: Code
    level: Level
    object: ObjectRef
    place: Place | None = None
    field: str | None = None
    detail: str
    raw: bytes | None = None
    header: bytes | None = None


def bounded(detail: str, limit: int = DETAIL_LIMIT) -> str:
    """The text on one line, control characters shown as escapes, cut to `limit` characters with an ellipsis."""
    if len(detail) <= limit and detail.isprintable():
        return detail
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in detail[: 2 * limit])
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"
