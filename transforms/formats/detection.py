"""Which format an object has, told by its content; its key is only a hint where the content leaves it open.

In this order: bytes that only binary files begin with are unknown; `[` is an array; `{` is NDJSON where its line
stands alone, is an object already, or a later line starts with `{` too, and else one object; a later line that is a
JSON object makes NDJSON of what begins otherwise (the first line may be broken); text with a delimiter under which its
first rows agree is delimited, and so is text named so whose header has two names, however bad its rows; anything else
is unknown.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass

import msgspec

from transforms.formats.archives.table import Archive, archive_of
from transforms.formats.compression.table import codec_of
from transforms.formats.delimited.header import sniff_delimiter
from transforms.formats.format import FileFormat, RandomAccess
from transforms.formats.framing import BLANKS, BOM
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
    (b"\x02\x21\x4c\x18", "LZ4 of the legacy kind"),
    (b"\x5d\x00\x00", "LZMA of the kind before xz"),
    (b"\x1f\x9d", "the output of `compress`"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF-", "a PDF document"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
)
_LATER_OBJECT = re.compile(rb"\n\{")
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_any = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


@dataclass(frozen=True, slots=True)
class Detection:
    """What an object is.

    Attributes:
        format: a name in the table of formats; None if it is unknown or there is nothing to read.
        looks: of an unknown object, what it looks like; "" of every other.
        why: what told the format, for people.
        archive: what kind of archive it is; None of what is none.
    """

    format: str | None
    looks: str = ""
    why: str = ""
    archive: Archive | None = None

    @property
    def empty(self) -> bool:
        """Whether the object holds nothing but blanks."""
        return self.format is None and not self.looks


def detect(head: bytes, key: str) -> Detection:
    """The format of the object that begins with these decoded bytes (its first `HEAD_BYTES`, or all of it)."""
    if (archive := archive_of(head)) is not None:
        return Detection(None, archive.value, archive=archive)
    for magic, what in _BINARY:
        # A header row may well begin with `ORC` or `PAR1`, but has no control characters.
        if head.startswith(magic) and not (magic.isalnum() and not _CONTROL.search(head)):
            return Detection(None, what)
    if (codec := codec_of(head)) is not None:
        return Detection(None, f"{codec.name} inside other compression")
    text = head.removeprefix(BOM).lstrip(BLANKS)
    if not text:
        return Detection(None) if len(head) < HEAD_BYTES else Detection(format_by_extension(key) or "ndjson")
    if text.startswith(b"["):
        return Detection("json-array")
    if text.startswith(b"{"):
        return Detection("ndjson" if _one_a_line(text) else "json")
    hint, markup = format_by_extension(key), text.startswith(b"<")
    if hint == "csv" and not markup and sniff_delimiter(head):
        return Detection("csv")
    if hint == "ndjson" or _later_object(text):
        return Detection("ndjson") if not _CONTROL.search(text) else Detection(None, "binary data")
    if not markup and _is_delimited(head, named=hint == "csv"):
        return Detection("csv")
    return Detection(None, _look(text))


def detect_source(source: DecodedSource, key: str, forced_format: str | None) -> Detection:
    """As `detect`, of the bytes that the source is about to give; a forced format is that of an archive's members."""
    if forced_format and (source.start or archive_of(source.peek(HEAD_BYTES)) is None):
        return Detection(forced_format)
    return detect(source.peek(HEAD_BYTES), key)


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


def probe(head: bytes, key: str, forced_format: str | None = None) -> tuple[str | None, bool]:
    """The format (None if unknown or empty) and whether the object is compressed, from its first stored bytes."""
    source = DecodedSource(io.BytesIO(head))
    return detect_source(source, key, forced_format).format, source.codec is not None


def _is_delimited(head: bytes, *, named: bool) -> bool:
    if named:
        return sniff_delimiter(head, agreeing=0) is not None
    return not _CONTROL.search(head) and sniff_delimiter(head) is not None


def _one_a_line(text: bytes) -> bool:
    line, feed, rest = text.partition(b"\n")
    return not feed or not rest.strip(BLANKS) or bool(_LATER_OBJECT.search(text)) or _is_object(line)


def _later_object(text: bytes) -> bool:
    match = _LATER_OBJECT.search(text)
    return match is not None and _is_object(text[match.start() + 1 :].partition(b"\n")[0])


def _is_object(line: bytes) -> bool:
    try:
        _any(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _look(text: bytes) -> str:
    if _HTML.match(text):
        return "an HTML page"
    if text.startswith(b"<"):
        return "XML"
    if _CONTROL.search(text):
        return "binary data"
    return "text without columns"
