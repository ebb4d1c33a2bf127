"""Which format an object has, told by its content; its key is only a hint where the content leaves it open.

In this order: bytes that only binary files begin with are Avro, an archive or unknown; `[` is an array; `{` is one of
the other forms of JSON, see `json.detection`; a later line that is a JSON object makes NDJSON of what begins otherwise
(the first line may be broken); text with a delimiter under which its first rows agree is delimited, and so is text
named so whose header has two names, however bad its rows; anything else is unknown. Where the setting names the
columns, rows agree that have as many cells, be it one.
"""

from __future__ import annotations

import io
import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from transforms.formats.archives.table import Archive, archive_of
from transforms.formats.avro.header import MAGIC as AVRO_MAGIC
from transforms.formats.block_source import source_of
from transforms.formats.compression.table import codec_of
from transforms.formats.delimited.header import single_line_header, sniff_delimiter
from transforms.formats.encodings import Encoding
from transforms.formats.format import FileFormat, RandomAccess
from transforms.formats.framing import BLANKS, BOM
from transforms.formats.json.detection import json_form, later_object
from transforms.formats.json.record_walk import SEPARATOR
from transforms.formats.json.stream import BETWEEN
from transforms.formats.parquet.footer import ENCRYPTED_MAGIC
from transforms.formats.parquet.footer import MAGIC as PARQUET_MAGIC
from transforms.formats.prefetch import SMALL_BYTES
from transforms.formats.sources import DecodedSource
from transforms.formats.table import FILE_FORMATS, format_by_extension, is_splittable
from transforms.formats.text_settings import DEFAULTS, TextSettings
from transforms.model.objects import Header, Span

HEAD_BYTES = 64 * 1024
"""Decoded bytes that are looked at."""

_BINARY = (
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
    (b"\xff\xfe\x00\x00", "UTF-32 text"),
    (b"\x00\x00\xfe\xff", "UTF-32 text"),
)
_ROWS_AGREE = "its rows have as many cells as its header"
_JSON_FORMS = {
    "ndjson": "its first whole object stands alone on its line",
    "json-stream": "one object follows the other, not one on each line",
    "json": "it is one object",
}
"""Forms of what begins with `{`, and what tells them."""

_BINARY_FORMATS = frozenset({"avro", *FILE_FORMATS})
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


