"""The header of an Avro file: its schema, its codec and the marker that stands between its blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from transforms.formats.avro.codecs import CODECS
from transforms.formats.avro.cursor import NUMBER_BYTES, varint
from transforms.model.rejections import Code

MAGIC = b"Obj\x01"
"""What a file begins with."""

SYNC_BYTES = 16
"""The length of the marker."""

HEADER_BYTES = 1024 * 1024
"""Up to where the header has to end, if not before; nearly all of it is the schema."""

_FIRST_LOOK = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a header says.

    Attributes:
        schema: that of the writer, the text.
        codec: a name in `CODECS`.
        sync: the marker.
        size: bytes of the header, the marker included.
    """

    schema: bytes
    codec: str
    sync: bytes
    size: int


class BadHeader(Exception):
    """The header cannot be used; the text is one sentence.

    Attributes:
        code: the reason.
    """

    def __init__(self, detail: str, code: Code = Code.BAD_HEADER) -> None:
        super().__init__(detail)
        self.code = code


def read_header(head: Callable[[int], bytes], most: int) -> Header:
    """The header of the object whose first bytes `head` gives, so many as it is asked for if there are.

    Raises:
        BadHeader: it is none, is cut, is longer than `most` or `HEADER_BYTES`, has no schema, or names a codec that is
            not read.
    """
    most = min(most, HEADER_BYTES)
    first = min(most, _FIRST_LOOK)
    data = head(first)
    found = _read(data)
    if found is None and len(data) == first:
        data = head(most)
        found = _read(data)
    if found is None and len(data) == most:
        raise BadHeader(f"the header does not end within {most:,} bytes")
    if found is None:
        raise BadHeader("the file ends in its header", Code.CORRUPT_FILE)
    entries, at = found
    if b"avro.schema" not in entries:
        raise BadHeader("the header has no schema")
    return Header(
        schema=entries[b"avro.schema"],
        codec=_codec(entries.get(b"avro.codec") or b"null"),
        sync=data[at : at + SYNC_BYTES],
        size=at + SYNC_BYTES,
    )


class _Cut(Exception):
    """The data ends too early."""


def _read(data: bytes) -> tuple[dict[bytes, bytes], int] | None:
    """The entries and where the marker begins; None where the data ends too early."""
    if not MAGIC.startswith(data[: len(MAGIC)]):
        raise BadHeader("the content does not begin as an Avro file does")
    entries: dict[bytes, bytes] = {}
    at = len(MAGIC)
    try:
        count, at = _count(data, at)
        while count:
            for _ in range(count):
                key, at = _text(data, at)
                entries[key], at = _text(data, at)
            count, at = _count(data, at)
    except _Cut:
        return None
    return (entries, at) if at + SYNC_BYTES <= len(data) else None


def _count(data: bytes, at: int) -> tuple[int, int]:
    """How many entries follow; a negative number says that their bytes are told, too."""
    count, at = _number(data, at)
    return (count, at) if count >= 0 else (-count, _number(data, at)[1])


def _text(data: bytes, at: int) -> tuple[bytes, int]:
    size, at = _number(data, at)
    if size < 0:
        raise BadHeader("the header is damaged: it has a text of a negative length")
    if at + size > len(data):
        raise _Cut
    return data[at : at + size], at + size


def _number(data: bytes, at: int) -> tuple[int, int]:
    found = varint(data, at)
    if found is None and len(data) - at >= NUMBER_BYTES:
        raise BadHeader("the header is damaged: it has a number that does not end")
    if found is None:
        raise _Cut
    return found


def _codec(name: bytes) -> str:
    text = name.decode("utf-8", "replace")
    if text not in CODECS:
        raise BadHeader(f"the blocks are compressed by {text}; what can be read: {', '.join(CODECS)}")
    return text
