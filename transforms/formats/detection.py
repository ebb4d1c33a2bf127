"""Which format an object has, told by its content; its key is only a hint where the content leaves it open.

In this order: bytes that only binary files begin with are unknown; `[` is an array; `{` is one of the other forms of
JSON, see `json.detection`; a later line that is a JSON object makes NDJSON of what begins otherwise (the first line
may be broken); text with a delimiter under which its first rows agree is delimited, and so is text named so whose
header has two names, however bad its rows; anything else is unknown.
"""

from __future__ import annotations

import io
import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from transforms.formats.delimited.header import sniff_delimiter
from transforms.formats.format import FileFormat, RandomAccess
from transforms.formats.framing import BLANKS, BOM
from transforms.formats.json.detection import json_form, later_object
from transforms.formats.json.record_walk import SEPARATOR
from transforms.formats.json.stream import BETWEEN
from transforms.formats.prefetch import SMALL_BYTES
from transforms.formats.sources import DecodedSource
from transforms.formats.table import FILE_FORMATS, format_by_extension
from transforms.model.objects import Span

HEAD_BYTES = 64 * 1024
"""Decoded bytes that are looked at."""

_BINARY = (
    (b"PAR1", "Parquet"),
    (b"Obj\x01", "Avro"),
    (b"ORC", "ORC"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x04\x22\x4d\x18", "LZ4"),
    (b"\xff\x06\x00\x00sNaPpY", "snappy"),
    (b"\x1f\x8b", "gzip inside gzip"),
    (b"PK\x03\x04", "a ZIP archive (or an Office file)"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF-", "a PDF document"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
)
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


@dataclass(frozen=True, slots=True)
class Detection:
    """What an object is.

    Attributes:
        format: a name in the table of formats; None if it is unknown or there is nothing to read.
        looks: of an unknown object, what it looks like; "" of every other.
        path: of a JSON envelope that was found to be one, the keys that lead to its records.
    """

    format: str | None
    looks: str = ""
    path: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether the object holds nothing but blanks."""
        return self.format is None and not self.looks


def detect(head: bytes, key: str, keys: AbstractSet[str] = frozenset()) -> Detection:
    """The format of the object that begins with these decoded bytes (its first `HEAD_BYTES`, or all of it).

    Args:
        head: the bytes.
        key: the object's.
        keys: those of a record's keys that are read, as far as they are known: `Plan.keys`.
    """
    for magic, what in _BINARY:
        # A header row may well begin with `ORC` or `PAR1`, but has no control characters.
        if head.startswith(magic) and not (magic.isalnum() and not _CONTROL.search(head)):
            return Detection(None, what)
    text = head.removeprefix(BOM).lstrip(BLANKS)
    if not text:
        return Detection(None) if len(head) < HEAD_BYTES else Detection(format_by_extension(key) or "ndjson")
    if text.startswith(b"["):
        return Detection("json-array")
    if text.startswith(b"{"):
        form = json_form(text, keys, whole=len(head) < HEAD_BYTES)
        return Detection(form.format, path=form.path)
    if text[0] == SEPARATOR and text.lstrip(BETWEEN).startswith(b"{"):
        return Detection("json-stream")
    hint, markup = format_by_extension(key), text.startswith(b"<")
    if hint == "csv" and not markup and sniff_delimiter(head):
        return Detection("csv")
    if hint == "ndjson" or later_object(text):
        return Detection("ndjson") if not _CONTROL.search(text) else Detection(None, "binary data")
    if not markup and _is_delimited(head, named=hint == "csv"):
        return Detection("csv")
    return Detection(None, _look(text))


def detect_source(
    source: DecodedSource, key: str, forced_format: str | None, keys: AbstractSet[str] = frozenset()
) -> Detection:
    """As `detect`, of the bytes that the source is about to give; a forced format needs no look at them."""
    return Detection(forced_format) if forced_format else detect(source.peek(HEAD_BYTES), key, keys)


def file_format(file: RandomAccess, span: Span, known: str | None) -> FileFormat | None:
    """The format of a large object that is told without reading it from its start: its name says so, and so does it.

    Args:
        file: its bytes.
        span: what is to be read of it.
        known: the format that it is said to have.
    """
    form = FILE_FORMATS.get(known or format_by_extension(span.object.key) or "")
    if form is None or (span.whole and span.object.size <= SMALL_BYTES):
        return None
    return form if span.format == form.name or form.recognises(file) else None


def probe(
    head: bytes, key: str, forced_format: str | None = None, keys: AbstractSet[str] = frozenset()
) -> tuple[str | None, bool]:
    """The format (None if unknown or empty) and whether the object is compressed, from its first stored bytes."""
    source = DecodedSource(io.BytesIO(head))
    return detect_source(source, key, forced_format, keys).format, source.codec is not None


def _is_delimited(head: bytes, *, named: bool) -> bool:
    if named:
        return sniff_delimiter(head, agreeing=0) is not None
    return not _CONTROL.search(head) and sniff_delimiter(head) is not None


def _look(text: bytes) -> str:
    if _HTML.match(text):
        return "an HTML page"
    if text.startswith(b"<"):
        return "XML"
    if _CONTROL.search(text):
        return "binary data"
    return "text without columns"