@dataclass(frozen=True, slots=True)
class Detection:
    """What an object is.

    Attributes:
        format: a name in the table of formats; None if it is unknown or there is nothing to read.
        looks: of an unknown object, what it looks like; "" of every other.
        why: what told the format, for people.
        archive: what kind of archive it is; None of what is none.
        path: of a JSON envelope that was found to be one, the keys that lead to its records.
        open: whether it is JSON whose first object goes on behind what was looked at.
    """

    format: str | None
    looks: str = ""
    why: str = ""
    archive: Archive | None = None
    path: tuple[str, ...] = ()
    open: bool = False

    @property
    def empty(self) -> bool:
        """Whether the object holds nothing but blanks."""
        return self.format is None and not self.looks


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What the first stored bytes of an object tell.

    Attributes:
        format: its name; None if it is unknown or there is nothing to read.
        splittable: whether ranges of the stored bytes may be read alone.
        header: of delimited text that may be split.
        blocks: whether the ranges are of bgzip's blocks.
    """

    format: str | None
    splittable: bool
    header: Header | None = None
    blocks: bool = False


def detect(
    head: bytes,
    key: str,
    columns: tuple[str, ...] = (),
    keys: AbstractSet[str] = frozenset(),
    size: int = HEAD_BYTES,
) -> Detection:
    """The format of the object that begins with this text in UTF-8 (its first `size` bytes, or all of it).

    Args:
        head: the decoded bytes.
        key: of the object.
        columns: `TextSettings.csv_header`.
        keys: those of a record's keys that are read, as far as they are known: `Plan.keys`.
        size: how much of it was asked for.
    """
    binary = _binary(head, key)
    if binary is not None:
        return binary
    text = head.removeprefix(BOM).lstrip(BLANKS)
    if not text:
        if len(head) < HEAD_BYTES:
            return Detection(None)
        return Detection(format_by_extension(key) or "ndjson", why="it begins with nothing but blanks")
    if text.startswith(b"["):
        return Detection("json-array", why="it begins with `[`")
    if text.startswith(b"{"):
        form = json_form(text, keys, whole=len(head) < size)
        why = _told_by(form.path) or _JSON_FORMS[form.format]
        return Detection(form.format, why=why, path=form.path, open=form.open)
    if text[0] == SEPARATOR and text.lstrip(BETWEEN).startswith(b"{"):
        return Detection("json-stream", why="it begins with a record separator")
    hint, markup = format_by_extension(key), text.startswith(b"<")
    if hint == "csv" and not markup and sniff_delimiter(head, columns):
        return Detection("csv", why=_ROWS_AGREE)
    if hint == "ndjson" or later_object(text):
        why = "its name says so" if hint == "ndjson" else "it does not begin with JSON, but a later line is an object"
        return Detection("ndjson", why=why) if not _CONTROL.search(text) else Detection(None, "binary data")
    if not markup and _is_delimited(head, columns, named=hint == "csv"):
        return Detection("csv", why="its name says so" if hint == "csv" else _ROWS_AGREE)
    return Detection(None, _look(text))


def detect_source(
    source: DecodedSource,
    key: str,
    forced_format: str | None,
    settings: TextSettings = DEFAULTS,
    keys: AbstractSet[str] = frozenset(),
    record_bytes: int = HEAD_BYTES,
) -> Detection:
    """As `detect`, of what the source is about to give, which is UTF-8 from then on.

    A forced format is believed; of an archive it is that of the members. An object of JSON that goes on behind the
    first `HEAD_BYTES` is looked at as far as a record may go: nothing that could be one is taken apart.
    """
    if forced_format is not None and (source.start or archive_of(source.peek(HEAD_BYTES), key) is None):
        if forced_format not in _BINARY_FORMATS:
            source.read_as(settings.encoding)
        return Detection(forced_format, why="--format says so")
    if _binary(source.peek(HEAD_BYTES), key) is None:  # among text in another encoding a binary file is still itself
        source.read_as(settings.encoding)
    head = source.peek(HEAD_BYTES)
    found = detect(head, key, settings.csv_header, keys)
    if found.open and len(head) == HEAD_BYTES < record_bytes:
        return detect(source.peek(record_bytes), key, settings.csv_header, keys, record_bytes)
    return found


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
    head: bytes,
    key: str,
    forced_format: str | None = None,
    settings: TextSettings = DEFAULTS,
    keys: AbstractSet[str] = frozenset(),
) -> Probe:
    """What an object's first stored bytes, `HEAD_BYTES` or all, tell about reading it in parts."""
    source = source_of(io.BytesIO(head))
    detected = detect_source(source, key, forced_format, settings, keys)
    found = None if detected.open else detected.format
    plain = source.codec is None and source.encoding is Encoding.UTF_8
    if found is None or not (plain or source.in_blocks) or not is_splittable(found, settings):
        return Probe(format=found, splittable=False)
    if found != "csv":
        return Probe(format=found, splittable=True, blocks=source.in_blocks)
    header = single_line_header(source.peek(HEAD_BYTES), settings.csv_header)
    if not isinstance(header, Header):  # whoever reads all of it will say why
        return Probe(format=found, splittable=False)
    return Probe(format=found, splittable=True, header=header, blocks=source.in_blocks)


def _binary(head: bytes, key: str) -> Detection | None:
    """What an object is whose first bytes only a binary file has; None of any other."""
    if head.startswith(AVRO_MAGIC):
        return Detection("avro", why="it begins with `Obj` and the number 1")
    if head.startswith((PARQUET_MAGIC, ENCRYPTED_MAGIC)) and _CONTROL.search(head):
        return Detection("parquet", why="it begins with `PAR1`")
    if (archive := archive_of(head, key)) is not None:
        return Detection(None, archive.value, archive=archive)
    for magic, what in _BINARY:
        # A header row may well begin with `ORC`, but has no control characters.
        if head.startswith(magic) and not (magic.isalnum() and not _CONTROL.search(head)):
            return Detection(None, what)
    codec = codec_of(head)
    return None if codec is None else Detection(None, f"{codec.name} inside other compression")


def _told_by(path: tuple[str, ...]) -> str:
    return f"its records are the array at `{'.'.join(path)}`" if path else ""


def _is_delimited(head: bytes, columns: tuple[str, ...], *, named: bool) -> bool:
    if named:
        return sniff_delimiter(head, columns, agreeing=0) is not None
    return not _CONTROL.search(head) and sniff_delimiter(head, columns) is not None


def _look(text: bytes) -> str:
    if _HTML.match(text):
        return "an HTML page"
    if text.startswith(b"<"):
        return "XML"
    if _CONTROL.search(text):
        return "binary data"
    return "text without columns"
